import { describe, expect, test } from 'vitest';
import {
  decodeParam,
  encodeParam,
  escapeText,
  splitValue,
  textList,
  undefinedEscape,
  unescapeText,
} from '../../src/ical/text.ts';

describe('TEXT (RFC 5545 §3.3.11)', () => {
  test.each([
    [
      'Project XYZ Final Review\\nConference Room - 3B\\nCome Prepared.',
      'Project XYZ Final Review\nConference Room - 3B\nCome Prepared.',
    ],
    ['a\\Nb\\;c\\,d\\\\e', 'a\nb;c,d\\e'],
    ['\\\\n is no line break', '\\n is no line break'],
    ['an undefined escape \\"x\\"', 'an undefined escape "x"'],
    ['ends with \\', 'ends with '],
    ['plain', 'plain'],
  ])('%j reads as %j', (value, plain) => {
    expect(unescapeText(value)).toBe(plain);
  });

  test('what is escaped reads back, with every line break as one', () => {
    expect(escapeText('a\\b;c,d\r\ne\nf\rg')).toBe('a\\\\b\\;c\\,d\\ne\\nf\\ng');
    expect(unescapeText(escapeText('tab\t "quotes": \\n;,'))).toBe('tab\t "quotes": \\n;,');
  });

  test('a list is split where no backslash stands', () => {
    expect(splitValue('a\\,b,c\\\\,d')).toEqual(['a\\,b', 'c\\\\', 'd']);
    expect(splitValue('2.8;Success\\; fine;x', ';')).toEqual(['2.8', 'Success\\; fine', 'x']);
    expect(textList('A\\,B,C')).toEqual(['A,B', 'C']);
    expect(splitValue('')).toEqual(['']);
  });

  test.each([
    ['all that are defined: \\\\ \\; \\, \\n \\N', undefined],
    ['a quote \\"', '\\"'],
    ['after an escaped backslash \\\\"', undefined],
    ['a colon \\:', '\\:'],
    ['at the end \\', '\\'],
  ])('the first undefined escape of %s', (value, escape) => {
    expect(undefinedEscape(value)).toBe(escape);
  });
});

describe('parameter values (RFC 6868)', () => {
  test('the example of §3.2', () => {
    expect(decodeParam("George Herman ^'Babe^' Ruth")).toBe('George Herman "Babe" Ruth');
    expect(decodeParam('geo:40.446816,-80.00566^nPittsburgh ^^')).toBe('geo:40.446816,-80.00566\nPittsburgh ^');
  });

  test('a caret before anything else stays, and the decoding is done once', () => {
    expect(decodeParam('^x ^^n ^')).toBe('^x ^n ^');
  });

  test('what is encoded reads back', () => {
    expect(encodeParam('a"b^c\r\nd\ne')).toBe("a^'b^^c^nd^ne");
  });
});
