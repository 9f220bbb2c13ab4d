import { paramOf, type Property } from './component.ts';
import { parseDuration, type Duration } from './duration.ts';

/**
 * Wall time: milliseconds of the clock on the wall, read as though it were UTC (`Date.UTC(y, m, d, h, mi, s)`).
 * It becomes an instant only through a zone.
 */
export type WallTime = number;
/** An instant: UTC milliseconds since 1970. */
export type Instant = number;

/** A DATE or DATE-TIME of RFC 5545 §3.3.4 and §3.3.5, in its four forms. */
export type TimeValue =
  | { readonly kind: 'date'; readonly wall: WallTime }
  | { readonly kind: 'utc'; readonly wall: WallTime }
  | { readonly kind: 'floating'; readonly wall: WallTime }
  | { readonly kind: 'zoned'; readonly wall: WallTime; readonly tzid: string };

/** A half-open range of instants; an absent end of a time-range is ±Infinity (RFC 4791 §9.9). */
export interface TimeRange {
  readonly start: Instant;
  readonly end: Instant;
}

/** A PERIOD of RFC 5545 §3.3.9: a start, and either an end or a duration. */
export interface Period {
  readonly start: TimeValue;
  readonly end: TimeValue | undefined;
  readonly duration: Duration | undefined;
}

const DAY = 86_400_000;

/** Days since 1970-01-01 of a date of the proleptic Gregorian calendar; the month counts from 1. */
export function dayNumber(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

export function isLeapYear(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

const MONTH_LENGTHS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const;

/** Days of a month; the month counts from 1. */
export function monthLength(year: number, month: number): number {
  return month === 2 && isLeapYear(year) ? 29 : (MONTH_LENGTHS[month - 1] ?? 0);
}

/** The number written by `count` decimal digits at `at`; NaN when there is anything else. */
function digits(text: string, at: number, count: number): number {
  let number = 0;
  for (let i = at; i < at + count; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (!(digit >= 0 && digit <= 9)) return NaN;
    number = number * 10 + digit;
  }
  return number;
}

function parseDay(text: string): WallTime {
  const year = digits(text, 0, 4);
  const month = digits(text, 4, 2);
  const day = digits(text, 6, 2);
  if (!(year >= 1 && month >= 1 && month <= 12 && day >= 1 && day <= monthLength(year, month))) return NaN;
  return dayNumber(year, month, day) * DAY;
}

function parseClock(text: string): number {
  const hour = digits(text, 9, 2);
  const minute = digits(text, 11, 2);
  const second = digits(text, 13, 2);
  if (!(hour <= 23 && minute <= 59 && second <= 60)) return NaN;
  // A leap second is a time like any other to the reader, and 59 to us (RFC 5545 §3.3.12).
  return (hour * 3600 + minute * 60 + Math.min(second, 59)) * 1000;
}

/**
 * Reads a DATE (RFC 5545 §3.3.4) or DATE-TIME (§3.3.5) strictly, years 0001 to 9999; undefined when the text is not
 * one. A TZID beside a time in UTC is ignored: §3.2.19 says that it must not stand there.
 */
export function parseTimeValue(value: string, tzid: string | undefined, isDate: boolean): TimeValue | undefined {
  const day = parseDay(value);
  if (Number.isNaN(day)) return undefined;
  if (isDate) return value.length === 8 ? { kind: 'date', wall: day } : undefined;
  const isUtc = value.length === 16 && value[15] === 'Z';
  if ((value.length !== 15 && !isUtc) || value[8] !== 'T') return undefined;
  const wall = day + parseClock(value);
  if (Number.isNaN(wall)) return undefined;
  if (isUtc) return { kind: 'utc', wall };
  return tzid === undefined ? { kind: 'floating', wall } : { kind: 'zoned', wall, tzid };
}

/** The value as iCalendar text; the TZID of a zoned time goes into the parameter. */
export function formatTimeValue(value: TimeValue): string {
  const text = new Date(value.wall).toISOString();
  const date = text.slice(0, 4) + text.slice(5, 7) + text.slice(8, 10);
  if (value.kind === 'date') return date;
  return `${date}T${text.slice(11, 13)}${text.slice(14, 16)}${text.slice(17, 19)}${value.kind === 'utc' ? 'Z' : ''}`;
}

/**
 * One time as programs write it: what the text looks like decides, not the VALUE parameter, so that
 * `DTSTART:20260302` is a date and `DTSTART;VALUE=DATE:20260302T000000` too.
 */
function readTime(text: string, property: Property): TimeValue | undefined {
  const value = text.trim();
  const isDate = value.length === 8 || paramOf(property, 'VALUE')?.toUpperCase() === 'DATE';
  return parseTimeValue(isDate ? value.slice(0, 8) : value, paramOf(property, 'TZID'), isDate);
}

/** The time of DTSTART, DTEND, DUE, RECURRENCE-ID and the like; undefined when it cannot be read. */
export function timeOf(property: Property): TimeValue | undefined {
  return readTime(property.value, property);
}

function readPeriod(text: string, property: Property): Period | undefined {
  const slash = text.indexOf('/');
  const start = readTime(slash < 0 ? text : text.slice(0, slash), property);
  if (start === undefined) return undefined;
  if (slash < 0) return { start, end: undefined, duration: undefined };
  const rest = text.slice(slash + 1).trim();
  const duration = parseDuration(rest);
  const end = duration === undefined ? readTime(rest, property) : undefined;
  return duration === undefined && end === undefined ? undefined : { start, end, duration };
}

/**
 * The list of times of EXDATE, RDATE or FREEBUSY (RFC 5545 §3.8.5.1, §3.8.5.2, §3.8.2.6): periods with an end or a
 * duration, times and dates without. An undefined entry could not be read.
 */
export function periodsOf(property: Property): readonly (Period | undefined)[] {
  return property.value
    .split(',')
    .filter((text) => text.trim() !== '')
    .map((text) => readPeriod(text, property));
}
