import fc from 'fast-check';
import { RRuleTemporal } from 'rrule-temporal';
import { describe, expect, test, vi } from 'vitest';
import { Refusal } from '../../src/base/refusal.ts';
import { parseCalendar } from '../../src/ical/parse.ts';
import { recurrenceSet, type RecurrenceSet } from '../../src/ical/recurrence.ts';
import { parseTimeValue } from '../../src/ical/time-value.ts';
import { UTC, zonesOf } from '../../src/ical/timezone.ts';
import { calendar } from './calendar-text.ts';

/** A long run by command: PROPERTY_RUNS=20 PROPERTY_SEED=7 npx vitest run test/ical/recurrence.property.test.ts */
const SEED = Number(process.env['PROPERTY_SEED'] ?? 5545);
const TIMES = Number(process.env['PROPERTY_RUNS'] ?? 1);
vi.setConfig({ testTimeout: 60_000 * TIMES });
const DAY = 86_400_000;

const WEEKDAYS = ['SU', 'MO', 'TU', 'WE', 'TH', 'FR', 'SA'];
const SUB_DAILY = ['HOURLY', 'MINUTELY', 'SECONDLY'];
const FREQUENCIES = ['YEARLY', 'MONTHLY', 'WEEKLY', 'DAILY', ...SUB_DAILY];

const numbers = (min: number, max: number, most: number): fc.Arbitrary<string> =>
  fc
    .uniqueArray(
      fc.integer({ min, max }).filter((number) => number !== 0 || min === 0),
      { minLength: 1, maxLength: most },
    )
    .map(String);

const maybe = (weight: number, part: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.oneof({ weight, arbitrary: part }, { weight: 10 - weight, arbitrary: fc.constant('') });

const list = (name: string, weight: number, values: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  maybe(
    weight,
    values.map((text) => `${name}=${text}`),
  );

/** Days in the combinations that RFC 5545 §3.3.10 gives one meaning; rrule-temporal reads the others differently. */
function dayParts(freq: string): fc.Arbitrary<string> {
  const hasOrdinals = freq === 'MONTHLY' || freq === 'YEARLY';
  const plain = fc.uniqueArray(fc.constantFrom(...WEEKDAYS), { minLength: 1, maxLength: 3 }).map(String);
  const ordinal = fc.tuple(fc.constantFrom('1', '2', '-1', '-2', '5'), fc.constantFrom(...WEEKDAYS));
  const counted = fc
    .uniqueArray(
      ordinal.map((parts) => parts.join('')),
      { minLength: 1, maxLength: 3 },
    )
    .map(String);
  const byDay = (hasOrdinals ? fc.oneof(plain, counted) : plain).map((days) => `BYDAY=${days}`);
  const byMonthDay = numbers(-31, 31, 3).map((text) => `BYMONTHDAY=${text}`);
  const byYearDay = numbers(-366, 366, 3).map((text) => `BYYEARDAY=${text}`);
  const byWeekNo = fc.tuple(numbers(-53, 53, 2), plain).map(([weeks, days]) => `BYWEEKNO=${weeks};BYDAY=${days}`);
  const none = fc.constant('');
  if (freq === 'YEARLY') return fc.oneof(none, byDay, byMonthDay, byYearDay, byWeekNo);
  if (freq === 'WEEKLY') return fc.oneof(none, byDay);
  const both = fc.tuple(byDay, byMonthDay).map((parts) => parts.join(';'));
  return SUB_DAILY.includes(freq)
    ? fc.oneof(none, byDay, byMonthDay, byYearDay, both)
    : fc.oneof(none, byDay, byMonthDay, both);
}

function ruleOf(freq: string): fc.Arbitrary<string> {
  const most = freq === 'SECONDLY' || freq === 'MINUTELY' ? 100 : 6;
  return fc
    .tuple(
      maybe(
        6,
        fc.integer({ min: 1, max: most }).map((interval) => `INTERVAL=${interval}`),
      ),
      list('BYMONTH', 3, numbers(1, 12, 3)),
      dayParts(freq),
      list('BYHOUR', 2, numbers(0, 23, 2)),
      list('BYMINUTE', 2, numbers(0, 59, 2)),
      list('BYSECOND', 1, numbers(0, 59, 2)),
      maybe(3, fc.constantFrom('WKST=SU', 'WKST=TH')),
      list('BYSETPOS', 2, numbers(-3, 3, 2)),
    )
    .map((parts) => [`FREQ=${freq}`, ...parts].filter((part) => part !== ''))
    .map((parts) =>
      parts.filter((part) => !part.startsWith('BYSETPOS') || parts.some((other) => /^BY(?!SETPOS)/.test(other))),
    )
    .map((parts) => parts.join(';'));
}

const rule = fc.constantFrom(...FREQUENCIES).chain(ruleOf);
const start = fc
  .integer({ min: Date.UTC(1975, 0, 1) / 1000, max: Date.UTC(2060, 0, 1) / 1000 })
  .map((second) => new Date(second * 1000).toISOString().replace(/[-:]|\.\d+|Z/g, ''));

function setOf(...lines: readonly string[]): RecurrenceSet {
  const source = parseCalendar(calendar('BEGIN:VEVENT', 'UID:1', ...lines, 'END:VEVENT'));
  return recurrenceSet(source.components, { zones: zonesOf(source), floating: UTC });
}

/** The first starts up to an instant. Undefined when the set is refused, or its rule is too sparse to be looked at. */
function startsOf(make: () => RecurrenceSet, most: number, to: number): number[] | undefined {
  const starts: number[] = [];
  try {
    for (const instance of make().instances({ from: -Infinity, to }, { steps: 50_000 })) {
      starts.push(instance.start);
      if (starts.length === most) break;
    }
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
  return starts;
}

function judgeOf(text: string, dtstart: string, zone: string, most: number, to: number): number[] | undefined {
  const starts: number[] = [];
  try {
    const rruleString = `DTSTART${zone === 'UTC' ? '' : `;TZID=${zone}`}:${dtstart}${zone === 'UTC' ? 'Z' : ''}\nRRULE:${text}`;
    const judge = new RRuleTemporal({ rruleString, maxIterations: 2000 });
    judge.all(({ epochMilliseconds }) => {
      if (starts.length === most || epochMilliseconds >= to) return false;
      starts.push(epochMilliseconds);
      return true;
    });
  } catch {
    // It gives up on sparse rules; that is no judgement.
    return undefined;
  }
  return starts;
}

/** DTSTART is the first instance (RFC 5545 §3.8.5.3), also where rrule-temporal sees only the rule. */
function withStart(dtstart: string, starts: readonly number[]): number[] {
  const first = parseTimeValue(dtstart, undefined, false)?.wall ?? 0;
  return [first, ...starts.filter((instant) => instant !== first)].slice(0, 20);
}

describe('beside rrule-temporal, an independent engine', () => {
  test('a rule in UTC gives the same instances', () => {
    let compared = 0;
    fc.assert(
      fc.property(rule, start, (text, dtstart) => {
        const to = Date.UTC(2100, 0, 1);
        const theirs = judgeOf(text, dtstart, 'UTC', 20, to);
        const ours = startsOf(() => setOf(`DTSTART:${dtstart}Z`, `RRULE:${text}`), 20, to);
        if (theirs === undefined || ours === undefined) return;
        compared++;
        expect(ours, text).toEqual(withStart(dtstart, theirs));
      }),
      { seed: SEED, numRuns: 250 * TIMES },
    );
    expect(compared).toBeGreaterThan(150);
  });

  // By day: where the clocks change, rrule-temporal leaves out instances that RFC 5545 §3.3.5 moves (dst-edges.txt).
  const byDay = start.map(
    (text) => `${text.slice(0, 9)}${String(6 + (Number(text.slice(9, 11)) % 18)).padStart(2, '0')}${text.slice(11)}`,
  );
  const days = fc
    .constantFrom('YEARLY', 'MONTHLY', 'WEEKLY', 'DAILY')
    .chain(ruleOf)
    .filter((text) => !/BYHOUR=([^;]*,)?[0-5](,|;|$)/.test(text));

  test.each(['America/New_York', 'Australia/Lord_Howe', 'Europe/Dublin'])('a rule of days in %s too', (zone) => {
    let compared = 0;
    fc.assert(
      fc.property(days, byDay, (text, dtstart) => {
        const to = Date.UTC(2100, 0, 1);
        const theirs = judgeOf(text, dtstart, zone, 20, to);
        const ours = startsOf(() => setOf(`DTSTART;TZID=${zone}:${dtstart}`, `RRULE:${text}`), 20, to);
        if (theirs === undefined || ours === undefined) return;
        compared++;
        expect(ours.slice(1), text).toEqual(
          theirs.filter((instant) => instant > (ours[0] ?? 0)).slice(0, ours.length - 1),
        );
      }),
      { seed: SEED, numRuns: 50 * TIMES },
    );
    expect(compared).toBeGreaterThan(30);
  });
});

describe('jumping', () => {
  const bounds = fc.oneof(
    fc.constant(''),
    fc.integer({ min: 1, max: 400 }).map((count) => `;COUNT=${count}`),
    fc.integer({ min: 1990, max: 2062 }).map((year) => `;UNTIL=${year}0615T120000Z`),
  );
  const extras = fc.constantFrom<readonly string[]>(
    [],
    ['DURATION:PT90M'],
    ['DURATION:P3D'],
    ['RDATE:20260315T101500Z', 'RDATE;VALUE=PERIOD:20260320T101500Z/P2D'],
    ['EXRULE:FREQ=WEEKLY;BYDAY=MO,WE'],
  );
  const zones = fc.constantFrom('Europe/Berlin', 'America/Havana', 'Pacific/Apia');
  const shape = fc.record({ bound: bounds, lines: extras, zone: zones });

  test('a window gives what touches it of the whole', () => {
    let checked = 0;
    fc.assert(
      fc.property(rule, start, shape, fc.nat(), (text, dtstart, { bound, lines, zone }, salt) => {
        const make = (): RecurrenceSet => setOf(`DTSTART;TZID=${zone}:${dtstart}`, `RRULE:${text}${bound}`, ...lines);
        const begin = (parseTimeValue(dtstart, undefined, false)?.wall ?? 0) - DAY;
        const starts = startsOf(make, 60, Infinity);
        if (starts === undefined || starts.length < 2) return;
        const set = make();
        const end = starts.at(-1) ?? begin;
        const whole = [...set.instances({ from: -Infinity, to: end })];
        const from = begin + ((salt % 1000) / 1000) * (end - begin);
        const to = from + (end - from) / (1 + (salt % 7));
        const expected = whole.filter((each) => each.start < to && (each.end > from || each.start >= from));
        expect([...set.instances({ from, to })], text).toEqual(expected);
        checked++;
      }),
      { seed: SEED, numRuns: 400 * TIMES },
    );
    expect(checked).toBeGreaterThan(200);
  });

  test('COUNT ends where walking would end', () => {
    fc.assert(
      fc.property(rule, start, fc.integer({ min: 1, max: 300 }), (text, dtstart, count) => {
        const endless = startsOf(() => setOf(`DTSTART:${dtstart}Z`, `RRULE:${text}`), count, Date.UTC(9000, 0, 1));
        const counted = startsOf(
          () => setOf(`DTSTART:${dtstart}Z`, `RRULE:${text};COUNT=${count}`),
          1000,
          Date.UTC(9000, 0, 1),
        );
        if (endless === undefined || counted === undefined) return;
        expect(counted, text).toEqual(endless);
      }),
      { seed: SEED, numRuns: 400 * TIMES },
    );
  });

  test('the extent is the first start and the last end', () => {
    fc.assert(
      fc.property(rule, start, bounds, extras, (text, dtstart, bound, lines) => {
        const make = (): RecurrenceSet => setOf(`DTSTART:${dtstart}Z`, `RRULE:${text}${bound}`, ...lines);
        const starts = startsOf(make, 1000, Infinity);
        if (starts === undefined || starts.length === 1000) return;
        const all = [...make().instances({ from: -Infinity, to: Infinity })];
        const extent = make().extent();
        expect(extent?.first).toBe(all[0]?.start);
        if (all.length === 0) return;
        const last = Math.max(...all.map(({ end }) => end));
        // A COUNT that year 9999 cuts off counts as endless.
        if (extent?.last !== Infinity) expect(extent?.last, text).toBe(last);
      }),
      { seed: SEED, numRuns: 300 * TIMES },
    );
  });
});

test('an override in any place leaves the other instances alone', () => {
  const moves = fc.array(fc.record({ at: fc.nat(29), by: fc.integer({ min: -100, max: 100 }) }), { maxLength: 5 });
  fc.assert(
    fc.property(moves, (overrides) => {
      const id = (at: number): number => Date.UTC(2026, 2, 2 + at, 9);
      const text = (instant: number): string => new Date(instant).toISOString().replace(/[-:]|\.\d+/g, '');
      const byId = new Map(overrides.map(({ at, by }) => [at, id(at) + by * 3_600_000]));
      const lines = [...byId].flatMap(([at, moved]) => [
        'BEGIN:VEVENT',
        'UID:1',
        `RECURRENCE-ID:${text(id(at))}`,
        `DTSTART:${text(moved)}`,
        'END:VEVENT',
      ]);
      const master = ['BEGIN:VEVENT', 'UID:1', 'DTSTART:20260302T090000Z', 'RRULE:FREQ=DAILY;COUNT=30', 'END:VEVENT'];
      const source = parseCalendar(calendar(...master, ...lines));
      const set = recurrenceSet(source.components, { zones: zonesOf(source), floating: UTC });
      const expected = Array.from({ length: 30 }, (_, at) => byId.get(at) ?? id(at)).sort((a, b) => a - b);
      expect([...set.instances({ from: -Infinity, to: Infinity })].map((each) => each.start)).toEqual(expected);
    }),
    { seed: SEED, numRuns: 200 * TIMES },
  );
});
