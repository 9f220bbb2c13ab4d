import { describe, expect, test } from 'vitest';
import { UsageError } from '../../src/commands/command.ts';
import { readPoint } from '../../src/commands/instant.ts';

const instant = (text: string): number => Date.parse(text);

describe('a point in time', () => {
  test.each([
    ['2026-03-01T09:00:00Z', instant('2026-03-01T09:00:00Z')],
    ['2026-03-01t09:00:00z', instant('2026-03-01T09:00:00Z')],
    ['2026-03-01T09:00:00+01:00', instant('2026-03-01T08:00:00Z')],
    ['2026-03-01T09:00:00-05:30', instant('2026-03-01T14:30:00Z')],
    ['2026-03-01T09:00:00.25Z', instant('2026-03-01T09:00:00.250Z')],
    ['2016-12-31T23:59:60Z', instant('2017-01-01T00:00:00Z')],
    ['0001-01-01T00:00:00Z', -62_135_596_800_000],
    ['9999-12-31T23:59:59Z', instant('9999-12-31T23:59:59Z')],
  ])('%s is an instant', (text, expected) => {
    expect(readPoint(text, 'from')).toEqual({ kind: 'instant', instant: expected });
  });

  test('a date alone is wall time', () => {
    expect(readPoint('2024-02-29', 'from')).toEqual({ kind: 'date', wall: Date.UTC(2024, 1, 29) });
  });

  test.each([
    '',
    'tomorrow',
    '2026',
    '2026-3-1',
    '2026-02-29',
    '2026-13-01',
    '2026-00-10',
    '2026-03-01T09:00:00',
    '2026-03-01T09:00Z',
    '2026-03-01T24:00:00Z',
    '2026-03-01T09:60:00Z',
    '2026-03-01T09:00:00+24:00',
    '2026-03-01T09:00:00+01:60',
    '20260301T090000Z',
  ])('"%s" is none, and the option is named', (text) => {
    expect(() => readPoint(text, 'to')).toThrow(UsageError);
    expect(() => readPoint(text, 'to')).toThrow(`--to: expected a date`);
  });
});
