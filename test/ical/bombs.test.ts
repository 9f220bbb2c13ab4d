import { describe, expect, test } from 'vitest';
import { Refusal } from '../../src/base/refusal.ts';
import { checkCalendar } from '../../src/ical/check.ts';
import { groupByUid } from '../../src/ical/group.ts';
import { parseCalendar, parseCalendars } from '../../src/ical/parse.ts';
import { validateObject } from '../../src/ical/validate.ts';

const HEAD = 'BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTART:20260302T090000Z\r\n';
const TAIL = 'END:VEVENT\r\nEND:VCALENDAR\r\n';
const MB = 1024 * 1024;

/** Octets that hold `piece` again and again, in a value or as lines of their own. */
const value =
  (before: string, piece: string, after = '') =>
  (size: number) =>
    Buffer.from(`${HEAD}${before}${piece.repeat(size / piece.length)}${after}\r\n${TAIL}`, 'latin1');
const lines = (piece: string) => (size: number) =>
  Buffer.from(`${HEAD}${piece.repeat(size / piece.length)}${TAIL}`, 'latin1');
const raw = (piece: string) => (size: number) => Buffer.from(piece.repeat(size / piece.length), 'latin1');

/** Each with what becomes of 5 MB of it. */
const BOMBS: readonly (readonly [string, (size: number) => Buffer, 'accepted' | 'refused'])[] = [
  ['one property', value('DESCRIPTION:', 'x'), 'accepted'],
  ['one folded property', value('DESCRIPTION:', `${'x'.repeat(70)}\r\n `), 'accepted'],
  ['nothing but folds', value('DESCRIPTION:', '\r\n '), 'accepted'],
  ['folds inside characters', value('DESCRIPTION:', '\xc3\r\n \xbc'), 'accepted'],
  ['folds before loose octets', value('DESCRIPTION:', '\r\n \x80'), 'refused'],
  ['nesting', lines('BEGIN:X\r\n'), 'refused'],
  ['events in events', lines('BEGIN:VEVENT\r\n'), 'refused'],
  ['parameters', value('X', ';A=1', ':v'), 'refused'],
  ['semicolons', value('X', ';', ':v'), 'refused'],
  ['parameter values', value('X;A=', '1,', ':v'), 'refused'],
  ['quotes', value('X;A=', '"', ':v'), 'refused'],
  ['quotes that are never closed', lines('X;A="b:c\r\n'), 'refused'],
  ['content lines', lines('A:\r\n'), 'refused'],
  ['lines without colon', lines('a\n'), 'refused'],
  ['control characters', value('X:', '\x07'), 'refused'],
  ['carriage returns', value('X:', '\r'), 'accepted'],
  ['carriage returns before a letter', value('X:', '\r', 'x'), 'refused'],
  ['empty lines', lines('\n'), 'accepted'],
  ['a name', value('', 'N', ':v'), 'refused'],
  ['backslashes', value('SUMMARY:', '\\'), 'accepted'],
  ['exceptions', value('EXDATE:', '20260302T090000Z,', '20260302T090000Z'), 'refused'],
  ['days of a rule', value('RRULE:FREQ=DAILY;BYMONTHDAY=', '1,', '1'), 'refused'],
  ['parts of a rule', value('RRULE:FREQ=DAILY', ';A=1'), 'refused'],
  ['digits of a duration', value('DURATION:P', '1', 'D'), 'refused'],
  ['a value that is nearly base 64', value('ATTACH;VALUE=BINARY;ENCODING=BASE64:', 'A', '!'), 'accepted'],
  ['UIDs', lines('UID:1\r\n'), 'refused'],
  ['calendars', raw('BEGIN:VCALENDAR\r\n'), 'refused'],
  ['ends', raw('END:VCALENDAR\r\n'), 'refused'],
  ['octets that are not UTF-8', raw('\x80'), 'refused'],
  ['lines that are not UTF-8', lines('X:\xff\r\n'), 'refused'],
];

function outcome(octets: Buffer): 'accepted' | 'refused' {
  try {
    validateObject(parseCalendar(octets));
    return 'accepted';
  } catch (error) {
    if (error instanceof Refusal) return 'refused';
    throw error;
  }
}

/** The least CPU time of three runs, in milliseconds: of this thread alone, whatever else the machine does. */
function leastCpu(run: () => unknown): number {
  const times = Array.from({ length: 3 }, () => {
    const before = process.threadCpuUsage();
    run();
    const { user, system } = process.threadCpuUsage(before);
    return (user + system) / 1000;
  });
  return Math.min(...times);
}

describe.each(BOMBS)('5 MB of %s', (_, make, expected) => {
  test(`are ${expected}`, () => {
    expect(outcome(make(5 * MB))).toBe(expected);
  });

  test.each<[string, (octets: Buffer) => unknown]>([
    ['PUT', outcome],
    ['a tolerant reading', parseCalendars],
    ['a check', checkCalendar],
    ['an import', (octets) => [...groupByUid(octets)].length],
  ])('cost %s no more than their length', (_what, run) => {
    const small = make(MB / 32);
    const large = make(MB / 2);
    // Under a millisecond the clock says little.
    const ratio = (): number =>
      leastCpu(() => run(large)) /
      Math.max(
        1,
        leastCpu(() => run(small)),
      );
    let least = ratio();
    // Other programs may fall into either side of one measurement.
    for (let i = 0; i < 3 && least >= 64; i++) least = Math.min(least, ratio());
    // Sixteen times the octets: a quadratic step would take 256 times as long.
    expect(least).toBeLessThan(64);
  });
});
