import type { Rule } from './rrule.ts';
import type { Budget } from './rrule-budget.ts';
import { LAST_DAY, limitsDays, weekdayOf, type DaySet } from './rrule-days.ts';

/** The days of one period of a rule: offsets, in order, from a base day. */
export interface PeriodDays {
  readonly base: number;
  readonly offsets: readonly number[];
}

/** The years, months, weeks or days that FREQ and INTERVAL step through, numbered from that of DTSTART. */
export interface Periods {
  /** The first period that may hold a day at or after this one. */
  indexAt(day: number): number;
  /** Undefined past year 9999. */
  days(index: number, budget: Budget): PeriodDays | undefined;
  /** Where to look after a period without days. */
  after(index: number, budget: Budget): number;
  /** So many periods without a day in a row, and there will never be one: the Gregorian calendar repeats every 400 years. */
  readonly cycle: number;
  /** Days of every period, where all have the same. */
  readonly constant: readonly number[] | undefined;
}

export function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

/** How many periods it takes until steps of `interval` stand again where they began in a cycle of `size` units. */
const cycleOf = (size: number, interval: number): number => size / greatestCommonDivisor(size, interval);
/** Where a calendar has no cycle: so many periods are enough, of any interval. */
const WITHOUT_CYCLE = { years: 400, months: 5200 };

function years({ interval }: Rule, start: number, days: DaySet): Periods {
  const { calendar } = days;
  // With BYWEEKNO too the years are those of the calendar: the weeks of each may begin before it.
  const first = calendar.yearOf(start);
  const last = calendar.yearOf(LAST_DAY);
  return {
    // A week or a moved date may lie a few days outside its own year.
    indexAt: (day) => Math.max(0, Math.ceil((calendar.yearOf(day) - 1 - first) / interval)),
    days(index, budget) {
      const year = first + index * interval;
      return year > last ? undefined : { base: calendar.startOf(year), offsets: days.year(year, budget).all };
    },
    after: (index) => index + 1,
    cycle: calendar.cycle === undefined ? WITHOUT_CYCLE.years : cycleOf(calendar.cycle.years, interval),
    constant: undefined,
  };
}

function months({ interval }: Rule, start: number, days: DaySet): Periods {
  const { calendar } = days;
  const first = calendar.monthIndex(start);
  const last = calendar.monthIndex(LAST_DAY);
  return {
    indexAt: (day) => Math.max(0, Math.ceil((calendar.monthIndex(day) - 1 - first) / interval)),
    days(index, budget) {
      const month = first + index * interval;
      if (month > last) return undefined;
      const { year, place } = calendar.monthAt(month);
      return { base: calendar.startOf(year), offsets: days.year(year, budget).months[place] ?? [] };
    },
    after: (index) => index + 1,
    cycle: calendar.cycle === undefined ? WITHOUT_CYCLE.months : cycleOf(calendar.cycle.months, interval),
    constant: undefined,
  };
}

function weeks(rule: Rule, start: number, days: DaySet): Periods {
  const weekday = weekdayOf(start);
  const first = start - ((weekday - rule.weekStart + 7) % 7);
  const step = 7 * rule.interval;
  const limited = limitsDays({ ...rule, byDay: [] });
  const weekdays = rule.byDay.length > 0 ? rule.byDay.map((day) => day.weekday) : [weekday];
  const offsets = [...new Set(weekdays.map((day) => (day - rule.weekStart + 7) % 7))].sort((a, b) => a - b);
  return {
    indexAt: (day) => Math.max(0, Math.floor((day - first) / step)),
    days(index, budget) {
      const base = first + index * step;
      if (base > LAST_DAY) return undefined;
      return { base, offsets: limited ? offsets.filter((offset) => days.matches(base + offset, budget)) : offsets };
    },
    after(index, budget) {
      const next = days.next(first + index * step + 7, budget);
      return Math.max(index + 1, Math.ceil(Math.floor((next - first) / 7) / rule.interval));
    },
    cycle: cycleOf(20_871, rule.interval),
    constant: limited ? undefined : offsets,
  };
}

const TODAY: readonly number[] = [0];
const NEVER: readonly number[] = [];

function everyDay(rule: Rule, start: number, days: DaySet): Periods {
  const { interval } = rule;
  const limited = limitsDays(rule);
  return {
    indexAt: (day) => Math.max(0, Math.ceil((day - start) / interval)),
    days(index, budget) {
      const base = start + index * interval;
      if (base > LAST_DAY) return undefined;
      return { base, offsets: !limited || days.matches(base, budget) ? TODAY : NEVER };
    },
    after: (index, budget) =>
      Math.max(index + 1, Math.ceil((days.next(start + index * interval + 1, budget) - start) / interval)),
    cycle: cycleOf(146_097, interval),
    constant: limited ? undefined : TODAY,
  };
}

/** The periods of a rule of FREQ=DAILY or coarser. */
export function periodsOf(rule: Rule, start: number, days: DaySet): Periods {
  if (rule.freq === 'YEARLY') return years(rule, start, days);
  if (rule.freq === 'MONTHLY') return months(rule, start, days);
  if (rule.freq === 'WEEKLY') return weeks(rule, start, days);
  return everyDay(rule, start, days);
}
