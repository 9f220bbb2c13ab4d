import { afterAll, beforeAll, expect, test } from 'vitest';

import { CALENDAR_TYPE, event, startDavServer, type DavServer } from '../../dav-server.ts';
import { report } from './report-client.ts';

let server: DavServer;
const HOME = '/dav/calendars/alice/';
const CALENDAR = `${HOME}calendar/`;

beforeAll(async () => {
  server = await startDavServer();
  const put = (path: string, uid: string, ...lines: readonly string[]) =>
    server.request('PUT', path, { body: event(uid, ...lines), headers: CALENDAR_TYPE });
  await put(`${CALENDAR}a.ics`, 'a', 'DTSTART:20260310T090000Z', 'DURATION:PT1H', 'SUMMARY:Secret');
  await put(`${CALENDAR}b.ics`, 'b', 'DTSTART:20260310T093000Z', 'DURATION:PT1H', 'STATUS:TENTATIVE');
  const transparent = `<C:mkcalendar xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:D="DAV:"><D:set><D:prop><C:schedule-calendar-transp><C:transparent/></C:schedule-calendar-transp></D:prop></D:set></C:mkcalendar>`;
  await server.request('MKCALENDAR', `${HOME}other/`, { body: transparent, headers: { 'content-type': 'text/xml' } });
  await server.request('MKCALENDAR', `${HOME}second/`);
  await put(`${HOME}other/c.ics`, 'c', 'DTSTART:20260310T150000Z', 'DURATION:PT1H');
  await put(`${HOME}second/d.ics`, 'd', 'DTSTART:20260310T180000Z', 'DURATION:PT1H');
});
afterAll(() => server.close());

const ask = (path: string, headers = {}, range = '<C:time-range start="20260310T000000Z" end="20260311T000000Z"/>') =>
  report(
    server,
    path,
    `<C:free-busy-query xmlns:C="urn:ietf:params:xml:ns:caldav">${range}</C:free-busy-query>`,
    headers,
  );

test.each([{}, { depth: '0' }, { depth: '1' }])('is iCalendar with one VFREEBUSY, with %o', async (headers) => {
  const { status, text, contentType } = await ask(CALENDAR, headers);
  expect(status).toBe(200);
  expect(contentType).toMatch(/^text\/calendar/);
  expect(text.match(/BEGIN:VFREEBUSY/g)).toHaveLength(1);
  expect(text).toContain('20260310T090000Z/');
  expect(text).not.toContain('Secret');
});

test('another person may ask, where the installation allows it', async () => {
  expect((await ask(CALENDAR, { as: 'bob' })).status).toBe(200);
});

test('of a home is that of its calendars that count as busy', async () => {
  const { status, text } = await ask(HOME);
  expect(status).toBe(200);
  expect(text).toContain('20260310T180000Z/');
  expect(text).not.toContain('20260310T150000Z/');
});

test.each([
  ['no time-range', ''],
  ['no end', '<C:time-range start="20260310T000000Z"/>'],
  ['an end before the start', '<C:time-range start="20260310T000000Z" end="20260309T000000Z"/>'],
])('%s is a 400', async (_, range) => {
  expect((await ask(CALENDAR, {}, range)).status).toBe(400);
});
