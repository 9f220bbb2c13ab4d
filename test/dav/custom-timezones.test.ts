import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { startDavServer, type DavServer } from '../dav-server.ts';

/**
 * Two people whose programs wrote a VTIMEZONE of one name and other rules: each is honoured as written, and seen by
 * nobody else. The times asked for are one hour long, so that a leak shows as a missing or a wrong answer.
 */
const TZID = 'Customized Time Zone';
const OFFSETS = { alice: '+0530', bob: '-0300' } as const;
/** 2026-07-01T10:00 on the clock of each. */
const STARTS = { alice: '20260701T043000Z', bob: '20260701T130000Z' } as const;
type Person = keyof typeof OFFSETS;
const PEOPLE = Object.keys(OFFSETS) as Person[];
const other = (person: Person): Person => (person === 'alice' ? 'bob' : 'alice');

const vtimezone = (offset: string): string[] => [
  'BEGIN:VTIMEZONE',
  `TZID:${TZID}`,
  'BEGIN:STANDARD',
  'DTSTART:16010101T000000',
  `TZOFFSETFROM:${offset}`,
  `TZOFFSETTO:${offset}`,
  'END:STANDARD',
  'END:VTIMEZONE',
];
const calendar = (...lines: readonly string[]): string =>
  ['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//Test//EN', ...lines, 'END:VCALENDAR', ''].join('\r\n');
const vevent = (uid: string, start: string): string[] => [
  'BEGIN:VEVENT',
  `UID:${uid}`,
  'DTSTAMP:20260101T000000Z',
  start,
  'DURATION:PT1H',
  'RRULE:FREQ=DAILY;COUNT=3',
  'END:VEVENT',
];
const eventOf = (person: Person): string =>
  calendar(...vtimezone(OFFSETS[person]), ...vevent('zoned', `DTSTART;TZID=${TZID}:20260701T100000`));

const HEADERS = { 'Content-Type': 'text/calendar; charset=utf-8' };
const NS = 'xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"';
const home = (person: Person): string => `/dav/calendars/${person}/calendar/`;

let server: DavServer;
beforeAll(async () => {
  server = await startDavServer({ users: PEOPLE });
  for (const as of PEOPLE) {
    const { status } = await server.request('PUT', `${home(as)}zoned.ics`, { as, headers: HEADERS, body: eventOf(as) });
    expect(status).toBe(201);
  }
});
afterAll(() => server.close());

const hourAt = (start: string): string =>
  `start="${start}" end="${start.replace(/T(\d\d)/, (_, hour: string) => `T${String(Number(hour) + 1).padStart(2, '0')}`)}"`;

async function report(as: Person, body: string, depth = '1'): Promise<string> {
  const answer = await server.request('REPORT', home(as), { as, headers: { Depth: depth }, body });
  return answer.body.toString('utf8').replaceAll('&#13;', '');
}

const query = (range: string, data = '<C:calendar-data/>', zone = ''): string =>
  `<C:calendar-query ${NS}><D:prop>${data}</D:prop><C:filter><C:comp-filter name="VCALENDAR">` +
  `<C:comp-filter name="VEVENT"><C:time-range ${range}/></C:comp-filter></C:comp-filter></C:filter>${zone}` +
  '</C:calendar-query>';

describe.each(PEOPLE)('the custom zone of %s', (person) => {
  test('is read back as it was written', async () => {
    for (const wish of ['T', 'F']) {
      const answer = await server.request('GET', `${home(person)}zoned.ics`, {
        as: person,
        headers: { 'CalDAV-Timezones': wish },
      });
      expect(answer.body.toString('utf8')).toBe(eventOf(person));
    }
    const file = await server.request('GET', home(person), { as: person });
    expect(file.body.toString('utf8')).toContain(`TZOFFSETTO:${OFFSETS[person]}\r\n`);
    expect(file.body.toString('utf8')).not.toContain(`TZOFFSETTO:${OFFSETS[other(person)]}\r\n`);
  });

  test('decides when the event is in a query, and the other one does not', async () => {
    expect(await report(person, query(hourAt(STARTS[person])))).toContain('zoned.ics');
    expect(await report(person, query(hourAt(STARTS[other(person)])))).not.toContain('zoned.ics');
  });

  test('decides the instances of expand', async () => {
    const expand = '<C:calendar-data><C:expand start="20260701T000000Z" end="20260702T000000Z"/></C:calendar-data>';
    const text = await report(person, query('start="20260701T000000Z" end="20260702T000000Z"', expand));
    expect([...text.matchAll(/DTSTART:(\S+)/g)].map((match) => match[1])).toEqual([STARTS[person]]);
  });

  test('decides the busy times', async () => {
    const body = `<C:free-busy-query ${NS}><C:time-range start="20260701T000000Z" end="20260702T000000Z"/></C:free-busy-query>`;
    expect(await report(person, body)).toMatch(new RegExp(`FREEBUSY[^:]*:${STARTS[person]}/`));
  });
});

test('the zone of a query counts for the floating times of that query alone', async () => {
  const path = `${home('alice')}floating.ics`;
  const body = calendar(...vevent('floating', 'DTSTART:20260710T100000'));
  expect((await server.request('PUT', path, { as: 'alice', headers: HEADERS, body })).status).toBe(201);
  const isFound = async (start: string, offset?: string): Promise<boolean> => {
    const zone = offset === undefined ? '' : `<C:timezone>${calendar(...vtimezone(offset))}</C:timezone>`;
    return (await report('alice', query(hourAt(start), undefined, zone))).includes('floating.ics');
  };
  expect(await isFound('20260710T043000Z', OFFSETS.alice)).toBe(true);
  expect(await isFound('20260710T130000Z', OFFSETS.bob)).toBe(true);
  expect(await isFound('20260710T043000Z', OFFSETS.bob)).toBe(false);
  // Without one it is the calendar's, which has none: UTC.
  expect(await isFound('20260710T100000Z')).toBe(true);
  expect(await isFound('20260710T043000Z')).toBe(false);
});

test('the zone of a calendar counts for that calendar alone, though another has one of its name', async () => {
  const body = calendar(...vevent('day', 'DTSTART:20260720T100000'));
  for (const as of PEOPLE) {
    const value = calendar(...vtimezone(OFFSETS[as]));
    const patch = `<D:propertyupdate ${NS}><D:set><D:prop><C:calendar-timezone>${value}</C:calendar-timezone></D:prop></D:set></D:propertyupdate>`;
    expect((await server.request('PROPPATCH', home(as), { as, body: patch })).status).toBe(207);
    await server.request('PUT', `${home(as)}day.ics`, { as, headers: HEADERS, body });
  }
  for (const as of PEOPLE) {
    const start = STARTS[as].replace('20260701', '20260720');
    const wrong = STARTS[other(as)].replace('20260701', '20260720');
    expect(await report(as, query(hourAt(start)))).toContain('day.ics');
    expect(await report(as, query(hourAt(wrong)))).not.toContain('day.ics');
  }
});

test('no custom zone is one of the time zone service', async () => {
  const answer = await server.request('GET', `/timezones/zones/${encodeURIComponent(TZID)}`);
  expect(answer.status).toBe(404);
  const list = await server.request('GET', '/timezones/zones?pattern=customized*');
  expect(JSON.parse(list.body.toString('utf8'))).toMatchObject({ timezones: [] });
});

test('without a VTIMEZONE the name of somebody else’s custom zone is no zone', async () => {
  const body = calendar(...vevent('none', `DTSTART;TZID=${TZID}:20260701T100000`));
  const answer = await server.request('PUT', `${home('bob')}none.ics`, { as: 'bob', headers: HEADERS, body });
  expect(answer.status).toBe(403);
  expect(answer.body.toString('utf8')).toMatch(/valid-calendar-data|valid-timezone/);
});
