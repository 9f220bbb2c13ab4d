import { expect, test } from 'vitest';
import { BadRequest } from '../../src/base/refusal.ts';
import { parseDepth } from '../../src/dav/depth.ts';

test.each([
  ['0', 0],
  ['1', 1],
  [' Infinity ', 'infinity'],
  [undefined, 0],
] as const)('Depth: %s is %s', (header, depth) => {
  expect(parseDepth(header, 0)).toBe(depth);
});

test.each(['2', '', '-1', '1, 1', 'constructor', '1,noroot'])('Depth: %s is refused', (header) => {
  expect(() => parseDepth(header, 0)).toThrow(BadRequest);
});
