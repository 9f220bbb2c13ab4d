import { cpu } from './yardstick.ts';

/**
 * The longest stretch of CPU milliseconds between two turns of this process's event loop while something is under way:
 * how long anybody else has to wait. CPU and not wall time, so that what the machine does besides does not count.
 */
export async function longestTurnOf<T>(
  work: () => Promise<T>,
): Promise<{ readonly longest: number; readonly result: T }> {
  let longest = 0;
  let last = cpu();
  let isDone = false;
  const turn = (): void => {
    const now = cpu();
    longest = Math.max(longest, now - last);
    last = now;
    if (!isDone) setImmediate(turn);
  };
  setImmediate(turn);
  try {
    return { result: await work(), longest };
  } finally {
    isDone = true;
  }
}
