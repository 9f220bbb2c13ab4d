import { setTimeout as wait } from 'node:timers/promises';

/** Asks again and again until there is an answer; throws with what was waited for where there is none within the time. */
export async function until<T>(
  what: string,
  ask: () => Promise<T | undefined> | T | undefined,
  { within = 30_000, every = 20 }: { readonly within?: number; readonly every?: number } = {},
): Promise<T> {
  const end = performance.now() + within;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (performance.now() > end) throw new Error(`waited ${within} ms in vain for ${what}`);
    await wait(every);
  }
}
