import type { Instant, TimeRange } from './time-value.ts';

/**
 * The tables of RFC 4791 §9.9 as functions of instants: `start` of a range is inclusive, `end` is not, and an absent one
 * is ±Infinity. Each condition is written as its row is.
 */

/**
 * VEVENT, and DATE rows of VJOURNAL: from DTSTART to the effective DTEND.
 *
 * An event without length matches where its instant lies in the range, whether DURATION is PT0S (third row) or DTEND
 * equals DTSTART. For the latter the first row would match no range that begins with the event, but RFC 5545 §3.6.1
 * allows no such DTEND: it is read as the event that was meant. So is one whose DTEND is before DTSTART.
 */
export function eventOverlaps({ start, end }: TimeRange, dtstart: Instant, dtend: Instant): boolean {
  return dtend > dtstart ? start < dtend && end > dtstart : start <= dtstart && end > dtstart;
}

/** A property with a DATE or DATE-TIME value, a DATE-TIME VJOURNAL, one trigger of a VALARM. */
export function instantInRange({ start, end }: TimeRange, instant: Instant): boolean {
  return start <= instant && end > instant;
}

/** What a VTODO says of its times. `dtend` is DTSTART + DURATION, and absent where DUE is present. */
export interface TodoTimes {
  readonly dtstart?: Instant | undefined;
  readonly dtend?: Instant | undefined;
  readonly due?: Instant | undefined;
  readonly completed?: Instant | undefined;
  readonly created?: Instant | undefined;
}

/** VTODO, all eight rows. */
export function todoOverlaps({ start, end }: TimeRange, todo: TodoTimes): boolean {
  const { dtstart, dtend, due, completed, created } = todo;
  if (dtstart !== undefined) {
    if (due !== undefined) return (start < due || start <= dtstart) && (end > dtstart || end >= due);
    if (dtend !== undefined) return start <= dtend && (end > dtstart || end >= dtend);
    return start <= dtstart && end > dtstart;
  }
  if (due !== undefined) return start < due && end >= due;
  if (completed !== undefined) {
    if (created === undefined) return start <= completed && end >= completed;
    return (start <= created || start <= completed) && (end >= created || end >= completed);
  }
  return created === undefined || end > created;
}

/** VFREEBUSY with both DTSTART and DTEND. */
export function freeBusyOverlaps({ start, end }: TimeRange, dtstart: Instant, dtend: Instant): boolean {
  return start <= dtend && end > dtstart;
}

/** VFREEBUSY with neither: one period of its FREEBUSY properties. */
export function periodOverlaps({ start, end }: TimeRange, period: TimeRange): boolean {
  return start < period.end && end > period.start;
}

/** The triggers of a VALARM: `repeat` more after the first, `every` milliseconds apart. */
export interface Triggers {
  readonly first: Instant;
  readonly repeat: number;
  readonly every: number;
}

/** VALARM: whether at least one of its triggers overlaps. */
export function alarmOverlaps(range: TimeRange, { first, repeat, every }: Triggers): boolean {
  if (repeat <= 0 || every <= 0 || first >= range.start) return instantInRange(range, first);
  // The first trigger that is not before the range.
  const count = Math.ceil((range.start - first) / every);
  return count <= repeat && instantInRange(range, first + count * every);
}

/** The part of two ranges that both have; undefined where there is none. */
export function intersection(a: TimeRange, b: TimeRange): TimeRange | undefined {
  const start = Math.max(a.start, b.start);
  const end = Math.min(a.end, b.end);
  return start < end ? { start, end } : undefined;
}

/** The least range that holds both. */
export function hull(a: TimeRange, b: TimeRange): TimeRange {
  return { start: Math.min(a.start, b.start), end: Math.max(a.end, b.end) };
}
