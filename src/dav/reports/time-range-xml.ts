import { BadRequest } from '../../base/refusal.ts';
import type { Instant, TimeRange } from '../../ical/time-value.ts';
import type { XmlNode } from '../xml/node.ts';

export interface TimeRangeRules {
  /** What is thrown for a value that is wrong; a BadRequest where the RFC has no word for it. */
  readonly refuse?: (reason: string) => Error;
  /** Both attributes are REQUIRED: CALDAV:expand and its like (RFC 4791 §9.6.5), a free-busy-query. */
  readonly closed?: boolean;
}

/**
 * The start and end attributes of CALDAV:time-range and its like (RFC 4791 §9.9). An absent one is ±Infinity.
 *
 * @throws BadRequest where neither (or, closed, not both) is given; `refuse` where one is not "date with UTC time" or
 * the end is not after the start
 */
export function parseTimeRange(node: XmlNode, rules: TimeRangeRules = {}): TimeRange {
  const { refuse = (reason: string): Error => new BadRequest(reason), closed = false } = rules;
  const read = (name: 'start' | 'end', absent: number): Instant => {
    const value = node.attributes.get(name);
    if (value === undefined) return absent;
    const instant = utcDateTime(value);
    if (instant === undefined)
      throw refuse(`The ${name} of a time range must be a UTC date-time: ${value.slice(0, 40)}`);
    return instant;
  };
  const start = read('start', -Infinity);
  const end = read('end', Infinity);
  const isOpen = start === -Infinity || end === Infinity;
  if (closed && isOpen) throw new BadRequest('The time range must have a start and an end');
  if (start === -Infinity && end === Infinity) throw new BadRequest('CALDAV:time-range must have a start or an end');
  if (end <= start) throw refuse('The end of a time range must be after its start');
  return { start, end };
}

/** "date with UTC time" (RFC 5545 §3.3.5); a leap second is the second before it. */
function utcDateTime(value: string): Instant | undefined {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(value);
  if (parts === null) return undefined;
  const [, year, month, day, hour, minute, second] = parts;
  const iso = `${year}-${month}-${day}T${hour}:${minute}:${second === '60' ? '59' : second}.000Z`;
  const instant = Date.parse(iso);
  // Date.parse reads 30 February as 2 March.
  return Number.isNaN(instant) || new Date(instant).toISOString() !== iso ? undefined : instant;
}
