import { describe, expect, test } from 'vitest';
import { decodeParam, escapeText, undefinedEscape, unescapeText } from '../../src/ical/text.ts';
import { matchesText } from '../../src/ical/text-match.ts';

/** More than is changed by a regular expression, and pieces that end at every place of it. */
const COPIES = 30_011;

describe('what is long is read and written as what is short', () => {
  test.each(['a\\n', '\\\\n', '\\N\\,;', 'ü\\;', '😀\\', '\\😀', '\\\\\\n'])('%s', (piece) => {
    const whole = piece.repeat(COPIES);
    const short = whole.replace(/\\([\s\S]?)/g, (_, char: string) => (/n/i.test(char) ? '\n' : char));
    expect(unescapeText(whole) === short).toBe(true);
  });

  test.each(['a,', '\r\n', '\r', '\n\r', '\\;', 'ü😀\n'])('text %j', (piece) => {
    const whole = piece.repeat(COPIES);
    const short = whole.replace(/\r\n|[\r\n]/g, '\\n\0').replace(/[\\;,](?!n\0)/g, '\\$&');
    expect(escapeText(whole) === short.replaceAll('\0', '')).toBe(true);
    expect(unescapeText(escapeText(whole)) === whole.replace(/\r\n?/g, '\n')).toBe(true);
  });

  test.each(['^n', "a^'", '^^', '^^^', '^x^'])('parameter %s', (piece) => {
    const whole = piece.repeat(COPIES);
    const short = whole.replace(/\^([n^'])/g, (_, char: string) => (char === 'n' ? '\n' : char === '^' ? '^' : '"'));
    expect(decodeParam(whole) === short).toBe(true);
  });

  test('an undefined escape is found behind defined ones', () => {
    expect(undefinedEscape(`${'\\\\\\n'.repeat(1000)}\\x`)).toBe('\\x');
    expect(undefinedEscape('a\\')).toBe('\\');
  });
});

describe('a long text is found where it is', () => {
  const match = (text: string) =>
    ({ text, collation: 'i;unicode-casemap', negate: false, matchType: 'contains' }) as const;

  test.each([
    ['a'.repeat(1000), 'a'.repeat(300), true],
    [`${'a'.repeat(1000)}b`, `${'a'.repeat(300)}b`, true],
    [`${'ab'.repeat(1000)}c`, `${'ba'.repeat(300)}c`, false],
    [`${'ab'.repeat(1000)}c`, `${'ab'.repeat(300)}C`, true],
    ['a'.repeat(299), 'a'.repeat(300), false],
    [`x${'ü'.repeat(40_000)}y`, `${'Ü'.repeat(400)}Y`, true],
    [`x${'u\u0308'.repeat(40_000)}y`, `${'Ü'.repeat(400)}Y`, true],
    [`${'ß'.repeat(40_000)}ü`, `${'ß'.repeat(400)}Ü`, true],
  ])('in %#', (value, text, found) => {
    expect(matchesText([value], match(text))).toBe(found);
  });
});
