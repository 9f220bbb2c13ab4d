import type { WallTime } from './time-value.ts';
import { spend, type Budget } from './rrule-budget.ts';
import { LAST_DAY, lowerBound } from './rrule-days.ts';
import { patternCursor } from './rrule-cursor.ts';
import type { Pattern } from './rrule-pattern.ts';
import { timesOfDay } from './rrule-sub-daily.ts';

const DAY = 86_400_000;
/** Steps to look at a year or a period without its times. */
const LIGHT = 0.25;

/** The n-th time of a cursor, counted from one; Infinity when there are fewer. */
function walk(pattern: Pattern, from: WallTime, n: number, budget: Budget): WallTime {
  const next = patternCursor(pattern, from, budget);
  let wall = next();
  for (let i = 1; i < n && wall !== Infinity; i++) wall = next();
  return wall;
}

/** How many times a period with so many days has. */
function timesOf(pattern: Pattern, days: number): number {
  const size = days * pattern.times.length;
  return pattern.places(size)?.length ?? size;
}

/** How many times lie in the period of DTSTART, or on its day, from DTSTART on and before `end`. */
function countUntil(pattern: Pattern, end: WallTime, most: number, budget: Budget): number {
  const next = patternCursor(pattern, pattern.start, budget);
  let count = 0;
  while (count < most && next() < end) count++;
  return count;
}

/**
 * How many times each matching day has, where that is the same for all and the days follow only the calendar, so that
 * COUNT can be found by whole years; undefined for the others.
 */
function timesPerDay(pattern: Pattern, budget: Budget): number | undefined {
  const { rule, unit, offsets } = pattern;
  if (unit === 0) {
    const daily = rule.freq === 'DAILY' || rule.bySetPos.length === 0;
    // Weeks of a year reach over its ends: whole years of them overlap.
    const ofWeeks = rule.freq === 'YEARLY' && rule.byWeekNo.length > 0;
    return rule.interval === 1 && daily && !ofWeeks ? timesOf(pattern, 1) : undefined;
  }
  if (86_400 % (rule.interval * unit) !== 0) return undefined;
  // At most each second is looked at, a hundred in the time of a step.
  spend(budget, 864);
  return timesOfDay(pattern) * offsets.length;
}

/** More times than this there are not until year 9999: each day, or each period of a finer rule, has only so many. */
function mostTimes({ unit, rule, start, times, offsets }: Pattern): number {
  const seconds = (LAST_DAY + 1) * 86_400 - start / 1000;
  if (unit > 0) return (seconds / (unit * rule.interval) + 1) * offsets.length;
  return (seconds / 86_400 + 1) * times.length;
}

function byYears(pattern: Pattern, perDay: number, n: number, budget: Budget): WallTime {
  const { days } = pattern;
  const { calendar } = days;
  const startDay = Math.floor(pattern.start / DAY);
  const onFirst = days.matches(startDay, budget) ? countUntil(pattern, (startDay + 1) * DAY, n, budget) : 0;
  if (n <= onFirst) return walk(pattern, pattern.start, n, budget);
  const rest = n - onFirst - 1;
  let dayIndex = Math.floor(rest / perDay);
  let from = startDay + 1;
  for (let year = calendar.yearOf(from); ; from = calendar.startOf(++year)) {
    const newYear = calendar.startOf(year);
    if (newYear > LAST_DAY) return Infinity;
    spend(budget, LIGHT);
    const { all } = days.year(year, budget);
    const skipped = lowerBound(all, from - newYear);
    const offset = all[skipped + dayIndex];
    if (offset !== undefined) return walk(pattern, (newYear + offset) * DAY, (rest % perDay) + 1, budget);
    dayIndex -= all.length - skipped;
  }
}

/** Every period has the same times: the n-th is found by division. */
function byDivision(pattern: Pattern, constant: readonly number[], n: number, budget: Budget): WallTime {
  const { periods, rule, start } = pattern;
  const size = timesOf(pattern, constant.length);
  if (periods === undefined || size === 0) return Infinity;
  const first = periods.days(0, budget)?.base ?? 0;
  const second = periods.days(1, budget)?.base;
  if (second === undefined) return walk(pattern, start, n, budget);
  const length = rule.freq === 'WEEKLY' ? 7 : 1;
  const inFirst = countUntil(pattern, (first + length) * DAY, n, budget);
  if (n <= inFirst) return walk(pattern, start, n, budget);
  const rest = n - inFirst - 1;
  const base = second + Math.floor(rest / size) * (second - first);
  return base > LAST_DAY ? Infinity : walk(pattern, base * DAY, (rest % size) + 1, budget);
}

/** Periods are counted one by one, without their times. */
function byPeriods(pattern: Pattern, n: number, budget: Budget): WallTime {
  const { periods, start } = pattern;
  if (periods === undefined) return walk(pattern, start, n, budget);
  // The first periods are partly before DTSTART: they are walked, until a period begins after it.
  let index = periods.indexAt(Math.floor(start / DAY));
  let rest = n;
  for (let barren = 0; barren <= periods.cycle;) {
    spend(budget, LIGHT);
    const days = periods.days(index, budget);
    if (days === undefined) return Infinity;
    const size = timesOf(pattern, days.offsets.length);
    const first = days.base + (days.offsets[0] ?? 0);
    const last = days.base + (days.offsets.at(-1) ?? 0);
    if (size > 0 && first * DAY <= start) {
      const count = countUntil(pattern, (last + 1) * DAY, rest, budget);
      if (rest <= count) return walk(pattern, start, rest, budget);
      rest = n - count;
    } else if (size > 0) {
      if (rest <= size) return walk(pattern, first * DAY, rest, budget);
      rest -= size;
    }
    barren = size > 0 ? 0 : barren + 1;
    index = days.offsets.length === 0 ? periods.after(index, budget) : index + 1;
  }
  return Infinity;
}

/**
 * The wall time of the n-th time of a pattern, Infinity when it never has so many, -Infinity for none. It jumps: by
 * division, by whole years of one kind, or by periods, and walks only the rest.
 */
export function wallOfCount(pattern: Pattern, n: number, budget: Budget): WallTime {
  if (n <= 0) return -Infinity;
  if (n > mostTimes(pattern)) return Infinity;
  if (n <= 16 || pattern.rule.skip !== 'OMIT') return walk(pattern, pattern.start, n, budget);
  const constant = pattern.periods?.constant;
  if (constant !== undefined) return byDivision(pattern, constant, n, budget);
  const perDay = timesPerDay(pattern, budget);
  if (perDay !== undefined && perDay > 0) return byYears(pattern, perDay, n, budget);
  const { unit, rule, offsets } = pattern;
  const limited = pattern.limitsDays || rule.byHour.length + (unit <= 60 ? rule.byMinute.length : 0) > 0;
  if (unit > 0 && !limited && !(unit === 1 && rule.bySecond.length > 0)) {
    // Finer than a day and nothing ruled out: every period counts.
    const inFirst = countUntil(pattern, Math.floor(pattern.start / 1000 / unit) * unit * 1000 + unit * 1000, n, budget);
    if (n <= inFirst) return walk(pattern, pattern.start, n, budget);
    const rest = n - inFirst - 1;
    const step = rule.interval * unit;
    const period = Math.floor(pattern.start / 1000 / unit) * unit + step * (1 + Math.floor(rest / offsets.length));
    return period >= (LAST_DAY + 1) * 86_400
      ? Infinity
      : walk(pattern, period * 1000, (rest % offsets.length) + 1, budget);
  }
  return byPeriods(pattern, n, budget);
}
