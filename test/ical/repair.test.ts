import { describe, expect, test } from 'vitest';
import { Refusal } from '../../src/base/refusal.ts';
import { indexEntry } from '../../src/ical/index-entry.ts';
import { parseCalendar } from '../../src/ical/parse.ts';
import { repairObject } from '../../src/ical/repair.ts';
import { validateObject } from '../../src/ical/validate.ts';

const NOW = Date.UTC(2026, 0, 1);
const HORIZON = { from: NOW - 1e10, until: NOW + 1e10, maxInstances: 100, now: NOW };

/** Why an object cannot be used, as a PUT would say. */
function faultOf(octets: Uint8Array): string | undefined {
  try {
    const calendar = parseCalendar(octets);
    validateObject(calendar);
    indexEntry(calendar, { horizon: HORIZON, budget: { steps: 100_000 } });
    return undefined;
  } catch (error) {
    if (error instanceof Refusal) return error.message;
    throw error;
  }
}

const START = ['UID:u', 'DTSTAMP:20260101T000000Z', 'DTSTART:20260105T090000Z'];
const object = (...lines: readonly string[]): Buffer =>
  Buffer.from(
    [
      'BEGIN:VCALENDAR',
      'VERSION:2.0',
      'PRODID:-//x//EN',
      'BEGIN:VEVENT',
      ...lines,
      'END:VEVENT',
      'END:VCALENDAR',
      '',
    ].join('\r\n'),
    'latin1',
  );

interface Case {
  readonly title: string;
  readonly faulty: Buffer;
  readonly repaired: Buffer;
  readonly safe: boolean;
}

const fault = (title: string, line: string, safe: boolean, ...repaired: readonly string[]): Case => ({
  title,
  faulty: object(...START, line, 'SUMMARY:kept'),
  repaired: object(...START, ...repaired, 'SUMMARY:kept'),
  safe,
});

const CASES: readonly Case[] = [
  fault('a control character', 'DESCRIPTION:a\u0001b', true, 'DESCRIPTION:ab'),
  fault('Windows-1252', 'DESCRIPTION:Caf\xe9 \x80', true, 'DESCRIPTION:Caf\xc3\xa9 \xe2\x82\xac'),
  fault('a date in the extended form', 'DTEND:2026-01-05T10:00:00Z', true, 'DTEND:20260105T100000Z'),
  fault(
    'UNTIL in the extended form',
    'RRULE:FREQ=DAILY;UNTIL=2026-02-01T09:00:00Z',
    true,
    'RRULE:FREQ=DAILY;UNTIL=20260201T090000Z',
  ),
  fault('an end that is none', 'DTEND:soon', false),
  fault('a duration that is none', 'DURATION:PT1', false),
  fault('an interval of zero', 'RRULE:FREQ=DAILY;INTERVAL=0;COUNT=3', false, 'RRULE:FREQ=DAILY;COUNT=3'),
  fault('a month that there is not', 'RRULE:FREQ=YEARLY;BYMONTH=13', false),
  fault('a rule that never matches', 'RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30', false),
  fault(
    'an exception that is none',
    'EXDATE:20260106T090000Z,nonsense,20260107T090000Z',
    false,
    'EXDATE:20260106T090000Z,20260107T090000Z',
  ),
  fault('a second start', 'DTSTART:20260106T090000Z', false),
  {
    title: 'an end and a duration',
    faulty: object(...START, 'DTEND:20260105T100000Z', 'DURATION:PT2H'),
    repaired: object(...START, 'DTEND:20260105T100000Z'),
    safe: false,
  },
  {
    title: 'a text of several lines that was not folded',
    faulty: object(...START, 'DESCRIPTION:first', 'second, with a comma', 'third'),
    repaired: object(...START, 'DESCRIPTION:first', ' \\nsecond\\, with a comma', ' \\nthird'),
    safe: true,
  },
  {
    title: 'a line without a colon behind what is no text',
    faulty: object(...START, 'SEQUENCE:1', 'stray'),
    repaired: object(...START, 'SEQUENCE:1'),
    safe: false,
  },
  {
    title: 'a file that was cut',
    faulty: Buffer.from(
      'BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:u\r\nDTSTART:20260105T090000Z\r\nSUMMARY:cu',
    ),
    repaired: Buffer.from(
      'BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:u\r\nDTSTART:20260105T090000Z\r\nSUMMARY:cu\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n',
    ),
    safe: false,
  },
];

describe('an object that cannot be used', () => {
  test.each(CASES)('$title is repaired line by line', ({ faulty, repaired, safe }) => {
    expect(faultOf(faulty)).toBeDefined();
    const found = repairObject(faulty, faultOf);
    expect(Buffer.from(found?.octets ?? []).toString('latin1')).toBe(repaired.toString('latin1'));
    expect(found?.repairs.every((repair) => repair.safe)).toBe(safe);
    expect(found?.repairs.map(({ says }) => says).join()).not.toBe('');
  });

  test('several faults are repaired one after the other, and one that is not safe makes the whole so', () => {
    const found = repairObject(object(...START, 'DTEND:2026-01-05T10:00:00Z', 'RRULE:FREQ=DAILY;BYDAY=XX'), faultOf);
    expect(found?.repairs.map(({ safe }) => safe)).toEqual([true, false]);
    expect(faultOf(found?.octets ?? new Uint8Array())).toBeUndefined();
  });

  test.each([
    ['no start', object('UID:u', 'SUMMARY:x')],
    ['a start that is none', object('UID:u', 'DTSTART:tomorrow')],
    ['no calendar', Buffer.from('hello')],
    ['nothing', Buffer.alloc(0)],
  ])('of %s no repair is known', (_, octets) => {
    expect(repairObject(octets, faultOf)).toBeUndefined();
  });

  test('as many faults as another format has are not repaired one by one', () => {
    const rounds: number[] = [];
    const stray = Array.from({ length: 500 }, (_, at) => `stray ${at}`);
    const counting = (octets: Uint8Array): string | undefined => {
      rounds.push(octets.length);
      return faultOf(octets);
    };
    expect(repairObject(object(...START, 'SEQUENCE:1', ...stray), counting)).toBeUndefined();
    expect(rounds.length).toBeLessThanOrEqual(101);
  });

  test('one that can be used is left as it is', () => {
    expect(repairObject(object(...START), faultOf)).toBeUndefined();
  });
});
