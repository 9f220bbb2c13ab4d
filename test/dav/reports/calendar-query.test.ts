import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { CALENDAR_TYPE, event, startDavServer, type DavServer } from '../../dav-server.ts';
import { report, responsesIn, statuses } from './report-client.ts';

let server: DavServer;
const CALENDAR = '/dav/calendars/alice/calendar/';

beforeAll(async () => {
  server = await startDavServer({ limits: { reportMatches: 150, expandInstances: 40 } });
  const put = async (name: string, ...lines: readonly string[]) => {
    const answer = await server.request('PUT', `${CALENDAR}${name}.ics`, {
      body: event(name, ...lines),
      headers: CALENDAR_TYPE,
    });
    expect(answer.status).toBe(201);
  };
  await put('once', 'DTSTART:20260310T090000Z', 'DURATION:PT1H', 'SUMMARY:Once');
  await put('daily', 'DTSTART:20260301T120000Z', 'DURATION:PT1H', 'RRULE:FREQ=DAILY;COUNT=30', 'SUMMARY:Daily');
  await put('day', 'DTSTART;VALUE=DATE:20260320', 'SUMMARY:All day');
});
afterAll(() => server.close());

const ns = 'xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"';
const ETAG = '<D:prop><D:getetag/></D:prop>';
const events = (inside: string) =>
  `<C:filter><C:comp-filter name="VCALENDAR"><C:comp-filter name="VEVENT">${inside}</C:comp-filter></C:comp-filter></C:filter>`;
const range = (start: string, end: string) => events(`<C:time-range start="${start}" end="${end}"/>`);

const query = (filter: string, { prop = ETAG, more = '', path = CALENDAR, headers = {} } = {}) =>
  report(server, path, `<C:calendar-query ${ns}>${prop}${filter}${more}</C:calendar-query>`, headers);
const found = (text: string) =>
  Object.keys(statuses(text))
    .map((href) => href.slice(CALENDAR.length))
    .toSorted();

describe('a time range', () => {
  test('finds single events and instances of recurring ones', async () => {
    expect(found((await query(range('20260310T000000Z', '20260311T000000Z'))).text)).toEqual(['daily.ics', 'once.ics']);
    expect(found((await query(range('20260401T000000Z', '20260402T000000Z'))).text)).toEqual([]);
  });

  test.each([
    ['the calendar’s zone', '', ['day.ics']],
    ['CALDAV:timezone-id', '<C:timezone-id>Pacific/Kiritimati</C:timezone-id>', []],
  ])('reads all-day events in %s', async (_, more, expected) => {
    expect(found((await query(range('20260320T170000Z', '20260320T180000Z'), { more })).text)).toEqual(expected);
  });
});

describe('Depth', () => {
  test.each([{}, { depth: '1' }, { depth: 'infinity' }])('%o searches the members', async (headers) => {
    expect(found((await query(events(''), { headers })).text)).toEqual(['daily.ics', 'day.ics', 'once.ics']);
  });
  test('0 is the calendar alone, which is no calendar object', async () => {
    const { status, text } = await query(events(''), { headers: { depth: '0' } });
    expect(status).toBe(207);
    expect(responsesIn(text)).toEqual([]);
  });
});

test('on an object, the object is matched', async () => {
  const path = `${CALENDAR}once.ics`;
  expect(found((await query(events(''), { path })).text)).toEqual(['once.ics']);
  expect(found((await query(range('20270101T000000Z', '20270102T000000Z'), { path })).text)).toEqual([]);
});

describe('calendar-data', () => {
  const data = (inside: string) => `<D:prop><D:getetag/><C:calendar-data>${inside}</C:calendar-data></D:prop>`;
  const expand = data('<C:expand start="20260301T000000Z" end="20260304T000000Z"/>');

  test('is the whole object', async () => {
    const { text } = await query(range('20260310T090000Z', '20260310T093000Z'), { prop: data('') });
    expect(text.replaceAll('&#13;', '\r')).toContain(
      event('once', 'DTSTART:20260310T090000Z', 'DURATION:PT1H', 'SUMMARY:Once'),
    );
  });

  test('can be expanded', async () => {
    const { text } = await query(range('20260301T000000Z', '20260304T000000Z'), { prop: expand });
    expect(text.match(/BEGIN:VEVENT/g)).toHaveLength(3);
    expect(text).not.toContain('RRULE');
  });

  test('of an answer with too many instances is refused object by object, and the rest is answered', async () => {
    const names = ['x', 'y', 'z'];
    for (const name of names) {
      const body = event(name, 'DTSTART:20300301T120000Z', 'DURATION:PT1H', 'RRULE:FREQ=DAILY;COUNT=30');
      await server.request('PUT', `${CALENDAR}${name}.ics`, { body, headers: CALENDAR_TYPE });
    }
    const prop = data('<C:expand start="20300301T000000Z" end="20300401T000000Z"/>');
    const { status, text } = await query(range('20300301T000000Z', '20300401T000000Z'), { prop });
    for (const name of names) await server.request('DELETE', `${CALENDAR}${name}.ics`);
    expect(status).toBe(207);
    expect(responsesIn(text)).toHaveLength(3);
    expect(text.match(/BEGIN:VEVENT/g)).toHaveLength(60);
    expect(text.match(/<D:number-of-matches-within-limits\/>/g)).toHaveLength(1);
    expect(text.match(/<D:getetag>/g)).toHaveLength(3);
  });
});

describe('is refused', () => {
  test.each([
    ['no filter', '', {}, 'C:valid-filter'],
    [
      'a collation that is not there',
      events('<C:prop-filter name="SUMMARY"><C:text-match collation="i;x">a</C:text-match></C:prop-filter>'),
      {},
      'C:supported-collation',
    ],
    ['a zone that is not known', events(''), { more: '<C:timezone-id>bogus</C:timezone-id>' }, 'C:valid-timezone'],
    [
      'a timezone that is no iCalendar',
      events(''),
      { more: '<C:timezone>BEGIN:VCALENDAREND:VCALENDAR</C:timezone>' },
      'C:valid-calendar-data',
    ],
    [
      'another media type',
      events(''),
      { prop: '<D:prop><C:calendar-data content-type="text/x"/></D:prop>' },
      'C:supported-calendar-data',
    ],
  ])('%s', async (_, filter, options, element) => {
    const { status, text } = await query(filter, options);
    expect(status).toBe(403);
    expect(text).toContain(`<${element}/>`);
  });

  test('a time range without start and end', async () => {
    expect((await query(events('<C:time-range/>'))).status).toBe(400);
  });

  test('who may not read', async () => {
    expect((await query(events(''), { headers: { as: 'bob' } })).status).toBe(403);
  });
});

test('more matches than the bound end with 507 on the calendar', async () => {
  const path = '/dav/calendars/alice/many/';
  await server.request('MKCALENDAR', path);
  const names = Array.from({ length: 151 }, (_, index) => `m${index}`);
  await Promise.all(
    names.map((name) => server.request('PUT', `${path}${name}.ics`, { body: event(name), headers: CALENDAR_TYPE })),
  );
  const { text } = await query(events(''), { path });
  expect(responsesIn(text)).toHaveLength(151);
  expect(statuses(text)[path]).toBe(507);
});

describe('a text', () => {
  const PATH = '/dav/calendars/alice/searched/';
  const withText = (text: string, more = '') =>
    events(`${more}<C:prop-filter name="SUMMARY"><C:text-match>${text}</C:text-match></C:prop-filter>`);
  const namesWith = async (filter: string): Promise<string[]> =>
    Object.keys(statuses((await query(filter, { path: PATH })).text))
      .map((href) => href.slice(PATH.length))
      .toSorted();
  const put = (name: string, summary: string, start = '20260310T090000Z') =>
    server.request('PUT', `${PATH}${name}.ics`, {
      body: event(name, `DTSTART:${start}`, `SUMMARY:${summary}`),
      headers: CALENDAR_TYPE,
    });

  test('is found by what is written now, also beside a range that holds many', async () => {
    expect((await server.request('MKCALENDAR', PATH)).status).toBe(201);
    for (let at = 0; at < 110; at += 1) await put(`e${at}`, at === 7 ? 'A fal\\con' : `Meeting ${at}`);
    await put('later', 'Falcon', '20270310T090000Z');
    expect(await namesWith(withText('FALCON'))).toEqual(['e7.ics', 'later.ics']);
    const march = '<C:time-range start="20260301T000000Z" end="20260401T000000Z"/>';
    expect(await namesWith(withText('falcon', march))).toEqual(['e7.ics']);
    await put('e7', 'Another bird');
    await put('e8', 'A falcon');
    expect(await namesWith(withText('falcon', march))).toEqual(['e8.ics']);
    expect(await namesWith(withText('bird'))).toEqual(['e7.ics']);
    const uid = events('<C:prop-filter name="UID"><C:text-match>LATER</C:text-match></C:prop-filter>');
    expect(await namesWith(uid)).toEqual(['later.ics']);
  });
});
