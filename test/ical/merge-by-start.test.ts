import fc from 'fast-check';
import { expect, test } from 'vitest';
import { mergeByStart } from '../../src/ical/merge-by-start.ts';

const starts = (numbers: readonly number[]) => [...numbers].sort((a, b) => a - b).map((start) => ({ start }));

test('streams in order become one in order', () => {
  fc.assert(
    fc.property(fc.array(fc.array(fc.nat(50), { maxLength: 8 }), { maxLength: 12 }), (lists) => {
      const merged = [...mergeByStart(lists.map((list) => starts(list).values()))];
      expect(merged).toEqual(starts(lists.flat()));
    }),
    { seed: 5545 },
  );
});

test('of two that start together the first stream goes first', () => {
  const streams = ['a', 'b', 'c'].map((name) =>
    [
      { start: 1, name },
      { start: 2, name },
    ].values(),
  );
  expect([...mergeByStart(streams)].map(({ name }) => name).join('')).toBe('abcabc');
});

test('no stream is read farther than one ahead', () => {
  let read = 0;
  function* endless(): Generator<{ start: number }> {
    for (;;) yield { start: read++ };
  }
  const merged = mergeByStart([endless()]);
  for (let i = 0; i < 5; i++) merged.next();
  expect(read).toBe(5);
});
