import type { Instant, TimeRange } from './time-value.ts';

/** Instants as half-open ranges: in order, and none touches the next. */
export type RangeSet = readonly TimeRange[];

/** All instants of the ranges, which may stand in any order and overlap; a range without length holds none. */
export function unionOf(ranges: readonly TimeRange[]): RangeSet {
  const union: { start: Instant; end: Instant }[] = [];
  // No difference: that of two infinite starts is no number.
  const sorted = ranges.toSorted((one, other) => Number(one.start > other.start) - Number(one.start < other.start));
  for (const { start, end } of sorted) {
    if (end <= start) continue;
    const last = union.at(-1);
    if (last !== undefined && start <= last.end) last.end = Math.max(last.end, end);
    else union.push({ start, end });
  }
  return union;
}

/** The instants of a set that are not in the other. */
export function without(set: RangeSet, other: RangeSet): RangeSet {
  const left: TimeRange[] = [];
  let at = 0;
  for (const { start, end } of set) {
    while (at < other.length && (other[at]?.end ?? Infinity) <= start) at++;
    let from = start;
    // The next range of the set may begin in the one that this ends in: `at` stays.
    for (let i = at; from < end; i++) {
      const taken = other[i];
      if (taken === undefined || taken.start >= end) {
        left.push({ start: from, end });
        break;
      }
      if (taken.start > from) left.push({ start: from, end: taken.start });
      from = taken.end;
    }
  }
  return left;
}

/** The instants of a set that lie in the range. */
export function within(set: RangeSet, { start, end }: TimeRange): RangeSet {
  return set
    .map((range) => ({ start: Math.max(start, range.start), end: Math.min(end, range.end) }))
    .filter((range) => range.start < range.end);
}
