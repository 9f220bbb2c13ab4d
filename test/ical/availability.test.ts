import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { availabilityOf, findingAvailability, unavailablePeriods } from '../../src/ical/availability.ts';
import { busiestTime, busyPeriods } from '../../src/ical/freebusy.ts';
import { parseCalendar } from '../../src/ical/parse.ts';
import type { TimeRange } from '../../src/ical/time-value.ts';
import { UTC, zoneByTzid, type Zone } from '../../src/ical/timezone.ts';
import { calendar, component } from './calendar-text.ts';

const MONTREAL = zoneByTzid('America/Montreal')!;
const HOUR = 3_600_000;

/** The hours of days in a zone, a letter each: F free, B busy, U unavailable, T tentative; other lengths are told apart. */
function table(
  lines: readonly string[],
  from: string,
  days: number,
  { zone = MONTREAL, floating = UTC } = {},
): string[] {
  const wall = Date.parse(`${from}T00:00:00Z`);
  const range = { start: zone.toUtc(wall), end: zone.toUtc(wall + days * 24 * HOUR) };
  const busy = freeBusy(lines, range, floating);
  return Array.from({ length: days }, (_, day) =>
    Array.from({ length: 24 }, (_hour, hour) => {
      const at = zone.toUtc(wall + (day * 24 + hour) * HOUR);
      const period = busy.find(({ start, end }) => start <= at && at < end);
      return period === undefined ? 'F' : { BUSY: 'B', 'BUSY-UNAVAILABLE': 'U', 'BUSY-TENTATIVE': 'T' }[period.type];
    }).join(''),
  );
}

function freeBusy(lines: readonly string[], range: TimeRange, floating: Zone = UTC) {
  const object = parseCalendar(calendar(...lines));
  const context = { floating, budget: { steps: 100_000 } };
  const unavailable = unavailablePeriods(availabilityOf(object, range, context));
  const busiest = busiestTime([...unavailable, ...busyPeriods(object, range, context)]);
  return [...busiest].flatMap(([type, set]) => set.map(({ start, end }) => ({ start, end, type })));
}

const vavailability = (...lines: string[]): string[] =>
  component('VAVAILABILITY', 'UID:a', 'DTSTAMP:20111005T133225Z', ...lines);
const available = (...lines: string[]): string[] => component('AVAILABLE', 'UID:b', ...lines);
const montreal = (name: string, wall: string): string => `${name};TZID=America/Montreal:${wall}`;

const hours = (...spans: readonly (readonly [letter: string, count: number])[]): string =>
  spans.map(([letter, count]) => letter.repeat(count)).join('');
const NINE_TO_FIVE = hours(['U', 9], ['F', 8], ['U', 7]);
const OFF = 'U'.repeat(24);
const FREE = 'F'.repeat(24);

/** The lines of an example of RFC 7953, without those of VCALENDAR. */
const componentsOf = (name: string): string[] =>
  readFileSync(new URL(`../fixtures/rfc7953/${name}.ics`, import.meta.url), 'utf8')
    .split('\r\n')
    .filter((line) => line !== '' && !/^(?:(?:BEGIN|END):VCALENDAR|CALSCALE|PRODID|VERSION)/.test(line));

/** A day of Montreal in slots of two hours, as the tables of RFC 7953 §5.1 have it. */
function slots(lines: readonly string[], day: string): string {
  const [whole = ''] = table(lines, day, 1);
  const halves = [...whole].filter((_, hour) => hour % 2 === 1).join('');
  const pairs = [...whole].filter((_, hour) => hour % 2 === 0).join('');
  expect(pairs).toBe(halves);
  return pairs;
}

describe('the examples of RFC 7953', () => {
  test('§3.1, Monday to Friday from 9 to 17', () => {
    const lines = vavailability(
      ...available(
        montreal('DTSTART', '20111002T090000'),
        montreal('DTEND', '20111002T170000'),
        'RRULE:FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR',
      ),
    );
    // 2011-10-03 is a Monday; the DTSTART, a Sunday, counts as well (RFC 5545 §3.8.5.3).
    expect(table(lines, '2011-10-03', 7)).toEqual([...Array<string>(5).fill(NINE_TO_FIVE), OFF, OFF]);
    expect(table(lines, '2011-09-26', 2)).toEqual([OFF, OFF]);
  });

  test('§3.1, two kinds of day between two dates', () => {
    const lines = vavailability(
      montreal('DTSTART', '20111002T000000'),
      montreal('DTEND', '20111202T000000'),
      ...available(
        montreal('DTSTART', '20111002T090000'),
        montreal('DTEND', '20111002T170000'),
        'RRULE:FREQ=WEEKLY;BYDAY=MO,TU,WE,TH',
      ),
      ...component(
        'AVAILABLE',
        'UID:c',
        montreal('DTSTART', '20111006T090000'),
        montreal('DTEND', '20111006T120000'),
        'RRULE:FREQ=WEEKLY',
      ),
    );
    // The sixth of October 2011, with which RFC 7953 lets its Friday begin, was a Thursday.
    expect(table(lines, '2011-10-14', 1)).toEqual([OFF]);
    expect(table(lines, '2011-10-13', 1)).toEqual([NINE_TO_FIVE]);
    expect(table(lines, '2011-11-28', 5)).toEqual([...Array<string>(4).fill(NINE_TO_FIVE), FREE]);
    expect(table(lines, '2011-10-01', 1)).toEqual([FREE]);
  });

  test('§3.1, a worker who travels to Denver for a week', () => {
    const lines = componentsOf('3.1-travelling-worker');
    expect(table(lines, '2011-10-17', 1)).toEqual([NINE_TO_FIVE]);
    // Two hours later on Montreal's clock.
    const denver = hours(['U', 11], ['F', 8], ['U', 5]);
    expect(table(lines, '2011-10-24', 5)).toEqual(Array<string>(5).fill(denver));
    expect(table(lines, '2011-10-31', 1)).toEqual([NINE_TO_FIVE]);
    // The first of each week is a Sunday: DTSTART is the first instance (RFC 5545 §3.8.5.3), though the rule has none.
    expect(table(lines, '2011-10-23', 1)).toEqual([denver]);
    expect(table(lines, '2011-10-22', 1)).toEqual([OFF]);
    expect(table(lines, '2011-10-29', 1)).toEqual([OFF]);
    // Midnight in Denver is two in Montreal: as written, no component speaks for the hour until the last begins.
    expect(table(lines, '2011-10-30', 1)).toEqual([hours(['U', 2], ['F', 1], ['U', 6], ['F', 8], ['U', 7])]);
  });

  test('§5.1.1, with Appendix A: a meeting on top of the available time', () => {
    // The 6th of November 2011, which RFC 7953 calls a Monday, was a Sunday, when nothing is available.
    expect(slots(componentsOf('appendix-a'), '2011-11-06')).toBe('UUUUUUBUUUUU');
    const onMonday = componentsOf('appendix-a').map((line) => line.replace('20111106', '20111107'));
    expect(slots(onMonday, '2011-11-07')).toBe('UUUUFFBFFUUU');
  });

  test('§5.1.2, with Appendix B: a higher priority for the week in Denver', () => {
    const written = componentsOf('appendix-b');
    // The meeting of Appendix B is on the 6th of November; the table has it on the 24th of October.
    expect(slots(written, '2011-10-24')).toBe('UUUUUFFFFFUU');
    const inThatWeek = written.map((line) => line.replace('20111106', '20111024'));
    expect(slots(inThatWeek, '2011-10-24')).toBe('UUUUUFFBFFUU');
    // Before and after that week, the base availability.
    expect(slots(written, '2011-10-21')).toBe('UUUUFFFFFUUU');
    expect(slots(written, '2011-10-31')).toBe('UUUUFFFFFUUU');
  });
});

test('which components overlap a range of time (the table of RFC 7953 §7.2.2)', () => {
  const from = Date.UTC(2026, 0, 5);
  const range = { start: from, end: from + 24 * HOUR };
  const [before, start, inside, end] = ['20260104T000000Z', '20260105T000000Z', '20260105T120000Z', '20260106T000000Z'];
  const overlaps = (...lines: string[]): boolean =>
    availabilityOf(parseCalendar(calendar(...vavailability(...lines))), range, { floating: UTC }).length > 0;
  expect(overlaps(`DTSTART:${before}`, `DTEND:${inside}`)).toBe(true);
  expect(overlaps(`DTSTART:${before}`, `DTEND:${start}`)).toBe(false);
  expect(overlaps(`DTSTART:${end}`, 'DTEND:20260107T000000Z')).toBe(false);
  expect(overlaps(`DTSTART:${before}`, 'DURATION:PT25H')).toBe(true);
  expect(overlaps(`DTSTART:${before}`, 'DURATION:PT24H')).toBe(false);
  expect(overlaps(`DTSTART:${before}`)).toBe(true);
  expect(overlaps(`DTSTART:${inside}`)).toBe(true);
  expect(overlaps(`DTSTART:${end}`)).toBe(false);
  expect(overlaps(`DTEND:${inside}`)).toBe(true);
  expect(overlaps(`DTEND:${start}`)).toBe(false);
  expect(overlaps()).toBe(true);
});

describe('the bounds of a VAVAILABILITY', () => {
  test.each<[string, string[], string]>([
    ['neither: always', [], OFF],
    ['a start', ['DTSTART:20260105T060000Z'], hours(['F', 6], ['U', 18])],
    ['an end without a start', ['DTEND:20260105T060000Z'], hours(['U', 6], ['F', 18])],
    ['both', ['DTSTART:20260105T060000Z', 'DTEND:20260105T070000Z'], hours(['F', 6], ['U', 1], ['F', 17])],
    ['a duration', ['DTSTART:20260105T060000Z', 'DURATION:PT3H'], hours(['F', 6], ['U', 3], ['F', 15])],
    ['a duration of nothing to begin at', ['DURATION:PT3H'], OFF],
    ['an end before the start', ['DTSTART:20260105T060000Z', 'DTEND:20260105T050000Z'], FREE],
    ['another day', ['DTSTART:20260106T000000Z'], FREE],
    ['times that cannot be read: always', ['DTSTART:soon', 'DTEND:later'], OFF],
  ])('%s', (_name, lines, day) => {
    expect(table(vavailability(...lines), '2026-01-05', 1, { zone: UTC })).toEqual([day]);
  });

  test('what is available outside of them is not told', () => {
    const lines = vavailability(
      ...['DTSTART:20260105T060000Z', 'DTEND:20260105T100000Z'],
      ...available('DTSTART:20260105T040000Z', 'DTEND:20260105T070000Z'),
      ...component('AVAILABLE', 'UID:c', 'DTSTART:20260105T090000Z', 'DTEND:20260105T120000Z'),
      ...component('AVAILABLE', 'UID:d', 'DTSTART:20260104T090000Z', 'DTEND:20260104T120000Z'),
    );
    const range = { start: Date.UTC(2026, 0, 4), end: Date.UTC(2026, 0, 7) };
    expect(availabilityOf(parseCalendar(calendar(...lines)), range, { floating: UTC })).toEqual([
      {
        rank: 10,
        type: 'BUSY-UNAVAILABLE',
        range: { start: Date.UTC(2026, 0, 5, 6), end: Date.UTC(2026, 0, 5, 10) },
        available: [
          { start: Date.UTC(2026, 0, 5, 6), end: Date.UTC(2026, 0, 5, 7) },
          { start: Date.UTC(2026, 0, 5, 9), end: Date.UTC(2026, 0, 5, 10) },
        ],
      },
    ]);
  });
});

describe('AVAILABLE', () => {
  const day = (...lines: string[]): string | undefined =>
    table(vavailability(...lines), '2026-01-06', 1, { zone: UTC, floating: zoneByTzid('Asia/Tokyo')! })[0];
  const FIRST = ['DTSTART:20260105T090000Z', 'DTEND:20260105T120000Z'];

  test.each<[string, string[], string]>([
    ['recurs', available(...FIRST, 'RRULE:FREQ=DAILY'), hours(['U', 9], ['F', 3], ['U', 12])],
    ['leaves out an EXDATE', available(...FIRST, 'RRULE:FREQ=DAILY', 'EXDATE:20260106T090000Z'), OFF],
    ['has an RDATE', available(...FIRST, 'RDATE:20260106T200000Z'), hours(['U', 20], ['F', 3], ['U', 1])],
    ['has a duration', available('DTSTART:20260106T200000Z', 'DURATION:PT2H'), hours(['U', 20], ['F', 2], ['U', 2])],
    ['without length frees nothing', available('DTSTART:20260106T200000Z'), OFF],
    [
      'of a date is that day in the floating zone',
      available('DTSTART;VALUE=DATE:20260106'),
      hours(['F', 15], ['U', 9]),
    ],
    ['without DTSTART frees nothing', available('SUMMARY:x'), OFF],
    ['with a rule that cannot be read frees nothing', available(...FIRST, 'RRULE:FREQ=NEVER'), OFF],
    [
      'that cannot be read leaves the others',
      [...available('DTSTART:soon', 'DTEND:late'), ...component('AVAILABLE', 'UID:c', ...FIRST, 'RRULE:FREQ=DAILY')],
      hours(['U', 9], ['F', 3], ['U', 12]),
    ],
    [
      'is moved by an override',
      [
        ...available(...FIRST, 'RRULE:FREQ=DAILY'),
        ...available('RECURRENCE-ID:20260106T090000Z', 'DTSTART:20260106T180000Z', 'DTEND:20260106T190000Z'),
      ],
      hours(['U', 18], ['F', 1], ['U', 5]),
    ],
    [
      'is no override of one with another UID',
      [
        ...available(...FIRST, 'RRULE:FREQ=DAILY'),
        ...component(
          'AVAILABLE',
          'UID:c',
          'RECURRENCE-ID:20260106T090000Z',
          'DTSTART:20260106T180000Z',
          'DURATION:PT1H',
        ),
      ],
      hours(['U', 9], ['F', 3], ['U', 6], ['F', 1], ['U', 5]),
    ],
  ])('%s', (_name, lines, expected) => {
    expect(day(...lines)).toBe(expected);
  });

  test('in a zone keeps to the clock when summer time begins', () => {
    const zone = zoneByTzid('Europe/Berlin')!;
    const lines = vavailability(
      ...available('DTSTART;TZID=Europe/Berlin:20260101T090000', 'DURATION:PT8H', 'RRULE:FREQ=DAILY'),
    );
    expect(table(lines, '2026-03-28', 3, { zone })).toEqual([NINE_TO_FIVE, NINE_TO_FIVE, NINE_TO_FIVE]);
  });

  test('of a zone of its own is read by its VTIMEZONE', () => {
    const lines = [
      ...component(
        'VTIMEZONE',
        'TZID:Mine',
        ...component('STANDARD', 'DTSTART:19700101T000000', 'TZOFFSETFROM:+0500', 'TZOFFSETTO:+0500'),
      ),
      ...vavailability(...available('DTSTART;TZID=Mine:20260106T100000', 'DURATION:PT1H')),
    ];
    expect(table(lines, '2026-01-06', 1, { zone: UTC })).toEqual([hours(['U', 5], ['F', 1], ['U', 18])]);
  });
});

describe('which type', () => {
  test.each([
    [undefined, 'U'],
    ['BUSY', 'B'],
    ['busy-tentative', 'T'],
    ['BUSY-UNAVAILABLE', 'U'],
    ['X-ASLEEP', 'B'],
  ])('BUSYTYPE %s', (type, letter) => {
    const lines = vavailability(...(type === undefined ? [] : [`BUSYTYPE:${type}`]));
    expect(table(lines, '2026-01-05', 1, { zone: UTC })).toEqual([letter.repeat(24)]);
  });
});

describe('several VAVAILABILITY', () => {
  const office = vavailability(...available('DTSTART:20260101T090000Z', 'DURATION:PT8H', 'RRULE:FREQ=DAILY'));
  const day = (...lines: string[]): string | undefined => table(lines, '2026-01-05', 1, { zone: UTC })[0];

  test.each<[string, string[], string]>([
    [
      'a higher priority takes away what a lower one frees',
      [...office, ...vavailability('PRIORITY:1', 'DTSTART:20260105T120000Z', 'DURATION:PT2H', 'BUSYTYPE:BUSY')],
      hours(['U', 9], ['F', 3], ['B', 2], ['F', 3], ['U', 7]),
    ],
    [
      'a higher priority frees what a lower one takes away',
      [
        ...office,
        ...vavailability(
          'PRIORITY:9',
          'DTSTART:20260105T180000Z',
          'DURATION:PT3H',
          ...available('DTSTART:20260105T190000Z', 'DURATION:PT1H'),
        ),
      ],
      hours(['U', 9], ['F', 8], ['U', 2], ['F', 1], ['U', 4]),
    ],
    [
      'priority 0 is no priority',
      [...office, ...vavailability('PRIORITY:0', 'BUSYTYPE:BUSY-TENTATIVE')],
      hours(['U', 9], ['F', 8], ['U', 7]),
    ],
    [
      'of three the highest has the last word, in whatever order they stand',
      [
        ...vavailability('PRIORITY:1', 'DTSTART:20260105T100000Z', 'DURATION:PT1H', 'BUSYTYPE:BUSY'),
        ...vavailability('PRIORITY:5', 'DTSTART:20260105T090000Z', 'DURATION:PT3H', 'BUSYTYPE:BUSY-TENTATIVE'),
        ...office,
      ],
      hours(['U', 9], ['T', 1], ['B', 1], ['T', 1], ['F', 5], ['U', 7]),
    ],
    [
      'of the same priority, the type that counts most is told',
      [
        ...vavailability('PRIORITY:3', 'DTSTART:20260105T000000Z', 'DURATION:PT12H', 'BUSYTYPE:BUSY-TENTATIVE'),
        ...vavailability('PRIORITY:3', 'DTSTART:20260105T060000Z', 'DURATION:PT12H'),
        ...vavailability('PRIORITY:3', 'DTSTART:20260105T090000Z', 'DURATION:PT1H', 'BUSYTYPE:BUSY'),
      ],
      hours(['T', 6], ['U', 3], ['B', 1], ['U', 8], ['F', 6]),
    ],
    [
      'of the same priority, what is available in one is free',
      [...office, ...vavailability('BUSYTYPE:BUSY', ...available('DTSTART:20260105T180000Z', 'DURATION:PT1H'))],
      hours(['B', 9], ['F', 8], ['B', 1], ['F', 1], ['B', 5]),
    ],
  ])('%s', (_name, lines, expected) => {
    expect(day(...lines)).toBe(expected);
  });
});

test('the evaluation can be interrupted at each instance, and a budget bounds it', () => {
  const object = parseCalendar(
    calendar(...vavailability(...available('DTSTART:20260101T090000Z', 'DURATION:PT1H', 'RRULE:FREQ=DAILY'))),
  );
  const range = { start: Date.UTC(2026, 0, 1), end: Date.UTC(2027, 0, 1) };
  const work = findingAvailability(object, range, { floating: UTC });
  let pauses = 0;
  while (!work.next().done) pauses += 1;
  expect(pauses).toBeGreaterThanOrEqual(365);
  expect(() => availabilityOf(object, range, { floating: UTC, budget: { steps: 100 } })).toThrow(/more work/);
});
