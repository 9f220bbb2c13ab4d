import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { type DavRequest, calendarReport, propfind, syncCollection } from '../dav-client.ts';
import { CALENDAR_TYPE, event, startDavServer, XML, type DavServer } from '../dav-server.ts';

let server: DavServer;
beforeAll(async () => {
  server = await startDavServer({ users: ['alice', 'bob'], admins: ['root'] });
  await server.request('PUT', `${THEIRS}secret.ics`, { body: event('secret'), headers: CALENDAR_TYPE });
});
afterAll(() => server.close());

const THEIRS = '/dav/calendars/alice/calendar/';
const freeBusy = calendarReport('free-busy-query', '<C:time-range start="20260301T000000Z" end="20260305T000000Z"/>');

/** Method, what is sent, for one URL of another's home. */
const attempts: readonly (readonly [string, DavRequest])[] = [
  ['GET', {}],
  ['HEAD', {}],
  ['PUT', { body: event('mine'), headers: CALENDAR_TYPE }],
  ['DELETE', {}],
  ['PROPFIND', propfind('0', ['getetag'])],
  [
    'PROPPATCH',
    {
      headers: XML,
      body: '<D:propertyupdate xmlns:D="DAV:"><D:set><D:prop><x xmlns="urn:x"/></D:prop></D:set></D:propertyupdate>',
    },
  ],
  ['MKCALENDAR', {}],
  ['MKCOL', {}],
  ['COPY', { headers: { destination: '/dav/calendars/bob/calendar/stolen.ics' } }],
  ['MOVE', { headers: { destination: '/dav/calendars/bob/calendar/stolen.ics' } }],
  ['REPORT', syncCollection(undefined)],
  [
    'REPORT',
    calendarReport(
      'calendar-multiget',
      '<D:prop><D:getetag/></D:prop><D:href>/dav/calendars/alice/calendar/secret.ics</D:href>',
    ),
  ],
];

describe('security 3: in the home of another an existing and a missing resource answer alike', () => {
  const pairs = [
    ['/dav/calendars/alice/calendar/secret.ics', '/dav/calendars/alice/calendar/absent.ics'],
    ['/dav/calendars/alice/calendar/', '/dav/calendars/alice/absent/'],
    ['/dav/calendars/alice/', '/dav/calendars/nobody/'],
    ['/dav/calendars/alice/calendar/secret.ics', '/dav/calendars/alice/absent/secret.ics'],
  ] as const;
  for (const [existing, missing] of pairs) {
    test.each(attempts)(`%s ${existing} and ${missing}`, async (method, options) => {
      const there = await server.request(method, existing, { ...options, as: 'bob' });
      const absent = await server.request(method, missing, { ...options, as: 'bob' });
      expect(there.status).toBe(403);
      expect(absent.status).toBe(403);
      const anonymous = (body: Buffer, path: string): string => body.toString().replaceAll(path, 'URL');
      expect(anonymous(there.body, existing)).toBe(anonymous(absent.body, missing));
      const names = (headers: object): string[] => Object.keys(headers).filter((name) => name !== 'content-length');
      expect(names(there.headers)).toEqual(names(absent.headers));
    });
  }
});

test('nothing of the attempts above was done', async () => {
  const mine = await server.request('GET', `${THEIRS}secret.ics`);
  expect(mine.body.toString()).toBe(event('secret'));
  expect((await server.request('GET', '/dav/calendars/bob/calendar/stolen.ics', { as: 'bob' })).status).toBe(404);
});

test('the destination of MOVE and COPY is checked like its source', async () => {
  await server.request('PUT', '/dav/calendars/bob/calendar/own.ics', {
    as: 'bob',
    body: event('own'),
    headers: CALENDAR_TYPE,
  });
  for (const method of ['MOVE', 'COPY']) {
    for (const destination of [`${THEIRS}planted.ics`, `${THEIRS}secret.ics`, '/dav/calendars/alice/absent/x.ics']) {
      const answer = await server.request(method, '/dav/calendars/bob/calendar/own.ics', {
        as: 'bob',
        headers: { destination },
      });
      expect(answer.status, `${method} to ${destination}`).toBe(403);
    }
  }
  expect((await server.request('GET', `${THEIRS}planted.ics`)).status).toBe(404);
});

test('a multiget in one calendar reads nothing of another', async () => {
  const body = calendarReport(
    'calendar-multiget',
    '<D:prop><C:calendar-data/></D:prop><D:href>/dav/calendars/alice/calendar/secret.ics</D:href>' +
      '<D:href>/dav/calendars/bob/calendar/../../alice/calendar/secret.ics</D:href>',
  );
  const answer = await server.request('REPORT', '/dav/calendars/bob/calendar/', { as: 'bob', ...body });
  expect(answer.body.toString()).not.toContain('UID:secret');
});

test('free-busy is the one exception: times, and nothing else', async () => {
  const answer = await server.request('REPORT', THEIRS, { as: 'bob', ...freeBusy });
  expect(answer.status).toBe(200);
  expect(answer.body.toString()).toContain('FREEBUSY');
  expect(answer.body.toString()).not.toContain('secret');
});

test('the exception is a setting', async () => {
  const closed = await startDavServer({ settings: { freeBusyForAll: false } });
  const there = await closed.request('REPORT', THEIRS, { as: 'bob', ...freeBusy });
  const absent = await closed.request('REPORT', '/dav/calendars/alice/absent/', { as: 'bob', ...freeBusy });
  await closed.close();
  expect([there.status, absent.status]).toEqual([403, 403]);
});

test('an administrator reads and writes every home', async () => {
  expect((await server.request('GET', `${THEIRS}secret.ics`, { as: 'root' })).status).toBe(200);
  expect((await server.request('GET', `${THEIRS}absent.ics`, { as: 'root' })).status).toBe(404);
});
