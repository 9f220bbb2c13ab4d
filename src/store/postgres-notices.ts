import { setTimeout as wait } from 'node:timers/promises';

import pg from 'pg';

import { newId } from '../base/ids.ts';
import type { Log } from '../base/log.ts';

const CHANNEL = 'kalends_write';
/** Milliseconds before a lost listening connection is made again. */
const RECONNECT = 1000;

export interface Notices {
  /** Tells the other processes that something was committed. */
  tell(): void;
  listen(listener: () => void): () => void;
  /** Resolves when everything was told. */
  close(): Promise<void>;
}

/**
 * LISTEN and NOTIFY between the processes on one database. The notice is sent after the commit and not within it,
 * as a transaction that notifies makes all others wait for its sync; several commits share one.
 */
export async function createNotices(url: string, pool: pg.Pool, log: Log): Promise<Notices> {
  const self = newId();
  const listeners = new Set<() => void>();
  const callAll = (): void => {
    for (const listener of listeners) listener();
  };
  const ear = createEar(url, { log, heard: (from) => from !== self && callAll(), missed: callAll });
  await ear.connect();

  let owed = false;
  let telling: Promise<void> | undefined;
  const closing = new AbortController();
  const tellAll = async (): Promise<void> => {
    while (owed) {
      owed = false;
      try {
        await pool.query(`select pg_notify($1, $2)`, [CHANNEL, self]);
      } catch (error) {
        log.warn({ err: error }, 'other processes could not be told of a write');
        if (closing.signal.aborted) return;
        // They would go on with what they hold until the next write: it is still to be told.
        owed = true;
        await wait(RECONNECT, undefined, { ref: false, signal: closing.signal }).catch(() => undefined);
      }
    }
  };
  const tell = (): void => {
    owed = true;
    telling ??= tellAll().finally(() => (telling = undefined));
  };
  return {
    tell,
    listen(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    async close() {
      closing.abort();
      await telling;
      await ear.close();
    },
  };
}

interface EarOptions {
  readonly log: Log;
  readonly heard: (from: string | undefined) => void;
  /** Called when notices may have been lost. */
  readonly missed: () => void;
}

/** The connection that listens; it comes back when it breaks. */
function createEar(url: string, { log, heard, missed }: EarOptions) {
  let client: pg.Client | undefined;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  async function connect(): Promise<void> {
    const next = new pg.Client({ connectionString: url, application_name: 'kalends listener', keepAlive: true });
    next.on('notification', ({ payload }) => heard(payload));
    next.on('error', (error) => log.warn({ err: error }, 'listening connection lost'));
    next.on('end', () => {
      if (client === next) reconnectLater();
    });
    await next.connect();
    await next.query(`listen ${CHANNEL}`);
    client = next;
  }

  function reconnectLater(): void {
    client = undefined;
    if (closed) return;
    timer = setTimeout(() => {
      connect().then(missed, (error: unknown) => {
        log.warn({ err: error }, 'listening connection could not be made');
        reconnectLater();
      });
    }, RECONNECT).unref();
  }

  return {
    connect,
    async close() {
      closed = true;
      clearTimeout(timer);
      const last = client;
      client = undefined;
      await last?.end();
    },
  };
}
