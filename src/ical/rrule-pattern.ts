import { Refusal } from '../base/refusal.ts';
import type { Frequency, Rule } from './rrule.ts';
import { daySet, LAST_DAY, limitsDays, type DaySet } from './rrule-days.ts';
import { periodsOf, type Periods } from './rrule-periods.ts';
import type { WallTime } from './time-value.ts';

const DAY = 86_400_000;
/** The last second of year 9999. */
export const LAST_WALL = (LAST_DAY + 1) * DAY - 1000;

/** Gives the next wall time at each call, and Infinity when there is none any more. */
export type Cursor = () => WallTime;

/** A rule laid on its DTSTART, without COUNT and UNTIL. All times are wall times of the zone of DTSTART. */
export interface Pattern {
  readonly rule: Rule;
  readonly start: WallTime;
  readonly days: DaySet;
  readonly limitsDays: boolean;
  /** The places of BYSETPOS in a set of so many, in order; undefined takes all. */
  places(size: number): readonly number[] | undefined;
  /** With FREQ=DAILY and coarser: the periods, and the seconds of each of their days. */
  readonly periods: Periods | undefined;
  readonly times: ArrayLike<number>;
  /** With a finer FREQ: seconds of a period (0 with the others), and the seconds within it that match. */
  readonly unit: number;
  readonly offsets: readonly number[];
}

const UNITS: Partial<Record<Frequency, number>> = { HOURLY: 3600, MINUTELY: 60, SECONDLY: 1 };

/** Places of BYSETPOS, worked out once for each size: periods have few sizes, and the list may be long. */
function placesOf(bySetPos: readonly number[]): Pattern['places'] {
  if (bySetPos.length === 0) return () => undefined;
  const bySize = new Map<number, readonly number[]>();
  return (size) => {
    const known = bySize.get(size);
    if (known !== undefined) return known;
    const indexes = bySetPos.map((place) => (place > 0 ? place - 1 : size + place));
    const chosen = [...new Set(indexes.filter((index) => index >= 0 && index < size))].sort((a, b) => a - b);
    bySize.set(size, chosen);
    return chosen;
  };
}

const orElse = (list: readonly number[], value: number): readonly number[] =>
  list.length > 0 ? [...list].sort((a, b) => a - b) : [value];

/** Every combination of hours, minutes and seconds, as seconds, in order. */
function combine(hours: readonly number[], minutes: readonly number[], seconds: readonly number[]): Int32Array {
  const times = new Int32Array(hours.length * minutes.length * seconds.length);
  let at = 0;
  for (const hour of hours) {
    for (const minute of minutes) {
      for (const second of seconds) times[at++] = hour * 3600 + minute * 60 + second;
    }
  }
  return times;
}

/** Lays a rule on its DTSTART. Throws Refusal for a DATE that shall repeat within a day. */
export function patternOf(given: Rule, start: WallTime, isDate: boolean): Pattern {
  // BYHOUR, BYMINUTE and BYSECOND must be ignored beside a DATE (RFC 5545 §3.3.10).
  const rule = isDate ? { ...given, byHour: [], byMinute: [], bySecond: [] } : given;
  const startDay = Math.floor(start / DAY);
  const second = (start - startDay * DAY) / 1000;
  const minutes = orElse(rule.byMinute, Math.floor(second / 60) % 60);
  const seconds = orElse(rule.bySecond, second % 60);
  const unit = UNITS[rule.freq] ?? 0;
  const days = daySet(rule, startDay);
  const places = placesOf(rule.bySetPos);
  const common = { rule, start, days, limitsDays: limitsDays(rule), places, unit };
  if (unit === 0) {
    const times = combine(orElse(rule.byHour, Math.floor(second / 3600)), minutes, seconds);
    return { ...common, periods: periodsOf(rule, startDay, days), times, offsets: [] };
  }
  if (isDate) throw new Refusal('valid-calendar-data', `FREQ=${rule.freq} cannot repeat a DATE`);
  const within = combine([0], unit >= 3600 ? minutes : [0], unit >= 60 ? seconds : [0]);
  const chosen = places(within.length);
  const offsets = chosen === undefined ? [...within] : chosen.map((place) => within[place] ?? 0);
  return { ...common, periods: undefined, times: [], offsets };
}
