import { dayIn, type Calendar, type CalendarDay, type CalendarMonth, type CalendarYear } from './rscale-calendar.ts';
import type { Frequency, Rule } from './rrule.ts';
import { spend, type Budget } from './rrule-budget.ts';

/** The matching days of one year, as offsets from its first day; BYWEEKNO and SKIP may reach a few days over its ends. */
export interface YearDays {
  readonly all: readonly number[];
  /** By the place of the month in the year, from 0. */
  readonly months: readonly (readonly number[])[];
}

/** Which days a rule matches. Each kind of year is worked out once, which a budget pays for, and then looked up. */
export interface DaySet {
  readonly calendar: Calendar;
  year(year: number, budget: Budget): YearDays;
  matches(day: number, budget: Budget): boolean;
  /** The first matching day at or after this one; Infinity when no day matches any more. */
  next(day: number, budget: Budget): number;
}

/** The last day of year 9999 (RFC 5545 knows no later one). */
export const LAST_DAY = 2_932_896;
/** A rule that matches no day in so many years is taken for one that never will. */
const BARREN_YEARS = 400;
/** Steps for each day that is looked at to work out a year. */
const LOOK = 0.5;
/** Steps to look up a year, and a day in one. */
const YEAR_LOOKUP = 0.5;
const DAY_LOOKUP = 0.125;

export const weekdayOf = (day: number): number => (((day + 4) % 7) + 7) % 7;

/** How days are chosen: for a whole year, for each month, or only limited (RFC 5545 §3.3.10, the table of parts). */
type Scope = 'year' | 'month' | 'limit';
type Test = (day: CalendarDay) => boolean;

const SCOPES: Partial<Record<Frequency, Scope>> = { YEARLY: 'year', MONTHLY: 'month' };

const NO_MONTH: CalendarMonth = { code: 0, offset: 0, length: 0 };
const monthAt = ({ months }: CalendarYear, place: number): CalendarMonth => months[place] ?? NO_MONTH;

/** Tells whether a list holds a place, counted from the start or (negative) from the end. */
function holder(list: readonly number[]): (place: number, length: number) => boolean {
  const set = new Set(list);
  return (place, length) => set.has(place) || set.has(place - length - 1);
}

/**
 * The places that a list names among so many, in order and each once. One that is not there is left out, or by SKIP
 * becomes the one before it or after it (RFC 7529 §4.1): the last or first there, or 0 or length + 1.
 */
function placesOf(list: readonly number[], length: number, skip: Rule['skip']): readonly number[] {
  const step = skip === 'BACKWARD' ? 0 : 1;
  const places = list.map((entry) => {
    if (Math.abs(entry) <= length) return entry > 0 ? entry : length + entry + 1;
    return entry > 0 ? length + step : step;
  });
  const there = skip === 'OMIT' ? places.filter((_, i) => Math.abs(list[i] ?? 0) <= length) : places;
  return [...new Set(there)].sort((a, b) => a - b);
}

/** The first day of week 1, which holds at least four days of the year (RFC 5545 §3.3.10, BYWEEKNO). */
function firstWeek(calendar: Calendar, year: number, weekStart: number): number {
  const newYear = calendar.startOf(year);
  const intoWeek = (weekdayOf(newYear) - weekStart + 7) % 7;
  return intoWeek <= 3 ? newYear - intoWeek : newYear + 7 - intoWeek;
}

/** The year that a day's week belongs to. */
function weekYearOf(calendar: Calendar, { number, year }: CalendarDay, weekStart: number): number {
  if (number < firstWeek(calendar, year, weekStart)) return year - 1;
  return number >= firstWeek(calendar, year + 1, weekStart) ? year + 1 : year;
}

function weeksIn(calendar: Calendar, year: number, weekStart: number): number {
  return (firstWeek(calendar, year + 1, weekStart) - firstWeek(calendar, year, weekStart)) / 7;
}

/** BYDAY: an ordinal counts within the month or year (RFC 5545 §3.3.10 notes 1 and 2), and nowhere else. */
function weekdayTest(rule: Rule, scope: Scope, calendar: Calendar): Test {
  const inYear = scope === 'year' && rule.byMonth.length === 0;
  const ordinals = scope !== 'limit' && rule.byWeekNo.length === 0;
  // Ordinals are at most 55, of a weekday less than 7.
  const wanted = new Set(rule.byDay.map(({ ordinal, weekday }) => (ordinals ? ordinal : 0) * 7 + weekday));
  const any = wanted.size === 0 ? [] : [0, 1, 2, 3, 4, 5, 6].map((weekday) => wanted.has(weekday));
  return ({ number, year, place, day }) => {
    const weekday = weekdayOf(number);
    if (any[weekday] === true) return true;
    if (!ordinals) return false;
    const table = calendar.year(year);
    const position = inYear ? number - table.start + 1 : day;
    const fromEnd = (inYear ? table.length : monthAt(table, place).length) - position + 1;
    return wanted.has(Math.ceil(position / 7) * 7 + weekday) || wanted.has(-Math.ceil(fromEnd / 7) * 7 + weekday);
  };
}

function weekTest({ byWeekNo, weekStart }: Rule, calendar: Calendar): Test {
  const holds = holder(byWeekNo);
  return (day) => {
    const year = weekYearOf(calendar, day, weekStart);
    const week = Math.floor((day.number - firstWeek(calendar, year, weekStart)) / 7) + 1;
    return holds(week, weeksIn(calendar, year, weekStart));
  };
}

/** What the rule leaves open comes from DTSTART: its date, its weekday (RFC 5545 §3.3.10, "derived from DTSTART"). */
function completed(rule: Rule, scope: Scope, start: number, calendar: Calendar): Rule {
  const { byDay, byMonthDay, byYearDay, byWeekNo, byMonth } = rule;
  const weekday = [{ ordinal: 0, weekday: weekdayOf(start) }];
  if (rule.freq === 'WEEKLY') return byDay.length > 0 ? rule : { ...rule, byDay: weekday };
  if (scope === 'limit' || byDay.length + byMonthDay.length + byYearDay.length > 0) return rule;
  if (byWeekNo.length > 0) return { ...rule, byDay: weekday };
  const { year, place, day } = dayIn(calendar, start);
  if (scope === 'month' || byMonth.length > 0) return { ...rule, byMonthDay: [day] };
  return { ...rule, byMonth: [monthAt(calendar.year(year), place).code], byMonthDay: [day] };
}

/**
 * The months of a year that a yearly rule names. One that the year lacks is left out, or becomes the one before it or
 * after it (RFC 7529 §4.1, SKIP for an invalid month): the leap month 5L the month 5 or 6.
 */
function monthPlaces({ byMonth, skip }: Rule, { months }: CalendarYear): readonly number[] {
  const places = byMonth.map((code) => {
    const next = months.findIndex((month) => month.code >= code);
    if (months[next]?.code === code) return next;
    if (skip === 'OMIT') return -1;
    const after = next < 0 ? months.length : next;
    return skip === 'FORWARD' ? after : after - 1;
  });
  return [...new Set(places)].filter((place) => place >= 0).sort((a, b) => a - b);
}

/** How the days of a year are chosen: a list of days to look at, and tests that each must pass. */
interface Choice {
  readonly rule: Rule;
  readonly scope: Scope;
  readonly calendar: Calendar;
}

/** A day to look at. With a date that SKIP moved, `home` is the month that it was meant for. */
interface Candidate {
  readonly date: CalendarDay;
  readonly home: number;
}

function* daysBetween(calendar: Calendar, from: number, to: number): Generator<Candidate> {
  let at = dayIn(calendar, from);
  for (let number = from; number < to; number++) {
    yield { date: at, home: at.place };
    const { year, place, day } = at;
    at =
      day < monthAt(calendar.year(year), place).length
        ? { number: number + 1, year, place, day: day + 1 }
        : dayIn(calendar, number + 1);
  }
}

/** BYWEEKNO of a yearly rule: whole weeks, also where they reach over the ends of the year. */
function* ofWeeks({ rule, calendar }: Choice, year: number): Generator<Candidate> {
  const first = firstWeek(calendar, year, rule.weekStart);
  for (const week of placesOf(rule.byWeekNo, weeksIn(calendar, year, rule.weekStart), rule.skip)) {
    yield* daysBetween(calendar, first + (week - 1) * 7, first + week * 7);
  }
}

function* ofYearDays({ rule, calendar }: Choice, year: number): Generator<Candidate> {
  const { start, length } = calendar.year(year);
  for (const place of placesOf(rule.byYearDay, length, rule.skip)) {
    const date = dayIn(calendar, start + place - 1);
    yield { date, home: date.place };
  }
}

/** Month by month: those that the rule names, and of each the days of BYMONTHDAY or all. */
function* ofMonths({ rule, scope, calendar }: Choice, year: number): Generator<Candidate> {
  const table = calendar.year(year);
  const all = table.months.map((_, place) => place);
  const named =
    scope === 'year'
      ? monthPlaces(rule, table)
      : all.filter((place) => rule.byMonth.includes(monthAt(table, place).code));
  for (const place of rule.byMonth.length > 0 ? named : all) {
    // After the last month comes the first of the next year: a leap month at the end, moved forward.
    const isNext = place === table.months.length;
    const month = isNext ? monthAt(calendar.year(year + 1), 0) : monthAt(table, place);
    const start = table.start + (isNext ? table.length : month.offset);
    if (scope === 'limit' || rule.byMonthDay.length === 0) {
      yield* daysBetween(calendar, start, start + month.length);
      continue;
    }
    for (const day of placesOf(rule.byMonthDay, month.length, rule.skip)) {
      const isMoved = day < 1 || day > month.length || isNext;
      const number = start + day - 1;
      yield { date: isMoved ? dayIn(calendar, number) : { number, year, place, day }, home: place };
    }
  }
}

/** The parts that the list of days does not see to, as tests. */
function testsOf({ rule, scope, calendar }: Choice, domain: 'weeks' | 'yearDays' | 'months'): readonly Test[] {
  const { byMonth, byMonthDay, byYearDay, byWeekNo, byDay } = rule;
  const tests: Test[] = [];
  if (byMonth.length > 0 && domain !== 'months') {
    tests.push(({ year, place }) => monthPlaces(rule, calendar.year(year)).includes(place));
  }
  if (byMonthDay.length > 0 && (domain !== 'months' || scope === 'limit')) {
    const holds = holder(byMonthDay);
    tests.push(({ year, place, day }) => holds(day, monthAt(calendar.year(year), place).length));
  }
  if (byDay.length > 0) tests.push(weekdayTest(rule, scope, calendar));
  if (byYearDay.length > 0 && domain !== 'yearDays') {
    const holds = holder(byYearDay);
    tests.push(({ number, year }) => {
      const { start, length } = calendar.year(year);
      return holds(number - start + 1, length);
    });
  }
  if (byWeekNo.length > 0 && domain !== 'weeks') tests.push(weekTest(rule, calendar));
  return tests;
}

/** The days of a year, and how many were looked at to find them. */
type Builder = (year: number) => { readonly days: YearDays; readonly looked: number };

function yearBuilder(given: Rule, start: number, calendar: Calendar): Builder {
  const scope = SCOPES[given.freq] ?? 'limit';
  const rule = completed(given, scope, start, calendar);
  const choice = { rule, scope, calendar };
  const isOfWeeks = scope === 'year' && rule.byWeekNo.length > 0;
  const isOfYearDays = scope === 'year' && !isOfWeeks && rule.byYearDay.length > 0;
  const tests = testsOf(choice, isOfWeeks ? 'weeks' : isOfYearDays ? 'yearDays' : 'months');
  const candidates = isOfWeeks ? ofWeeks : isOfYearDays ? ofYearDays : ofMonths;
  return (year) => {
    const table = calendar.year(year);
    const all: number[] = [];
    const months: number[][] = table.months.map(() => []);
    let looked = 0;
    for (const { date, home } of candidates(choice, year)) {
      looked++;
      if (!tests.every((test) => test(date))) continue;
      all.push(date.number - table.start);
      months[home]?.push(date.number - table.start);
    }
    const sorted = rule.skip === 'OMIT' ? all : [...new Set(all)].sort((a, b) => a - b);
    return { days: { all: sorted, months }, looked };
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
  const calendar = rule.scale.calendar();
  const build = yearBuilder(rule, start, calendar);
  const byKind = new Map<number, YearDays>();
  const year = (number: number, budget: Budget): YearDays => {
    const kind = calendar.kind(number, rule.byWeekNo.length > 0 || rule.skip !== 'OMIT');
    const known = byKind.get(kind);
    if (known !== undefined) return known;
    const { days, looked } = build(number);
    byKind.set(kind, days);
    spend(budget, calendar.cost(number) + LOOK * looked);
    return days;
  };
  const next = (day: number, budget: Budget): number => {
    if (day > LAST_DAY) return Infinity;
    const first = calendar.yearOf(day);
    for (let number = first; number <= first + BARREN_YEARS; number++) {
      const newYear = calendar.startOf(number);
      if (newYear > LAST_DAY) return Infinity;
      spend(budget, YEAR_LOOKUP);
      const { all } = year(number, budget);
      const offset = all[lowerBound(all, day - newYear)];
      if (offset !== undefined) return newYear + offset;
    }
    return Infinity;
  };
  const matches = (day: number, budget: Budget): boolean => {
    spend(budget, DAY_LOOKUP);
    const number = calendar.yearOf(day);
    const offset = day - calendar.startOf(number);
    const { all } = year(number, budget);
    return all[lowerBound(all, offset)] === offset;
  };
  return { calendar, year, next, matches };
}
