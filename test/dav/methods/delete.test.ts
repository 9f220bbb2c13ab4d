import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';

import { CALENDAR_TYPE, event, startDavServer, type DavServer } from '../../dav-server.ts';

let server: DavServer;
beforeAll(async () => {
  server = await startDavServer();
});
afterAll(() => server.close());

const HOME = '/dav/calendars/alice/';
beforeEach(async () => {
  await server.request('MKCALENDAR', `${HOME}doomed/`);
  await server.request('PUT', `${HOME}doomed/a.ics`, { body: event('a'), headers: CALENDAR_TYPE });
});

test.each([
  ['an object', `${HOME}doomed/a.ics`, {}, 204],
  ['an object with Depth: infinity', `${HOME}doomed/a.ics`, { depth: 'infinity' }, 204],
  ['an object by another spelling of its URL', `${HOME}doomed//%61.ics`, {}, 204],
  ['a calendar', `${HOME}doomed/`, {}, 204],
  ['a calendar without its slash', `${HOME}doomed`, {}, 204],
  ['a calendar with Depth: infinity', `${HOME}doomed/`, { depth: 'Infinity' }, 204],
  ['a calendar with Depth: 0', `${HOME}doomed/`, { depth: '0' }, 400],
  ['a calendar with Depth: 1', `${HOME}doomed/`, { depth: '1' }, 400],
  ['what does not exist', `${HOME}doomed/none.ics`, {}, 404],
  ['a calendar that does not exist', `${HOME}none/`, {}, 404],
  ['the home', HOME, {}, 403],
  ['the inbox', `${HOME}inbox/`, {}, 403],
  ['the outbox', `${HOME}outbox/`, {}, 403],
  ['the notifications', `${HOME}notification/`, {}, 403],
  ['a principal', '/dav/principals/users/alice/', {}, 403],
  ['the principals', '/dav/principals/', {}, 403],
  ['the root', '/', {}, 403],
  ['another’s home', '/dav/calendars/bob/', {}, 403],
  ['another’s calendar', '/dav/calendars/bob/calendar/', {}, 403],
])('DELETE of %s', async (_what, path, headers, status) => {
  const before = await server.request('GET', path);
  expect((await server.request('DELETE', path, { headers })).status).toBe(status);
  const after = await server.request('GET', path);
  expect(after.status).toBe(status === 204 ? 404 : before.status);
});

test('a URL with a fragment names no resource to be deleted', async () => {
  const answer = await server.request('DELETE', `${HOME}doomed/#part`);
  expect(answer.status).toBe(400);
  expect((await server.request('GET', `${HOME}doomed/`)).status).toBe(200);
});

test('with a calendar goes all that is in it, also its properties', async () => {
  const ask = (path: string) => server.request('PROPFIND', path, { headers: { depth: '0' } });
  for (const path of [`${HOME}doomed/`, `${HOME}doomed/a.ics`]) {
    await server.request('PROPPATCH', path, {
      headers: { 'content-type': 'application/xml' },
      body: '<D:propertyupdate xmlns:D="DAV:"><D:set><D:prop><x xmlns="urn:x">kept</x></D:prop></D:set></D:propertyupdate>',
    });
  }
  await server.request('DELETE', `${HOME}doomed/`);
  expect((await server.request('GET', `${HOME}doomed/a.ics`)).status).toBe(404);
  await server.request('MKCALENDAR', `${HOME}doomed/`);
  await server.request('PUT', `${HOME}doomed/a.ics`, { body: event('a'), headers: CALENDAR_TYPE });
  for (const path of [`${HOME}doomed/`, `${HOME}doomed/a.ics`]) {
    expect((await ask(path)).body.toString()).not.toContain('kept');
  }
});

test('while others write into a calendar, its removal leaves nothing behind', async () => {
  const put = (n: number) =>
    server.request('PUT', `${HOME}doomed/n${n}.ics`, { body: event(`n${n}`), headers: CALENDAR_TYPE });
  const [removed, ...puts] = await Promise.all([
    server.request('DELETE', `${HOME}doomed/`),
    ...Array.from({ length: 12 }, (_, n) => put(n)),
  ]);
  expect(removed.status).toBe(204);
  for (const { status } of puts) expect([201, 404, 409]).toContain(status);
  expect((await server.request('GET', `${HOME}doomed/`)).status).toBe(404);
  await server.request('MKCALENDAR', `${HOME}doomed/`);
  expect((await server.request('GET', `${HOME}doomed/`)).body.toString()).not.toContain('BEGIN:VEVENT');
});
