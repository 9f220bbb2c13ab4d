import { describe, expect, test } from 'vitest';
import { DAY, HOUR, MINUTE } from '../../src/base/clock.ts';
import {
  cachePause,
  millisecondsOf,
  nextAfterFailure,
  nextAfterSuccess,
  pauseOf,
  retryAfterOf,
} from '../../src/calendar/subscription-schedule.ts';

describe('the pause between two fetches', () => {
  test.each([
    [undefined, undefined, HOUR],
    [undefined, 2 * HOUR, 2 * HOUR],
    ['PT30M', 2 * HOUR, 30 * MINUTE],
    ['P1W', undefined, DAY],
    ['PT1M', undefined, 15 * MINUTE],
    [undefined, MINUTE, 15 * MINUTE],
    [undefined, 30 * DAY, DAY],
    ['nonsense', 2 * HOUR, 2 * HOUR],
    ['PT0S', undefined, HOUR],
    ['-PT1H', undefined, HOUR],
  ])('with refreshrate %s and a feed that says %s is %i', (refreshRate, pause, expected) => {
    expect(pauseOf({ refreshRate, pause })).toBe(expected);
  });

  test('of a duration is read in milliseconds', () => {
    expect(millisecondsOf('P1DT12H')).toBe(36 * HOUR);
    expect(millisecondsOf('')).toBeUndefined();
  });

  test.each([
    ['max-age=7200', 2 * HOUR],
    ['private, max-age=86400, must-revalidate', DAY],
    ['no-cache, no-store, max-age=0', undefined],
    ['max-age=60', undefined],
    ['s-maxage=99999', undefined],
    [undefined, undefined],
  ])('Cache-Control "%s" asks for %s', (header, expected) => {
    expect(cachePause(header)).toBe(expected);
  });
});

test('a fetch that went well is followed by the next within a tenth of the pause', () => {
  expect(nextAfterSuccess(1000, HOUR, 0)).toBe(1000 + HOUR);
  expect(nextAfterSuccess(1000, HOUR, 0.999)).toBeLessThanOrEqual(1000 + 1.1 * HOUR);
});

describe('after failures', () => {
  const wait = (failures: number, random = 0.5, retryAfter?: number): number =>
    nextAfterFailure(0, { failures, random, retryAfter });

  test('the wait doubles up to a day, and never overflows', () => {
    const waits = [1, 2, 3, 4, 8, 1000].map((failures) => wait(failures) / MINUTE);
    expect(waits).toEqual([15, 30, 60, 120, 24 * 60, 24 * 60]);
  });

  test('chance spreads it by a quarter to both sides', () => {
    expect([wait(1, 0), wait(1, 1)]).toEqual([0.75 * 15 * MINUTE, 1.25 * 15 * MINUTE]);
  });

  test('Retry-After is waited for, a day at most', () => {
    expect([wait(1, 0.5, HOUR), wait(1, 0.5, 30 * DAY), wait(1, 0.5, MINUTE)]).toEqual([HOUR, DAY, 15 * MINUTE]);
  });

  test('Retry-After is seconds or a date', () => {
    expect(retryAfterOf('120', 0)).toBe(2 * MINUTE);
    expect(retryAfterOf('Thu, 01 Jan 1970 01:00:00 GMT', 0)).toBe(HOUR);
    expect(retryAfterOf('Thu, 01 Jan 1970 01:00:00 GMT', 2 * HOUR)).toBeUndefined();
    expect(retryAfterOf('soon', 0)).toBeUndefined();
    expect(retryAfterOf(undefined, 0)).toBeUndefined();
  });
});
