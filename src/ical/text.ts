/** TEXT values (RFC 5545 §3.3.11) and parameter values (RFC 6868) to plain strings and back. */
import { atOnce, type Steps } from '../base/steps.ts';
import { mappingOctets, type OctetMap } from './text-octets.ts';

/** Characters of a text that a regular expression changes fast enough, whatever it holds. */
const SHORT = 512;
const LF = 10;
const CR = 13;
const COMMA = 44;
const SEMICOLON = 59;
const BACKSLASH = 92;
const UPPER_N = 78;
const CARET = 94;
const LOWER_N = 110;

/** RFC 6868 §3.2: what follows a caret, and what the two mean. */
const CARETS: ReadonlyMap<number, number> = new Map([
  [LOWER_N, LF],
  [CARET, CARET],
  [39, 34],
]);

/**
 * The plain text of a TEXT value. An escape that §3.3.11 does not define is read as its character without the
 * backslash, as every client does.
 */
export function unescapeText(value: string): string {
  if (!value.includes('\\')) return value;
  if (value.length > SHORT) return atOnce(unescapingText(value));
  return value.replace(/\\([\s\S]?)/g, (_, char: string) => (char === 'n' || char === 'N' ? '\n' : char));
}

/** As unescapeText; it may be interrupted within a long value. */
export function* unescapingText(value: string): Steps<string> {
  if (value.length <= SHORT || !value.includes('\\')) return unescapeText(value);
  return yield* mappingOctets(value, unescaper(), 1);
}

function unescaper(): OctetMap {
  let escaped = false;
  return (octets, out) => {
    let length = 0;
    for (const octet of octets) {
      if (!escaped && octet === BACKSLASH) {
        escaped = true;
        continue;
      }
      out[length++] = escaped && (octet === LOWER_N || octet === UPPER_N) ? LF : octet;
      escaped = false;
    }
    return length;
  };
}

/** As escapeText; it may be interrupted within a long text. */
export function* escapingText(text: string): Steps<string> {
  return text.length <= SHORT ? escapeText(text) : yield* mappingOctets(text, escaper(), 2);
}

function escaper(): OctetMap {
  let afterCr = false;
  return (octets, out) => {
    let length = 0;
    for (const octet of octets) {
      const isLineFeed = octet === LF || octet === CR;
      if (octet === LF && afterCr) {
        afterCr = false;
        continue;
      }
      afterCr = octet === CR;
      if (isLineFeed || octet === BACKSLASH || octet === COMMA || octet === SEMICOLON) out[length++] = BACKSLASH;
      out[length++] = isLineFeed ? LOWER_N : octet;
    }
    return length;
  };
}

/** A TEXT value that reads back as `text`. */
export function escapeText(text: string): string {
  if (text.length > SHORT) return atOnce(escapingText(text));
  return text.replace(/\\|;|,|\r\n|\n|\r/g, (char) =>
    char === '\\' || char === ';' || char === ',' ? `\\${char}` : '\\n',
  );
}

/** Splits a value at each `separator` that no backslash escapes (CATEGORIES, RESOURCES, REQUEST-STATUS, GEO). */
export function splitValue(value: string, separator: ',' | ';' = ','): string[] {
  if (!value.includes('\\')) return value.split(separator);
  const parts: string[] = [];
  let start = 0;
  for (let at = 0; at < value.length; at++) {
    if (value[at] === '\\') at++;
    else if (value[at] === separator) {
      parts.push(value.slice(start, at));
      start = at + 1;
    }
  }
  parts.push(value.slice(start));
  return parts;
}

/** The plain texts of a comma-separated list of TEXT values. */
export function textList(value: string): string[] {
  return splitValue(value).map(unescapeText);
}

/** What may follow a backslash. */
const DEFINED: ReadonlySet<number> = new Set([BACKSLASH, SEMICOLON, COMMA, LOWER_N, UPPER_N]);

/** First escape of a TEXT value that RFC 5545 §3.3.11 does not define, such as `\"`. */
export function undefinedEscape(value: string): string | undefined {
  for (let at = value.indexOf('\\'); at !== -1; at = value.indexOf('\\', at + 2)) {
    if (!DEFINED.has(value.charCodeAt(at + 1))) return value.slice(at, at + 2);
  }
  return undefined;
}

/** A parameter value as it is meant: `^n` is a line feed, `^'` a double quote, `^^` a caret (RFC 6868 §3.2). */
export function decodeParam(value: string): string {
  if (!value.includes('^')) return value;
  if (value.length > SHORT) return atOnce(mappingOctets(value, caretReader(), 1));
  return value.replace(/\^([n^'])/g, (_, char: string) => (char === 'n' ? '\n' : char === '^' ? '^' : '"'));
}

function caretReader(): OctetMap {
  let afterCaret = false;
  return (octets, out) => {
    let length = 0;
    if (octets.length === 0 && afterCaret) out[length++] = CARET;
    for (const octet of octets) {
      const meant = afterCaret ? CARETS.get(octet) : undefined;
      if (afterCaret && meant === undefined) out[length++] = CARET;
      afterCaret = octet === CARET && !afterCaret;
      if (!afterCaret) out[length++] = meant ?? octet;
    }
    return length;
  };
}

/** A parameter value in a form that may stand between double quotes (RFC 6868 §3.1). */
export function encodeParam(value: string): string {
  return value.replace(/\^|"|\r\n|\n|\r/g, (char) => (char === '^' ? '^^' : char === '"' ? "^'" : '^n'));
}
