import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { multistatus, type Answer } from '../../dav-client.ts';
import { CALENDAR_TYPE, event, startDavServer, XML, type DavServer } from '../../dav-server.ts';

let server: DavServer;
beforeAll(async () => {
  server = await startDavServer();
  for (const name of ['a', 'b']) {
    await server.request('PUT', `${CALENDAR}${name}.ics`, { body: event(name), headers: CALENDAR_TYPE });
  }
});
afterAll(() => server.close());

const HOME = '/dav/calendars/alice/';
const CALENDAR = `${HOME}calendar/`;
const NAME = '<D:prop><D:displayname/></D:prop>';
const ask = (path: string, inner: string, headers: Record<string, string> = {}): Promise<Answer> =>
  server.request('PROPFIND', path, {
    headers: { ...XML, ...headers },
    body: `<D:propfind xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:X="urn:x">${inner}</D:propfind>`,
  });
const hrefs = ({ body }: Answer): readonly string[] => multistatus(body).entries.map(({ href }) => href);

describe('Depth', () => {
  const members = ['calendar', 'freebusy', 'inbox', 'notification', 'outbox', 'tasks'].map((uri) => `${HOME}${uri}/`);
  const folders = ['users', 'groups', 'rooms', 'resources'].map((folder) => `/dav/principals/${folder}/`);
  const ALICE = '/dav/principals/users/alice/';
  const proxies = [`${ALICE}calendar-proxy-read/`, `${ALICE}calendar-proxy-write/`];
  test.each([
    ['/', '0', ['/']],
    ['/', '1', ['/', '/dav/']],
    ['/dav/', '1', ['/dav/', '/dav/principals/', '/dav/calendars/', '/dav/addressbooks/']],
    ['/dav/principals/', '1', ['/dav/principals/', ...folders]],
    [
      '/dav/principals/users/',
      '1',
      ['/dav/principals/users/', '/dav/principals/users/alice/', '/dav/principals/users/bob/'],
    ],
    [ALICE, '0', [ALICE]],
    [ALICE, '1', [ALICE, ...proxies]],
    [ALICE, 'infinity', [ALICE, ...proxies]],
    [proxies[0]!, '1', [proxies[0]!]],
    [proxies[1]!, 'infinity', [proxies[1]!]],
    // Of all homes one's own is listed.
    ['/dav/calendars/', '1', ['/dav/calendars/', HOME]],
    [HOME, '0', [HOME]],
    [HOME.slice(0, -1), '0', [HOME]],
    [HOME, '1', [HOME, ...members]],
    [CALENDAR, '1', [CALENDAR, `${CALENDAR}a.ics`, `${CALENDAR}b.ics`]],
    [`${HOME}inbox/`, '1', [`${HOME}inbox/`]],
    [`${CALENDAR}a.ics`, '0', [`${CALENDAR}a.ics`]],
    [`${CALENDAR}a.ics`, '1', [`${CALENDAR}a.ics`]],
    [`${CALENDAR}a.ics`, 'infinity', [`${CALENDAR}a.ics`]],
    [`${CALENDAR}//%61.ics`, '0', [`${CALENDAR}a.ics`]],
  ])('of %s is %s', async (path, depth, expected) => {
    const answer = await ask(path, NAME, { depth });
    expect(answer.status).toBe(207);
    expect(hrefs(answer).toSorted()).toEqual([...expected].toSorted());
    // RFC 8144 §4: the same without the resource itself.
    if (depth !== '1') return;
    const members = await ask(path, NAME, { depth, prefer: 'depth-noroot' });
    expect(hrefs(members).toSorted()).toEqual(expected.slice(1).toSorted());
    expect(members.headers['preference-applied']).toBe('depth-noroot');
  });

  test.each(['/', '/dav/', '/dav/principals/', '/dav/calendars/', HOME, CALENDAR])(
    'of %s is not infinity, which also its absence says',
    async (path) => {
      const infinite: Record<string, string>[] = [{}, { depth: 'infinity' }];
      for (const headers of infinite) {
        const answer = await ask(path, NAME, headers);
        expect([answer.status, answer.body.toString().includes('propfind-finite-depth')]).toEqual([403, true]);
      }
    },
  );

  test.each(['2', '-1', '0,1', 'one', ''])('of "%s" is a bad request', async (depth) => {
    expect((await ask(CALENDAR, NAME, { depth })).status).toBe(400);
  });
});

describe('the body', () => {
  const D0 = { depth: '0' };
  test.each([
    ['nothing to ask for', '', 400],
    ['prop and allprop', `${NAME}<D:allprop/>`, 400],
    ['two props', `${NAME}${NAME}`, 400],
    ['an unknown element beside prop', `<X:new/>${NAME}`, 207],
    ['an empty prop', '<D:prop/>', 207],
    ['include without allprop', `${NAME}<D:include><D:owner/></D:include>`, 207],
    ['more properties than anybody has', `<D:prop>${'<X:n/>'.repeat(2)}${many(6000)}</D:prop>`, 400],
    ['as many as a program can think of', `<D:prop>${many(2000)}</D:prop>`, 207],
  ])('with %s', async (_what, inner, status) => {
    expect((await ask(CALENDAR, inner, D0)).status).toBe(status);
  });

  test.each([
    ['none at all is allprop', '', {}, 207],
    ['no type is believed', '<D:propfind xmlns:D="DAV:"><D:allprop/></D:propfind>', {}, 207],
    ['text is 415', 'x', { 'content-type': 'text/plain' }, 415],
    ['another charset is told', '<D:propfind xmlns:D="DAV:"/>', { 'content-type': 'text/xml; charset=utf-16' }, 400],
    [
      'a quoted charset',
      '<D:propfind xmlns:D="DAV:"><D:allprop/></D:propfind>',
      { 'content-type': 'text/xml; charset="UTF-8"' },
      207,
    ],
    ['another root', '<D:mkcol xmlns:D="DAV:"/>', XML, 400],
  ])('%s', async (_what, body, headers, status) => {
    expect((await server.request('PROPFIND', CALENDAR, { body, headers: { ...D0, ...headers } })).status).toBe(status);
  });

  test('a property that is not there is 404, and each name is answered once', async () => {
    const answer = await ask(CALENDAR, '<D:prop><X:none/><D:displayname/><X:none/><xml:space/></D:prop>', D0);
    const text = answer.body.toString();
    expect(text.match(/none/g)).toHaveLength(1);
    expect(text).toMatch(/<D:propstat><D:prop><D:displayname>Calendar<.*200 OK.*<xml:space\/>.*404 Not Found/s);
  });

  test('allprop has no CalDAV properties, include adds some, propname has names without values', async () => {
    const all = (await ask(CALENDAR, '<D:allprop/>', D0)).body.toString();
    expect(all).toContain('<D:resourcetype>');
    expect(all).not.toContain('supported-calendar-data');
    const include = '<D:allprop/><D:include><C:supported-calendar-data/><D:resourcetype/></D:include>';
    const more = (await ask(CALENDAR, include, D0)).body.toString();
    expect(more).toContain('<C:supported-calendar-data>');
    expect(more.match(/<D:resourcetype>/g)).toHaveLength(1);
    const names = (await ask(CALENDAR, '<D:propname/>', D0)).body.toString();
    expect(names).toContain('<C:supported-calendar-data/>');
    expect(names).not.toContain('<D:resourcetype>');
  });
});

test('a long list of properties of many members is answered whole', async () => {
  const answer = await ask(CALENDAR, `<D:prop>${many(1500)}</D:prop>`, { depth: '1' });
  expect(hrefs(answer)).toHaveLength(3);
  expect(answer.body.toString().match(/<n1499 /g)).toHaveLength(3);
});

test('what does not exist is 404, another’s home 403', async () => {
  for (const path of ['/nothing', '/dav/principals/users/nobody/', `${HOME}none/`, `${CALENDAR}none.ics`]) {
    expect((await ask(path, NAME, { depth: '0' })).status, path).toBe(404);
  }
  for (const path of ['/dav/calendars/bob/', '/dav/calendars/nobody/none/']) {
    expect((await ask(path, NAME, { depth: '0' })).status, path).toBe(403);
  }
});

function many(count: number): string {
  return Array.from({ length: count }, (_, n) => `<X:n${n}/>`).join('');
}
