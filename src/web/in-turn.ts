import { BadRequest } from '../base/refusal.ts';

/** Runs so many pieces of work at once; others wait in their order. Throws BadRequest 503 where too many wait. */
export type InTurn = <T>(work: () => Promise<T>) => Promise<T>;

export function createInTurn(most: number, waiting = most * 64): InTurn {
  const line: (() => void)[] = [];
  let running = 0;
  return async (work) => {
    if (running < most) running += 1;
    else {
      if (line.length >= waiting) throw tooBusy();
      // Who leaves hands the turn on: `running` stays as it is.
      await new Promise<void>((resolve) => line.push(resolve));
    }
    try {
      return await work();
    } finally {
      const next = line.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
}

export const tooBusy = (): BadRequest =>
  new BadRequest('Too many are asking at this moment', { status: 503, headers: { 'Retry-After': '5' } });
