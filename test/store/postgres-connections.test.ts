import { expect, test } from 'vitest';
import { connectionsOf } from '../../src/store/postgres.ts';

test.each([
  [1, 10],
  [3, 6],
  [5, 4],
  [9, 3],
  [33, 3],
])('of a server of %i processes each pool has %i connections at most', (processes, connections) => {
  expect(connectionsOf(processes)).toBe(connections);
});
