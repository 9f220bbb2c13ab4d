import { createHash } from 'node:crypto';

const MB = 1024 * 1024;

/** CPU milliseconds that this thread has had. */
export const cpu = (): number => {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
};

/**
 * What so many CPU milliseconds of an idle core are on this machine at this time, which others may be using: a
 * millisecond is what it takes to digest a megabyte. Never less than they say.
 */
export function idleMilliseconds(count: number): number {
  const octets = Buffer.alloc(10 * MB, 'x');
  const before = cpu();
  for (let digested = 0; digested < count; digested += 10) createHash('sha256').update(octets).digest();
  return Math.max(count, cpu() - before);
}

/** The least of at most so many runs, and of no more once one is below the limit: the collector may fall into any. */
export async function leastOf(count: number, limit: number, measured: () => number | Promise<number>): Promise<number> {
  let least = await measured();
  for (let run = 1; run < count && least >= limit; run++) least = Math.min(least, await measured());
  return least;
}
