import { setImmediate as nextTurn } from 'node:timers/promises';

/** Milliseconds that a group waits for those who wrote with it before, and the groups until it is tried who else comes. */
const GATHERING = 1;
const TRIED_EVERY = 64;

/** Waits for who writes at the same time, before the group commit takes what there is. */
export interface Gathering {
  /**
   * One turn of the event loop for what has arrived, and a moment for those who were told just now and write again: without
   * it, who writes in turns falls into two halves, each waiting for the other's sync. Who writes alone waits for nobody,
   * but for one try in so many.
   */
  wait(): Promise<void>;
  /** One more unit waits. */
  arrived(): void;
}

/** `waiting` is how many units wait. */
export function createGathering(waiting: () => number): Gathering {
  let usual = 1;
  let untilTried = TRIED_EVERY;
  let enough: (() => void) | undefined;
  return {
    async wait() {
      await nextTurn();
      untilTried -= 1;
      const isTry = untilTried <= 0;
      if (!isTry && waiting() >= usual) return;
      if (isTry) untilTried = TRIED_EVERY;
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, GATHERING);
      if (!isTry) enough = resolve;
      await promise;
      clearTimeout(timer);
      enough = undefined;
      usual = waiting();
    },
    arrived() {
      if (waiting() >= usual) enough?.();
    },
  };
}
