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

/** Lets go of some 60 MB and is quiet; tells the room of the heap when it is full and a while later. */
const QUIET = `
const { getHeapStatistics } = await import('node:v8');
let kept = Array.from({ length: 400_000 }, (_, at) => ({ at, parts: [at, at + 1] }));
const full = getHeapStatistics().total_heap_size;
kept = undefined;
for (let turn = 0; turn < 200 && getHeapStatistics().total_heap_size > full / 2; turn += 1) {
  await new Promise((resolve) => setTimeout(resolve, 50));
}
console.log(getHeapStatistics().total_heap_size / full);`;

test('what is not in use any more is given back when it is quiet', () => {
  const run = `(await import('${HEAP}')).boundHeap(100);${QUIET}`;
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', run], { encoding: 'utf8' });
  expect(Number(stdout)).toBeGreaterThan(0);
  expect(Number(stdout)).toBeLessThan(0.5);
});
