import { setTimeout as wait } from 'node:timers/promises';

import type { Db, StoreStats, WriteOptions } from './dialect.ts';
import { StoreUnavailable } from './errors.ts';

/** Tries of one unit against units of other processes, and against a value that another one took. */
const MOST_TRIES = 100;
const MOST_TRIES_FOR_A_NAME = 3;
/** Longest pause before another try, in milliseconds. */
const LONGEST_PAUSE = 20;

export interface Units {
  write<T>(work: (tx: Db) => Promise<T>, options?: WriteOptions): Promise<T>;
  stats(): StoreStats;
  /** Resolves when everything that was written is settled; refuses what comes later. */
  close(): Promise<void>;
}

/**
 * Each unit of work is a transaction on one snapshot: where another one changed what it writes, it fails and is run
 * again, so that what it read and what it wrote belong together. Those that failed stand in one line, so that they
 * are not in each other's way as well. The server groups the syncs itself.
 */
export function createUnits(db: Db, committed: () => void): Units {
  const stats = { commits: 0, units: 0, syncs: 0 };
  const lines = createLines();
  const running = new Set<Promise<unknown>>();
  let closed = false;

  async function once<T>(work: (tx: Db) => Promise<T>): Promise<T> {
    const value = await db.transaction().setIsolationLevel('repeatable read').execute(work);
    stats.commits += 1;
    stats.units += 1;
    stats.syncs += 1;
    committed();
    return value;
  }

  async function untilDone<T>(work: (tx: Db) => Promise<T>): Promise<T> {
    try {
      return await once(work);
    } catch (error) {
      if (!isInTheWay(error)) throw error;
    }
    return lines.inLine(RETRIES, () => again(work));
  }

  async function again<T>(work: (tx: Db) => Promise<T>): Promise<T> {
    for (let tries = 2; ; tries += 1) {
      try {
        return await once(work);
      } catch (error) {
        if (!isInTheWay(error) || (isTaken(error) && tries >= MOST_TRIES_FOR_A_NAME)) throw error;
        if (tries >= MOST_TRIES) {
          throw new StoreUnavailable('Others keep writing the same data', { temporary: true, cause: error });
        }
      }
      // Not the same for all, so that processes in each other's way come apart.
      await wait(Math.random() * Math.min(tries, LONGEST_PAUSE));
    }
  }

  return {
    write(work, { lane } = {}) {
      if (closed) return Promise.reject(new StoreUnavailable('The database is closed', { temporary: false }));
      const run = lane === undefined ? untilDone(work) : lines.inLine(lane, () => untilDone(work));
      running.add(run);
      const done = (): void => void running.delete(run);
      run.then(done, done);
      return run;
    },
    stats: () => ({ ...stats }),
    async close() {
      closed = true;
      await Promise.allSettled(running);
    },
  };
}

/** The line of the units that are run again. */
const RETRIES = Symbol('retries');

/** Lines by name: in each, one runs at a time, in the order in which they came. */
function createLines() {
  const last = new Map<string | symbol, Promise<unknown>>();
  return {
    inLine<T>(name: string | symbol, run: () => Promise<T>): Promise<T> {
      const turn = (last.get(name) ?? Promise.resolve()).then(run, run);
      last.set(name, turn);
      const leave = (): void => {
        if (last.get(name) === turn) last.delete(name);
      };
      turn.then(leave, leave);
      return turn;
    },
  };
}

const codeOf = (error: unknown): unknown => (error instanceof Error && 'code' in error ? error.code : undefined);

/** unique_violation: a race for the same name or UID, which ends otherwise the next time; or a mistake. */
const isTaken = (error: unknown): boolean => codeOf(error) === '23505';

/** serialization_failure, deadlock_detected, or isTaken. */
const isInTheWay = (error: unknown): boolean =>
  codeOf(error) === '40001' || codeOf(error) === '40P01' || isTaken(error);
