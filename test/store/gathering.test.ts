import { expect, test } from 'vitest';
import { createGathering } from '../../src/store/gathering.ts';

/** Groups of people who write again as soon as they were told; the sizes of the groups that they were taken in. */
async function sizesOf(people: number, groups: number): Promise<number[]> {
  let waiting = 0;
  const gathering = createGathering(() => waiting);
  const arrive = (): void => {
    waiting += 1;
    gathering.arrived();
  };
  /** The first half answers at once, the others some turns of the event loop later. */
  const tell = (count: number): void => {
    for (let at = 0; at < count; at += 1) {
      if (at < count / 2) arrive();
      else setImmediate(() => setImmediate(() => setImmediate(arrive)));
    }
  };
  tell(people);
  const sizes: number[] = [];
  while (sizes.length < groups) {
    await gathering.wait();
    sizes.push(waiting);
    const taken = waiting;
    waiting = 0;
    tell(taken);
  }
  return sizes;
}

test('who writes alone is not kept waiting for others', async () => {
  expect(new Set(await sizesOf(1, 200))).toEqual(new Set([1]));
});

test('those who write at the same time are soon taken together, every one of them', async () => {
  const sizes = await sizesOf(8, 200);
  // A machine that is busy elsewhere may let a moment pass without them: hardly ever.
  expect(sizes.slice(70).filter((size) => size === 8).length).toBeGreaterThan(60);
});
