import type { RefusalCode } from '../base/refusal.ts';
import { GREGORIAN_SCALE, scaleOf, type Scale } from './rscale.ts';
import { parseTimeValue, type TimeValue } from './time-value.ts';

/** RFC 5545 §3.3.10 freq, from the finest to the coarsest. */
export const FREQUENCIES = ['SECONDLY', 'MINUTELY', 'HOURLY', 'DAILY', 'WEEKLY', 'MONTHLY', 'YEARLY'] as const;
export type Frequency = (typeof FREQUENCIES)[number];

/** A day of BYDAY: weekday 0 (Sunday) to 6, ordinal 0 when none is written (every such day). */
export interface WeekdayNumber {
  readonly ordinal: number;
  readonly weekday: number;
}

/** What happens to a date that does not exist (RFC 7529 §4.1). */
export type Skip = 'OMIT' | 'BACKWARD' | 'FORWARD';

/** A RECUR of RFC 5545 §3.3.10 as written; an absent list is empty. */
export interface Rule {
  readonly freq: Frequency;
  readonly interval: number;
  readonly count: number | undefined;
  /** A date, a time in UTC or a floating (local) time. */
  readonly until: TimeValue | undefined;
  readonly bySecond: readonly number[];
  readonly byMinute: readonly number[];
  readonly byHour: readonly number[];
  readonly byDay: readonly WeekdayNumber[];
  readonly byMonthDay: readonly number[];
  readonly byYearDay: readonly number[];
  readonly byWeekNo: readonly number[];
  /** A leap month is its number and a half: 5.5 is `5L` (RFC 7529 §4.2). */
  readonly byMonth: readonly number[];
  readonly bySetPos: readonly number[];
  /** 0 (Sunday) to 6; Monday by default. */
  readonly weekStart: number;
  readonly skip: Skip;
  /** The calendar that all parts are counted in (RFC 7529 §4). */
  readonly scale: Scale;
}

/** Why a rule cannot be read: a sentence that names the part. */
export interface RuleFault {
  readonly fault: string;
  /** The precondition that it fails, where that is another than valid-calendar-data. */
  readonly code?: RefusalCode;
}

type Draft = { -readonly [K in keyof Rule]: Rule[K] };

const WEEKDAYS = ['SU', 'MO', 'TU', 'WE', 'TH', 'FR', 'SA'];
/** Past year 9999 from any start, and still exact in arithmetic with weeks of seconds. */
const LONGEST_INTERVAL = 1e9;

interface Range {
  readonly least: number;
  readonly most: number;
  /** Whether -most to -least may be written too: counted from the end. */
  readonly signed: boolean;
  /** Numbers that may have an L (RFC 7529 §4.2). */
  readonly leapMonths?: readonly number[];
}

const LISTS = {
  BYSECOND: ['bySecond', () => ({ least: 0, most: 60, signed: false })],
  BYMINUTE: ['byMinute', () => ({ least: 0, most: 59, signed: false })],
  BYHOUR: ['byHour', () => ({ least: 0, most: 23, signed: false })],
  BYMONTHDAY: ['byMonthDay', ({ monthDays }) => ({ least: 1, most: monthDays, signed: true })],
  BYYEARDAY: ['byYearDay', ({ yearDays }) => ({ least: 1, most: yearDays, signed: true })],
  BYWEEKNO: ['byWeekNo', ({ weeks }) => ({ least: 1, most: weeks, signed: true })],
  BYMONTH: ['byMonth', ({ months, leapMonths }) => ({ least: 1, most: months, signed: false, leapMonths })],
  BYSETPOS: ['bySetPos', ({ yearDays }) => ({ least: 1, most: Math.max(yearDays, 366), signed: true })],
} as const satisfies Record<string, readonly [keyof Rule, (scale: Scale) => Range]>;

/** One entry of a list; undefined for one that does not belong there. */
function readEntry(entry: string, { least, most, signed, leapMonths = [] }: Range): number | undefined {
  const match = /^([+-]?\d{1,3})(L?)$/.exec(entry);
  const number = Number(match?.[1] ?? NaN);
  if (match?.[2] === 'L') return leapMonths.includes(number) ? number + 0.5 : undefined;
  const size = signed ? Math.abs(number) : number;
  return size >= least && size <= most ? number : undefined;
}

/** The list in order, each number once; a string is the entry that does not belong there. */
function numberList(text: string, range: Range): number[] | string {
  const numbers = new Set<number>();
  for (const entry of text.split(',')) {
    const number = readEntry(entry, range);
    if (number === undefined) return entry;
    numbers.add(number);
  }
  return [...numbers].sort((a, b) => a - b);
}

function weekdayList(text: string, most: number): WeekdayNumber[] | string {
  const days: WeekdayNumber[] = [];
  for (const entry of text.split(',')) {
    const match = /^([+-]?\d{1,2})?([A-Z]{2})$/.exec(entry.trim());
    const weekday = WEEKDAYS.indexOf(match?.[2] ?? '');
    const ordinal = Number(match?.[1] ?? 0);
    if (match === null || weekday < 0 || Math.abs(ordinal) > most || (match[1] !== undefined && ordinal === 0))
      return entry;
    days.push({ ordinal, weekday });
  }
  return days;
}

function positiveInteger(text: string): number | undefined {
  return /^\d{1,15}$/.test(text) && Number(text) > 0 ? Number(text) : undefined;
}

function untilOf(value: string): TimeValue | undefined {
  return parseTimeValue(value, undefined, value.length === 8);
}

/** Reads one part into the draft; a string is what is wrong with it. */
function readPart(draft: Draft, name: string, value: string): string | undefined {
  const bad = (why: string): string => `${name}=${value} ${why}`;
  if (name in LISTS) {
    const [key, rangeIn] = LISTS[name as keyof typeof LISTS]; // the line above proves the key
    const range: Range = rangeIn(draft.scale);
    const list = numberList(value, range);
    if (typeof list === 'string') {
      return bad(`holds ${list || 'nothing'}, which is not ${range.signed ? '±' : ''}${range.least} to ${range.most}`);
    }
    // A leap second is second 59 to us, as in a DATE-TIME.
    draft[key] = key === 'bySecond' ? [...new Set(list.map((second) => Math.min(second, 59)))] : list;
    return undefined;
  }
  return readScalar(draft, name, value, bad);
}

function readScalar(draft: Draft, name: string, value: string, bad: (why: string) => string): string | undefined {
  switch (name) {
    case 'FREQ':
    case 'RSCALE':
      return undefined;
    case 'INTERVAL':
    case 'COUNT': {
      const number = positiveInteger(value);
      if (number === undefined) return bad('is not a whole number above zero');
      if (name === 'COUNT') draft.count = number;
      else draft.interval = Math.min(number, LONGEST_INTERVAL);
      return undefined;
    }
    case 'UNTIL':
      draft.until = untilOf(value);
      return draft.until === undefined ? bad('is neither a DATE nor a DATE-TIME') : undefined;
    case 'BYDAY': {
      const days = weekdayList(value, draft.scale.weeks);
      if (typeof days === 'string') return bad(`holds ${days || 'nothing'}, which is not a weekday`);
      draft.byDay = days;
      return undefined;
    }
    case 'WKST':
      draft.weekStart = WEEKDAYS.indexOf(value);
      return draft.weekStart < 0 ? bad('is not a weekday') : undefined;
    case 'SKIP':
      if (value !== 'OMIT' && value !== 'BACKWARD' && value !== 'FORWARD')
        return bad('is not OMIT, BACKWARD or FORWARD');
      draft.skip = value;
      return undefined;
    default:
      // RFC 2445 had x-parts; RFC 5545 has none, and a part that is not understood cannot be obeyed.
      return name.startsWith('X-') ? undefined : bad('is not a part of a recurrence rule');
  }
}

function emptyRule(freq: Frequency, scale: Scale): Draft {
  const none: readonly number[] = [];
  return {
    freq,
    interval: 1,
    count: undefined,
    until: undefined,
    bySecond: none,
    byMinute: none,
    byHour: none,
    byDay: [],
    byMonthDay: none,
    byYearDay: none,
    byWeekNo: none,
    byMonth: none,
    bySetPos: none,
    weekStart: 1,
    skip: 'OMIT',
    scale,
  };
}

/**
 * Reads a RECUR (RFC 5545 §3.3.10, RFC 7529 §4). Case, order and a stray semicolon or blank do not matter; COUNT beside UNTIL is
 * read, and both hold. Parts that §3.3.10 forbids at a frequency, such as BYWEEKNO with MONTHLY, are read as limits
 * (see rrule-days.ts). A part that is not understood, twice there or out of its range is a fault.
 */
export function parseRule(text: string): Rule | RuleFault {
  const parts = new Map<string, string>();
  for (const part of text.toUpperCase().split(';')) {
    if (part.trim() === '') continue;
    const equals = part.indexOf('=');
    if (equals < 0) return { fault: `${part.trim()} is not NAME=VALUE` };
    const name = part.slice(0, equals).trim();
    if (parts.has(name)) return { fault: `${name} is given twice` };
    parts.set(name, part.slice(equals + 1).trim());
  }
  const freq = FREQUENCIES.find((name) => name === parts.get('FREQ'));
  if (freq === undefined)
    return { fault: parts.has('FREQ') ? `FREQ=${parts.get('FREQ')} is not a frequency` : 'FREQ is missing' };
  const rscale = parts.get('RSCALE');
  const scale = rscale === undefined ? GREGORIAN_SCALE : scaleOf(rscale);
  if (scale === undefined)
    return { fault: `RSCALE=${rscale} is a calendar scale that is not supported`, code: 'supported-rscale' };
  const draft = emptyRule(freq, scale);
  for (const [name, value] of parts) {
    const fault = readPart(draft, name, value);
    if (fault !== undefined) return { fault };
  }
  return draft;
}
