import { createAtMost, type AtMost } from '../base/at-most.ts';
import { BadRequest } from '../base/refusal.ts';

/** Runs so many pieces of work at once; others wait in their order. Throws BadRequest 503 where too many wait. */
export type InTurn = AtMost;

export function createInTurn(most: number, waiting = most * 64): InTurn {
  const atMost = createAtMost(most);
  let asked = 0;
  return async (work) => {
    if (asked >= most + waiting) throw tooBusy();
    asked += 1;
    try {
      return await atMost(work);
    } finally {
      asked -= 1;
    }
  };
}

export const tooBusy = (): BadRequest =>
  new BadRequest('Too many are asking at this moment', { status: 503, headers: { 'Retry-After': '5' } });
