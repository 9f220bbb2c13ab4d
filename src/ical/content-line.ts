import { isUtf8 } from 'node:buffer';
import { atOnce, type Steps } from '../base/steps.ts';
import type { Property } from './component.ts';
import { KNOWN_NAMES } from './names.ts';
import { decodeParam } from './text.ts';

/** Parameter values of one content line. More is no calendar, it is an attack. */
export const MAX_PARAM_VALUES = 2000;
/** Characters of the parameters of one content line: they are read without a break. */
const MAX_PARAM_CHARACTERS = 1024 * 1024;

const TAB = 9;
const LF = 10;
const CR = 13;
const SPACE = 32;
const DQUOTE = 34;
const LPAREN = 40;
const COMMA = 44;
const COLON = 58;
const SEMICOLON = 59;
const EQUALS = 61;
const BOM = 0xfeff;

/** iana-token of RFC 5545 §3.1, and the `_`, `.` and `/` that X- names of real files hold. */
const IS_NAME = new Uint8Array(128);
for (const char of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_./')
  IS_NAME[char.charCodeAt(0)] = 1;

const LONGEST_NAME = 255;

const NO_PARAMS: ReadonlyMap<string, readonly string[]> = new Map();

/** What is wrong with one content line: a sentence without its line number. */
export type LineFault = (message: string, rule: 'name' | 'colon' | 'param') => void;

/**
 * Text of octets that are UTF-8 once unfolded, or undefined. RFC 5545 §3.1 lets a fold stand inside a character; only
 * then are the octets as a whole not UTF-8, and only then is it worth to move such folds behind their character, which
 * keeps the number of lines as it is.
 */
export const decodeOctets = (octets: Uint8Array): string | undefined => atOnce(decodingOctets(octets));

/** As decodeOctets; it may be interrupted between two folds. */
export function* decodingOctets(octets: Uint8Array): Steps<string | undefined> {
  const asSent = asBuffer(octets);
  if (isUtf8(asSent)) return asSent.toString('utf8');
  const mended = Buffer.from(asSent);
  yield* movingFolds(mended);
  return isUtf8(mended) ? mended.toString('utf8') : undefined;
}

/** The same octets as a Buffer, without a copy. */
export const asBuffer = (octets: Uint8Array): Buffer =>
  Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength);

/**
 * Changes the buffer in place: `lead CR LF SP tail` becomes `lead tail CR LF SP`, also over several folds in a row. Only
 * what a character lacks goes over a fold, three octets at most, so that the work grows with the length alone.
 */
export function moveFoldsOutOfCharacters(octets: Buffer): Buffer {
  atOnce(movingFolds(octets));
  return octets;
}

/** Folds that are moved between two breaks. */
const FOLDS = 1000;

function* movingFolds(octets: Buffer): Steps<void> {
  let row = { start: 0, end: -1 };
  let count = 0;
  for (let lf = octets.indexOf(LF); lf !== -1; lf = octets.indexOf(LF, lf + 1)) {
    const blank = octets[lf + 1];
    if (blank !== SPACE && blank !== TAB) continue;
    if (++count % FOLDS === 0) yield;
    const fold = octets[lf - 1] === CR ? lf - 1 : lf;
    if (fold !== row.end) row = { start: fold, end: fold };
    const lacking = octetsLacking(octets, row.start);
    let moved = 0;
    while (moved < lacking && isContinuation(octets[lf + 2 + moved])) moved++;
    if (moved > 0) {
      const tail = Buffer.from(octets.subarray(lf + 2, lf + 2 + moved));
      octets.copyWithin(row.start + moved, row.start, lf + 2);
      tail.copy(octets, row.start);
    }
    row = { start: row.start + moved, end: lf + 2 + moved };
    lf += moved;
  }
}

/** Octets that the character which ends before `at` still lacks. */
function octetsLacking(octets: Buffer, at: number): number {
  for (let back = 1; back <= 3; back++) {
    const octet = octets[at - back] ?? 0;
    if (octet < 0x80) return 0;
    if (octet >= 0xc0) return (octet >= 0xf0 ? 4 : octet >= 0xe0 ? 3 : 2) - back;
  }
  return 0;
}

const isContinuation = (octet: number | undefined): boolean => octet !== undefined && octet >> 6 === 0b10;

/** One unfolded content line: the characters from `start` to `end` of `text`, and its first physical line. */
export type LineVisitor = (text: string, start: number, end: number, line: number) => void;

/** Calls `visit` with each content line, unfolded (RFC 5545 §3.1). Takes CRLF and LF; passes over a BOM and empty lines. */
export function eachContentLine(text: string, visit: LineVisitor, firstLine = 1): void {
  lineWalk(text, visit, firstLine)(Infinity);
}

/** As eachContentLine, bit by bit: each call takes so many physical lines, and tells whether there are more. */
export function lineWalk(text: string, visit: LineVisitor, firstLine = 1): (lines: number) => boolean {
  const length = text.length;
  let at = text.charCodeAt(0) === BOM ? 1 : 0;
  let line = firstLine;
  let parts: string[] | undefined;
  let first = firstLine;
  return (lines) => {
    for (let left = lines; at < length && left > 0; left--) {
      const start = at;
      const stop = lineStop(text, start);
      at = stop + 1;
      const isFolded = isBlank(text, at);
      if (parts === undefined) {
        first = line++;
        const end = withoutCr(text, start, stop);
        if (isFolded) parts = [text.slice(start, end)];
        else if (end > start) visit(text, start, end, first);
        continue;
      }
      line++;
      const end = withoutCr(text, start + 1, stop);
      if (end > start + 1) parts.push(text.slice(start + 1, end));
      if (isFolded) continue;
      const unfolded = parts.join('');
      parts = undefined;
      if (unfolded !== '') visit(unfolded, 0, unfolded.length, first);
    }
    return at < length;
  };
}

function lineStop(text: string, at: number): number {
  const stop = text.indexOf('\n', at);
  return stop === -1 ? text.length : stop;
}

function withoutCr(text: string, start: number, stop: number): number {
  let end = stop;
  // Some writers turn CRLF into CR CR LF.
  while (end > start && text.charCodeAt(end - 1) === CR) end--;
  return end;
}

function isBlank(text: string, at: number): boolean {
  if (at >= text.length) return false;
  const code = text.charCodeAt(at);
  return code === SPACE || code === TAB;
}

/** Reads content lines; equal parameters and unknown names of one source are kept once. */
export interface LineReader {
  /** The property, or undefined once `fault` was told why there is none. */
  read(text: string, start: number, end: number, line: number): Property | undefined;
}

export function createLineReader(fault: LineFault): LineReader {
  const names = new Map<string, string>();
  const paramSets = new Map<string, ReadonlyMap<string, readonly string[]>>();
  return {
    read(text, start, end, line) {
      let at = start;
      while (at < end && IS_NAME[text.charCodeAt(at)] === 1) at++;
      const delimiter = at < end ? text.charCodeAt(at) : -1;
      if (at === start || at - start > LONGEST_NAME || (delimiter !== COLON && delimiter !== SEMICOLON)) {
        const rule = text.slice(start, end).includes(':') ? 'name' : 'colon';
        fault(rule === 'colon' ? 'a line without a colon' : 'a line that does not begin with a property name', rule);
        return undefined;
      }
      const name = upperName(names, text.slice(start, at));
      if (delimiter === COLON) return { name, params: NO_PARAMS, value: text.slice(at + 1, end), line };
      const colon = endOfParams(text, at, end);
      if (colon === end) {
        fault('a line without a colon after its parameters', 'colon');
        return undefined;
      }
      if (colon - at > MAX_PARAM_CHARACTERS) {
        fault(`more than ${MAX_PARAM_CHARACTERS} characters of parameters in one line`, 'param');
        return undefined;
      }
      const params = paramsOf(paramSets, text.slice(at, colon), fault);
      return params && { name, params, value: text.slice(colon + 1, end), line };
    },
  };
}

/** Bound of each cache: a source with more distinct names or parameters than this gains nothing from it. */
const CACHED = 512;

function upperName(names: Map<string, string>, written: string): string {
  const known = KNOWN_NAMES.get(written) ?? names.get(written);
  if (known !== undefined) return known;
  const upper = written.toUpperCase();
  if (names.size < CACHED) names.set(written, upper);
  return upper;
}

/** Index of the colon that ends the parameters beginning at the semicolon `at`, or `end`. */
function endOfParams(text: string, at: number, end: number): number {
  let index = at;
  while (index < end) {
    const code = text.charCodeAt(index);
    if (code === COLON) return index;
    if (code === EQUALS || code === COMMA) index = endOfParamValue(text, index + 1, end);
    else index++;
  }
  return end;
}

/**
 * Index of the `,`, `;` or `:` that ends the parameter value beginning at `at`, or `end`. Beyond RFC 5545 §3.2: a
 * quote inside an unquoted value and one that is never closed are characters like others (Outlook's
 * `CN=John "Jack" Doe`), and so is the colon in an unquoted `(UTC+01:00) Amsterdam`.
 */
function endOfParamValue(text: string, at: number, end: number): number {
  let index = at;
  const first = text.charCodeAt(index);
  if (first === DQUOTE) {
    const close = text.indexOf('"', index + 1);
    if (close !== -1 && close < end) index = close + 1;
  } else if (first === LPAREN && /^\((?:UTC|GMT)[+-]\d\d:\d\d\)/i.test(text.slice(index, index + 11))) {
    index += 11;
  }
  for (; index < end; index++) {
    const code = text.charCodeAt(index);
    if (code === COMMA || code === SEMICOLON || code === COLON) return index;
  }
  return end;
}

function paramsOf(cache: Map<string, ReadonlyMap<string, readonly string[]>>, raw: string, fault: LineFault) {
  const cached = cache.get(raw);
  if (cached !== undefined) return cached;
  const params = readParams(raw);
  if (params === undefined) fault(`more than ${MAX_PARAM_VALUES} parameter values in one line`, 'param');
  else if (cache.size < CACHED && raw.length < CACHED) cache.set(raw, params);
  return params;
}

/** Parameters of `;NAME=value,value;NAME=value`; undefined when there are too many. A name that comes twice is joined. */
function readParams(raw: string): ReadonlyMap<string, readonly string[]> | undefined {
  const params = new Map<string, string[]>();
  let count = 0;
  let at = 0;
  while (at < raw.length) {
    const nameEnd = endOfParamName(raw, at + 1);
    const written = raw.slice(at + 1, nameEnd).trim();
    const name = KNOWN_NAMES.get(written) ?? written.toUpperCase();
    const values = params.get(name) ?? [];
    at = nameEnd;
    if (raw.charCodeAt(at) !== EQUALS) values.push('');
    else {
      do {
        const valueEnd = endOfParamValue(raw, at + 1, raw.length);
        values.push(readParamValue(raw.slice(at + 1, valueEnd)));
        at = valueEnd;
        if (++count > MAX_PARAM_VALUES) return undefined;
      } while (raw.charCodeAt(at) === COMMA);
    }
    if (++count > 2 * MAX_PARAM_VALUES) return undefined;
    if (name !== '') params.set(name, values);
  }
  return params;
}

function endOfParamName(raw: string, at: number): number {
  let index = at;
  while (index < raw.length && raw.charCodeAt(index) !== EQUALS && raw.charCodeAt(index) !== SEMICOLON) index++;
  return index;
}

function readParamValue(raw: string): string {
  const close = raw.charCodeAt(0) === DQUOTE ? raw.indexOf('"', 1) : -1;
  return decodeParam(close === -1 ? raw : raw.slice(1, close) + raw.slice(close + 1));
}
