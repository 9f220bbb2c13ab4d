import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { CALENDAR_TYPE, startDavServer, XML, type DavServer } from '../../dav-server.ts';
import { report } from '../reports/report-client.ts';

let server: DavServer;
const HOME = '/dav/calendars/alice/';
const INBOX = `${HOME}inbox/`;
const NAMES = 'xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:CS="http://calendarserver.org/ns/"';

/** Mondays to Fridays from 9 to 17 in Berlin, and what else is given. */
const office = (...lines: readonly string[]): string =>
  [
    ...['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//Example//Test//EN', 'BEGIN:VAVAILABILITY', 'UID:hours'],
    ...['DTSTAMP:20260101T000000Z', ...lines, 'BEGIN:AVAILABLE', 'UID:week'],
    ...['DTSTART;TZID=Europe/Berlin:20260105T090000', 'DTEND;TZID=Europe/Berlin:20260105T170000'],
    ...['RRULE:FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR', 'SUMMARY:Secret', 'END:AVAILABLE', 'END:VAVAILABILITY'],
    ...['END:VCALENDAR', ''],
  ].join('\r\n');

beforeAll(async () => {
  server = await startDavServer();
});
afterAll(() => server.close());

const proppatch = async (inner: string, as = 'alice') =>
  server.request('PROPPATCH', INBOX, {
    as,
    headers: XML,
    body: `<D:propertyupdate ${NAMES}>${inner}</D:propertyupdate>`,
  });
const set = (name: string, value: string) =>
  proppatch(`<D:set><D:prop><${name}>${value.replaceAll('\r\n', '\n')}</${name}></D:prop></D:set>`);

async function propfind(what: string): Promise<string> {
  const body = `<D:propfind ${NAMES}>${what}</D:propfind>`;
  return (await server.request('PROPFIND', INBOX, { headers: { ...XML, depth: '0' }, body })).body.toString();
}
const both = () => propfind('<D:prop><C:calendar-availability/><CS:calendar-availability/></D:prop>');

async function freeBusy(path: string): Promise<readonly string[]> {
  const range = '<C:time-range start="20260310T000000Z" end="20260311T000000Z"/>';
  const { text } = await report(server, path, `<C:free-busy-query ${NAMES}>${range}</C:free-busy-query>`);
  expect(text).not.toContain('Secret');
  return text.split('\r\n').filter((line) => line.startsWith('FREEBUSY'));
}

describe('calendar-availability', () => {
  test('is not there until it is set', async () => {
    expect(await both()).toMatch(/404/);
    expect(await freeBusy(HOME)).toEqual([]);
  });

  test('is one value under both names, and counts in free-busy of the home', async () => {
    expect((await set('CS:calendar-availability', office())).body.toString()).toContain('200 OK');
    const found = await both();
    expect(found.match(/DTSTART;TZID=Europe\/Berlin:20260105T090000/g)).toHaveLength(2);
    expect(found).toMatch(/<C:calendar-availability>.*<CS:calendar-availability>/s);
    expect(await freeBusy(HOME)).toEqual([
      'FREEBUSY;FBTYPE=BUSY-UNAVAILABLE:20260310T000000Z/20260310T080000Z',
      'FREEBUSY;FBTYPE=BUSY-UNAVAILABLE:20260310T160000Z/20260311T000000Z',
    ]);
    expect(await freeBusy(`${HOME}calendar/`)).toEqual([]);
  });

  test('is told neither in allprop nor to another person', async () => {
    expect(await propfind('<D:allprop/>')).not.toContain('calendar-availability');
    const answer = await proppatch('<D:remove><D:prop><C:calendar-availability/></D:prop></D:remove>', 'bob');
    expect([403, 404]).toContain(answer.status);
  });

  test.each(['C:calendar-availability', 'CS:calendar-availability'])(
    'that is no availability is refused as %s, and what was set stays',
    async (name) => {
      const answer = (await set(name, 'This is not a calendar!')).body.toString();
      expect(answer).toContain('403 Forbidden');
      expect(answer).toContain('valid-calendar-data');
      expect(await both()).toContain('FREQ=WEEKLY');
    },
  );

  test('can be removed by either name', async () => {
    await proppatch('<D:remove><D:prop><C:calendar-availability/></D:prop></D:remove>');
    expect(await both()).not.toContain('VAVAILABILITY');
    expect(await freeBusy(HOME)).toEqual([]);
  });

  test('is named among the classes of the DAV header', async () => {
    const { headers } = await server.request('OPTIONS', INBOX);
    expect(String(headers['dav']).split(/,\s*/)).toEqual(
      expect.arrayContaining(['calendar-availability', 'inbox-availability']),
    );
  });
});

test('VAVAILABILITY in a calendar stands beside its events, and another calendar has a say by its priority', async () => {
  const first = `${HOME}hours/`;
  const second = `${HOME}away/`;
  const put = async (path: string, body: string): Promise<void> => {
    expect((await server.request('PUT', path, { body, headers: CALENDAR_TYPE })).status).toBe(201);
  };
  await server.request('MKCALENDAR', first);
  await server.request('MKCALENDAR', second);
  await put(`${first}hours.ics`, office('DTSTART:20260301T000000Z', 'BUSYTYPE:BUSY-TENTATIVE'));
  await put(
    `${first}meeting.ics`,
    [
      ...['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:x', 'BEGIN:VEVENT', 'UID:m', 'DTSTAMP:20260101T000000Z'],
      ...['DTSTART:20260310T070000Z', 'DURATION:PT2H', 'END:VEVENT', 'END:VCALENDAR', ''],
    ].join('\r\n'),
  );
  expect(await freeBusy(first)).toEqual([
    'FREEBUSY;FBTYPE=BUSY-TENTATIVE:20260310T000000Z/20260310T080000Z',
    'FREEBUSY:20260310T070000Z/20260310T090000Z',
    'FREEBUSY;FBTYPE=BUSY-TENTATIVE:20260310T160000Z/20260311T000000Z',
  ]);
  await put(
    `${second}away.ics`,
    [
      ...['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:x', 'BEGIN:VAVAILABILITY', 'UID:away'],
      ...['DTSTAMP:20260101T000000Z', 'PRIORITY:1', 'DTSTART:20260310T120000Z', 'DTEND:20260310T130000Z'],
      ...['END:VAVAILABILITY', 'END:VCALENDAR', ''],
    ].join('\r\n'),
  );
  expect(await freeBusy(HOME)).toContain('FREEBUSY;FBTYPE=BUSY-UNAVAILABLE:20260310T120000Z/20260310T130000Z');
});
