import { describe, expect, test } from 'vitest';
import { LIMITS } from '../../src/base/limits.ts';
import { Refusal } from '../../src/base/refusal.ts';
import { parseCalendar } from '../../src/ical/parse.ts';
import { recurrenceSet, type RecurrenceSet } from '../../src/ical/recurrence.ts';
import { UTC, zonesOf } from '../../src/ical/timezone.ts';
import { calendar, component } from './calendar-text.ts';

const WHOLE = LIMITS.recurrenceSteps.default;
/** A step shall be a microsecond or less; three times that is for a machine that does other things. */
const MOST_MICROSECONDS = 3;
/** Fewer steps are too little to measure: what is not yet compiled weighs more. */
const LEAST_STEPS = 20_000;

const upTo = (most: number, from = 0): string => Array.from({ length: most - from + 1 }, (_, i) => from + i).join(',');
const bothWays = (most: number): string => `${upTo(most, 1)},${upTo(most, 1).replace(/\d+/g, '-$&')}`;
const WEEKDAYS = 'SU,MO,TU,WE,TH,FR,SA';
const ALL_TIMES = `BYHOUR=${upTo(23)};BYMINUTE=${upTo(59)};BYSECOND=${upTo(59)}`;
const EACH_WEEKDAY = `BYDAY=${bothWays(53)
  .split(',')
  .flatMap((ordinal) => WEEKDAYS.split(',').map((day) => ordinal + day))
  .join(',')}`;
const FULL = `BYMONTH=${upTo(12, 1)};BYMONTHDAY=${bothWays(31)};BYYEARDAY=${bothWays(366)};BYWEEKNO=${bothWays(53)}`;
/** The same within what each calendar has. */
const FULL_OF_ANY = `BYMONTH=${upTo(12, 1)};BYMONTHDAY=${bothWays(30)};BYYEARDAY=${bothWays(355)};BYWEEKNO=${bothWays(50)}`;

const OWN_CALENDARS = ['CHINESE', 'DANGI', 'ETHIOPIC', 'HEBREW', 'INDIAN', 'ISLAMIC-UMALQURA', 'PERSIAN'];
const SKIPS = ['OMIT', 'BACKWARD', 'FORWARD'];

const SHAPES: readonly string[] = [
  'FREQ=SECONDLY',
  'FREQ=SECONDLY;BYDAY=MO;BYMONTH=2;BYMONTHDAY=29',
  'FREQ=SECONDLY;BYYEARDAY=366;BYDAY=MO',
  'FREQ=SECONDLY;INTERVAL=999999999999999;BYDAY=MO',
  'FREQ=SECONDLY;INTERVAL=59;BYSECOND=7;BYMINUTE=11;BYHOUR=3;BYYEARDAY=366',
  `FREQ=SECONDLY;${FULL};BYDAY=${WEEKDAYS}`,
  'FREQ=MINUTELY;BYMONTH=2;BYMONTHDAY=29;BYDAY=MO',
  'FREQ=HOURLY;INTERVAL=23;BYHOUR=3;BYMONTHDAY=31;BYDAY=FR',
  'FREQ=HOURLY;INTERVAL=23;BYHOUR=3;BYMINUTE=0;BYMONTHDAY=31;COUNT=100000',
  `FREQ=HOURLY;${ALL_TIMES};BYSETPOS=${bothWays(366)}`,
  `FREQ=HOURLY;${ALL_TIMES};BYYEARDAY=366;COUNT=100000000`,
  `FREQ=DAILY;${ALL_TIMES};BYSETPOS=${bothWays(366)}`,
  `FREQ=DAILY;${FULL};BYDAY=${WEEKDAYS}`,
  'FREQ=DAILY;INTERVAL=2;BYMONTH=1;COUNT=100000',
  'FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TU,WE;BYMONTH=2;BYMONTHDAY=29',
  `FREQ=MONTHLY;${ALL_TIMES};BYMONTHDAY=${bothWays(31)};BYSETPOS=-1`,
  `FREQ=MONTHLY;${ALL_TIMES};BYDAY=SU;BYSETPOS=${bothWays(366)};COUNT=1000000`,
  'FREQ=YEARLY;BYYEARDAY=366',
  'FREQ=YEARLY;BYWEEKNO=53',
  `FREQ=YEARLY;${ALL_TIMES}`,
  `FREQ=YEARLY;${ALL_TIMES};BYYEARDAY=${bothWays(366)};BYSETPOS=${bothWays(366)}`,
  `FREQ=YEARLY;${FULL};${EACH_WEEKDAY}`,
  ...[...OWN_CALENDARS, 'GREGORIAN'].flatMap((rscale) =>
    SKIPS.flatMap((skip) => [
      `RSCALE=${rscale};SKIP=${skip};FREQ=YEARLY;BYYEARDAY=${bothWays(355)};BYDAY=MO,-1TU,50WE`,
      `RSCALE=${rscale};SKIP=${skip};FREQ=YEARLY;BYMONTHDAY=30;BYMONTH=2,3,4;BYDAY=MO`,
      `RSCALE=${rscale};SKIP=${skip};FREQ=MONTHLY;BYMONTHDAY=30;COUNT=100000`,
      `RSCALE=${rscale};SKIP=${skip};FREQ=SECONDLY;${FULL_OF_ANY};BYDAY=${WEEKDAYS}`,
    ]),
  ),
];

/** Rules of which no time ever comes. */
const NEVER: readonly string[] = [
  'FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30',
  'FREQ=SECONDLY;INTERVAL=2;BYSECOND=1',
  'FREQ=SECONDLY;INTERVAL=86399;BYHOUR=1;BYMINUTE=2;BYSECOND=3;BYMONTH=2;BYMONTHDAY=29',
  'FREQ=MINUTELY;BYMONTH=4;BYMONTHDAY=31;BYHOUR=5',
  'FREQ=DAILY;INTERVAL=7;BYDAY=TU',
  `FREQ=DAILY;BYWEEKNO=53;BYMONTH=3,4,5,6,7,8,9,10,11;BYDAY=${WEEKDAYS}`,
  'FREQ=WEEKLY;INTERVAL=3;BYMONTH=2;BYMONTHDAY=30',
  'FREQ=MONTHLY;INTERVAL=12;BYMONTH=2',
  'FREQ=YEARLY;BYWEEKNO=53;BYMONTH=6',
  'FREQ=YEARLY;BYYEARDAY=1;BYMONTH=12',
  ...['CHINESE', 'DANGI'].flatMap((rscale) =>
    SKIPS.flatMap((skip) => [
      `RSCALE=${rscale};SKIP=${skip};FREQ=YEARLY;BYYEARDAY=100;BYMONTH=12`,
      `RSCALE=${rscale};SKIP=${skip};FREQ=SECONDLY;BYMONTH=12;BYMONTHDAY=1;BYYEARDAY=1`,
    ]),
  ),
  'RSCALE=HEBREW;FREQ=YEARLY;BYYEARDAY=385;BYMONTHDAY=1',
  'RSCALE=ISLAMIC-CIVIL;FREQ=MINUTELY;BYMONTH=2;BYMONTHDAY=30',
];

function setOf(rule: string): RecurrenceSet {
  const event = component('VEVENT', 'UID:1', 'DTSTART;TZID=Europe/Berlin:20260105T090000', `RRULE:${rule}`);
  const source = parseCalendar(calendar(...event));
  return recurrenceSet(source.components, { zones: zonesOf(source), floating: UTC });
}

/** CPU milliseconds of a run; the least of three where the first is more than it may take: a machine may be busy. */
function cpuOf(run: () => void, most: () => number): number {
  let least = Infinity;
  for (let i = 0; i < 3 && least >= most(); i++) {
    const start = process.cpuUsage();
    run();
    const { user, system } = process.cpuUsage(start);
    least = Math.min(least, (user + system) / 1000);
  }
  return least;
}

/** Asks for all instances; a Refusal is an answer. */
function useUp(rule: string): number {
  const budget = { steps: WHOLE };
  try {
    for (const instance of setOf(rule).instances({ from: -Infinity, to: Infinity }, budget)) void instance;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
  }
  return WHOLE - Math.max(budget.steps, 0);
}

describe('a step of the budget is about a microsecond', () => {
  test.each(SHAPES.map((rule) => [rule.slice(0, 90), rule]))('of %s', (_, rule) => {
    let steps = 0;
    // To lay the rule on DTSTART and to find the end of COUNT have a budget each, that the question does not pay.
    const most = (): number =>
      ((Math.max(steps, LEAST_STEPS) + (rule.includes('COUNT') ? WHOLE : 0)) * MOST_MICROSECONDS) / 1000;
    const cpu = cpuOf(() => (steps = useUp(rule)), most);
    expect(cpu).toBeLessThan(most());
  });
});

describe('a rule that can never match is refused with a tenth of a second of CPU', () => {
  test.each(NEVER)('%s', (rule) => {
    const refuse = (): void => expect(() => setOf(rule)).toThrow(Refusal);
    expect(cpuOf(refuse, () => 100)).toBeLessThan(100);
  });
});
