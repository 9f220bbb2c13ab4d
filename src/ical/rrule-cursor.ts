import { spend, type Budget } from './rrule-budget.ts';
import { LAST_WALL, type Cursor, type Pattern } from './rrule-pattern.ts';
import type { Periods } from './rrule-periods.ts';
import { subDailyCursor } from './rrule-sub-daily.ts';
import type { WallTime } from './time-value.ts';

const DAY = 86_400_000;
/** Steps for a period, and for a time in one. */
const PERIOD = 1;
const TIME = 0.5;

/** Walks the periods of FREQ=DAILY and coarser, from the first time at or after `from`. */
function periodCursor(pattern: Pattern, periods: Periods, from: WallTime, budget: Budget): Cursor {
  const { times, rule } = pattern;
  const perDay = times.length;
  let index = periods.indexAt(Math.floor(from / DAY));
  let base = 0;
  let offsets: readonly number[] = [];
  let chosen: readonly number[] | undefined;
  let size = 0;
  let place = 0;
  let last = from - 1;

  const valueAt = (at: number): WallTime => {
    const picked = chosen === undefined ? at : (chosen[at] ?? 0);
    const day = perDay === 1 ? picked : Math.floor(picked / perDay);
    return (base + (offsets[day] ?? 0)) * DAY + (times[picked - day * perDay] ?? 0) * 1000;
  };
  /** Skips what lies before `from` without looking at each time: a period may hold millions. */
  const seek = (): void => {
    let high = size;
    for (place = 0; place < high;) {
      const middle = (place + high) >> 1;
      if (valueAt(middle) <= last) place = middle + 1;
      else high = middle;
    }
  };
  const load = (): boolean => {
    for (let barren = 0; barren <= periods.cycle; barren++) {
      const days = periods.days(index, budget);
      if (days === undefined) return false;
      ({ base, offsets } = days);
      size = offsets.length * perDay;
      if (rule.bySetPos.length > 0) {
        chosen = pattern.places(size);
        size = chosen?.length ?? 0;
      }
      spend(budget, PERIOD);
      index = offsets.length === 0 ? periods.after(index, budget) : index + 1;
      if (size > 0) {
        seek();
        if (place < size) return true;
      }
    }
    return false;
  };
  return () => {
    if (place >= size && !load()) return Infinity;
    last = valueAt(place++);
    spend(budget, TIME);
    // A moved date (SKIP) may fall on one of the next period: load() seeks past what was given already.
    return last <= LAST_WALL ? last : Infinity;
  };
}

/** The times of the pattern from `from` (and never before DTSTART) on, without regard to COUNT and UNTIL. */
export function patternCursor(pattern: Pattern, from: WallTime, budget: Budget): Cursor {
  const first = Math.max(from, pattern.start);
  return pattern.periods === undefined
    ? subDailyCursor(pattern, first, budget)
    : periodCursor(pattern, pattern.periods, first, budget);
}
