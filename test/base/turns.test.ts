import { expect, test } from 'vitest';

import { atOnce, type Steps } from '../../src/base/steps.ts';
import { createTurns, inTurns, pause } from '../../src/base/turns.ts';

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
  const wanted = 3;
  function* long(): Steps<void> {
    // It would go on for ever if nobody else had a turn.
    while (others < wanted) yield;
  }
  await inTurns(long(), createTurns());
  isDone = true;
  expect(others).toBe(wanted);
});

/** More than one slice. */
const takeTime = (): void => {
  const end = performance.now() + 5;
  while (performance.now() < end);
};

test('of works that have little left as many go on in one turn as a slice has time for', async () => {
  let turns = 0;
  let isDone = false;
  const turn = (): void => {
    turns += 1;
    if (!isDone) setImmediate(turn);
  };
  setImmediate(turn);
  const order: number[] = [];
  await Promise.all(Array.from({ length: 200 }, (_, at) => pause().then(() => order.push(at))));
  isDone = true;
  expect(order).toEqual(Array.from({ length: 200 }, (_, at) => at));
  expect(turns).toBeLessThan(50);
});

test('of many long works one goes on with each turn of the event loop, and each as often', async () => {
  const slices = [0, 0, 0];
  const perTurn: number[] = [];
  let inThisTurn = 0;
  let isDone = false;
  const turn = (): void => {
    perTurn.push(inThisTurn);
    inThisTurn = 0;
    if (!isDone) setImmediate(turn);
  };
  setImmediate(turn);
  const work = async (at: number): Promise<void> => {
    for (let slice = 0; slice < 5; slice += 1) {
      await pause();
      slices[at]! += 1;
      inThisTurn += 1;
      takeTime();
      // Nobody is ahead of the others by more than the one that is under way.
      expect(Math.max(...slices) - Math.min(...slices)).toBeLessThanOrEqual(1);
    }
  };
  await Promise.all([work(0), work(1), work(2)]);
  isDone = true;
  expect(slices).toEqual([5, 5, 5]);
  expect(Math.max(...perTurn)).toBe(1);
});

test('of works that begin in the same turn, those after the one that took its time are due at once', async () => {
  const first = createTurns();
  const end = performance.now() + 20;
  while (performance.now() < end);
  expect([first.isDue(), createTurns().isDue()]).toEqual([true, true]);
  await first.take();
  expect([first.isDue(), createTurns().isDue()]).toEqual([false, false]);
});

test('who has hardly begun goes on before the long works that wait, and these go on all the same', async () => {
  const order: string[] = [];
  takeTime();
  const long = ['long 1', 'long 2'].map((name) => pause().then(() => order.push(name)));
  const begun = Array.from({ length: 5 }, async (_, at) => {
    await createTurns().take();
    order.push(`small ${at}`);
    // Each uses up the slice: without its due, a long one would wait for all of them.
    takeTime();
  });
  await Promise.all([...long, ...begun]);
  expect(order).toEqual(['small 0', 'long 1', 'small 1', 'long 2', 'small 2', 'small 3', 'small 4']);
});
