/**
 * Milliseconds without anybody new after which a group is taken, and the most that it waits in all. What a request costs
 * before it writes is a fraction of the first; the second bounds what those who come late cost the others.
 */
const QUIET = 1;
const LONGEST = 8;
/** The groups until it is tried who else comes: of who writes alone, and of several, who may have fallen into parts. */
const ALONE_TRIED_EVERY = 64;
const TRIED_EVERY = 8;

/** Waits for who writes at the same time, before the group commit takes what there is. */
export interface Gathering {
  /**
   * One turn of the event loop for what has arrived, and then for those who were told just now and write again, as long as
   * they keep arriving: without it, who writes in turns falls into parts, each waiting for the others' sync. Who writes
   * alone waits for nobody, but for one try in so many.
   */
  wait(): Promise<void>;
  /** One more unit waits. */
  arrived(): void;
}

/** A group that is waited for. */
interface Wait {
  readonly over: Promise<void>;
  /** The number of units with which it is complete. */
  readonly enough: number;
  /** Somebody came: so may others. */
  extend(): void;
  end(): void;
}

/** `waiting` is how many units wait. */
export function createGathering(waiting: () => number, { quiet = QUIET, longest = LONGEST } = {}): Gathering {
  let usual = 1;
  let untilTried = ALONE_TRIED_EVERY;
  let current: Wait | undefined;
  return {
    async wait() {
      await new Promise((resolve) => setImmediate(resolve));
      untilTried -= 1;
      const isTry = untilTried <= 0;
      if (!isTry && waiting() >= usual) return;
      // A try is for those beyond the usual number.
      current = waitFor(isTry ? Number.POSITIVE_INFINITY : usual, { quiet, longest });
      await current.over;
      current = undefined;
      usual = waiting();
      if (isTry) untilTried = usual > 1 ? TRIED_EVERY : ALONE_TRIED_EVERY;
    },
    arrived() {
      if (current === undefined) return;
      if (waiting() >= current.enough) current.end();
      else current.extend();
    },
  };
}

function waitFor(enough: number, { quiet, longest }: { readonly quiet: number; readonly longest: number }): Wait {
  const { promise, resolve } = Promise.withResolvers<void>();
  const untilQuiet = setTimeout(resolve, quiet);
  const untilLongest = setTimeout(resolve, longest);
  const over = promise.then(() => {
    clearTimeout(untilQuiet);
    clearTimeout(untilLongest);
  });
  return { over, enough, extend: () => void untilQuiet.refresh(), end: resolve };
}
