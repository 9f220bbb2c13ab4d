import { expect, test } from 'vitest';

import { fold, likePattern } from '../../src/store/fold.ts';

test('folded texts are equal without regard to case and composition', () => {
  expect(fold('U\u0308MIT')).toBe(fold('ümit'));
  expect(fold('Straße')).toBe('straße');
  expect(fold('a')).not.toBe(fold('b'));
});

test('folding twice is folding once', () => {
  for (const text of ['İstanbul', 'ΑΣ', '\u212B', 'ǅ', '\u1E9E']) expect(fold(fold(text))).toBe(fold(text));
});

test('a pattern takes wildcards literally', () => {
  expect(likePattern('50%_\\', 'contains')).toBe(String.raw`%50\%\_\\%`);
  expect(likePattern('A', 'starts-with')).toBe('a%');
  expect(likePattern('A', 'ends-with')).toBe('%a');
  expect(likePattern('A', 'equals')).toBe('a');
});
