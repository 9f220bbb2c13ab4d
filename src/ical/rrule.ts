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
  readonly byMonth: readonly number[];
  readonly bySetPos: readonly number[];
  /** 0 (Sunday) to 6; Monday by default. */
  readonly weekStart: number;
  readonly skip: Skip;
}

/** Why a rule cannot be read: a sentence that names the part. */
export interface RuleFault {
  readonly fault: string;
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
}

const LISTS = {
  BYSECOND: ['bySecond', { least: 0, most: 60, signed: false }],
  BYMINUTE: ['byMinute', { least: 0, most: 59, signed: false }],
  BYHOUR: ['byHour', { least: 0, most: 23, signed: false }],
  BYMONTHDAY: ['byMonthDay', { least: 1, most: 31, signed: true }],
  BYYEARDAY: ['byYearDay', { least: 1, most: 366, signed: true }],
  BYWEEKNO: ['byWeekNo', { least: 1, most: 53, signed: true }],
  BYMONTH: ['byMonth', { least: 1, most: 12, signed: false }],
  BYSETPOS: ['bySetPos', { least: 1, most: 366, signed: true }],
} as const satisfies Record<string, readonly [keyof Rule, Range]>;

/** The list in order, each number once; a string is the entry that does not belong there. */
function numberList(text: string, range: Range): number[] | string {
  const numbers = new Set<number>();
  for (const entry of text.split(',')) {
    if (!/^[+-]?\d{1,3}$/.test(entry)) return entry;
    const number = Number(entry);
    const size = range.signed ? Math.abs(number) : number;
    if (!(size >= range.least && size <= range.most)) return entry;
    numbers.add(number);
  }
  return [...numbers].sort((a, b) => a - b);
}

function weekdayList(text: string): WeekdayNumber[] | string {
  const days: WeekdayNumber[] = [];
  for (const entry of text.split(',')) {
    const match = /^([+-]?\d{1,2})?([A-Z]{2})$/.exec(entry.trim());
    const weekday = WEEKDAYS.indexOf(match?.[2] ?? '');
    const ordinal = Number(match?.[1] ?? 0);
    if (match === null || weekday < 0 || Math.abs(ordinal) > 53 || (match[1] !== undefined && ordinal === 0))
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
    const [key, range] = LISTS[name as keyof typeof LISTS]; // the line above proves the key
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
      const days = weekdayList(value);
      if (typeof days === 'string') return bad(`holds ${days || 'nothing'}, which is not a weekday`);
      draft.byDay = days;
      return undefined;
    }
    case 'WKST':
      draft.weekStart = WEEKDAYS.indexOf(value);
      return draft.weekStart < 0 ? bad('is not a weekday') : undefined;
    case 'RSCALE':
      return value === 'GREGORIAN' ? undefined : bad('is a calendar scale that is not supported');
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

function emptyRule(freq: Frequency): Draft {
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
  };
}

/**
 * Reads a RECUR (RFC 5545 §3.3.10). Case, order and a stray semicolon or blank do not matter; COUNT beside UNTIL is
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
  const draft = emptyRule(freq);
  for (const [name, value] of parts) {
    const fault = readPart(draft, name, value);
    if (fault !== undefined) return { fault };
  }
  return draft;
}
