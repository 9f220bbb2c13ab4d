import { expect, test } from 'vitest';

import { atOnce, type Steps } from '../../src/base/steps.ts';
import { createTurns, inTurns } from '../../src/base/turns.ts';

function* counting(to: number): Steps<number> {
  let sum = 0;
  for (let n = 1; n <= to; n++) {
    yield;
    sum += n;
  }
  return sum;
}

test('work in steps has one result, with breaks or without', async () => {
  let breaks = 0;
  const turns = { isDue: () => true, take: () => Promise.resolve(void breaks++) };
  expect(atOnce(counting(10))).toBe(55);
  expect(await inTurns(counting(10), turns)).toBe(55);
  expect(breaks).toBe(10);
});

test('a break that is not due is not taken', async () => {
  const turns = { isDue: () => false, take: () => Promise.reject(new Error('not due')) };
  expect(await inTurns(counting(1000), turns)).toBe(500_500);
});

test('what the work throws comes out of it', async () => {
  function* failing(): Steps<never> {
    yield;
    throw new RangeError('broken');
  }
  expect(() => atOnce(failing())).toThrow('broken');
  await expect(inTurns(failing(), createTurns())).rejects.toThrow('broken');
});

test('others get their turn while long work goes on', async () => {
  let others = 0;
  let isDone = false;
  const other = (): void => {
    others += 1;
    if (!isDone) setImmediate(other);
  };
  setImmediate(other);
  function* long(): Steps<void> {
    const end = performance.now() + 60;
    while (performance.now() < end) yield;
  }
  await inTurns(long(), createTurns());
  isDone = true;
  expect(others).toBeGreaterThan(1);
});
