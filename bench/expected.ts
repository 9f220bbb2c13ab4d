import type { BenchEvent, Interval } from './events.ts';

/** Names of the events with an instance in the range. */
export const namesWithin = (events: readonly BenchEvent[], range: Interval): Set<string> =>
  new Set(events.filter((event) => event.instances(range).length > 0).map((event) => event.name));

/** Starts of all instances in the range, in order. */
export const startsWithin = (events: readonly BenchEvent[], range: Interval): number[] =>
  events
    .flatMap((event) => event.instances(range))
    .map((instance) => instance.start)
    .sort((left, right) => left - right);

/** Names of the events whose summary holds the text, without regard to case. */
export const namesWithText = (events: readonly BenchEvent[], text: string): Set<string> =>
  new Set(events.filter((event) => event.summary.toLowerCase().includes(text)).map((event) => event.name));

/** Ranges joined where they touch, clipped to the range, as text that two sides can be compared by. */
export function union(intervals: readonly Interval[], range: Interval): string {
  const joined: { start: number; end: number }[] = [];
  const clipped = intervals
    .map(({ start, end }) => ({ start: Math.max(start, range.start), end: Math.min(end, range.end) }))
    .filter(({ start, end }) => start < end)
    .sort((left, right) => left.start - right.start);
  for (const { start, end } of clipped) {
    const last = joined.at(-1);
    if (last !== undefined && start <= last.end) last.end = Math.max(last.end, end);
    else joined.push({ start, end });
  }
  const iso = (instant: number): string => new Date(instant).toISOString();
  return joined.map(({ start, end }) => `${iso(start)}/${iso(end)}`).join(' ');
}

export const busyWithin = (events: readonly BenchEvent[], range: Interval): string =>
  union(
    events.filter((event) => event.busy).flatMap((event) => event.instances(range)),
    range,
  );
