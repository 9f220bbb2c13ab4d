import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createGathering } from '../../src/store/gathering.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const TIMES = { quiet: 10, longest: 80 };
/** What a turn of the event loop takes by the clock that stands in for the real one. */
const TURN = 1;

interface Group {
  readonly size: number;
  /** Milliseconds from the first of them on. */
  readonly waited: number;
}

/**
 * Groups of people who write again `pause` milliseconds after they were told, and each `between` after the one before:
 * what was taken, after the first `skipped` groups.
 */
async function groupsOf(people: number, { pause = 1, between = 0, skipped = 70 } = {}): Promise<readonly Group[]> {
  let waiting = 0;
  const gathering = createGathering(() => waiting, TIMES);
  const arrive = (): void => {
    waiting += 1;
    gathering.arrived();
  };
  const tell = (count: number): void => {
    for (let at = 0; at < count; at += 1) setTimeout(arrive, pause + at * between);
  };
  tell(people);
  const groups: Group[] = [];
  const run = async (): Promise<void> => {
    while (groups.length < skipped + 100) {
      while (waiting === 0) await new Promise((resolve) => setTimeout(resolve, 1));
      const began = Date.now();
      await gathering.wait();
      groups.push({ size: waiting, waited: Date.now() - began });
      const taken = waiting;
      waiting = 0;
      tell(taken);
    }
  };
  const running = run();
  while (groups.length < skipped + 100) await vi.advanceTimersByTimeAsync(50);
  await running;
  return groups.slice(skipped);
}

const sizes = (groups: readonly Group[]): ReadonlySet<number> => new Set(groups.map(({ size }) => size));

test('who writes alone is kept waiting for others hardly ever', async () => {
  const groups = await groupsOf(1, { skipped: 0 });
  expect(sizes(groups)).toEqual(new Set([1]));
  expect(groups.filter(({ waited }) => waited > TURN)).toEqual([{ size: 1, waited: TURN + TIMES.quiet }]);
});

test('those who write at the same time are soon taken together, every one of them', async () => {
  expect(sizes(await groupsOf(8))).toEqual(new Set([8]));
});

test('those who come one after the other are waited for as long as they keep arriving', async () => {
  expect(sizes(await groupsOf(8, { between: 6 }))).toEqual(new Set([8]));
});

test('who comes late keeps the others waiting for a bounded time', async () => {
  const groups = await groupsOf(40, { between: 6 });
  expect(Math.max(...groups.map(({ waited }) => waited))).toBe(TURN + TIMES.longest);
});
