import { unionOf, within, type RangeSet } from '../ical/range-set.ts';
import type { TimeRange } from '../ical/time-value.ts';
import type { Zone } from '../ical/timezone.ts';
import { DAY_MS, minutes, WEEKDAYS, type RoomPolicy, type Weekday } from './room-policy.ts';

type Hours = NonNullable<RoomPolicy['hours']>;

/** The first of January 1970 was a Thursday. */
const weekdayOf = (day: number): Weekday => WEEKDAYS.at((day + 3) % 7) ?? 'MO';

/** More days than this are not looked at: what is longer is not within hours, whatever they are. */
const MOST_DAYS = 400;

/**
 * When a room is open within a range. Hours are times of the clock on the wall: on the day on which it is put forward
 * they are shorter, on that on which it is put back longer; of an hour that is there twice both are meant.
 */
export function openTimes(hours: Hours, zone: Zone, { start, end }: TimeRange): RangeSet {
  // Midnights: a wall's day lies within a day of the instant's.
  const first = Math.floor((start + zone.offsetAt(start)) / DAY_MS);
  const last = Math.floor((end + zone.offsetAt(end)) / DAY_MS);
  const open: TimeRange[] = [];
  for (let day = first; day <= Math.min(last, first + MOST_DAYS); day++) {
    for (const { from, to } of hours[weekdayOf(day)] ?? []) {
      const wall = day * DAY_MS;
      open.push({ start: zone.toUtc(wall + minutes(from)), end: endOf(zone, wall + minutes(to)) });
    }
  }
  return within(unionOf(open), { start, end });
}

/** The last instant at which the wall reads this time: of a time that is there twice, `toUtc` gives the first. */
function endOf(zone: Zone, wall: number): number {
  const first = zone.toUtc(wall);
  const [change] = zone.transitions(first - 1, first + DAY_MS / 4);
  if (change === undefined) return first;
  const second = wall - change.offset;
  return second > first && second + zone.offsetAt(second) === wall ? second : first;
}

/** Whether the whole of a range is within hours; a range without length, where it begins. */
export function isOpen(hours: Hours, zone: Zone, { start, end }: TimeRange): boolean {
  const asked = { start, end: Math.max(end, start + 1) };
  const [open] = openTimes(hours, zone, asked);
  return open !== undefined && open.start === asked.start && open.end === asked.end;
}
