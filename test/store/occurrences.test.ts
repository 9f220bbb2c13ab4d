import { expect, test } from 'vitest';

import { DAY } from '../../src/base/clock.ts';
import type { ObjectIndex } from '../../src/store/object-rows.ts';
import { BEGINNING, END, spanOf, stretchesOf } from '../../src/store/occurrences.ts';

const event: ObjectIndex = {
  firstAt: 10 * DAY,
  lastAt: 20 * DAY,
  floating: false,
  exact: true,
  indexedFrom: undefined,
  indexedUntil: undefined,
  occurrences: [{ start: 10 * DAY, end: 11 * DAY }],
};

test('each length has the class of the shortest bound that holds it', () => {
  const lengths = [0, DAY, DAY + 1, 8 * DAY, 64 * DAY, 64 * DAY + 1, 512 * DAY, 512 * DAY + 1, END - BEGINNING];
  expect(lengths.map(spanOf)).toEqual([0, 0, 1, 1, 2, 3, 3, 4, 4]);
});

test('exact occurrences are proofs', () => {
  expect(stretchesOf(event)).toEqual([{ start: 10 * DAY, end: 11 * DAY, proof: true }]);
});

test('floating occurrences are stretches that hold every zone', () => {
  expect(stretchesOf({ ...event, floating: true })).toEqual([{ start: 9 * DAY, end: 12 * DAY, proof: false }]);
});

test('the time outside of the index is a stretch where instances may be', () => {
  const partly = { ...event, indexedFrom: 9 * DAY, indexedUntil: 12 * DAY, firstAt: 5 * DAY, lastAt: undefined };
  expect(stretchesOf(partly).slice(1)).toEqual([
    { start: 5 * DAY, end: 9 * DAY, proof: false },
    { start: 12 * DAY, end: END, proof: false },
  ]);
  const whole = { ...event, indexedFrom: 9 * DAY, indexedUntil: 21 * DAY };
  expect(stretchesOf(whole)).toHaveLength(1);
});

test('what its occurrences do not decide is one stretch, without bounds where none are known', () => {
  expect(stretchesOf({ ...event, exact: false })).toEqual([{ start: 10 * DAY - 1, end: 20 * DAY + 1, proof: false }]);
  expect(stretchesOf({ ...event, exact: false, firstAt: undefined, lastAt: undefined })).toEqual([
    { start: BEGINNING, end: END, proof: false },
  ]);
});
