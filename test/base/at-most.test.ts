import { expect, test } from 'vitest';
import { createAtMost } from '../../src/base/at-most.ts';

test('so many run at once, the others in their order, also behind one that fails', async () => {
  const atMost = createAtMost(2);
  const [begun, ends]: [number[], (() => void)[]] = [[], []];
  const work = (n: number) =>
    atMost(async () => {
      begun.push(n);
      await new Promise<void>((resolve) => ends.push(resolve));
      if (n === 0) throw new Error('failed');
      return n;
    }).catch(() => 'failed');
  const all = [0, 1, 2, 3].map(work);
  const counts: number[] = [];
  for (let n = 0; n < 4; n++) {
    counts.push(begun.length);
    ends[n]?.();
    await all[n];
    await Promise.resolve();
  }
  expect(counts).toEqual([2, 3, 4, 4]);
  expect(begun).toEqual([0, 1, 2, 3]);
  expect(await Promise.all(all)).toEqual(['failed', 1, 2, 3]);
});
