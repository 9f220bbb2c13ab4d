import { setTimeout as wait } from 'node:timers/promises';

import type { Database as RawDatabase } from 'better-sqlite3';

import type { Db, StoreStats } from './dialect.ts';
import { StoreUnavailable } from './errors.ts';
import { createGathering } from './gathering.ts';
import { createStatementCache, kyselyOn } from './sqlite-driver.ts';

/** Most units in one transaction, and the milliseconds after which no further one is taken into it. */
const MOST_UNITS = 256;
const MOST_MILLISECONDS = 50;
/** How long another process may hold the write lock before a unit fails, and how often the lock is tried for. */
const LOCK_PATIENCE = 30_000;
const LOCK_PAUSE = 10;

/** A unit of work that waits for its turn. */
interface Unit {
  readonly run: (tx: Db) => Promise<unknown>;
  readonly resolve: (value: unknown) => void;
  readonly reject: (reason: unknown) => void;
}

/** How a unit went; its caller is told when the group is committed. */
interface Outcome {
  readonly succeeded: boolean;
  readonly changed: boolean;
  readonly settle: () => void;
}

export interface GroupCommit {
  write<T>(work: (tx: Db) => Promise<T>): Promise<T>;
  stats(): StoreStats;
  /** Resolves when everything that was written is settled; refuses what comes later. */
  close(): Promise<void>;
}

interface Hooks {
  /** A group has the write lock, and has not begun. */
  readonly onTurn: () => void;
  /** A group is committed, and nobody was told yet. */
  readonly onCommit: () => void;
}

/**
 * Writes to a SQLite database: all units of work that wait are run in one transaction, each in a savepoint of its
 * own, and acknowledged together after one sync. While the disk syncs, the next group gathers.
 */
export function createGroupCommit(raw: RawDatabase, { onTurn, onCommit }: Hooks): GroupCommit {
  const tx = kyselyOn(raw);
  const statement = createStatementCache(raw);
  const changesSoFar = statement('select total_changes() as n').pluck();
  const stats = { commits: 0, units: 0, syncs: 0 };
  const queue: Unit[] = [];
  const gathering = createGathering(() => queue.length);
  let draining: Promise<void> | undefined;
  let closed = false;

  async function drain(): Promise<void> {
    while (queue.length > 0) await gathering.wait().then(runGroup);
    draining = undefined;
  }

  /** Where even this fails, the next group cannot begin, and says so to its units. */
  function rollback(): void {
    try {
      if (raw.inTransaction) statement('rollback').run();
    } catch {
      // The units were told of what went wrong first.
    }
  }

  async function runGroup(): Promise<void> {
    try {
      await begin(raw, statement);
    } catch (error) {
      for (const unit of queue.splice(0)) unit.reject(error);
      return;
    }
    const taken: Unit[] = [];
    const outcomes: Outcome[] = [];
    try {
      onTurn();
      const deadline = performance.now() + MOST_MILLISECONDS;
      while (taken.length < MOST_UNITS && (taken.length === 0 || performance.now() < deadline)) {
        const unit = queue.shift();
        if (unit === undefined) break;
        taken.push(unit);
        outcomes.push(await runUnit(unit));
      }
      // A commit would write out, and sync, the pages that refused units have touched, though they are as before.
      statement(outcomes.some(({ succeeded }) => succeeded) ? 'commit' : 'rollback').run();
    } catch (error) {
      for (const { reject } of taken.length > 0 ? taken : queue.splice(0)) reject(error);
      rollback();
      return;
    }
    onCommit();
    stats.commits += 1;
    stats.units += outcomes.filter(({ succeeded }) => succeeded).length;
    if (outcomes.some(({ changed }) => changed)) stats.syncs += 1;
    for (const { settle } of outcomes) settle();
  }

  /** Runs one unit; its failure undoes it alone. Throws where the database gave up the whole transaction. */
  async function runUnit({ run, resolve, reject }: Unit): Promise<Outcome> {
    const before = changesSoFar.get();
    statement('savepoint unit').run();
    try {
      const value = await run(tx);
      statement('release unit').run();
      return { succeeded: true, changed: changesSoFar.get() !== before, settle: () => resolve(value) };
    } catch (error) {
      // A full disk, for one, ends the transaction and with it what the others of the group wrote.
      if (!raw.inTransaction) throw error;
      statement('rollback to unit').run();
      statement('release unit').run();
      return { succeeded: false, changed: false, settle: () => reject(error) };
    }
  }

  return {
    write<T>(work: (tx: Db) => Promise<T>): Promise<T> {
      if (closed) return Promise.reject(new StoreUnavailable('The database is closed', { temporary: false }));
      return new Promise<T>((resolve, reject) => {
        // What `work` resolves to is what `resolve` takes; the queue holds units of every type.
        queue.push({ run: work, resolve: (value) => resolve(value as T), reject });
        gathering.arrived();
        draining ??= drain();
      });
    },
    stats: () => ({ ...stats }),
    async close() {
      closed = true;
      await draining;
    },
  };
}

/** Takes the write lock. Another process that holds it is waited for without holding up the event loop. */
async function begin(raw: RawDatabase, statement: ReturnType<typeof createStatementCache>): Promise<void> {
  const deadline = performance.now() + LOCK_PATIENCE;
  for (;;) {
    try {
      statement('begin immediate').run();
      return;
    } catch (error) {
      if (!isBusy(error) || raw.inTransaction) throw error;
      if (performance.now() > deadline) {
        throw new StoreUnavailable('Another process keeps the database locked', { temporary: true, cause: error });
      }
    }
    await wait(LOCK_PAUSE);
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('SQLITE_BUSY');
}
