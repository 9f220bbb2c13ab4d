import { DAY } from '../base/clock.ts';
import { intersection } from '../ical/time-range.ts';
import type { Instant, TimeRange } from '../ical/time-value.ts';
import type { Zone } from '../ical/timezone.ts';
import type { LinkScope } from '../store/links.ts';

type Window = Pick<LinkScope, 'daysBack' | 'daysAhead' | 'from' | 'until'>;

/** The first instant of the day, as many days later or earlier, on the wall of a zone. */
export function dayStart(now: Instant, zone: Zone, days = 0): Instant {
  const wall = now + zone.offsetAt(now);
  return zone.toUtc((Math.floor(wall / DAY) + days) * DAY);
}

/** What a link shows at an instant: whole days, so that it moves once a day; open where the link has no bound. */
export function windowOf({ daysBack, daysAhead, from, until }: Window, now: Instant, zone: Zone): TimeRange {
  return {
    start: from ?? (daysBack === undefined ? -Infinity : dayStart(now, zone, -daysBack)),
    end: until ?? (daysAhead === undefined ? Infinity : dayStart(now, zone, daysAhead + 1)),
  };
}

export const isWhole = ({ start, end }: TimeRange): boolean => start === -Infinity && end === Infinity;

/** What is shown of a range that is asked for; an empty range where that is nothing. */
export function shownRange(window: TimeRange, asked: TimeRange): TimeRange {
  return intersection(window, asked) ?? { start: asked.start, end: asked.start };
}
