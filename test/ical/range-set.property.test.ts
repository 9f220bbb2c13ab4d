import fc from 'fast-check';
import { expect, test } from 'vitest';
import { unionOf, within, without, type RangeSet } from '../../src/ical/range-set.ts';
import type { TimeRange } from '../../src/ical/time-value.ts';
import { holds } from '../properties/holds.ts';

const SIZE = 40;
const range = fc
  .tuple(fc.integer({ min: 0, max: SIZE }), fc.integer({ min: 0, max: SIZE }))
  .map(([start, end]) => ({ start, end }));
const ranges = fc.array(range, { maxLength: 8 });
const OPTIONS = { seed: 7953, numRuns: 2000 };

/** Which of the numbers below SIZE are in one of the ranges. */
const painted = (set: readonly TimeRange[]): boolean[] =>
  Array.from({ length: SIZE }, (_, at) => set.some(({ start, end }) => start <= at && at < end));

const isNormal = (set: RangeSet): boolean =>
  set.every(({ start, end }, i) => start < end && (i === 0 || (set[i - 1]?.end ?? 0) < start));

test('a union holds what any of the ranges holds', async () => {
  await holds(
    fc.property(ranges, (given) => {
      const union = unionOf(given);
      expect(isNormal(union)).toBe(true);
      expect(painted(union)).toEqual(painted(given));
    }),
    OPTIONS,
  );
});

test('a difference holds what the one has and the other has not', async () => {
  await holds(
    fc.property(ranges, ranges, (one, other) => {
      const left = without(unionOf(one), unionOf(other));
      expect(isNormal(left)).toBe(true);
      const taken = painted(other);
      expect(painted(left)).toEqual(painted(one).map((is, at) => is && !taken[at]));
    }),
    OPTIONS,
  );
});

test('a set within a range holds nothing else', async () => {
  await holds(
    fc.property(ranges, range, (given, bounds) => {
      const part = within(unionOf(given), bounds);
      expect(isNormal(part)).toBe(true);
      const inside = painted([bounds]);
      expect(painted(part)).toEqual(painted(given).map((is, at) => is && inside[at]));
    }),
    OPTIONS,
  );
});

test('ranges without end are sets too', () => {
  const always = { start: -Infinity, end: Infinity };
  expect(unionOf([always, { start: -Infinity, end: 5 }])).toEqual([always]);
  expect(without([always], [{ start: 1, end: 2 }])).toEqual([
    { start: -Infinity, end: 1 },
    { start: 2, end: Infinity },
  ]);
});
