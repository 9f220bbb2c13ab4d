import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Steps } from './steps.ts';

/** Milliseconds that one request may work without a break. */
const SLICE = 10;

export interface Turns {
  /** Whether it is time for a break: asked between two pieces of work, so that a short answer waits for nothing. */
  isDue(): boolean;
  /** Gives the event loop to the other requests. */
  take(): Promise<void>;
}

/** The work with a break wherever one is due. */
export async function inTurns<Result>(work: Steps<Result>, turns: Turns): Promise<Result> {
  let step = work.next();
  while (!step.done) {
    if (turns.isDue()) await turns.take();
    step = work.next();
  }
  return step.value;
}

/** The breaks of one long answer. It is time that counts: a hundred objects may cost a millisecond or ten seconds. */
export function createTurns(): Turns {
  let since = performance.now();
  return {
    isDue: () => performance.now() - since > SLICE,
    async take() {
      await nextTurn();
      since = performance.now();
    },
  };
}
