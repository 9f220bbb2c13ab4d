import { DAY } from '../base/clock.ts';
import { BadRequest } from '../base/refusal.ts';
import { dayStart } from '../calendar/link-window.ts';
import { parseDuration } from '../ical/duration.ts';
import { parseTimeValue, type Instant, type TimeRange } from '../ical/time-value.ts';
import { instantOf, type Zone } from '../ical/timezone.ts';

export interface RangeQuestion {
  readonly query: URLSearchParams;
  readonly now: Instant;
  /** Of dates, and of times that say none. */
  readonly zone: Zone;
  /** Days before the present one from which it goes where nothing is said, and days that it has then. */
  readonly back: number;
  readonly days: number;
}

/**
 * The range that `start`, `end` and `period` ask for, as free-busy URLs have them: dates and times of RFC 3339 or of
 * iCalendar, a duration of RFC 5545 §3.3.6; not both of `end` and `period`. Throws BadRequest.
 */
export function askedRange({ query, now, zone, back, days }: RangeQuestion): TimeRange {
  const given = (name: string): string | undefined => query.get(name)?.trim() || undefined;
  const [from, until, period] = [given('start'), given('end'), given('period')];
  if (until !== undefined && period !== undefined) throw new BadRequest('Either an end or a period, not both');
  const start = from === undefined ? dayStart(now, zone, -back) : instantOfText(from, zone);
  const end = until === undefined ? endOf(start, { period, days, zone }) : instantOfText(until, zone);
  if (end <= start) throw new BadRequest('The end must be after the start');
  return { start, end };
}

function endOf(
  start: Instant,
  { period, days, zone }: { readonly period: string | undefined; readonly days: number; readonly zone: Zone },
): Instant {
  const duration = period === undefined ? { days, exact: 0 } : parseDuration(period);
  if (duration === undefined) throw new BadRequest('The period is no duration such as P1W');
  return bounded(zone.toUtc(start + zone.offsetAt(start) + duration.days * DAY) + duration.exact);
}

/** A `+` of an offset, which stands for a blank in a query, is taken for what it was. */
const RFC3339 = /^(\d{4})-(\d\d)-(\d\d)(?:[Tt](\d\d):(\d\d):(\d\d)(?:\.\d+)?(?:([Zz])|([ +-])(\d\d):?(\d\d))?)?$/;

function instantOfText(text: string, zone: Zone): Instant {
  const match = RFC3339.exec(text);
  const basic = match === null ? text : basicOf(match);
  const value = parseTimeValue(basic, undefined, basic.length === 8);
  if (value === undefined) throw new BadRequest('A time is a date, or a time of RFC 3339 or iCalendar');
  const [, , , , , , , , sign, hours, minutes] = match ?? [];
  if (sign === undefined) return bounded(instantOf(value, { floating: zone, zones: () => undefined }));
  const offset = (Number(hours) * 60 + Number(minutes)) * 60_000;
  return bounded(value.wall + (sign === '-' ? offset : -offset));
}

function basicOf([, year, month, day, hour, minute, second, utc]: RegExpExecArray): string {
  const date = `${year}${month}${day}`;
  return hour === undefined ? date : `${date}T${hour}${minute}${second}${utc === undefined ? '' : 'Z'}`;
}

/** Years that iCalendar can write. */
const EARLIEST = Date.UTC(1000, 0, 1);
const LATEST = Date.UTC(9000, 0, 1);

function bounded(instant: Instant): Instant {
  if (instant >= EARLIEST && instant <= LATEST) return instant;
  throw new BadRequest('A time is outside of the years that there can be');
}
