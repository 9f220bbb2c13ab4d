import { isUtf8 } from 'node:buffer';
import { Refusal } from '../base/refusal.ts';
import { atOnce, type Steps } from '../base/steps.ts';
import type { Property } from './component.ts';
import { formOf, isKnownType, writeRecur, type JcalRecur, type JcalScalar, type JcalValue } from './jcal-value.ts';
import { P, propertyRule } from './names.ts';
import { escapingText, splitValue, unescapingText } from './text.ts';

/** The parameters of a property: lower-case names (RFC 7265 §3.5). */
export type JcalParams = Readonly<Record<string, string | readonly string[]>>;
/** Name, parameters, type, values (RFC 7265 §3.4). */
export type JcalProperty = readonly [name: string, params: JcalParams, type: string, ...values: JcalValue[]];

/** The type of a value that is passed on without a look at it (RFC 7265 §5). */
export const UNKNOWN = 'unknown';

/**
 * A property in the form of jCal (RFC 7265 §3.4). A value that is not well formed by its type has the type `unknown`
 * and is kept as it is, so that nothing is lost or mended on the way; the VALUE that it had is then kept among the
 * parameters, where RFC 7265 §3.5.1 has no place for it otherwise.
 */
export const jcalProperty = (property: Property): JcalProperty => atOnce(makingJcalProperty(property));

/** As jcalProperty; it may be interrupted within a long value. */
export function* makingJcalProperty(property: Property): Steps<JcalProperty> {
  const name = property.name.toLowerCase();
  for (const type of typesOf(property)) {
    const read = yield* readingTyped(type, property);
    if (read !== undefined) return [name, paramsOf(read.params), type, ...read.values];
  }
  return [name, paramsOf(property.params), UNKNOWN, property.value];
}

function paramsOf(params: Property['params']): JcalParams {
  return Object.fromEntries(
    [...params].map(([name, values]) => [name.toLowerCase(), values.length === 1 ? (values[0] ?? '') : values]),
  );
}

/** RFC 6321 §4.2 defines it. */
const XML_TYPES = ['TEXT', 'BINARY'] as const;

const defaultTypes = (name: string): readonly string[] | undefined =>
  name === 'XML' ? XML_TYPES : propertyRule(name)?.types;

/**
 * The lower-case types that the value may have. Without a VALUE it is the default type; where the value is not of that
 * one, another type that the property may have, as RFC 7265 B.1 reads `DTSTART:20081006`.
 */
function typesOf({ name, params }: Property): readonly string[] {
  const explicit = params.get('VALUE');
  if (explicit !== undefined) {
    const [type = ''] = explicit;
    const isType = explicit.length === 1 && TYPE_NAME.test(type) && type.toLowerCase() !== UNKNOWN;
    return isType ? [type.toLowerCase()] : [];
  }
  const types = defaultTypes(name) ?? [];
  const isBinary = types.includes('BINARY') && isBase64(params);
  return isBinary ? ['binary'] : types.map((type) => type.toLowerCase());
}

const TYPE_NAME = /^[A-Za-z0-9-]+$/;
const isBase64 = (params: Property['params']): boolean => params.get('ENCODING')?.[0]?.toUpperCase() === 'BASE64';

const isText = (type: string): boolean => type === 'text' || type === 'uid';

interface TypedValues {
  readonly params: Property['params'];
  readonly values: readonly JcalValue[];
}

function* readingTyped(type: string, property: Property): Steps<TypedValues | undefined> {
  const { name, params } = property;
  const isEncoded = isKnownType(type) && type !== 'binary' && isBase64(params);
  const raw = isEncoded ? decoded(property.value) : property.value;
  if (raw === undefined || (isEncoded && !isText(type) && raw.includes('\n'))) return undefined;
  if (raw.length > SHORT) yield;
  // What was encoded as a whole has no escapes of its own.
  const values = isEncoded && isText(type) ? [raw] : yield* readingValues(name, type, raw);
  const kept = [...params].filter(([param]) => param !== 'VALUE' && !(isEncoded && param === 'ENCODING'));
  return values && { params: new Map(kept), values };
}

/** Characters of a value that are read without a break. */
const SHORT = 16 * 1024;
/** Values of one property: more are kept as one `unknown`, and so is a rule of more characters. */
const MOST_VALUES = 100_000;
/** Values that are read between two breaks. */
const VALUES = 1000;

/** RFC 7265 §3.1: only BINARY stays in base 64. Undefined for what is none, or no text. */
function decoded(value: string): string | undefined {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(value) || value.length % 4 !== 0) return undefined;
  const octets = Buffer.from(value, 'base64');
  if (!isUtf8(octets)) return undefined;
  const text = octets.toString('utf8');
  return /[\0-\x08\x0b-\x1f\x7f\ufffe\uffff]/.test(text) ? undefined : text;
}

/** Undefined where one of the values is not well formed. */
function* readingValues(name: string, type: string, raw: string): Steps<readonly JcalValue[] | undefined> {
  const isLong = raw.length > MOST_VALUES;
  if (type === 'recur' && isLong) return undefined;
  if (name === P.GEO && type === 'float') return isLong ? undefined : structured(type, raw.split(';'), [2, 2]);
  // Three parts at most: the data of the last may be long.
  if (name === P['REQUEST-STATUS'] && type === 'text') {
    return isLong && hasMore(raw, ';', 10) ? undefined : structured(type, splitValue(raw, ';'), [2, 3]);
  }
  const form = formOf(type);
  const rule = propertyRule(name);
  // Of a property that no RFC defines, nobody knows whether a semicolon separates.
  if (isText(type) && rule === undefined && name !== 'XML' && hasSeparator(raw)) return undefined;
  const isList = form.list && (rule === undefined ? name !== 'XML' : rule.list === true);
  if (isList && isLong && hasMore(raw, ',', MOST_VALUES)) return undefined;
  if (raw.length > SHORT) yield;
  const pieces = !isList ? [raw] : isText(type) ? splitValue(raw) : raw.split(',');
  return raw.length > SHORT ? yield* readingAll(type, pieces) : readAll(type, pieces);
}

/** Whether a semicolon stands in it that no backslash escapes. */
function hasSeparator(raw: string): boolean {
  let at = raw.indexOf(';');
  if (at === -1 || !raw.includes('\\')) return at !== -1;
  for (at = 0; at < raw.length; at++) {
    if (raw[at] === '\\') at++;
    else if (raw[at] === ';') return true;
  }
  return false;
}

/** Whether a separator stands in it more than so many times, escaped or not. */
function hasMore(raw: string, separator: string, most: number): boolean {
  let count = 0;
  for (let at = raw.indexOf(separator); at !== -1 && count <= most; at = raw.indexOf(separator, at + 1)) count++;
  return count > most;
}

function readAll(type: string, pieces: readonly string[]): readonly JcalValue[] | undefined {
  const { read } = formOf(type);
  const values: JcalValue[] = [];
  for (const piece of pieces) {
    const value = read(piece);
    if (value === undefined) return undefined;
    values.push(value);
  }
  return values;
}

function* readingAll(type: string, pieces: readonly string[]): Steps<readonly JcalValue[] | undefined> {
  const values: JcalValue[] = [];
  for (let from = 0; from < pieces.length; from += VALUES) {
    yield;
    const [sole, ...rest] = pieces.slice(from, from + VALUES);
    const some =
      isText(type) && sole !== undefined && rest.length === 0
        ? [yield* unescapingText(sole)]
        : readAll(type, pieces.slice(from, from + VALUES));
    if (some === undefined) return undefined;
    for (const value of some) values.push(value);
  }
  return values;
}

function structured(type: string, parts: readonly string[], [least, most]: readonly [number, number]) {
  if (parts.length < least || parts.length > most) return undefined;
  const values = readAll(type, parts);
  return values && [values.filter((value): value is JcalScalar => typeof value !== 'object')];
}

/** Properties without a default type (RFC 7986 §5.10, §5.11, RFC 9073 §6.5, §6.6, RFC 9253 §8.2): VALUE is always said. */
const NO_DEFAULT = new Set<string>([P.IMAGE, P.CONFERENCE, P['STYLED-DESCRIPTION'], P['STRUCTURED-DATA'], P.LINK]);

/**
 * The property of iCalendar that a property of jCal stands for (RFC 7265 §4); it may be interrupted within a long value.
 * Throws valid-calendar-data.
 */
export function* readingJcalProperty([written, jcalParams, jcalType, ...values]: JcalProperty): Steps<Property> {
  const name = nameOf(written, 'a property').toUpperCase();
  const type = nameOf(jcalType, 'a value type').toLowerCase();
  const params = new Map<string, readonly string[]>();
  for (const [key, value] of Object.entries(jcalParams)) {
    if (!/^[^=:;,"\s\0-\x1f\x7f](?:[^=:;,"\0-\x1f\x7f]*[^=:;,"\s\0-\x1f\x7f])?$/.test(key))
      refuse('a name of a parameter');
    if (key.toLowerCase() !== 'value' || type === UNKNOWN)
      params.set(key.toUpperCase(), typeof value === 'string' ? [value] : value);
  }
  const isDefault = defaultTypes(name)?.[0] === type.toUpperCase() && !NO_DEFAULT.has(name);
  if (type !== UNKNOWN && !isDefault) params.set('VALUE', [type.toUpperCase()]);
  // RFC 5545 §3.3.1: never one without the other.
  if (type === 'binary' && !params.has('ENCODING')) params.set('ENCODING', ['BASE64']);
  const raws: string[] = [];
  for (const each of values) {
    if (raws.length % VALUES === VALUES - 1) yield;
    const isLong = typeof each === 'string' && each.length > SHORT && isText(type);
    raws.push(isLong ? yield* escapingText(each) : rawOf(type, each));
  }
  const value = raws.join(',');
  if (value.length > SHORT) yield;
  if (/[\0-\x08\x0a-\x1f\x7f]/.test(value)) refuse(`the value of ${name}: a control character`);
  return { name, params, value, line: 1 };
}

/** Throws valid-calendar-data for what cannot stand in a content line (RFC 5545 §3.1), where others read `_`, `.` and `/` too. */
function nameOf(name: string, what: string): string {
  if (!/^[A-Za-z0-9_./-]{1,255}$/.test(name)) refuse(`the name of ${what}`);
  return name;
}

function rawOf(type: string, value: JcalValue): string {
  const { write } = formOf(type);
  if (typeof value !== 'object') return write(value);
  if (isArray(value)) return value.map(write).join(type === 'period' ? '/' : ';');
  if (type !== 'recur') refuse('a value: an object, and no recurrence rule');
  const parts = Object.entries(value).map(([key, part]) => [
    key.toLowerCase(),
    typeof part === 'object' ? part : [part],
  ]);
  return writeRecur(Object.fromEntries(parts) as Record<string, readonly JcalScalar[]>); // as just built
}

const isArray = (value: readonly JcalScalar[] | JcalRecur): value is readonly JcalScalar[] => Array.isArray(value);

function refuse(what: string): never {
  throw new Refusal('valid-calendar-data', `This is not ${what}`);
}
