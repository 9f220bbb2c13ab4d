import { afterAll, beforeAll, expect, test } from 'vitest';

import { CALENDAR_TYPE, event, startDavServer, type DavServer } from '../../dav-server.ts';
import { report, responsesIn, statuses } from './report-client.ts';

let server: DavServer;
beforeAll(async () => {
  server = await startDavServer({ limits: { multigetHrefs: 250 } });
  for (const name of ['a.ics', 'b.ics', 'ä b@c.ics']) {
    const path = `${CALENDAR}${encodeURIComponent(name)}`;
    const put = await server.request('PUT', path, {
      body: event(name, 'SUMMARY:Lunch & more'),
      headers: CALENDAR_TYPE,
    });
    expect(put.status).toBe(201);
  }
});
afterAll(() => server.close());

const CALENDAR = '/dav/calendars/alice/calendar/';
const TASKS = '/dav/calendars/alice/tasks/';

const multiget = (
  hrefs: readonly string[],
  path = CALENDAR,
  prop = '<D:prop><D:getetag/><C:calendar-data/></D:prop>',
  headers = {},
) =>
  report(
    server,
    path,
    `<C:calendar-multiget xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav">${prop}${hrefs.map((href) => `<D:href>${href}</D:href>`).join('')}</C:calendar-multiget>`,
    headers,
  );

test('answers each href, in the order asked for, with the octets as they were sent', async () => {
  const { status, text } = await multiget([`${CALENDAR}b.ics`, `${CALENDAR}missing.ics`, `${CALENDAR}a.ics`]);
  expect(status).toBe(207);
  expect(responsesIn(text).map((response) => /<D:href>([^<]*)</.exec(response)?.[1])).toEqual([
    `${CALENDAR}b.ics`,
    `${CALENDAR}missing.ics`,
    `${CALENDAR}a.ics`,
  ]);
  expect(statuses(text)[`${CALENDAR}missing.ics`]).toBe(404);
  const data = /<C:calendar-data>(.*?)<\/C:calendar-data>/s
    .exec(text)?.[1]
    ?.replaceAll('&#13;', '\r')
    .replaceAll('&amp;', '&');
  expect(data).toBe(event('b.ics', 'SUMMARY:Lunch & more'));
});

test.each([
  ['an absolute URI', `http://elsewhere.example:8080${CALENDAR}a.ics`],
  ['white space around it', `\n  ${CALENDAR}a.ics\n`],
  ['a doubled slash', `/dav/calendars//alice/calendar/a.ics`],
  ['needless percent-encoding', `${CALENDAR}%61.ics`],
])('takes %s', async (_, href) => {
  expect(statuses((await multiget([href])).text)).toEqual({ [`${CALENDAR}a.ics`]: 200 });
});

test('an href is answered in the form of every other answer', async () => {
  const { text } = await multiget([`${CALENDAR}%C3%A4%20b%40c.ics`]);
  expect(statuses(text)).toEqual({ [`${CALENDAR}%C3%A4%20b@c.ics`]: 200 });
});

test('the same href twice is answered once', async () => {
  expect(responsesIn((await multiget([`${CALENDAR}a.ics`, `${CALENDAR}a.ics`])).text)).toHaveLength(1);
});

test.each([
  ['an object of another calendar', `${TASKS}a.ics`],
  ['the calendar itself', CALENDAR],
  ['something below an object', `${CALENDAR}a.ics/b.ics`],
  ['a broken percent-encoding', `${CALENDAR}%zz.ics`],
  ['dots', `${CALENDAR}../calendar/a.ics`],
  ['nothing', ''],
  ['no URL', 'mailto:a@example.com'],
])('%s is not found, and the others are answered', async (_, href) => {
  const { status, text } = await multiget([href, `${CALENDAR}a.ics`]);
  expect(status).toBe(207);
  expect(statuses(text)).toEqual({ [href]: 404, [`${CALENDAR}a.ics`]: 200 });
});

test('on an object, that object is answered (RFC 4791 §7.9)', async () => {
  expect(statuses((await multiget([`${CALENDAR}a.ics`], `${CALENDAR}a.ics`)).text)).toEqual({
    [`${CALENDAR}a.ics`]: 200,
  });
  expect((await multiget([`${CALENDAR}a.ics`, `${CALENDAR}b.ics`], `${CALENDAR}a.ics`)).status).toBe(400);
});

test('allprop and propname are answered too', async () => {
  const all = await multiget([`${CALENDAR}a.ics`], CALENDAR, '<D:allprop/>');
  expect(all.text).toContain('<D:getetag>');
  expect(all.text).not.toContain('calendar-data');
  expect((await multiget([`${CALENDAR}a.ics`], CALENDAR, '<D:propname/>')).text).toContain('<D:getetag/>');
});

test('only the parts asked for are sent', async () => {
  const part =
    '<D:prop><C:calendar-data><C:comp name="VCALENDAR"><C:comp name="VEVENT"><C:prop name="SUMMARY"/></C:comp></C:comp></C:calendar-data></D:prop>';
  const { text } = await multiget([`${CALENDAR}a.ics`], CALENDAR, part);
  expect(text).toContain('SUMMARY:Lunch');
  expect(text).not.toContain('DTSTAMP');
});

test('many hrefs are answered, too many refused', async () => {
  const hrefs = Array.from({ length: 251 }, (_, index) => `${CALENDAR}none-${index}.ics`);
  expect(responsesIn((await multiget(hrefs.slice(0, 250))).text)).toHaveLength(250);
  const { status, text } = await multiget(hrefs);
  expect(status).toBe(403);
  expect(text).toContain('<D:number-of-matches-within-limits/>');
});

test('without an href it is a 400, and for a stranger a 403', async () => {
  expect((await multiget([])).status).toBe(400);
  expect((await multiget([`${CALENDAR}a.ics`], CALENDAR, '<D:allprop/>', { as: 'bob' })).status).toBe(403);
});
