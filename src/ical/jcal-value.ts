import { Refusal } from '../base/refusal.ts';
import { parseDuration } from './duration.ts';
import { escapeText, unescapeText } from './text.ts';
import { parseTimeValue } from './time-value.ts';

/** A value of JSON that jCal knows beside arrays and objects (RFC 7265 Appendix A, simple-prop-value). */
export type JcalScalar = string | number | boolean;
/** A RECUR (RFC 7265 §3.6.10): rule parts by their lower-case names. */
export type JcalRecur = Readonly<Record<string, JcalScalar | readonly JcalScalar[]>>;
/** An array is a PERIOD, or a structured value (GEO, REQUEST-STATUS). */
export type JcalValue = JcalScalar | readonly JcalScalar[] | JcalRecur;

interface ValueForm {
  /** The value of jCal; undefined where the iCalendar text is not well formed, so that it would not come back. */
  read(raw: string): JcalValue | undefined;
  /** iCalendar text. A string that has not the form of jCal is passed on as it is: who stores it judges it. */
  write(value: JcalScalar): string;
  /** Whether a comma separates two values of the type (RFC 5545 §3.1.1), and is not a part of one. */
  readonly list: boolean;
}

const asIs = (value: JcalScalar): string => (typeof value === 'number' ? formatNumber(value) : String(value));
const verbatim: ValueForm = { read: (raw) => raw, write: asIs, list: false };

/** Digits with separators in jCal, without in iCalendar. */
const separated = (read: (raw: string) => string | undefined, form: RegExp, separators: RegExp): ValueForm => ({
  read,
  write: (value) => (typeof value === 'string' && form.test(value) ? value.replace(separators, '') : asIs(value)),
  list: true,
});

const readDate = (raw: string): string | undefined =>
  parseTimeValue(raw, undefined, true) && raw.replace(/(....)(..)(..)/, '$1-$2-$3');
const readDateTime = (raw: string): string | undefined =>
  parseTimeValue(raw, undefined, false) && raw.replace(/(....)(..)(..)T(..)(..)(..)/, '$1-$2-$3T$4:$5:$6');
const readTime = (raw: string): string | undefined =>
  /^(?:[01]\d|2[0-3])[0-5]\d(?:[0-5]\d|60)Z?$/.test(raw) ? raw.replace(/(..)(..)(..)/, '$1:$2:$3') : undefined;
const readOffset = (raw: string): string | undefined =>
  /^[+-]\d{4}(?:\d\d)?$/.test(raw) ? raw.replace(/(\d\d)(?=\d)/g, '$1:') : undefined;

const date = separated(readDate, /^\d{4}-\d\d-\d\d$/, /-/g);
const dateTime = separated(readDateTime, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ?$/, /[-:]/g);
const time = separated(readTime, /^\d\d:\d\d:\d\dZ?$/, /:/g);
const utcOffset = separated(readOffset, /^[+-]\d\d:\d\d(?::\d\d)?$/, /:/g);
const duration: ValueForm = {
  read: (raw) => (raw === raw.trim() && parseDuration(raw) !== undefined ? raw : undefined),
  write: asIs,
  list: true,
};
const text: ValueForm = { read: unescapeText, write: (value) => escapeText(asIs(value)), list: true };

/** More digits than any double has. */
const LONGEST_NUMBER = 40;

const number = (form: RegExp): ValueForm => ({
  read(raw) {
    if (raw.length > LONGEST_NUMBER || !form.test(raw)) return undefined;
    const value = Number(raw);
    // What a double cannot hold would come back as another number.
    return plainDigits(raw) === plainDigits(String(value)) ? value + 0 : undefined;
  },
  write: asIs,
  list: true,
});

/** A number without the sign, zeros and point that mean nothing. */
function plainDigits(raw: string): string {
  const [, minus = '', whole = '', fraction = ''] = /^\+?(-?)0*(\d*)(?:\.(\d*?)0*)?$/.exec(raw) ?? [];
  const digits = `${whole === '' ? '0' : whole}${fraction === '' ? '' : `.${fraction}`}`;
  return digits === '0' ? '0' : minus + digits;
}

/** A number as iCalendar writes it: without an exponent (RFC 5545 §3.3.7). Throws valid-calendar-data. */
export function formatNumber(value: number): string {
  const written = String(value);
  if (!written.includes('e') && Number.isFinite(value)) return written;
  const long = Math.abs(value) < 1 ? value.toFixed(20).replace(/0+$/, '') : '';
  if (long === '') throw new Refusal('valid-calendar-data', `The number ${written} cannot be written in iCalendar`);
  return long;
}

const boolean: ValueForm = {
  read: (raw) => (/^true$/i.test(raw) ? true : /^false$/i.test(raw) ? false : undefined),
  write: (value) => (typeof value === 'boolean' ? (value ? 'TRUE' : 'FALSE') : asIs(value)),
  list: true,
};

/** RFC 7265 §3.6.9; as one string too, as its Appendix B.2 has it. */
const period: ValueForm = {
  read(raw) {
    const [start = '', end, ...more] = raw.split('/');
    if (end === undefined || more.length > 0) return undefined;
    const from = dateTime.read(start);
    const to = /^[+-]?P/i.test(end) ? duration.read(end) : dateTime.read(end);
    return typeof from === 'string' && typeof to === 'string' ? [from, to] : undefined;
  },
  write: (value) => (typeof value === 'string' ? value.split('/').map(dateTime.write).join('/') : asIs(value)),
  list: true,
};

const NUMBERS = /^(?:COUNT|INTERVAL|BYSECOND|BYMINUTE|BYHOUR|BYMONTHDAY|BYYEARDAY|BYWEEKNO|BYMONTH|BYSETPOS)$/;

/** RFC 7265 §3.6.10 and RFC 7529 §9: a leap month such as `5L` is a string among numbers. */
const recur: ValueForm = {
  read(raw) {
    const parts = new Map<string, JcalScalar | JcalScalar[]>();
    for (const part of raw.split(';')) {
      // Nothing that writeRecur would refuse: a blank after a part, say, is not well formed.
      const [, name = '', value = ''] = /^([A-Za-z0-9-]+)=([^:="\s]+)$/.exec(part) ?? [];
      const read = name === '' ? undefined : readRulePart(name.toUpperCase(), value);
      if (read === undefined || parts.has(name.toLowerCase())) return undefined;
      parts.set(name.toLowerCase(), read);
    }
    return Object.fromEntries(parts);
  },
  // A rule as one string is no jCal, and leaves no doubt.
  write: asIs,
  list: false,
};

function readRulePart(name: string, value: string): JcalScalar | JcalScalar[] | undefined {
  if (name === 'UNTIL') return readDateTime(value) ?? readDate(value);
  if (name === 'BYDAY') return oneOrMore(value.split(','));
  if (!NUMBERS.test(name)) return value;
  const numbers = value.split(',').map((each) => (/^[+-]?\d{1,9}$/.test(each) ? Number(each) + 0 : each));
  const isLeapMonth = (each: JcalScalar): boolean => name === 'BYMONTH' && /^\d{1,2}L$/i.test(String(each));
  return numbers.every((each) => typeof each === 'number' || isLeapMonth(each)) ? oneOrMore(numbers) : undefined;
}

const oneOrMore = (values: JcalScalar[]): JcalScalar | JcalScalar[] =>
  values.length === 1 ? (values[0] ?? '') : values;

/** The iCalendar text of a rule: FREQ first, as RFC 2445 wanted it. Throws valid-calendar-data. */
export function writeRecur(rule: Readonly<Record<string, readonly JcalScalar[]>>): string {
  const parts = Object.entries(rule).map(([key, values]) => {
    const written = values
      .map((value) => (key === 'until' ? date.write(dateTime.write(value)) : asIs(value)))
      .join(',');
    if (!/^[A-Za-z0-9-]+$/.test(key) || /[;:="\s]/.test(written) || written === '') {
      throw new Refusal('valid-calendar-data', `${key.slice(0, 40)} of a recurrence rule is no rule part`);
    }
    return `${key.toUpperCase()}=${written}`;
  });
  const isFrequency = (part: string): boolean => part.startsWith('FREQ=');
  return [...parts.filter(isFrequency), ...parts.filter((part) => !isFrequency(part))].join(';');
}

const FORMS: ReadonlyMap<string, ValueForm> = new Map([
  ['binary', { ...verbatim, read: (raw) => (/^[A-Za-z0-9+/]*={0,2}$/.test(raw) ? raw : undefined) }],
  ['boolean', boolean],
  ['cal-address', verbatim],
  ['date', date],
  ['date-time', dateTime],
  ['duration', duration],
  ['float', number(/^[+-]?\d+(?:\.\d+)?$/)],
  ['integer', number(/^[+-]?\d+$/)],
  ['period', period],
  ['recur', recur],
  ['text', text],
  ['time', time],
  ['uid', text],
  ['uri', verbatim],
  ['utc-offset', utcOffset],
  ['xml-reference', verbatim],
]);

/** How values of a type are written, by its lower-case name; a type of which nothing is known is kept as it is. */
export const formOf = (type: string): ValueForm => FORMS.get(type) ?? verbatim;

/** Whether the type is one of RFC 5545 §3.3 or RFC 9253 §7. */
export const isKnownType = (type: string): boolean => FORMS.has(type);
