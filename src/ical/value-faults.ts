import { COLOR_NAMES } from './color-names.ts';
import { isStrictDuration } from './duration.ts';
import { paramOf, type Property } from './component.ts';
import type { ValueType } from './names.ts';
import { undefinedEscape } from './text.ts';
import { parseTimeValue } from './time-value.ts';
import { readRule } from './validate.ts';

/** Why a value is not of its type to the letter. */
export interface ValueFault {
  readonly rule: string;
  readonly message: string;
  readonly section: string;
}

type FaultOf = (value: string, property: Property | undefined) => ValueFault | undefined;

const matching =
  (pattern: RegExp, message: string, section: string): FaultOf =>
  (value) =>
    pattern.test(value) ? undefined : { rule: 'value', message, section };

const URI = /^[A-Za-z][A-Za-z0-9+.-]*:[^\s]+$/;
const isNoUri = (value: string): boolean => !URI.test(value);

const dateFault: FaultOf = (value) =>
  parseTimeValue(value, undefined, true) === undefined
    ? { rule: 'value', message: 'not a date', section: 'RFC 5545 §3.3.4' }
    : undefined;

const timeFault: FaultOf = (value, property) => {
  const section = 'RFC 5545 §3.3.5';
  const tzid = property && paramOf(property, 'TZID');
  const time = parseTimeValue(value, tzid, false);
  if (time === undefined) {
    const isDate = parseTimeValue(value, undefined, true) !== undefined;
    return { rule: 'value', message: isDate ? 'a date without VALUE=DATE' : 'not a date with time', section };
  }
  if (time.kind !== 'utc' || tzid === undefined) return undefined;
  return { rule: 'tzid', message: 'TZID beside a time in UTC', section: 'RFC 5545 §3.2.19' };
};

const durationFault: FaultOf = (value) =>
  isStrictDuration(value) ? undefined : { rule: 'value', message: 'not a duration', section: 'RFC 5545 §3.3.6' };

const periodFault: FaultOf = (value) => {
  const fault: ValueFault = { rule: 'value', message: 'not a period', section: 'RFC 5545 §3.3.9' };
  const [start = '', end, ...more] = value.split('/');
  const from = parseTimeValue(start, undefined, false);
  if (from === undefined || end === undefined || more.length > 0) return fault;
  if (isStrictDuration(end)) return end.startsWith('-') ? { ...fault, message: 'a negative period' } : undefined;
  const to = parseTimeValue(end, undefined, false);
  if (to === undefined) return fault;
  return to.wall > from.wall ? undefined : { ...fault, message: 'a period that ends before it begins' };
};

const recurFault: FaultOf = (value) => {
  const rule = readRule(value);
  return 'fault' in rule ? { rule: 'recur', message: rule.fault, section: 'RFC 5545 §3.3.10' } : undefined;
};

const textFault: FaultOf = (value, property) => {
  const section = 'RFC 5545 §3.3.11';
  const escape = undefinedEscape(value);
  if (escape !== undefined) return { rule: 'escape', message: `${escape} is no escape`, section };
  const isPlain = property === undefined || /(?:^|[^\\])(?:\\\\)*[;,]/.test(value) === false;
  return isPlain ? undefined : { rule: 'escape', message: 'a comma or semicolon without a backslash', section };
};

/** By value type (RFC 5545 §3.3), and by property where its value has a shape of its own. */
export const VALUE_FAULTS = {
  isNoUri,

  types: {
    BINARY: matching(/^[A-Za-z0-9+/\s]*={0,2}$/, 'not base 64', 'RFC 5545 §3.3.1'),
    BOOLEAN: matching(/^(?:TRUE|FALSE)$/i, 'neither TRUE nor FALSE', 'RFC 5545 §3.3.2'),
    'CAL-ADDRESS': matching(URI, 'not a calendar user address', 'RFC 5545 §3.3.3'),
    DATE: dateFault,
    'DATE-TIME': timeFault,
    DURATION: durationFault,
    FLOAT: matching(/^[+-]?\d+(?:\.\d+)?$/, 'not a number', 'RFC 5545 §3.3.7'),
    INTEGER: matching(/^[+-]?\d+$/, 'not a whole number', 'RFC 5545 §3.3.8'),
    PERIOD: periodFault,
    RECUR: recurFault,
    TEXT: textFault,
    TIME: matching(/^(?:[01]\d|2[0-3])[0-5]\d(?:[0-5]\d|60)Z?$/, 'not a time', 'RFC 5545 §3.3.12'),
    UID: textFault,
    URI: matching(URI, 'not a URI', 'RFC 5545 §3.3.13'),
    'UTC-OFFSET': matching(
      /^(?!-0000(?:00)?$)[+-][0-2]\d[0-5]\d(?:[0-5]\d)?$/,
      'not an offset from UTC',
      'RFC 5545 §3.3.14',
    ),
    'XML-REFERENCE': matching(URI, 'not a URI', 'RFC 9253 §7'),
  } satisfies Record<ValueType, FaultOf> as Readonly<Record<ValueType, FaultOf>>,

  properties: {
    GEO: (value) => {
      const fault = { rule: 'value', message: 'not a latitude and a longitude', section: 'RFC 5545 §3.8.1.6' };
      const match = /^([+-]?\d+(?:\.\d+)?);([+-]?\d+(?:\.\d+)?)$/.exec(value);
      return match === null || Math.abs(Number(match[1])) > 90 || Math.abs(Number(match[2])) > 180 ? fault : undefined;
    },
    'REQUEST-STATUS': (value) =>
      /^\d+(?:\.\d+){1,2};/.test(value)
        ? undefined
        : { rule: 'value', message: 'not a code and a description', section: 'RFC 5545 §3.8.8.3' },
    COLOR: (value) =>
      COLOR_NAMES.has(value.trim().toLowerCase())
        ? undefined
        : { rule: 'value', message: 'not the name of a color', section: 'RFC 7986 §5.9' },
    'REFRESH-INTERVAL': (value) =>
      isStrictDuration(value) && /[1-9]/.test(value) && !value.startsWith('-')
        ? undefined
        : { rule: 'value', message: 'not a duration above zero', section: 'RFC 7986 §5.7' },
    // Their content is not the text of a person: JSON, or two versions with a semicolon.
    'STRUCTURED-DATA': () => undefined,
    VERSION: () => undefined,
  } as Readonly<Record<string, (value: string) => ValueFault | undefined>>,
};
