import type { Instant } from '../../ical/time-value.ts';
import { problem, type Problem } from './problem.ts';

/** What `start` and `end` ask for; undefined where one was not given. */
export interface Span {
  readonly start: Instant | undefined;
  readonly end: Instant | undefined;
}

/**
 * The UTC date-time (RFC 3339) of a parameter that may stand once (RFC 7808 §5.3, §5.4).
 *
 * @returns undefined without the parameter, NaN where its value is none
 */
function instantIn(query: URLSearchParams, name: string): Instant | undefined {
  const [value, second] = query.getAll(name);
  if (value === undefined) return undefined;
  if (second !== undefined || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(value)) return Number.NaN;
  const instant = Date.parse(value);
  // 31 February is no date, though Date reads it as one of March.
  return formatInstant(instant) === value ? instant : Number.NaN;
}

/** `start` and `end` of a request, or what is wrong with them. */
export function spanIn(query: URLSearchParams): Span | Problem {
  const start = instantIn(query, 'start');
  const end = instantIn(query, 'end');
  if (Number.isNaN(start)) return problem('invalid-start');
  if (Number.isNaN(end) || (end !== undefined && end <= (start ?? -Infinity))) return problem('invalid-end');
  return { start, end };
}

/** A UTC date-time of RFC 3339, to the second. */
export const formatInstant = (instant: Instant): string =>
  Number.isNaN(instant) ? '' : new Date(instant).toISOString().replace(/\.\d+/, '');
