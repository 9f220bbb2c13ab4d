import { afterAll, beforeAll, expect, test } from 'vitest';

import { multistatus, propfind, syncCollection } from '../../dav-client.ts';
import { CALENDAR_TYPE, event, startDavServer, XML, type DavServer } from '../../dav-server.ts';

let server: DavServer;
beforeAll(async () => {
  server = await startDavServer({ limits: { collectionsPerHome: 12 } });
});
afterAll(() => server.close());

const HOME = '/dav/calendars/alice/';
const xml = (method: string, path: string, body: string, headers: Record<string, string> = {}) =>
  server.request(method, path, {
    body: `<?xml version="1.0" encoding="utf-8"?>${body}`,
    headers: { ...XML, ...headers },
  });
const put = (path: string, body: string) => server.request('PUT', path, { body, headers: CALENDAR_TYPE });

test('MKCALENDAR sets all its properties at once; the name is taken afterwards', async () => {
  const body = `<C:mkcalendar xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:D="DAV:"><D:set><D:prop>
    <D:displayname>Äpple &amp; Co</D:displayname>
    <A:calendar-color xmlns:A="http://apple.com/ns/ical/" symbolic-color="custom">#FD8208FF</A:calendar-color>
    <C:supported-calendar-component-set><C:comp name="VEVENT"/></C:supported-calendar-component-set>
    <X:mood xmlns:X="urn:x" X:level="3">good <X:b>very</X:b> good</X:mood>
  </D:prop></D:set></C:mkcalendar>`;
  expect((await xml('MKCALENDAR', `${HOME}made/`, body)).status).toBe(201);
  const ask =
    '<D:propfind xmlns:D="DAV:" xmlns:A="http://apple.com/ns/ical/" xmlns:X="urn:x"><D:prop><D:displayname/><A:calendar-color/><X:mood/></D:prop></D:propfind>';
  const text = (await xml('PROPFIND', `${HOME}made/`, ask, { depth: '0' })).body.toString();
  expect(text).toContain('Äpple &amp; Co');
  expect(text).toMatch(/symbolic-color="custom"[^>]*>#FD8208FF/);
  expect(text).toMatch(/good <[^>]*b>very<\/[^>]*b> good/);
  const again = await xml('MKCALENDAR', `${HOME}made/`, body);
  expect(again.status).toBe(403);
  expect(again.body.toString()).toContain('resource-must-be-null');
});

test('MKCALENDAR with a property that is refused makes nothing', async () => {
  const body = `<C:mkcalendar xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:D="DAV:"><D:set><D:prop>
    <D:displayname>Never</D:displayname><C:calendar-timezone>not a zone</C:calendar-timezone>
  </D:prop></D:set></C:mkcalendar>`;
  const answer = await xml('MKCALENDAR', `${HOME}never/`, body);
  expect(answer.status).toBe(403);
  expect(answer.body.toString()).toContain('valid-calendar-data');
  expect((await server.request('PROPFIND', `${HOME}never/`, propfind('0', ['displayname']))).status).toBe(404);
});

test('a calendar is made directly in a home, by a parent that exists', async () => {
  const inside = await xml(
    'MKCALENDAR',
    `${HOME}calendar/inner/`,
    '<C:mkcalendar xmlns:C="urn:ietf:params:xml:ns:caldav"/>',
  );
  expect(inside.status).toBe(403);
  expect(inside.body.toString()).toContain('calendar-collection-location-ok');
  expect((await server.request('MKCALENDAR', `${HOME}no/where/`)).status).toBe(409);
});

test('extended MKCOL makes a calendar; a plain collection is refused', async () => {
  const body =
    '<D:mkcol xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><D:set><D:prop><D:resourcetype><D:collection/><C:calendar/></D:resourcetype><D:displayname>Col</D:displayname></D:prop></D:set></D:mkcol>';
  expect((await xml('MKCOL', `${HOME}col/`, body)).status).toBe(201);
  const plain = await server.request('MKCOL', `${HOME}plain/`);
  expect(plain.status).toBe(403);
  expect(plain.body.toString()).toContain('valid-resourcetype');
});

test('PROPPATCH is all or nothing: a protected property takes the others down with 424', async () => {
  const body =
    '<D:propertyupdate xmlns:D="DAV:"><D:set><D:prop><D:displayname>Half</D:displayname><D:getetag>x</D:getetag></D:prop></D:set></D:propertyupdate>';
  const answer = await xml('PROPPATCH', `${HOME}calendar/`, body);
  expect(answer.status).toBe(207);
  expect(answer.body.toString()).toContain('HTTP/1.1 424');
  expect(answer.body.toString()).toContain('cannot-modify-protected-property');
  const name = multistatus((await server.request('PROPFIND', `${HOME}calendar/`, propfind('0', ['displayname']))).body);
  expect(name.entries[0]?.props.get('displayname')).toBe('Calendar');
});

test('PROPPATCH sets and removes in document order, and leaves ETags alone', async () => {
  await put(`${HOME}calendar/patched.ics`, event('patched'));
  const etag = (await server.request('GET', `${HOME}calendar/patched.ics`)).headers.etag;
  const body =
    '<D:propertyupdate xmlns:D="DAV:" xmlns:X="urn:x"><D:set><D:prop><X:a>1</X:a></D:prop></D:set><D:remove><D:prop><X:a/></D:prop></D:remove><D:set><D:prop><X:b>2</X:b></D:prop></D:set></D:propertyupdate>';
  expect((await xml('PROPPATCH', `${HOME}calendar/patched.ics`, body)).status).toBe(207);
  const ask = '<D:propfind xmlns:D="DAV:"><D:propname/></D:propfind>';
  const names = (await xml('PROPFIND', `${HOME}calendar/patched.ics`, ask, { depth: '0' })).body.toString();
  expect(names).toMatch(/<[^/]*b[ >/]/);
  expect(names).not.toContain('<a xmlns="urn:x"');
  expect((await server.request('GET', `${HOME}calendar/patched.ics`)).headers.etag).toBe(etag);
});

test('DELETE of a calendar removes its members; what belongs to the home stays', async () => {
  await server.request('MKCALENDAR', `${HOME}gone/`);
  await put(`${HOME}gone/a.ics`, event('a'));
  expect((await server.request('DELETE', `${HOME}gone/`)).status).toBe(204);
  expect((await server.request('GET', `${HOME}gone/a.ics`)).status).toBe(404);
  expect((await server.request('DELETE', `${HOME}inbox/`)).status).toBeGreaterThanOrEqual(403);
  expect((await server.request('PROPFIND', `${HOME}inbox/`, propfind('0', ['resourcetype']))).status).toBe(207);
});

test('MOVE of an object: gone from the first calendar with a tombstone, in the second with the same octets', async () => {
  await server.request('MKCALENDAR', `${HOME}other/`);
  const octets = event('moved', 'X-KEEP:1');
  await put(`${HOME}calendar/moved.ics`, octets);
  const before = multistatus(
    (await server.request('REPORT', `${HOME}calendar/`, syncCollection(undefined))).body,
  ).syncToken;
  const destination = `${server.url}dav/calendars/alice/other/moved.ics`;
  const move = await server.request('MOVE', `${HOME}calendar/moved.ics`, { headers: { destination, overwrite: 'F' } });
  expect(move.status).toBe(201);
  expect((await server.request('GET', `${HOME}calendar/moved.ics`)).status).toBe(404);
  expect((await server.request('GET', `${HOME}other/moved.ics`)).body.toString()).toBe(octets);
  const sync = multistatus((await server.request('REPORT', `${HOME}calendar/`, syncCollection(before))).body);
  expect(sync.entries.map(({ href, status }) => [href, status])).toEqual([[`${HOME}calendar/moved.ics`, 404]]);
});

test('COPY within a calendar is a UID conflict; Overwrite: F on what exists is 412', async () => {
  await put(`${HOME}calendar/copied.ics`, event('copied'));
  const copy = await server.request('COPY', `${HOME}calendar/copied.ics`, {
    headers: { destination: `${HOME}calendar/copy.ics` },
  });
  expect(copy.status).toBe(409);
  await server.request('MKCALENDAR', `${HOME}third/`);
  const to = { destination: `${HOME}third/copied.ics` };
  expect((await server.request('COPY', `${HOME}calendar/copied.ics`, { headers: to })).status).toBe(201);
  expect(
    (await server.request('COPY', `${HOME}calendar/copied.ics`, { headers: { ...to, overwrite: 'F' } })).status,
  ).toBe(412);
  expect((await server.request('COPY', `${HOME}calendar/copied.ics`, { headers: to })).status).toBe(204);
});

test('MOVE of a calendar within its home keeps members and sync tokens', async () => {
  await server.request('MKCALENDAR', `${HOME}before/`);
  await put(`${HOME}before/a.ics`, event('stay'));
  const token = multistatus(
    (await server.request('REPORT', `${HOME}before/`, syncCollection(undefined))).body,
  ).syncToken;
  expect((await server.request('MOVE', `${HOME}before/`, { headers: { destination: `${HOME}after/` } })).status).toBe(
    201,
  );
  const sync = multistatus((await server.request('REPORT', `${HOME}after/`, syncCollection(token))).body);
  expect(sync.entries).toEqual([]);
  expect((await server.request('GET', `${HOME}after/a.ics`)).status).toBe(200);
});

test('a calendar is one iCalendar file with an ETag and 304, and a page for a browser', async () => {
  await server.request('MKCALENDAR', `${HOME}file/`);
  await put(`${HOME}file/a.ics`, event('file-a'));
  await put(`${HOME}file/b.ics`, event('file-b'));
  const file = await server.request('GET', `${HOME}file/`);
  expect(file.headers['content-type']).toContain('text/calendar');
  expect(file.body.toString().match(/BEGIN:VEVENT/g)).toHaveLength(2);
  expect(file.body.toString().match(/BEGIN:VCALENDAR/g)).toHaveLength(1);
  const { etag = '' } = file.headers;
  expect((await server.request('GET', `${HOME}file/`, { headers: { 'if-none-match': etag } })).status).toBe(304);
  await put(`${HOME}file/c.ics`, event('file-c'));
  expect((await server.request('GET', `${HOME}file/`, { headers: { 'if-none-match': etag } })).status).toBe(200);
  const page = await server.request('GET', `${HOME}file/`, { headers: { accept: 'text/html,*/*;q=0.8' } });
  expect(page.headers['content-type']).toContain('text/html');
  expect(page.headers['content-security-policy']).toContain("default-src 'none'");
  const headAnswer = await server.request('HEAD', `${HOME}file/a.ics`);
  expect([headAnswer.status, headAnswer.body.length]).toEqual([200, 0]);
});

test('the number of collections is bounded with 507', async () => {
  let status = 201;
  for (let n = 0; n < 12 && status === 201; n++)
    status = (await server.request('MKCALENDAR', `${HOME}fill-${n}/`)).status;
  expect(status).toBe(507);
});

test('OPTIONS tells the classes and the methods of each kind of resource', async () => {
  const calendar = await server.request('OPTIONS', `${HOME}calendar/`);
  expect(calendar.status).toBe(200);
  expect(calendar.headers['dav']).toMatch(/1.*calendar-access/);
  expect(calendar.headers.allow).toContain('REPORT');
  expect(calendar.headers.allow).not.toContain('PUT');
  const object = await server.request('OPTIONS', `${HOME}calendar/patched.ics`);
  expect(object.headers.allow).toContain('PUT');
  expect((await server.request('PROPFIND', HOME, propfind('0', ['displayname']))).headers['dav']).toBeUndefined();
});

test('an unknown method is 501, a known one in the wrong place 405 with Allow', async () => {
  expect((await server.request('PURGE', `${HOME}calendar/`)).status).toBe(501);
  const answer = await server.request('PUT', `${HOME}calendar/`, { body: event('x'), headers: CALENDAR_TYPE });
  expect(answer.status).toBe(405);
  expect(answer.headers.allow).toContain('PROPFIND');
});

test('/.well-known/caldav and / lead to the principal', async () => {
  const known = await server.request('PROPFIND', '/.well-known/caldav', propfind('0', ['current-user-principal']));
  expect(known.status).toBe(301);
  for (const path of [known.headers.location ?? '', '/']) {
    const found = await server.request('PROPFIND', path, propfind('0', ['current-user-principal']));
    expect(found.status).toBe(207);
    expect(found.body.toString()).toContain('/dav/principals/users/alice/');
  }
});
