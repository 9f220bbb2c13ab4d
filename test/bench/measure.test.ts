import { expect, test } from 'vitest';
import { inTurns, median, ratioOf, type Measurement, type Turns } from '../../bench/measure.ts';

const measurement = (...batches: number[]): Measurement => ({
  scenario: 'any',
  cpu: median(batches),
  wall: 0,
  requests: 0,
  batches,
});

/** Costs what it is told, one after the other. */
function turns(name: string, costs: readonly number[], log: string[]): Turns {
  const walls: number[] = [];
  let at = 0;
  return {
    name,
    walls,
    requests: () => at,
    async warmUp() {
      walls.push(1000);
      log.push(`${name} warms up`);
    },
    async batch() {
      walls.push(at);
      log.push(name);
      return costs[at++]!;
    },
  };
}

test('the median of nothing is no number', () => {
  expect(median([])).toBeNaN();
  expect(median([3, 1, 2])).toBe(2);
});

test('a ratio is that of batches that were run one right after the other', () => {
  // The machine was twice as slow for a while: both have cost more in the same batches.
  const [one, floor] = [measurement(2, 4, 4, 2, 2), measurement(1, 2, 2, 1, 1)];
  expect(ratioOf(one, floor)).toBe(2);
});

test('a ratio to what was not measured is no number', () => {
  expect(ratioOf(measurement(1, 2, 3), measurement())).toBeNaN();
});

test('everything is warm before the first batch, and then has its turn after the others', async () => {
  const log: string[] = [];
  const [one, other] = await inTurns([turns('a', [5, 1, 3], log), turns('b', [10, 30, 20], log)], 3);
  expect(log).toEqual(['a warms up', 'b warms up', 'a', 'b', 'a', 'b', 'a', 'b']);
  expect(one).toMatchObject({ scenario: 'a', cpu: 3, batches: [5, 1, 3], requests: 3 });
  expect(other).toMatchObject({ scenario: 'b', cpu: 20, batches: [10, 30, 20] });
});

test('what was waited while it warmed up counts for no median', async () => {
  const [one] = await inTurns([turns('a', [1, 1, 1], [])], 3);
  expect(one?.wall).toBe(1);
});
