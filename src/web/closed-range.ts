import { DAY } from '../base/clock.ts';
import { dayStart } from '../calendar/link-window.ts';
import type { TimeRange } from '../ical/time-value.ts';
import type { LinkRequest } from './answer.ts';

/** Days before and after the present one in which instances are told where the link has no bound on that side. */
const BACK = 31;
const AHEAD = 366;

/** The window of a link with an end on both sides. */
export function closedRange({ window, now, zone }: Pick<LinkRequest, 'window' | 'now' | 'zone'>): TimeRange {
  const start =
    window.start === -Infinity ? Math.min(dayStart(now, zone, -BACK), window.end - BACK * DAY) : window.start;
  const end = window.end === Infinity ? Math.max(dayStart(now, zone, AHEAD + 1), start + AHEAD * DAY) : window.end;
  return { start, end };
}
