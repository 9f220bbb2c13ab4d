import { describe, expect, test } from 'vitest';
import { isStrictDuration, parseDuration } from '../../src/ical/duration.ts';

const HOUR = 3_600_000;

describe('a DURATION (RFC 5545 §3.3.6)', () => {
  test.each([
    ['P15DT5H0M20S', 15, 5 * HOUR + 20_000],
    ['P7W', 49, 0],
    ['PT1H', 0, HOUR],
    ['P1D', 1, 0],
    ['-PT15M', 0, -900_000],
    ['+P1DT2H', 1, 2 * HOUR],
    ['-P2D', -2, 0],
    ['PT0S', 0, 0],
  ])('%s is %d nominal days and %d exact milliseconds', (text, days, exact) => {
    expect(parseDuration(text)).toEqual({ days, exact });
    expect(isStrictDuration(text)).toBe(true);
  });

  // Written by programs; there is one way to read them.
  test.each([
    ['P1DT', 1, 0],
    ['PT', 0, 0],
    ['P2W1D', 15, 0],
    ['P1H', 0, HOUR],
    ['PT1H30S', 0, HOUR + 30_000],
    ['p1d', 1, 0],
    [' PT1H ', 0, HOUR],
  ])('%j is a slip that can be read', (text, days, exact) => {
    expect(parseDuration(text)).toEqual({ days, exact });
    expect(isStrictDuration(text)).toBe(false);
  });

  test.each(['', 'P', '-P', '1D', 'PT1D1', 'P1Y', 'PT1.5H', 'P-1D', 'one hour', 'PT1H1H'])(
    '%j cannot be read',
    (text) => {
      expect(parseDuration(text)).toBeUndefined();
      expect(isStrictDuration(text)).toBe(false);
    },
  );

  test('of more than a hundred thousand years is none', () => {
    expect(parseDuration('P36525000D')).toEqual({ days: 36_525_000, exact: 0 });
    expect(parseDuration('P36525001D')).toBeUndefined();
    expect(parseDuration(`P${'9'.repeat(400)}D`)).toBeUndefined();
  });
});
