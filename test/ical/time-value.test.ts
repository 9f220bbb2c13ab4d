import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { propertyOf, type Property } from '../../src/ical/component.ts';
import { parseCalendar } from '../../src/ical/parse.ts';
import {
  dayNumber,
  formatTimeValue,
  isLeapYear,
  monthLength,
  parseTimeValue,
  periodsOf,
  timeOf,
} from '../../src/ical/time-value.ts';
import { calendar, component } from './calendar-text.ts';

const property = (line: string): Property => {
  const [event] = parseCalendar(calendar(...component('VEVENT', line))).components;
  return propertyOf(event!, line.split(/[;:]/)[0]!)!;
};

describe('a DATE or DATE-TIME (RFC 5545 §3.3.4, §3.3.5)', () => {
  test.each([
    ['20260302', undefined, true, { kind: 'date', wall: Date.UTC(2026, 2, 2) }],
    ['20260302T093015', undefined, false, { kind: 'floating', wall: Date.UTC(2026, 2, 2, 9, 30, 15) }],
    ['20260302T093015Z', undefined, false, { kind: 'utc', wall: Date.UTC(2026, 2, 2, 9, 30, 15) }],
    [
      '20260302T093015',
      'Europe/Berlin',
      false,
      { kind: 'zoned', wall: Date.UTC(2026, 2, 2, 9, 30, 15), tzid: 'Europe/Berlin' },
    ],
    ['20260302T093015Z', 'Europe/Berlin', false, { kind: 'utc', wall: Date.UTC(2026, 2, 2, 9, 30, 15) }],
    ['20240229', undefined, true, { kind: 'date', wall: Date.UTC(2024, 1, 29) }],
    ['00010101', undefined, true, { kind: 'date', wall: -62_135_596_800_000 }],
    ['99991231T235959Z', undefined, false, { kind: 'utc', wall: 253_402_300_799_000 }],
    // A leap second is the second before it (RFC 5545 §3.3.12).
    ['19970630T235960Z', undefined, false, { kind: 'utc', wall: Date.UTC(1997, 5, 30, 23, 59, 59) }],
  ])('%s (TZID %s) is read', (text, tzid, isDate, value) => {
    expect(parseTimeValue(text, tzid, isDate)).toEqual(value);
  });

  test.each([
    ['', true],
    ['20260230', true],
    ['20250229', true],
    ['20261301', true],
    ['20260001', true],
    ['00000101', true],
    ['2026-03-02', true],
    ['20260302T000000', true],
    ['20260302', false],
    ['20260302T2400', false],
    ['20260302T240000', false],
    ['20260302T096000', false],
    ['20260302T090061', false],
    ['20260302T090000z', false],
    ['20260302T090000ZZ', false],
    ['20260302 090000', false],
    ['20260302T090000+0100', false],
    ['٢٠٢٦٠٣٠٢', true],
  ])('%j is not', (text, isDate) => {
    expect(parseTimeValue(text, undefined, isDate)).toBeUndefined();
  });

  test('is written as it was read', () => {
    const second = fc.integer({ min: -62_135_596_800, max: 253_402_300_799 });
    fc.assert(
      fc.property(second, fc.constantFrom('date', 'utc', 'floating'), (seconds, kind) => {
        const wall = kind === 'date' ? Math.floor(seconds / 86_400) * 86_400_000 : seconds * 1000;
        const value = { kind, wall } as const;
        expect(parseTimeValue(formatTimeValue(value), undefined, kind === 'date')).toEqual(value);
      }),
      { seed: 5545 },
    );
  });
});

describe('a property of a time', () => {
  test.each([
    ['DTSTART;TZID=Europe/Berlin:20260302T090000', 'zoned'],
    ['DTSTART;VALUE=DATE:20260302', 'date'],
    ['DTSTART:20260302', 'date'],
    ['DTSTART;VALUE=DATE:20260302T000000', 'date'],
    ['DTSTART;VALUE=DATE-TIME:20260302', 'date'],
    ['DTSTART: 20260302T090000Z ', 'utc'],
  ])('%s is %s', (line, kind) => {
    expect(timeOf(property(line))?.kind).toBe(kind);
  });

  test('that cannot be read is undefined', () => {
    expect(timeOf(property('DTSTART:tomorrow'))).toBeUndefined();
  });
});

describe('a list of times', () => {
  test('holds dates, times and periods (RFC 5545 §3.3.9, §3.8.5.2)', () => {
    const periods = periodsOf(
      property('RDATE;VALUE=PERIOD:20260302T090000Z/PT1H,20260303T090000Z/20260303T100000Z, 20260304'),
    );
    expect(periods).toMatchObject([
      { start: { kind: 'utc' }, duration: { days: 0, exact: 3_600_000 }, end: undefined },
      { start: { kind: 'utc' }, duration: undefined, end: { kind: 'utc', wall: Date.UTC(2026, 2, 3, 10) } },
      { start: { kind: 'date' }, duration: undefined, end: undefined },
    ]);
  });

  test('says which entries cannot be read', () => {
    const periods = periodsOf(property('EXDATE:20260302T090000Z,never,20260303T090000Z/x'));
    expect(periods.map((period) => period?.start.kind)).toEqual(['utc', undefined, undefined]);
  });
});

test('day numbers are those of the Gregorian calendar', () => {
  fc.assert(
    fc.property(fc.integer({ min: 100, max: 9999 }), fc.integer({ min: 1, max: 12 }), (year, month) => {
      expect(dayNumber(year, month, 1)).toBe(Date.UTC(year, month - 1, 1) / 86_400_000);
      expect(monthLength(year, month)).toBe(new Date(Date.UTC(year, month, 0)).getUTCDate());
      expect(isLeapYear(year)).toBe(new Date(Date.UTC(year, 1, 29)).getUTCDate() === 29);
    }),
    { seed: 5545 },
  );
});
