import { describe, expect, test } from 'vitest';
import { LIMITS } from '../../src/base/limits.ts';
import { Refusal } from '../../src/base/refusal.ts';
import type { Component } from '../../src/ical/component.ts';
import { parseCalendar } from '../../src/ical/parse.ts';
import { recurrenceSet, type Budget, type RecurrenceSet } from '../../src/ical/recurrence.ts';
import { UTC, zonesOf } from '../../src/ical/timezone.ts';
import { calendar, component } from './calendar-text.ts';

const DAY = 86_400_000;
const MONTH = { from: Date.UTC(2040, 5, 1), to: Date.UTC(2040, 6, 1) };
/** What one answer may take of a processor: the 100 ms, and as much again for a machine that is busy. */
const MOST_CPU_MS = 200;

const upTo = (most: number, from = 0): string => Array.from({ length: most - from + 1 }, (_, i) => from + i).join(',');
const ALL_TIMES = `BYHOUR=${upTo(23)};BYMINUTE=${upTo(59)};BYSECOND=${upTo(59)}`;
const ALL_DAYS = 'BYDAY=SU,MO,TU,WE,TH,FR,SA';

const RULES: readonly string[] = [
  'FREQ=SECONDLY',
  'FREQ=SECONDLY;UNTIL=20760101T000000Z',
  'FREQ=SECONDLY;COUNT=999999999999999',
  'FREQ=SECONDLY;COUNT=1000000000;BYMONTH=1',
  'FREQ=SECONDLY;INTERVAL=7;COUNT=100000000;BYMONTH=1',
  'FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30',
  'FREQ=MINUTELY;BYMONTH=4;BYMONTHDAY=31;BYHOUR=5',
  'FREQ=SECONDLY;INTERVAL=2;BYSECOND=1,3,5',
  'FREQ=SECONDLY;INTERVAL=86399;BYHOUR=1;BYMINUTE=2;BYSECOND=3;BYMONTH=2;BYMONTHDAY=29',
  'FREQ=SECONDLY;INTERVAL=999999999999999',
  'FREQ=YEARLY;INTERVAL=999999999999999',
  'FREQ=DAILY;INTERVAL=146097;BYMONTH=7',
  'FREQ=DAILY;INTERVAL=7;BYDAY=TU',
  'FREQ=WEEKLY;INTERVAL=3;BYMONTH=2;BYMONTHDAY=30',
  'FREQ=MONTHLY;INTERVAL=12;BYMONTH=2',
  'FREQ=YEARLY;BYWEEKNO=53;BYMONTH=6',
  'FREQ=YEARLY;INTERVAL=400;BYWEEKNO=53;BYDAY=MO',
  `FREQ=SECONDLY;${ALL_TIMES};BYSETPOS=-1`,
  `FREQ=DAILY;${ALL_TIMES};BYSETPOS=${upTo(366, 1)}`,
  `FREQ=YEARLY;${ALL_TIMES};${ALL_DAYS};BYSETPOS=${upTo(366, 1)}`,
  `FREQ=YEARLY;${ALL_TIMES};BYMONTHDAY=${upTo(31, 1)};BYSETPOS=-366`,
  `FREQ=YEARLY;${ALL_TIMES};BYYEARDAY=${upTo(366, 1)};COUNT=100000000`,
  `FREQ=MONTHLY;INTERVAL=7;${ALL_TIMES};BYDAY=SU;BYSETPOS=1,-1;COUNT=100000`,
  'FREQ=DAILY;COUNT=999999999;INTERVAL=2;BYMONTH=1',
  'FREQ=HOURLY;INTERVAL=23;BYHOUR=3;BYMINUTE=0;BYMONTHDAY=31;COUNT=100000',
  // Years of other calendars are dear to work out, those that follow the moon most of all.
  'RSCALE=CHINESE;FREQ=YEARLY;BYMONTH=12L;BYMONTHDAY=30',
  'RSCALE=CHINESE;FREQ=YEARLY;COUNT=999999999999999',
  'RSCALE=CHINESE;FREQ=MONTHLY;INTERVAL=7;BYMONTH=1L;BYDAY=5MO;COUNT=100000',
  'RSCALE=DANGI;FREQ=YEARLY;INTERVAL=999999999999999',
  'RSCALE=DANGI;FREQ=SECONDLY;BYMONTH=11L;BYMONTHDAY=30',
  'RSCALE=CHINESE;FREQ=DAILY;COUNT=999999999;INTERVAL=2;BYMONTH=1',
  'RSCALE=HEBREW;FREQ=YEARLY;BYYEARDAY=385;BYMONTHDAY=1',
  'RSCALE=HEBREW;FREQ=WEEKLY;INTERVAL=13;BYMONTH=5L;BYMONTHDAY=30;COUNT=100000',
  'RSCALE=ISLAMIC-UMALQURA;FREQ=MINUTELY;BYMONTH=2;BYMONTHDAY=30;COUNT=100000',
  `RSCALE=ETHIOPIC;FREQ=YEARLY;SKIP=FORWARD;${ALL_TIMES};BYYEARDAY=${upTo(366, 1)};BYSETPOS=-366;COUNT=100000`,
  `RSCALE=GREGORIAN;FREQ=MONTHLY;SKIP=BACKWARD;${ALL_TIMES};BYMONTHDAY=${upTo(31, 1)};COUNT=999999999`,
];

function setOf(lines: readonly string[]): RecurrenceSet {
  const source: Component = parseCalendar(
    calendar(...component('VEVENT', 'UID:1', 'DTSTART;TZID=Europe/Berlin:20260105T090000', ...lines)),
  );
  return recurrenceSet(source.components, { zones: zonesOf(source), floating: UTC });
}

/** Runs it within the CPU that an answer may take; a Refusal is an answer. */
function answer(run: () => unknown): void {
  const start = process.cpuUsage();
  try {
    run();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    expect(error.code).toBe('valid-calendar-data');
  }
  const { user, system } = process.cpuUsage(start);
  expect((user + system) / 1000).toBeLessThan(Math.max(MOST_CPU_MS, 4 * wholeBudget));
}

const budget = (): Budget => ({ steps: LIMITS.recurrenceSteps.default });

/** CPU milliseconds that a whole budget takes on this machine as it is now, for the plainest rule that spends it. */
const wholeBudget = ((): number => {
  const century = { from: MONTH.from, to: MONTH.from + 100 * 366 * 86_400_000 };
  const start = process.cpuUsage();
  expect(() => [...setOf(['RRULE:FREQ=SECONDLY']).instances(century, budget())]).toThrow(Refusal);
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
})();

describe.each(RULES.map((rule) => [rule.slice(0, 70), rule]))('%s', (_, rule) => {
  test('is answered for a month and for its extent', () => {
    answer(() => [...setOf([`RRULE:${rule}`]).instances(MONTH, budget())].length);
    answer(() => setOf([`RRULE:${rule}`]).extent(budget()));
  });

  test('takes no more work from a window far away', () => {
    let set: RecurrenceSet | undefined;
    answer(() => (set = setOf([`RRULE:${rule}`])));
    for (const year of [2027, 2500, 9000]) {
      const own = budget();
      const from = Date.UTC(year, 5, 1);
      answer(() => set?.instances({ from, to: from + 60_000 }, own).next());
      expect(own.steps).toBeGreaterThanOrEqual(-1);
    }
  });
});

describe('a set', () => {
  test('of two rules of which one takes out all is refused, not walked for ever', () => {
    answer(() => [...setOf(['RRULE:FREQ=SECONDLY', 'EXRULE:FREQ=SECONDLY']).instances(MONTH)]);
    expect(() => [...setOf(['RRULE:FREQ=SECONDLY', 'EXRULE:FREQ=SECONDLY']).instances(MONTH)]).toThrow(Refusal);
  });

  test('whose instances last ten years is refused when each second begins one', () => {
    answer(() => [...setOf(['DURATION:P3650D', 'RRULE:FREQ=SECONDLY']).instances(MONTH, budget())]);
  });

  test('with ten thousand RDATEs and EXDATEs is answered', () => {
    const times = Array.from({ length: 10_000 }, (_, i) =>
      new Date(Date.UTC(2026, 0, 1) + i * DAY).toISOString().replace(/[-:]|\.\d+/g, ''),
    );
    const lines = [`RDATE:${times.join(',')}`, `EXDATE:${times.filter((_, i) => i % 2 === 0).join(',')}`];
    let count = 0;
    answer(() => (count = [...setOf(lines).instances(MONTH, budget())].length));
    expect(count).toBe(15);
  });

  test('with a thousand overrides and ranges is answered', () => {
    const own = (i: number): string =>
      new Date(Date.UTC(2026, 0, 5, 8) + i * DAY).toISOString().replace(/[-:]|\.\d+/g, '');
    const overrides = Array.from({ length: 1000 }, (_, i) =>
      component(
        'VEVENT',
        'UID:1',
        `RECURRENCE-ID${i % 2 ? ';RANGE=THISANDFUTURE' : ''}:${own(i * 5)}`,
        `DTSTART:${own(i * 5)}`,
      ),
    );
    const master = component('VEVENT', 'UID:1', `DTSTART:${own(0)}`, 'RRULE:FREQ=DAILY');
    const source = parseCalendar(calendar(...master, ...overrides.flat()));
    let count = 0;
    answer(() => {
      const set = recurrenceSet(source.components, { zones: zonesOf(source), floating: UTC });
      count = [...set.instances({ from: Date.UTC(2030, 0, 1), to: Date.UTC(2030, 1, 1) }, budget())].length;
    });
    expect(count).toBe(31);
  });
});

describe('work', () => {
  const stepsFor = (rule: string, year: number): number => {
    const own = budget();
    const set = setOf([`RRULE:${rule}`]);
    const from = Date.UTC(year, 5, 1);
    const found = [...set.instances({ from, to: from + 30 * DAY }, own)].length;
    expect(found).toBeGreaterThan(0);
    return LIMITS.recurrenceSteps.default - own.steps;
  };

  test.each([
    'FREQ=DAILY',
    'FREQ=WEEKLY;BYDAY=MO,WE',
    'FREQ=MONTHLY;BYDAY=-1FR',
    'FREQ=YEARLY;BYMONTH=6;BYDAY=1SU',
    'FREQ=HOURLY;BYHOUR=9',
    'RSCALE=HEBREW;FREQ=MONTHLY;BYMONTHDAY=1',
    'RSCALE=ISLAMIC-CIVIL;FREQ=DAILY;BYMONTHDAY=1,-1',
    'RSCALE=PERSIAN;FREQ=HOURLY;BYMONTHDAY=5',
  ])('of a month of %s is the same a thousand years on', (rule) => {
    expect(stepsFor(rule, 3026)).toBeLessThan(stepsFor(rule, 2027) * 1.5 + 10);
  });

  test('between two instances is bounded also without a budget', () => {
    const seconds = setOf(['RRULE:FREQ=SECONDLY']).instances({ from: -Infinity, to: Infinity });
    for (let i = 0; i < 150_000; i++) seconds.next();
    expect(seconds.next().done).toBe(false);
  });
});
