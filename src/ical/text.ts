/** TEXT values (RFC 5545 §3.3.11) and parameter values (RFC 6868) to plain strings and back. */

/**
 * The plain text of a TEXT value. An escape that §3.3.11 does not define is read as its character without the
 * backslash, as every client does.
 */
export function unescapeText(value: string): string {
  if (!value.includes('\\')) return value;
  return value.replace(/\\([\s\S]?)/g, (_, char: string) => (char === 'n' || char === 'N' ? '\n' : char));
}

/** A TEXT value that reads back as `text`. */
export function escapeText(text: string): string {
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

/** First escape of a TEXT value that RFC 5545 §3.3.11 does not define, such as `\"`. */
export function undefinedEscape(value: string): string | undefined {
  for (let at = value.indexOf('\\'); at !== -1; at = value.indexOf('\\', at + 2)) {
    const escape = value.slice(at, at + 2);
    if (!/^\\[\\;,nN]$/.test(escape)) return escape;
  }
  return undefined;
}

/** A parameter value as it is meant: `^n` is a line feed, `^'` a double quote, `^^` a caret (RFC 6868 §3.2). */
export function decodeParam(value: string): string {
  if (!value.includes('^')) return value;
  return value.replace(/\^([n^'])/g, (_, char: string) => (char === 'n' ? '\n' : char === '^' ? '^' : '"'));
}

/** A parameter value in a form that may stand between double quotes (RFC 6868 §3.1). */
export function encodeParam(value: string): string {
  return value.replace(/\^|"|\r\n|\n|\r/g, (char) => (char === '^' ? '^^' : char === '"' ? "^'" : '^n'));
}
