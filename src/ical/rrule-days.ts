import type { Frequency, Rule } from './rrule.ts';
import { dayNumber, isLeapYear, monthLength } from './time-value.ts';

/** The matching days of one year, as offsets from 1 January; BYWEEKNO and SKIP may reach a few days over its ends. */
export interface YearDays {
  readonly all: readonly number[];
  readonly months: readonly (readonly number[])[];
}

/**
 * Which days a rule matches. A year's days depend only on its length and the weekday of 1 January (with BYWEEKNO on
 * its place in the cycle of 400 years), so that each kind of year is worked out once and then looked up.
 */
export interface DaySet {
  year(year: number): YearDays;
  matches(day: number): boolean;
  /** The first matching day at or after this one; Infinity when no day matches any more. */
  next(day: number): number;
}

/** The last day of year 9999 (RFC 5545 knows no later one). */
export const LAST_DAY = 2_932_896;

export const weekdayOf = (day: number): number => (((day + 4) % 7) + 7) % 7;

/** The year that a day number lies in. */
export function yearOf(day: number): number {
  let year = Math.floor(day / 365.2425) + 1970;
  if (dayNumber(year, 1, 1) > day) year--;
  else if (dayNumber(year + 1, 1, 1) <= day) year++;
  return year;
}

/** The date of a day number; the month counts from 1. */
export function dateOf(day: number): { readonly year: number; readonly month: number; readonly day: number } {
  const year = yearOf(day);
  let rest = day - dayNumber(year, 1, 1);
  let month = 1;
  for (let length = 31; rest >= length; length = monthLength(year, month)) {
    rest -= length;
    month++;
  }
  return { year, month, day: rest + 1 };
}

/** A day of the calendar with all that BY-parts ask of it. */
interface Day {
  readonly number: number;
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  readonly day: number;
}

/** How days are chosen: for a whole year, for each month, or only limited (RFC 5545 §3.3.10, the table of parts). */
type Scope = 'year' | 'month' | 'limit';
type Test = (day: Day) => boolean;

const SCOPES: Partial<Record<Frequency, Scope>> = { YEARLY: 'year', MONTHLY: 'month' };

/** Whether a list holds the place, counted from the start or (negative) from the end. */
const holds = (list: readonly number[], place: number, length: number): boolean =>
  list.includes(place) || list.includes(place - length - 1);

/** The first day of week 1, which holds at least four days of the year (RFC 5545 §3.3.10, BYWEEKNO). */
function firstWeek(year: number, weekStart: number): number {
  const newYear = dayNumber(year, 1, 1);
  const intoWeek = (weekdayOf(newYear) - weekStart + 7) % 7;
  return intoWeek <= 3 ? newYear - intoWeek : newYear + 7 - intoWeek;
}

/** The year that a day's week belongs to. */
function weekYearOf(day: number, weekStart: number): number {
  const year = yearOf(day);
  if (day < firstWeek(year, weekStart)) return year - 1;
  return day >= firstWeek(year + 1, weekStart) ? year + 1 : year;
}

/** BYDAY: an ordinal counts within the month or year (RFC 5545 §3.3.10 notes 1 and 2), and nowhere else. */
function weekdayTest(rule: Rule, scope: Scope): Test {
  const inYear = scope === 'year' && rule.byMonth.length === 0;
  const ordinals = scope !== 'limit' && rule.byWeekNo.length === 0;
  return ({ number, year, month, day }) => {
    const weekday = weekdayOf(number);
    const place = inYear ? number - dayNumber(year, 1, 1) + 1 : day;
    const fromEnd = (inYear ? (isLeapYear(year) ? 366 : 365) : monthLength(year, month)) - place + 1;
    return rule.byDay.some(
      (entry) =>
        entry.weekday === weekday &&
        (entry.ordinal === 0 ||
          !ordinals ||
          entry.ordinal === Math.ceil(place / 7) ||
          entry.ordinal === -Math.ceil(fromEnd / 7)),
    );
  };
}

function weekTest({ byWeekNo, weekStart }: Rule): Test {
  return ({ number }) => {
    const year = weekYearOf(number, weekStart);
    const first = firstWeek(year, weekStart);
    const weeks = (firstWeek(year + 1, weekStart) - first) / 7;
    return holds(byWeekNo, Math.floor((number - first) / 7) + 1, weeks);
  };
}

/** What the rule leaves open comes from DTSTART: its date, its weekday (RFC 5545 §3.3.10, "derived from DTSTART"). */
function completed(rule: Rule, scope: Scope, start: number): Rule {
  const { byDay, byMonthDay, byYearDay, byWeekNo, byMonth } = rule;
  const weekday = [{ ordinal: 0, weekday: weekdayOf(start) }];
  if (rule.freq === 'WEEKLY') return byDay.length > 0 ? rule : { ...rule, byDay: weekday };
  if (scope === 'limit' || byDay.length + byMonthDay.length + byYearDay.length > 0) return rule;
  if (byWeekNo.length > 0) return { ...rule, byDay: weekday };
  const { month, day } = dateOf(start);
  if (scope === 'month' || byMonth.length > 0) return { ...rule, byMonthDay: [day] };
  return { ...rule, byMonth: [month], byMonthDay: [day] };
}

function testsOf(rule: Rule, scope: Scope, moves: boolean): readonly Test[] {
  const { byMonth, byMonthDay, byYearDay, byWeekNo, byDay } = rule;
  const tests: Test[] = [];
  if (byMonth.length > 0 && !moves) tests.push(({ month }) => byMonth.includes(month));
  if (byMonthDay.length > 0 && !moves) {
    tests.push(({ year, month, day }) => holds(byMonthDay, day, monthLength(year, month)));
  }
  if (byDay.length > 0) tests.push(weekdayTest(rule, scope));
  if (byYearDay.length > 0) {
    tests.push(({ number, year }) =>
      holds(byYearDay, number - dayNumber(year, 1, 1) + 1, isLeapYear(year) ? 366 : 365),
    );
  }
  if (byWeekNo.length > 0) tests.push(weekTest(rule));
  return tests;
}

/** The days of BYMONTHDAY with those that do not exist moved by SKIP (RFC 7529 §4.1), month by month. */
function* movedDays(rule: Rule, year: number): Generator<Day> {
  for (let month = 1; month <= 12; month++) {
    if (rule.byMonth.length > 0 && !rule.byMonth.includes(month)) continue;
    const length = monthLength(year, month);
    const before = rule.skip === 'BACKWARD' ? 0 : 1;
    const places = rule.byMonthDay.map((day) => {
      if (Math.abs(day) <= length) return day > 0 ? day : length + day + 1;
      return day > 0 ? length + before : before;
    });
    for (const place of [...new Set(places)].sort((a, b) => a - b)) {
      // Month and day are those of the month that the date was meant for, so that MONTHLY finds it there.
      yield { number: dayNumber(year, month, 1) + place - 1, year, month, day: place };
    }
  }
}

function* daysBetween(from: number, to: number): Generator<Day> {
  let { year, month, day } = dateOf(from);
  for (let number = from; number < to; number++) {
    yield { number, year, month, day };
    if (day < monthLength(year, month)) day++;
    else ({ year, month, day } = dateOf(number + 1));
  }
}

function yearBuilder(given: Rule, scope: Scope, start: number): (year: number) => YearDays {
  const rule = completed(given, scope, start);
  const moves = rule.skip !== 'OMIT' && scope !== 'limit' && rule.byMonthDay.length > 0;
  const tests = testsOf(rule, scope, moves);
  const ofWeeks = rule.byWeekNo.length > 0 && scope === 'year';
  const bound = (year: number): number => (ofWeeks ? firstWeek(year, rule.weekStart) : dayNumber(year, 1, 1));
  return (year) => {
    const newYear = dayNumber(year, 1, 1);
    const all: number[] = [];
    const months: number[][] = Array.from({ length: 12 }, () => []);
    for (const day of moves ? movedDays(rule, year) : daysBetween(bound(year), bound(year + 1))) {
      if (!tests.every((test) => test(day))) continue;
      all.push(day.number - newYear);
      months[day.month - 1]?.push(day.number - newYear);
    }
    return { all: moves ? [...new Set(all)].sort((a, b) => a - b) : all, months };
  };
}

/** The first index whose entry is not below the value. */
export function lowerBound(list: ArrayLike<number>, value: number): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((list[middle] ?? 0) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Whether days are limited at all: without any part, every day matches. */
export function limitsDays(rule: Rule): boolean {
  const { byMonth, byMonthDay, byYearDay, byWeekNo, byDay } = rule;
  return byMonth.length + byMonthDay.length + byYearDay.length + byWeekNo.length + byDay.length > 0;
}

/** The days of a rule whose DTSTART lies on the day `start`. */
export function daySet(rule: Rule, start: number): DaySet {
  const build = yearBuilder(rule, SCOPES[rule.freq] ?? 'limit', start);
  const byKind = new Map<number, YearDays>();
  const year = (number: number): YearDays => {
    const cycle = ((number % 400) + 400) % 400;
    const kind = rule.byWeekNo.length > 0 ? cycle : weekdayOf(dayNumber(number, 1, 1)) + (isLeapYear(number) ? 7 : 0);
    let days = byKind.get(kind);
    if (days === undefined) byKind.set(kind, (days = build(number)));
    return days;
  };
  const next = (day: number): number => {
    const first = yearOf(day);
    for (let number = first; number <= first + 400 && number <= 9999; number++) {
      const newYear = dayNumber(number, 1, 1);
      const { all } = year(number);
      const offset = all[lowerBound(all, day - newYear)];
      if (offset !== undefined) return newYear + offset;
    }
    return Infinity;
  };
  const matches = (day: number): boolean => {
    const number = yearOf(day);
    const offset = day - dayNumber(number, 1, 1);
    const { all } = year(number);
    return all[lowerBound(all, offset)] === offset;
  };
  return { year, next, matches };
}
