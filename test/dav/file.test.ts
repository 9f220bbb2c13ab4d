import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { multistatus, propfind } from '../dav-client.ts';
import { CALENDAR_TYPE, event, startDavServer, XML, type DavServer } from '../dav-server.ts';

let server: DavServer;
beforeAll(async () => {
  server = await startDavServer({
    settings: { files: true },
    limits: { resourceOctets: 2000, bulkResources: 20, collectionsPerHome: 40, homeOctets: 20_000 },
  });
});
afterAll(() => server.close());

const ROOT = '/dav/files/alice/';
type Options = Parameters<DavServer['request']>[2];
const ask = async (method: string, path: string, options: Options = {}): Promise<number> =>
  (await server.request(method, path.startsWith('/') ? path : ROOT + path, options)).status;
const put = (path: string, body: string | Buffer, type = 'text/plain') =>
  ask('PUT', path, { body, headers: { 'content-type': type } });
const text = async (path: string): Promise<string> => (await server.request('GET', ROOT + path)).body.toString();
const to = (path: string, headers: Record<string, string> = {}) => ({
  headers: { destination: path.startsWith('/') ? path : ROOT + path, ...headers },
});
async function listed(path: string): Promise<readonly string[]> {
  const answer = await server.request('PROPFIND', ROOT + path, propfind('1', ['getetag']));
  return multistatus(answer.body)
    .entries.map(({ href }) => href.slice(ROOT.length))
    .toSorted();
}

test('without files in the configuration there is nothing', async () => {
  const without = await startDavServer();
  try {
    for (const method of ['PROPFIND', 'GET', 'PUT', 'MKCOL', 'LOCK']) {
      const { status } = await without.request(method, `${ROOT}a`, { body: '', headers: { depth: '0' } });
      expect([403, 404, 409]).toContain(status);
    }
  } finally {
    await without.close();
  }
});

describe('a file', () => {
  test('of any type comes back octet for octet, with the type that it was sent with', async () => {
    const octets = Buffer.from([0, 255, 13, 10, 128]);
    expect(await put('any.bin', octets, 'image/x-odd; a=b')).toBe(201);
    const got = await server.request('GET', `${ROOT}any.bin`);
    expect([got.status, got.body.equals(octets), got.headers['content-type']]).toEqual([200, true, 'image/x-odd; a=b']);
    const listing = await server.request(
      'PROPFIND',
      `${ROOT}any.bin`,
      propfind('0', ['getcontenttype', 'getcontentlength']),
    );
    const props = multistatus(listing.body).entries[0]?.props;
    expect([props?.get('getcontenttype'), props?.get('getcontentlength')]).toEqual(['image/x-odd; a=b', '5']);
    expect(await put('any.bin', 'now text')).toBe(204);
    expect((await server.request('GET', `${ROOT}any.bin`)).headers['content-type']).toBe('text/plain');
  });

  test('is never rendered on our origin, whatever it says it is', async () => {
    await put('page.html', '<script>alert(1)</script>', 'text/html');
    const { headers } = await server.request('GET', `${ROOT}page.html`);
    expect(headers['content-disposition']).toBe('attachment');
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers['content-security-policy']).toContain("default-src 'none'");
  });

  test('keeps conditions, and GET answers 304 to its ETag', async () => {
    await put('conditions.txt', 'one');
    const { etag = '' } = (await server.request('GET', `${ROOT}conditions.txt`)).headers;
    expect(await ask('GET', 'conditions.txt', { headers: { 'if-none-match': etag } })).toBe(304);
    const two = { body: 'two', headers: { 'if-match': '"other"' } };
    expect(await ask('PUT', 'conditions.txt', two)).toBe(412);
    expect(await ask('PUT', 'conditions.txt', { ...two, headers: { 'if-match': etag } })).toBe(204);
    expect(await ask('PUT', 'conditions.txt', { body: 'x', headers: { 'content-range': 'bytes 0-0/3' } })).toBe(400);
  });

  test('past the limits is refused: 413 for its size, 507 for the quota of the home', async () => {
    expect(await put('large', 'x'.repeat(2001))).toBe(413);
    for (let at = 0; at < 9; at += 1) expect(await put(`part-${at}`, 'x'.repeat(2000))).toBe(201);
    expect(await put('too-much', 'x'.repeat(2000))).toBe(507);
    expect(await ask('COPY', 'part-1', to('part-copy'))).toBe(507);
    expect(await ask('MOVE', 'part-1', to('part-moved'))).toBe(201);
    for (let at = 0; at < 9; at += 1) await ask('DELETE', at === 1 ? 'part-moved' : `part-${at}`);
  });

  test('is for its owner alone, and no calendar sees it', async () => {
    await put('mine.txt', 'mine');
    expect(await ask('GET', 'mine.txt', { as: 'bob' })).toBe(403);
    expect(await ask('PUT', 'his.txt', { as: 'bob', body: 'x' })).toBe(403);
    const home = await server.request('PROPFIND', '/dav/calendars/alice/', propfind('1', ['displayname']));
    expect(home.body.toString()).not.toContain('files');
    expect(await ask('MOVE', 'mine.txt', to('/dav/calendars/alice/calendar/mine.ics'))).toBe(403);
    await server.request('PUT', '/dav/calendars/alice/calendar/e.ics', { body: event('e'), headers: CALENDAR_TYPE });
    expect(await ask('COPY', '/dav/calendars/alice/calendar/e.ics', to('e.ics'))).toBe(403);
    expect(await ask('PUT', '/dav/files/nobody/x', { body: 'x' })).toBe(403);
  });
});

describe('a plain collection', () => {
  test('is made where its parent is, and only where nothing stands', async () => {
    expect(await ask('MKCOL', 'made/')).toBe(201);
    expect(await ask('MKCOL', 'made/')).toBe(405);
    expect(await ask('MKCOL', 'none/deep/')).toBe(409);
    expect(await put('made/file', 'x')).toBe(201);
    expect(await ask('MKCOL', 'made/file')).toBe(405);
    expect(await put('made', 'x')).toBe(405);
    expect(await put('none/file', 'x')).toBe(409);
    expect(await ask('MKCALENDAR', 'calendar/')).toBe(403);
    expect(await ask('MKCOL', 'made/sub%20a/')).toBe(201);
    expect(await listed('made/')).toEqual(['made/', 'made/file', 'made/sub a/']);
    expect(await ask('MKCOL', `${'deep/'.repeat(33)}`)).toBe(414);
  });

  test('has the properties that extended MKCOL and PROPPATCH give it, and no type but collection', async () => {
    const mkcol = (type: string) =>
      `<mkcol xmlns="DAV:"><set><prop><resourcetype><collection/>${type}</resourcetype><mood xmlns="urn:x">glad</mood></prop></set></mkcol>`;
    expect(await ask('MKCOL', 'with/', { body: mkcol(''), headers: XML })).toBe(201);
    expect(await ask('MKCOL', 'other/', { body: mkcol('<x xmlns="urn:x"/>'), headers: XML })).toBe(403);
    expect(await ask('MKCOL', 'other/', { body: 'x', headers: { 'content-type': 'text/plain' } })).toBe(415);
    const set = '<propertyupdate xmlns="DAV:"><set><prop><size xmlns="urn:x">big</size></prop></set></propertyupdate>';
    expect(await ask('PROPPATCH', 'with/', { body: set, headers: XML })).toBe(207);
    const asked = await server.request('PROPFIND', `${ROOT}with/`, {
      headers: { ...XML, depth: '0' },
      body: '<propfind xmlns="DAV:"><prop><mood xmlns="urn:x"/><size xmlns="urn:x"/></prop></propfind>',
    });
    expect([...(multistatus(asked.body).entries[0]?.props ?? [])]).toEqual([
      ['mood', 'glad'],
      ['size', 'big'],
    ]);
  });

  test('goes with all that is below it, and with nothing beside it', async () => {
    for (const path of ['gone/', 'gone/a/', 'gone/a/b/', 'gone-not/']) await ask('MKCOL', path);
    await put('gone/a/b/file', 'x');
    await put('gone-not/file', 'kept');
    expect(await ask('DELETE', 'gone/', { headers: { depth: '1' } })).toBe(400);
    expect(await ask('DELETE', 'gone/')).toBe(204);
    for (const path of ['gone/', 'gone/a/', 'gone/a/b/file']) expect(await ask('GET', path)).toBe(404);
    expect(await text('gone-not/file')).toBe('kept');
    expect(await ask('MKCOL', 'gone/')).toBe(201);
    expect(await listed('gone/')).toEqual(['gone/']);
    expect(await ask('DELETE', ROOT)).toBe(403);
  });

  test('changes its ETag with each member and each collection in it', async () => {
    await ask('MKCOL', 'tagged/');
    const tag = async () => (await server.request('GET', `${ROOT}tagged/`)).headers.etag;
    const seen = [await tag()];
    const change = async (work: Promise<number>) => {
      expect(await work).toBeLessThan(300);
      seen.push(await tag());
    };
    await change(put('tagged/a', 'x'));
    await change(ask('MKCOL', 'tagged/b/'));
    await change(ask('MOVE', 'tagged/a', to('tagged/c')));
    await change(ask('DELETE', 'tagged/b/'));
    expect(new Set(seen).size).toBe(5);
  });
});

describe('COPY and MOVE', () => {
  test('of a file take its octets, type and dead properties; Overwrite decides about what is there', async () => {
    await put('from.txt', 'octets', 'text/x-kind');
    const set = '<propertyupdate xmlns="DAV:"><set><prop><mood xmlns="urn:x">glad</mood></prop></set></propertyupdate>';
    await ask('PROPPATCH', 'from.txt', { body: set, headers: XML });
    expect(await ask('COPY', 'from.txt', to('copy.txt'))).toBe(201);
    expect(await ask('COPY', 'from.txt', to('copy.txt', { overwrite: 'F' }))).toBe(412);
    expect(await ask('MOVE', 'from.txt', to('copy.txt', { overwrite: 'T' }))).toBe(204);
    expect(await ask('GET', 'from.txt')).toBe(404);
    const got = await server.request('GET', `${ROOT}copy.txt`);
    expect([got.body.toString(), got.headers['content-type']]).toEqual(['octets', 'text/x-kind']);
    const asked = await server.request('PROPFIND', `${ROOT}copy.txt`, {
      headers: { ...XML, depth: '0' },
      body: '<propfind xmlns="DAV:"><prop><mood xmlns="urn:x"/></prop></propfind>',
    });
    expect(multistatus(asked.body).entries[0]?.props.get('mood')).toBe('glad');
    expect(await ask('COPY', 'copy.txt', to('none/copy.txt'))).toBe(409);
    expect(await ask('MOVE', 'copy.txt', to('copy.txt'))).toBe(403);
    expect(await ask('COPY', 'nothing', to('copy.txt'))).toBe(404);
  });

  test('of a collection take all below it, or with Depth: 0 itself alone', async () => {
    for (const path of ['tree/', 'tree/sub/', 'target/']) await ask('MKCOL', path);
    await put('tree/a', 'a');
    await put('tree/sub/b', 'b');
    await put('target/old', 'old');
    expect(await ask('COPY', 'tree/', to('bare/', { depth: '0' }))).toBe(201);
    expect(await listed('bare/')).toEqual(['bare/']);
    expect(await ask('COPY', 'tree/', to('target/'))).toBe(204);
    expect([await listed('target/'), await text('target/sub/b')]).toEqual([
      ['target/', 'target/a', 'target/sub/'],
      'b',
    ]);
    expect(await ask('MOVE', 'tree/', to('target/moved/'))).toBe(201);
    expect([await ask('GET', 'tree/sub/b'), await text('target/moved/sub/b')]).toEqual([404, 'b']);
    expect(await ask('COPY', 'target/', to('target/moved/in/'))).toBe(403);
    expect(await ask('MOVE', 'target/moved/', to('target/'))).toBe(403);
    expect(await ask('MOVE', ROOT, to('elsewhere/'))).toBe(403);
    expect(await ask('MOVE', 'target/', to('x/', { depth: '0' }))).toBe(400);
  });

  test('a file is replaced by a collection, and a collection by a file', async () => {
    await put('thing', 'file');
    await ask('MKCOL', 'folder/');
    await put('folder/in', 'in');
    expect(await ask('COPY', 'folder/', to('thing'))).toBe(204);
    expect(await text('thing/in')).toBe('in');
    await put('single', 'single');
    expect(await ask('MOVE', 'single', to('thing'))).toBe(204);
    expect([await text('thing'), await ask('GET', 'thing/in')]).toEqual(['single', 404]);
  });

  test('of more resources than one request may write is refused, and nothing is done', async () => {
    await ask('MKCOL', 'many/');
    for (let at = 0; at < 21; at += 1) await put(`many/${at}`, 'x');
    expect(await ask('COPY', 'many/', to('many-copied/'))).toBe(507);
    expect(await ask('PROPFIND', 'many-copied/', propfind('0', ['getetag']))).toBe(404);
    expect(await ask('MOVE', 'many/', to('many-moved/'))).toBe(201);
    expect(await listed('many-moved/')).toHaveLength(22);
  });
});
