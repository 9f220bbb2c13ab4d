import fc from 'fast-check';
import { RRuleTemporal } from 'rrule-temporal';
import { describe, expect, test } from 'vitest';
import { parseCalendar } from '../../src/ical/parse.ts';
import { recurrenceSet, type RecurrenceSet } from '../../src/ical/recurrence.ts';
import { parseTimeValue } from '../../src/ical/time-value.ts';
import { UTC, zonesOf } from '../../src/ical/timezone.ts';
import { holds } from '../properties/holds.ts';
import { calendar } from './calendar-text.ts';
import { rule, ruleOf, start } from './rule-arbitraries.ts';
import { setOf, startsOf } from './starts-of.ts';

const SEED = 5545;
const DAY = 86_400_000;

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
  test('a rule in UTC gives the same instances', async () => {
    let compared = 0;
    const runs = await holds(
      fc.property(rule, start, (text, dtstart) => {
        const to = Date.UTC(2100, 0, 1);
        const theirs = judgeOf(text, dtstart, 'UTC', 20, to);
        const ours = startsOf(() => setOf(`DTSTART:${dtstart}Z`, `RRULE:${text}`), 20, to);
        if (theirs === undefined || ours === undefined) return;
        compared++;
        expect(ours, text).toEqual(withStart(dtstart, theirs));
      }),
      { seed: SEED, numRuns: 250 },
    );
    expect(compared).toBeGreaterThan(runs * 0.54);
  });

  // By day: where the clocks change, rrule-temporal leaves out instances that RFC 5545 §3.3.5 moves (dst-edges.txt).
  const byDay = start.map(
    (text) => `${text.slice(0, 9)}${String(6 + (Number(text.slice(9, 11)) % 18)).padStart(2, '0')}${text.slice(11)}`,
  );
  const days = fc
    .constantFrom('YEARLY', 'MONTHLY', 'WEEKLY', 'DAILY')
    .chain(ruleOf)
    .filter((text) => !/BYHOUR=([^;]*,)?[0-5](,|;|$)/.test(text));

  test.each(['America/New_York', 'Australia/Lord_Howe', 'Europe/Dublin'])('a rule of days in %s too', async (zone) => {
    let compared = 0;
    const runs = await holds(
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
      { seed: SEED, numRuns: 50 },
    );
    expect(compared).toBeGreaterThan(runs * 0.54);
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

  test('a window gives what touches it of the whole', async () => {
    let checked = 0;
    const runs = await holds(
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
      { seed: SEED, numRuns: 400 },
    );
    expect(checked).toBeGreaterThan(runs * 0.45);
  });

  test('COUNT ends where walking would end', async () => {
    await holds(
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
      { seed: SEED, numRuns: 400 },
    );
  });

  test('the extent is the first start and the last end', async () => {
    await holds(
      fc.property(rule, start, bounds, extras, (text, dtstart, bound, lines) => {
        const make = (): RecurrenceSet => setOf(`DTSTART:${dtstart}Z`, `RRULE:${text}${bound}`, ...lines);
        const starts = startsOf(make, 1000, Infinity);
        if (starts === undefined || starts.length === 1000) return;
        const all = [...make().instances({ from: -Infinity, to: Infinity })];
        // Where EXRULE takes out all of a century, the question would cost more than a client may ask for.
        const extent = make().extent({ steps: 10_000_000 });
        expect(extent?.first).toBe(all[0]?.start);
        if (all.length === 0) return;
        const last = Math.max(...all.map(({ end }) => end));
        // A COUNT that year 9999 cuts off counts as endless.
        if (extent?.last !== Infinity) expect(extent?.last, text).toBe(last);
      }),
      { seed: SEED, numRuns: 300 },
    );
  });
});

test('an override in any place leaves the other instances alone', async () => {
  const moves = fc.array(fc.record({ at: fc.nat(29), by: fc.integer({ min: -100, max: 100 }) }), { maxLength: 5 });
  await holds(
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
    { seed: SEED, numRuns: 200 },
  );
});
