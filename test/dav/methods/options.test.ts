import { afterAll, beforeAll, expect, test } from 'vitest';

import { CALENDAR_TYPE, event, startDavServer, type DavServer } from '../../dav-server.ts';

let server: DavServer;
beforeAll(async () => {
  server = await startDavServer();
  await server.request('PUT', `${HOME}calendar/a.ics`, { body: event('a'), headers: CALENDAR_TYPE });
});
afterAll(() => server.close());

const HOME = '/dav/calendars/alice/';
const READ = 'OPTIONS, GET, HEAD, PROPFIND, PROPPATCH, REPORT';
/** Of collections that take answers to invitations, or subscriptions of devices. */
const POSTED = 'OPTIONS, GET, HEAD, POST, PROPFIND, PROPPATCH, REPORT';

test.each([
  ['/', READ],
  ['/dav/', READ],
  ['/dav/principals/', READ],
  ['/dav/principals/users/', READ],
  ['/dav/principals/users/alice/', READ],
  ['/dav/calendars/', READ],
  [HOME, POSTED],
  [`${HOME}inbox/`, `${POSTED}, ACL`],
  [`${HOME}outbox/`, `${POSTED}, ACL`],
  [`${HOME}calendar/`, 'OPTIONS, GET, HEAD, POST, DELETE, PROPFIND, PROPPATCH, MOVE, LOCK, UNLOCK, REPORT, ACL'],
  [
    `${HOME}calendar/a.ics`,
    'OPTIONS, GET, HEAD, PUT, POST, DELETE, PROPFIND, PROPPATCH, COPY, MOVE, LOCK, UNLOCK, REPORT',
  ],
  [`${HOME}none/`, 'OPTIONS, PUT, POST, MKCALENDAR, MKCOL, LOCK'],
])('OPTIONS %s allows %s, and names the classes of the server', async (path, allow) => {
  const answer = await server.request('OPTIONS', path);
  expect([answer.status, answer.body.length]).toEqual([200, 0]);
  expect(answer.headers.allow).toBe(allow);
  const classes = String(answer.headers['dav']).split(/,\s*/);
  expect(classes).toEqual(
    expect.arrayContaining([
      '1',
      '2',
      '3',
      'access-control',
      'extended-mkcol',
      'calendar-access',
      'calendar-auto-schedule',
    ]),
  );
});

test('what Allow names works on the resource, and what it does not name is refused with it', async () => {
  for (const path of ['/', '/dav/principals/users/alice/', HOME, `${HOME}inbox/`, `${HOME}calendar/`]) {
    const allowed = String((await server.request('OPTIONS', path)).headers.allow).split(', ');
    for (const method of ['GET', 'HEAD', 'PUT', 'PROPFIND', 'PROPPATCH', 'REPORT', 'COPY', 'DELETE', 'MOVE']) {
      if (method === 'DELETE' && allowed.includes('DELETE')) continue;
      const answer = await server.request(method, path, { headers: { depth: '0' } });
      const isRefused = answer.status === 405 || (answer.status === 403 && answer.headers.allow !== undefined);
      expect(isRefused, `${method} ${path} ${answer.status}`).toBe(!allowed.includes(method));
      if (isRefused) expect(String(answer.headers.allow).split(', ')).toEqual(allowed);
    }
  }
});

test('in the home of another it is refused, whatever is there', async () => {
  for (const path of ['/dav/calendars/bob/', '/dav/calendars/bob/calendar/', '/dav/calendars/nobody/x']) {
    expect((await server.request('OPTIONS', path)).status).toBe(403);
  }
});

test.each(['PATCH', 'SEARCH', 'BIND', 'TRACE'])('%s is no method of this server', async (method) => {
  expect((await server.request(method, `${HOME}calendar/`)).status).toBe(501);
});
