import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';

const HEAP = new URL('../../src/base/heap.ts', import.meta.url).href;
/** Makes what lives for a while, which is what lets the room for it grow, in turns, and tells how large that is. */
const BUSY = `
const { getHeapSpaceStatistics } = await import('node:v8');
const kept = [];
let most = 0;
for (let turn = 0; turn < 150; turn += 1) {
  for (let at = 0; at < 20_000; at += 1) kept[at] = { turn, at, parts: [at, turn] };
  await new Promise((resolve) => setTimeout(resolve, 1));
  most = Math.max(most, getHeapSpaceStatistics().find((space) => space.space_name === 'new_space').space_size);
}
console.log(most);`;

const roomOf = (before: string): number => {
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', before + BUSY], { encoding: 'utf8' });
  return Number(stdout);
};

test('the room for what is young stays small where the heap is bounded, and would not by itself', () => {
  const bounded = roomOf(`(await import('${HEAP}')).boundHeap();`);
  expect(bounded).toBeGreaterThan(2 * 1024 * 1024);
  expect(bounded).toBeLessThanOrEqual(20 * 1024 * 1024);
  expect(roomOf('')).toBeGreaterThan(bounded);
});
