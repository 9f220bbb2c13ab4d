import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { ics, startDavServer, type DavServer } from '../../dav-server.ts';
import { report, statuses } from './report-client.ts';

const HOME = '/dav/calendars/alice/';
const CALENDAR = `${HOME}all/`;
const NS = 'xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"';

let server: DavServer;
beforeAll(async () => {
  server = await startDavServer();
  // Any kind of component, so that one question can be about several.
  const set = ['VEVENT', 'VTODO', 'VJOURNAL'].map((name) => `<C:comp name="${name}"/>`).join('');
  const wanted = `<C:supported-calendar-component-set>${set}</C:supported-calendar-component-set>`;
  const body = `<C:mkcalendar ${NS}><D:set><D:prop>${wanted}</D:prop></D:set></C:mkcalendar>`;
  const headers = { 'content-type': 'application/xml' };
  expect((await server.request('MKCALENDAR', CALENDAR, { headers, body })).status).toBe(201);
  for (const [name, component, lines] of OBJECTS) {
    const own = [`BEGIN:${component}`, `UID:${name}`, 'DTSTAMP:20100101T000000Z', ...lines, `END:${component}`];
    const sent = { headers: { 'content-type': 'text/calendar' }, body: ics(...own) };
    expect([name, (await server.request('PUT', `${CALENDAR}${name}`, sent)).status]).toEqual([name, 201]);
  }
});
afterAll(() => server.close());

const ALARM = ['BEGIN:VALARM', 'ACTION:DISPLAY', 'DESCRIPTION:x', 'TRIGGER:-PT5M', 'END:VALARM'];
const OBJECTS: readonly (readonly [string, string, readonly string[]])[] = [
  ['old', 'VEVENT', ['DTSTART:20100601T090000Z', 'SUMMARY:Old thing', ...ALARM]],
  ['new', 'VEVENT', ['DTSTART:20110601T090000Z', 'SUMMARY:New thing', 'CATEGORIES:Work,Home office']],
  ['series', 'VEVENT', ['DTSTART:20100101T090000Z', 'RRULE:FREQ=MONTHLY', 'SUMMARY:thing']],
  ['open', 'VTODO', ['SUMMARY:Old task', 'STATUS:NEEDS-ACTION']],
  ['cancelled', 'VTODO', ['SUMMARY:New task', 'STATUS:CANCELLED']],
  ['done', 'VTODO', ['SUMMARY:Done', 'STATUS:COMPLETED', 'COMPLETED:20100101T000000Z']],
  ['alarmed', 'VTODO', ['DTSTART:20100601T090000Z', 'SUMMARY:Thing to do', 'STATUS:IN-PROCESS', ...ALARM]],
  ['note', 'VJOURNAL', ['DTSTART:20110101T090000Z', 'SUMMARY:A thing']],
  [
    'meeting',
    'VEVENT',
    ['DTSTART:20100601T090000Z', 'ORGANIZER:mailto:a@x', 'ATTENDEE;PARTSTAT=DECLINED:mailto:bob@x'],
  ],
];

/** The names of what a filter inside VCALENDAR finds, or the status of what is refused. */
async function find(inside: string, joined = ''): Promise<readonly string[] | number> {
  const filter = `<C:filter><C:comp-filter name="VCALENDAR"${joined}>${inside}</C:comp-filter></C:filter>`;
  const body = `<C:calendar-query ${NS}><D:prop><D:getetag/></D:prop>${filter}</C:calendar-query>`;
  const { status, text } = await report(server, CALENDAR, body, { depth: '1' });
  if (status !== 207) return status;
  return Object.keys(statuses(text))
    .map((href) => href.slice(CALENDAR.length))
    .toSorted();
}

const comp = (name: string, inside = '', joined = ''): string =>
  `<C:comp-filter name="${name}"${joined}>${inside}</C:comp-filter>`;
const prop = (name: string, inside = '', joined = ''): string =>
  `<C:prop-filter name="${name}"${joined}>${inside}</C:prop-filter>`;
const match = (text: string, attributes = ''): string => `<C:text-match ${attributes}>${text}</C:text-match>`;
const since = '<C:time-range start="20110101T000000Z"/>';
const NONE = '<C:is-not-defined/>';
const ANY = ' test="anyof"';

test('every resource that can be asked says so in its DAV header', async () => {
  for (const path of [HOME, CALENDAR, `${CALENDAR}old`]) {
    const { headers } = await server.request('OPTIONS', path);
    expect(String(headers['dav']).split(', ')).toContain('calendar-query-extended');
  }
});

describe('the examples of draft-daboo-caldav-extensions §3.4', () => {
  test('events from a date on, or tasks that are neither completed nor cancelled', async () => {
    const open =
      prop('COMPLETED', NONE) + prop('STATUS', match('CANCELLED', 'negate-condition="yes" match-type="equals"'));
    const filter = comp('VEVENT', since) + comp('VTODO', open, ' test="allof"');
    expect(await find(filter, ANY)).toEqual(['alarmed', 'new', 'open', 'series']);
    expect(await find(filter)).toEqual([]);
  });

  test('any component with an alarm', async () => {
    expect(await find(comp('*', comp('VALARM')))).toEqual(['alarmed', 'old']);
  });
});

describe('match-type (draft-daboo-caldav-extensions §3.3)', () => {
  test.each([
    ['', ['alarmed', 'new', 'note', 'old', 'series']],
    ['match-type="contains"', ['alarmed', 'new', 'note', 'old', 'series']],
    ['match-type="equals"', ['series']],
    ['match-type="starts-with"', ['alarmed', 'series']],
    ['match-type="ends-with"', ['new', 'note', 'old', 'series']],
    ['match-type="starts-with" collation="i;octet"', ['series']],
    ['match-type="ends-with" negate-condition="yes"', ['alarmed', 'cancelled', 'done', 'open']],
  ])('%s', async (attributes, expected) => {
    expect(await find(comp('*', prop('SUMMARY', match('thing', attributes))))).toEqual(expected);
  });

  test('of a list each value counts', async () => {
    const category = (text: string, how: string) =>
      find(comp('VEVENT', prop('CATEGORIES', match(text, `match-type="${how}"`))));
    expect(await category('home office', 'equals')).toEqual(['new']);
    expect(await category('work', 'equals')).toEqual(['new']);
    expect(await category('office', 'equals')).toEqual([]);
  });

  test('of a parameter, too', async () => {
    const param = (text: string, how: string) =>
      find(
        comp(
          'VEVENT',
          prop('ATTENDEE', `<C:param-filter name="PARTSTAT">${match(text, `match-type="${how}"`)}</C:param-filter>`),
        ),
      );
    expect(await param('declined', 'equals')).toEqual(['meeting']);
    expect(await param('decl', 'equals')).toEqual([]);
    expect(await param('decl', 'starts-with')).toEqual(['meeting']);
  });
});

describe('test (draft-daboo-caldav-extensions §3.1, §3.2)', () => {
  test('in a component: its time, its properties and its components', async () => {
    const either = since + prop('SUMMARY', match('old'));
    expect(await find(comp('VEVENT', either, ANY))).toEqual(['new', 'old', 'series']);
    expect(await find(comp('VEVENT', either))).toEqual([]);
    expect(await find(comp('*', prop('STATUS', match('cancelled')) + comp('VALARM'), ANY))).toEqual([
      ...['alarmed', 'cancelled', 'old'],
    ]);
  });

  test('in a property: its text and its parameters', async () => {
    const either = match('nobody') + `<C:param-filter name="PARTSTAT">${match('declined')}</C:param-filter>`;
    expect(await find(comp('VEVENT', prop('ATTENDEE', either, ANY)))).toEqual(['meeting']);
    expect(await find(comp('VEVENT', prop('ATTENDEE', either)))).toEqual([]);
  });

  const FILTERS = [
    comp('VEVENT'),
    comp('VEVENT', since),
    comp('VTODO', prop('COMPLETED', NONE)),
    comp('*', comp('VALARM')),
    comp('*', prop('SUMMARY', match('old', 'match-type="starts-with"'))),
    comp('VJOURNAL', NONE),
    comp('VTODO', `<C:time-range start="20100601T000000Z" end="20100602T000000Z"/>`),
    prop('VERSION', match('2.0', 'match-type="equals"')),
    prop('METHOD'),
  ];
  test('of any two filters, anyof finds what either finds and allof what both find', async () => {
    // Properties come before components (§3.1).
    const found = new Map<string, readonly string[]>();
    for (const filter of FILTERS) found.set(filter, (await find(filter)) as readonly string[]);
    expect([...found.values()].map(({ length }) => length)).toEqual([4, 2, 3, 2, 2, 8, 3, 9, 0]);
    for (const [at, one] of FILTERS.entries()) {
      for (const other of FILTERS.slice(at + 1)) {
        const [first, second] = [found.get(one)!, found.get(other)!];
        const both = one.startsWith('<C:prop') ? one + other : other + one;
        const either = [...new Set([...first, ...second])].toSorted();
        expect([both, await find(both, ANY)]).toEqual([both, either]);
        expect([both, await find(both)]).toEqual([both, first.filter((name) => second.includes(name))]);
      }
    }
  });
});

test.each([
  ['an unknown test', comp('VEVENT', '', ' test="noneof"')],
  ['an unknown match-type', comp('VEVENT', prop('SUMMARY', match('x', 'match-type="like"')))],
  ['a * that is part of a name', comp('V*')],
  ['a * for a property', comp('VEVENT', prop('*'))],
])('%s is refused', async (_, filter) => {
  expect(await find(filter)).toBe(403);
});
