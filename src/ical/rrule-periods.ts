import type { Rule } from './rrule.ts';
import { dateOf, LAST_DAY, limitsDays, type DaySet } from './rrule-days.ts';
import { dayNumber } from './time-value.ts';

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
  days(index: number): PeriodDays | undefined;
  /** Where to look after a period without days. */
  after(index: number): number;
  /** So many periods without a day in a row, and there will never be one: the calendar repeats every 400 years. */
  readonly cycle: number;
  /** Days of every period, where all have the same. */
  readonly constant: readonly number[] | undefined;
}

export function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

/** How many periods it takes until steps of `interval` stand again where they began in 400 years of `size` units. */
const cycleOf = (size: number, interval: number): number => size / greatestCommonDivisor(size, interval);

function years(rule: Rule, start: number, days: DaySet): Periods {
  // With BYWEEKNO too the years are those of the calendar: the weeks of each may begin in December before it.
  const first = dateOf(start).year;
  const { interval } = rule;
  return {
    // A week or a moved date may lie a few days outside its own year.
    indexAt: (day) => Math.max(0, Math.ceil((dateOf(day).year - 1 - first) / interval)),
    days(index) {
      const year = first + index * interval;
      return year > 9999 ? undefined : { base: dayNumber(year, 1, 1), offsets: days.year(year).all };
    },
    after: (index) => index + 1,
    cycle: cycleOf(400, interval),
    constant: undefined,
  };
}

function months(rule: Rule, start: number, days: DaySet): Periods {
  const from = dateOf(start);
  const first = from.year * 12 + from.month - 1;
  const { interval } = rule;
  return {
    indexAt(day) {
      const { year, month } = dateOf(day);
      return Math.max(0, Math.ceil((year * 12 + month - 2 - first) / interval));
    },
    days(index) {
      const month = first + index * interval;
      const year = Math.floor(month / 12);
      return year > 9999
        ? undefined
        : { base: dayNumber(year, 1, 1), offsets: days.year(year).months[month % 12] ?? [] };
    },
    after: (index) => index + 1,
    cycle: cycleOf(4800, interval),
    constant: undefined,
  };
}

function weeks(rule: Rule, start: number, days: DaySet): Periods {
  const weekday = (((start + 4) % 7) + 7) % 7;
  const first = start - ((weekday - rule.weekStart + 7) % 7);
  const step = 7 * rule.interval;
  const limited = limitsDays({ ...rule, byDay: [] });
  const weekdays = rule.byDay.length > 0 ? rule.byDay.map((day) => day.weekday) : [weekday];
  const offsets = [...new Set(weekdays.map((day) => (day - rule.weekStart + 7) % 7))].sort((a, b) => a - b);
  return {
    indexAt: (day) => Math.max(0, Math.floor((day - first) / step)),
    days(index) {
      const base = first + index * step;
      if (base > LAST_DAY) return undefined;
      return { base, offsets: limited ? offsets.filter((offset) => days.matches(base + offset)) : offsets };
    },
    after(index) {
      const next = days.next(first + index * step + 7);
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
    days(index) {
      const base = start + index * interval;
      if (base > LAST_DAY) return undefined;
      return { base, offsets: !limited || days.matches(base) ? TODAY : NEVER };
    },
    after: (index) => Math.max(index + 1, Math.ceil((days.next(start + index * interval + 1) - start) / interval)),
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
