import { spend, type Budget } from './rrule-budget.ts';
import { LAST_DAY } from './rrule-days.ts';
import type { Cursor, Pattern } from './rrule-pattern.ts';
import { greatestCommonDivisor } from './rrule-periods.ts';
import type { WallTime } from './time-value.ts';

const END = (LAST_DAY + 1) * 86_400;
/** Steps to look at a period, to jump over days that do not match, and for a time in a period. */
const LOOK = 0.5;
const JUMP = 1;
const TIME = 0.125;

/** A limit on hours, minutes or seconds, as a table; undefined lets all through. */
function table(list: readonly number[], size: number): Uint8Array | undefined {
  if (list.length === 0) return undefined;
  const allowed = new Uint8Array(size);
  for (const entry of list) allowed[entry] = 1;
  return allowed;
}

/**
 * The first second at or after `second` whose field (of `step` seconds, in a circle of `size`) is allowed, or the
 * start of the next circle.
 */
function skipTo(allowed: Uint8Array, second: number, step: number): number {
  const circle = allowed.length * step;
  const begin = Math.floor(second / circle) * circle;
  let field = Math.floor((second - begin) / step);
  if (allowed[field] === 1) return second;
  do field++;
  while (field < allowed.length && allowed[field] !== 1);
  return begin + field * step;
}

/**
 * Finds periods of a rule finer than DAILY: each look skips a whole day, hour or minute that the BY-parts rule out, so
 * that the work does not depend on how many periods lie between.
 */
export function periodFinder(pattern: Pattern): (from: number, budget: Budget) => number {
  const { rule, unit, days } = pattern;
  const hours = table(rule.byHour, 24);
  const minutes = unit <= 60 ? table(rule.byMinute, 60) : undefined;
  const seconds = unit === 1 ? table(rule.bySecond, 60) : undefined;
  const step = rule.interval * unit;
  const first = Math.floor(pattern.start / 1000 / unit) * unit;

  const allowedFrom = (second: number, budget: Budget): number => {
    const day = Math.floor(second / 86_400);
    if (pattern.limitsDays && !days.matches(day, budget)) {
      spend(budget, JUMP);
      return days.next(day, budget) * 86_400;
    }
    let at = hours === undefined ? second : skipTo(hours, second, 3600);
    if (at === second && minutes !== undefined) at = skipTo(minutes, second, 60);
    if (at === second && seconds !== undefined) at = skipTo(seconds, second, 1);
    return at;
  };
  return (from, budget) => {
    let at = Math.max(first, first + Math.ceil((from - first) / step) * step);
    for (;;) {
      if (at >= END) return Infinity;
      spend(budget, LOOK);
      const allowed = allowedFrom(at, budget);
      if (allowed === at) return at;
      at = first + Math.ceil((allowed - first) / step) * step;
    }
  };
}

/**
 * How many periods of a day INTERVAL may step on and BYHOUR, BYMINUTE and BYSECOND let through: of a day's seconds it
 * reaches those that differ from the first by a multiple of its common divisor with the day.
 */
export function timesOfDay({ rule, unit, start }: Pattern): number {
  const hours = table(rule.byHour, 24);
  const minutes = unit <= 60 ? table(rule.byMinute, 60) : undefined;
  const seconds = unit === 1 ? table(rule.bySecond, 60) : undefined;
  const stride = greatestCommonDivisor(rule.interval * unit, 86_400);
  const first = Math.floor(start / 1000 / unit) * unit;
  let count = 0;
  for (let at = ((first % stride) + stride) % stride; at < 86_400; at += stride) {
    const fits = hours?.[Math.floor(at / 3600)] !== 0 && minutes?.[Math.floor(at / 60) % 60] !== 0;
    if (fits && seconds?.[at % 60] !== 0) count++;
  }
  return count;
}

/** Whether INTERVAL ever steps on a time of day that BYHOUR, BYMINUTE and BYSECOND let through. */
export function reachesTimes(pattern: Pattern): boolean {
  const { rule, unit } = pattern;
  const isLimited = rule.byHour.length + rule.byMinute.length + rule.bySecond.length > 0;
  return unit === 0 || rule.interval === 1 || !isLimited || timesOfDay(pattern) > 0;
}

/** Times of FREQ=HOURLY, MINUTELY or SECONDLY from `from` on. */
export function subDailyCursor(pattern: Pattern, from: WallTime, budget: Budget): Cursor {
  const find = periodFinder(pattern);
  const { offsets, unit, rule } = pattern;
  const step = rule.interval * unit;
  const after = from / 1000;
  let period = find(Math.floor(after) - unit + 1, budget);
  let place = 0;
  return () => {
    while (period !== Infinity && offsets.length > 0) {
      for (; place < offsets.length; place++) {
        const second = period + (offsets[place] ?? 0);
        if (second < after) continue;
        place++;
        spend(budget, TIME);
        return second < END ? second * 1000 : Infinity;
      }
      period = find(period + step, budget);
      place = 0;
    }
    return Infinity;
  };
}
