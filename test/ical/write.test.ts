import { describe, expect, test } from 'vitest';
import { parseComponent } from '../../src/ical/parse.ts';
import { foldLine, writeComponent, writeProperty } from '../../src/ical/write.ts';
import { calendar, event } from './calendar-text.ts';

const params = (entries: Record<string, string[]>): Map<string, string[]> => new Map(Object.entries(entries));

describe('folding (RFC 5545 §3.1)', () => {
  test('a line of 75 octets stays, one of 76 is folded', () => {
    expect(foldLine('x'.repeat(75))).toBe(`${'x'.repeat(75)}\r\n`);
    expect(foldLine('x'.repeat(76))).toBe(`${'x'.repeat(75)}\r\n x\r\n`);
  });

  test.each(['ü', '日', '😀', 'e\u0301'])('no line is longer than 75 octets, and no %s is split', (char) => {
    for (let offset = 0; offset < 5; offset++) {
      const line = `${'x'.repeat(offset)}${char.repeat(200)}`;
      const physical = foldLine(line).split('\r\n');
      expect(physical.pop()).toBe('');
      expect(Math.max(...physical.map((part) => Buffer.byteLength(part)))).toBeLessThanOrEqual(75);
      expect(physical.every((part) => part.isWellFormed())).toBe(true);
      expect(physical.map((part, index) => (index === 0 ? part : part.slice(1))).join('')).toBe(line);
    }
  });

  test('a blank at the place of a fold is kept', () => {
    const line = `${'x'.repeat(74)}   y`;
    expect(foldLine(line).replaceAll('\r\n ', '')).toBe(`${line}\r\n`);
  });
});

describe('properties', () => {
  test.each([
    [{ CN: ['Doe; John'] }, 'X;CN="Doe; John":v\r\n'],
    [{ CN: ['say "hi"\n^'] }, "X;CN=say ^'hi^'^n^^:v\r\n"],
    [{ MEMBER: ['mailto:a@x', 'b'] }, 'X;MEMBER="mailto:a@x",b:v\r\n'],
    [{ A: [''] }, 'X;A=:v\r\n'],
    [{}, 'X:v\r\n'],
  ])('parameters %j', (entries, line) => {
    expect(writeProperty({ name: 'X', params: params(entries), value: 'v' })).toBe(line);
  });
});

test('a component is written as it was parsed', () => {
  const source = calendar(
    ...event('1', 'ATTENDEE;CN="Doe, J";X=1:mailto:j@example.com', 'BEGIN:VALARM', 'ACTION:DISPLAY', 'END:VALARM'),
  );
  expect(writeComponent(parseComponent(source))).toBe(source);
});
