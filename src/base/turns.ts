import { setImmediate as nextTurn } from 'node:timers/promises';

/** Milliseconds that one request may work without a break. */
const SLICE = 10;

export interface Turns {
  /** Whether it is time for a break: asked between two pieces of work, so that a short answer waits for nothing. */
  isDue(): boolean;
  /** Gives the event loop to the other requests. */
  take(): Promise<void>;
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
