import { atOnce, type Steps } from '../base/steps.ts';
import { mappingOctets, type OctetMap } from './text-octets.ts';

/** The collations of CALDAV:supported-collation-set (RFC 4791 §7.5.1); the first is the default. */
export const COLLATIONS = ['i;ascii-casemap', 'i;octet', 'i;unicode-casemap'] as const;
export type Collation = (typeof COLLATIONS)[number];

export const MATCH_TYPES = ['contains', 'equals', 'starts-with', 'ends-with'] as const;
/** `contains` is RFC 4791's only one; the others are draft-daboo-caldav-extensions §3.3. */
export type MatchType = (typeof MATCH_TYPES)[number];

/** CALDAV:text-match, RFC 4791 §9.7.5. */
export interface TextMatch {
  readonly text: string;
  readonly collation: Collation;
  /** negate-condition: true where the text does not match. */
  readonly negate: boolean;
  readonly matchType: MatchType;
}

/**
 * Whether any of the values matches; with negate-condition, whether none does. A property with a list (CATEGORIES)
 * and a parameter with several values (MEMBER) have more than one.
 */
export const matchesText = (values: readonly string[], match: TextMatch): boolean =>
  atOnce(matchingText(values, match));

/** Values that are compared between two breaks. */
const VALUES = 200;

/** As matchesText; it may be interrupted between the values, and within a long one. */
export function* matchingText(values: readonly string[], match: TextMatch): Steps<boolean> {
  const { collation, negate, matchType } = match;
  const wanted = wantedOf(match) ?? remember(match, yield* foldingText(match.text, collation));
  for (const [index, value] of values.entries()) {
    if (index % VALUES === VALUES - 1) yield;
    const folded = yield* foldingText(value, collation);
    const matches = matchType === 'contains' ? yield* containing(folded, wanted) : COMPARE[matchType](folded, wanted);
    if (matches) return !negate;
  }
  return negate;
}

const COMPARE: Record<Exclude<MatchType, 'contains'>, (value: string, text: string) => boolean> = {
  equals: (value, text) => value === text,
  'starts-with': (value, text) => value.startsWith(text),
  'ends-with': (value, text) => value.endsWith(text),
};

/** The text of a filter is folded once, however many values it is compared with. */
const folds = new WeakMap<TextMatch, string>();
const wantedOf = (match: TextMatch): string | undefined => folds.get(match);

function remember(match: TextMatch, folded: string): string {
  folds.set(match, folded);
  return folded;
}

/** Up to this length the engine's own search takes time by the length of the value alone. */
const SEARCHED = 250;
/** Characters that are searched between two breaks. */
const PIECE = 256 * 1024;

/**
 * Whether a text stands in the value. The engine's search for a long text that repeats itself takes the product of the
 * two lengths, hours for some megabytes; the one of Knuth, Morris and Pratt takes their sum.
 */
function* containing(value: string, text: string): Steps<boolean> {
  if (text.length > value.length) return false;
  if (text.length <= SEARCHED) return value.includes(text);
  // The longest beginning of the text that is also an end of what stands before each of its characters.
  const borders = new Int32Array(text.length + 1);
  let border = 0;
  for (let at = 1; at < text.length; at++) {
    if (at % PIECE === 0) yield;
    while (border > 0 && text.charCodeAt(at) !== text.charCodeAt(border)) border = borders[border] ?? 0;
    if (text.charCodeAt(at) === text.charCodeAt(border)) border++;
    borders[at + 1] = border;
  }
  let matched = 0;
  for (let at = 0; at < value.length; at++) {
    if (at % PIECE === 0) yield;
    const code = value.charCodeAt(at);
    while (matched > 0 && code !== text.charCodeAt(matched)) matched = borders[matched] ?? 0;
    if (code === text.charCodeAt(matched)) matched++;
    if (matched === text.length) return true;
  }
  return false;
}

const ASCII = /^[\0-\x7f]*$/;

function* foldingText(text: string, collation: Collation): Steps<string> {
  if (collation === 'i;octet') return text;
  // Of ASCII alone, both of the others are the same.
  if (text.length < PIECE && ASCII.test(text)) return text.toUpperCase();
  return collation === 'i;ascii-casemap' ? yield* foldingAscii(text) : yield* foldingUnicode(text);
}

/**
 * A text in a form that only ever loses differences: where one text contains another by any of the collations, its loose
 * form contains that of the other. Marks are left out, as decomposing puts them in another order beside other ones.
 */
export const foldLoosely = (text: string): string =>
  ASCII.test(text) ? text.toUpperCase() : atOnce(foldingUnicode(text)).replaceAll(MARKS_OF_TEXT, '');

const MARKS_OF_TEXT = /\p{M}+/gu;

const LOWER_A = 97;
const LOWER_Z = 122;

/** RFC 4790 §9.2.1: a to z become A to Z, all else stays. */
const foldingAscii = (text: string): Steps<string> => mappingOctets(text, upperOctets, 1);

const upperOctets: OctetMap = (octets, out) => {
  let length = 0;
  for (const octet of octets) out[length++] = octet >= LOWER_A && octet <= LOWER_Z ? octet - 32 : octet;
  return length;
};

/** Characters that are folded between two breaks. */
const FOLDED = 16 * 1024;
/** More marks on one letter are in no writing; to put them in order takes the square of their number (UAX #15, §13). */
const MARKS = 30;

/**
 * RFC 5051 §2: each character by its simple case mapping, then decomposed. A mapping to more than one character
 * (ß to SS) is no simple one, so such a character stays.
 */
function* foldingUnicode(text: string): Steps<string> {
  const parts: string[] = [];
  for (let from = 0; from < text.length;) {
    const to = cutBefore(text, from + FOLDED);
    const piece = text.slice(from, to);
    if (from > 0) yield;
    parts.push(ASCII.test(piece) ? piece.toUpperCase() : decomposed(simpleUpper(piece)));
    from = to;
  }
  return parts.join('');
}

const MARK = /^\p{M}/u;
const LONG_RUN = new RegExp(`\\p{M}{${MARKS + 1}}`, 'u');
const RUN = new RegExp(`\\p{M}{1,${MARKS}}`, 'gu');

/** The place at or after `at` where no mark stands, so that what is before it is decomposed by itself. */
function cutBefore(text: string, at: number): number {
  let cut = at;
  const isInside = (code: number): boolean => code >= 0xdc00 && code < 0xe000;
  while (cut < text.length && cut < at + MARKS && (isInside(text.charCodeAt(cut)) || isMark(text, cut))) cut++;
  if (isInside(text.charCodeAt(cut))) cut++;
  return Math.min(cut, text.length);
}

const isMark = (text: string, at: number): boolean => MARK.test(String.fromCodePoint(text.codePointAt(at) ?? 0));

function decomposed(text: string): string {
  if (!LONG_RUN.test(text)) return text.normalize('NFKD');
  // Each stretch of marks by itself, and what stands between them.
  return text.replace(RUN, (marks) => marks.normalize('NFKD')).replace(/\P{M}+/gu, (rest) => rest.normalize('NFKD'));
}

/** By their simple mapping; most texts have no character of another one. */
function simpleUpper(text: string): string {
  const upper = text.toUpperCase();
  // No mapping is shorter than its character, so that equal lengths mean simple mappings alone.
  if (upper.length === text.length) return upper;
  let folded = '';
  for (const char of text) {
    const mapped = char.toUpperCase();
    folded += mapped.length === char.length ? mapped : char;
  }
  return folded;
}
