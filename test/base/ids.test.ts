import { afterEach, expect, test, vi } from 'vitest';

import { newId, newObjectId } from '../../src/base/ids.ts';

afterEach(() => {
  vi.useRealTimers();
});

test('ids have 26 characters of the alphabet, and are never the same', () => {
  const ids = Array.from({ length: 2000 }, (_, at) => (at % 2 === 0 ? newId() : newObjectId()));
  expect(ids.filter((id) => !/^[0-9a-hjkmnp-tv-z]{26}$/.test(id))).toEqual([]);
  expect(new Set(ids).size).toBe(ids.length);
});

test('ids of objects are in the order of the milliseconds in which they were made', () => {
  vi.useFakeTimers();
  const times = [1, 31, 32, 1023, 1024, 1_772_442_000_000, 1_772_442_000_001, 8_640_000_000_000_000];
  const ids = times.map((time) => {
    vi.setSystemTime(time);
    return newObjectId();
  });
  expect(ids.toSorted()).toEqual(ids);
});
