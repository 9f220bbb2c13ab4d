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

const COMPARE: Record<MatchType, (value: string, text: string) => boolean> = {
  contains: (value, text) => value.includes(text),
  equals: (value, text) => value === text,
  'starts-with': (value, text) => value.startsWith(text),
  'ends-with': (value, text) => value.endsWith(text),
};

/**
 * Whether any of the values matches; with negate-condition, whether none does. A property with a list (CATEGORIES)
 * and a parameter with several values (MEMBER) have more than one.
 */
export function matchesText(values: readonly string[], { text, collation, negate, matchType }: TextMatch): boolean {
  const fold = FOLD[collation];
  const wanted = fold(text);
  const compare = COMPARE[matchType];
  return values.some((value) => compare(fold(value), wanted)) !== negate;
}

const FOLD: Record<Collation, (text: string) => string> = {
  'i;octet': (text) => text,
  'i;ascii-casemap': asciiUpper,
  'i;unicode-casemap': unicodeFold,
};

/** RFC 4790 §9.2.1: a to z become A to Z, all else stays. */
function asciiUpper(text: string): string {
  return text.replace(/[a-z]+/g, (letters) => letters.toUpperCase());
}

/**
 * RFC 5051 §2: each character by its simple case mapping, then decomposed. A mapping to more than one character
 * (ß to SS) is no simple one, so such a character stays.
 */
function unicodeFold(text: string): string {
  let folded = '';
  for (const char of text) {
    const upper = char.toUpperCase();
    folded += [...upper].length === 1 ? upper : char;
  }
  return folded.normalize('NFKD');
}
