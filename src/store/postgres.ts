import {
  Kysely,
  PostgresAdapter,
  PostgresDialect,
  sql,
  type DialectAdapter,
  type PostgresCursor,
  type PostgresPool,
  type PostgresPoolClient,
  type PostgresQueryResult,
} from 'kysely';
import pg from 'pg';

import type { Db, EngineTraits, Store, StoreServices } from './dialect.ts';
import { StoreUnavailable } from './errors.ts';
import { epochOf } from './meta.ts';
import { migrate } from './migrate.ts';
import { createNotices } from './postgres-notices.ts';
import { createUnits } from './postgres-units.ts';
import type { Schema } from './schema.ts';

const POSTGRES_TRAITS: EngineTraits = {
  ddl: {
    key: 'integer generated always as identity primary key',
    text: 'text collate "C"',
    integer: 'integer',
    bigint: 'bigint',
    real: 'double precision',
    octets: 'bytea',
    table: '',
    clustered: '',
  },
  jsonRows: (json) => sql`jsonb_array_elements(cast(${json} as jsonb)) as rows (value)`,
  jsonObject: (key, value) => sql`cast(json_object_agg(${key}, ${value}) as text)`,
  jsonTexts: (json) => sql`jsonb_array_elements_text(cast(${json} as jsonb)) as texts (value)`,
  forUpdate: sql`for update`,
};

class TraitedPostgresAdapter extends PostgresAdapter {
  readonly traits = POSTGRES_TRAITS;
}

class TraitedPostgresDialect extends PostgresDialect {
  override createAdapter(): DialectAdapter {
    return new TraitedPostgresAdapter();
  }
}

/** Readers and writers have connections of their own, so that reads never wait for writes. */
const CONNECTIONS = 10;
const LEAST_CONNECTIONS = 3;
const STATEMENT_TIMEOUT = 60_000;
const CONNECT_TIMEOUT = 10_000;
/** One number for all processes that migrate: the advisory lock of this product. */
const MIGRATION_LOCK = 0x4b414c45;

/** Of each pool. Several processes of one server share twice as many: PostgreSQL takes 100 from everybody, unless told. */
export const connectionsOf = (processes: number): number =>
  Math.min(CONNECTIONS, Math.max(LEAST_CONNECTIONS, Math.floor((2 * CONNECTIONS) / processes)));

export async function openPostgres(url: string, { log, joins = false, processes = 1 }: StoreServices): Promise<Store> {
  const max = connectionsOf(processes);
  const readers = createPool(url, log, { max, options: '-c default_transaction_read_only=on' });
  const writers = createPool(url, log, { max });
  const db = new Kysely<Schema>({ dialect: new TraitedPostgresDialect({ pool: named(readers) }) });
  const writing = new Kysely<Schema>({ dialect: new TraitedPostgresDialect({ pool: named(writers) }) });
  const shut = async (): Promise<void> => {
    await Promise.all([readers.end(), writers.end()]);
  };
  try {
    const count = joins ? 0 : await migrate((work) => lockedTransaction(writing, work));
    if (count > 0) log.info({ count }, 'database migrated');
    const epoch = await writing.transaction().execute(epochOf);
    const notices = await createNotices(url, writers, log);
    const unitsOfWork = createUnits(writing, notices.tell);
    let closing: Promise<void> | undefined;
    return {
      engine: 'postgres',
      db,
      epoch,
      write: unitsOfWork.write,
      onForeignWrite: notices.listen,
      look: () => undefined,
      backup: () => Promise.reject(noBackup()),
      async ping() {
        await sql`select 1`.execute(db);
      },
      stats: unitsOfWork.stats,
      close: () => (closing ??= unitsOfWork.close().then(notices.close).then(shut)),
    };
  } catch (error) {
    await shut();
    throw error;
  }
}

const noBackup = (): StoreUnavailable =>
  new StoreUnavailable(
    'A database on PostgreSQL is backed up with its own tools: pg_dump --format=custom --file=FILE DATABASE-URL',
    { temporary: false },
  );

/** bigint columns hold counters and milliseconds, all of them exact in a number. */
const types: pg.CustomTypesConfig = {
  getTypeParser: (oid, format) => {
    // node-postgres has no type for what its own table of parsers returns.
    if (oid === pg.types.builtins.INT8 && format !== 'binary') return Number;
    return pg.types.getTypeParser(oid, format) as unknown;
  },
};

function createPool(url: string, log: StoreServices['log'], more: pg.PoolConfig): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    application_name: 'kalends',
    connectionTimeoutMillis: CONNECT_TIMEOUT,
    statement_timeout: STATEMENT_TIMEOUT,
    idle_in_transaction_session_timeout: STATEMENT_TIMEOUT,
    types,
    ...more,
  });
  // An idle connection that breaks is replaced by the pool; without a listener it would end the process.
  pool.on('error', (error) => log.warn({ err: error }, 'database connection lost'));
  pool.on('connect', (client) => {
    // One that breaks while it is used tells its statement, and whoever listens; the pool listens to idle ones alone.
    client.on('error', () => undefined);
    // Acknowledged means synced, whatever the server's default is.
    client
      .query(`select set_config('synchronous_commit', 'on', false) where current_setting('synchronous_commit') = 'off'`)
      .catch((error: unknown) => log.warn({ err: error }, 'synchronous_commit could not be set'));
  });
  return pool;
}

/** Statements that are prepared by name, each planned once a connection. */
const MOST_STATEMENTS = 500;

/** The pool as Kysely sees it, with every statement prepared by name. */
function named(pool: pg.Pool): PostgresPool {
  const names = new Map<string, string>();
  const nameOf = (text: string): string | undefined => {
    const known = names.get(text);
    if (known !== undefined || names.size >= MOST_STATEMENTS) return known;
    const name = `k${names.size}`;
    names.set(text, name);
    return name;
  };
  const clients = new WeakMap<pg.PoolClient, PostgresPoolClient>();
  const wrap = (client: pg.PoolClient): PostgresPoolClient => {
    function query<R>(text: string, values: readonly unknown[]): Promise<PostgresQueryResult<R>>;
    function query<R>(cursor: PostgresCursor<R>): PostgresCursor<R>;
    function query(text: unknown, values: readonly unknown[] = []): unknown {
      if (typeof text !== 'string') throw new TypeError('Long answers are read in pages');
      const name = values.length > 0 ? nameOf(text) : undefined;
      return client.query({ text, values: [...values], ...(name !== undefined && { name }) }).catch(toldAsGone);
    }
    return { query, release: (discard) => client.release(discard) };
  };
  return {
    options: pool.options,
    end: () => pool.end(),
    async connect() {
      const client = await pool.connect().catch(toldAsGone);
      const known = clients.get(client) ?? wrap(client);
      clients.set(client, known);
      return known;
    },
  };
}

/** Classes 08 (connection) and 57 (intervention of the operator), and too_many_connections; Node's own words for a socket. */
const GONE_CODES =
  /^(?:08\w{3}|57P0[1-3]|53300|E(?:CONN\w+|PIPE|TIMEDOUT|HOSTUNREACH|NETUNREACH|AI_AGAIN|NOENT|NOTFOUND))$/;
/** node-postgres has no codes for these. */
const GONE_WORDS =
  /^(?:Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection)/;

/** A server that is away for a while is another matter than a statement that is wrong: asking again can help. */
function toldAsGone(error: unknown): never {
  const isGone =
    error instanceof Error &&
    (('code' in error && GONE_CODES.test(String(error.code))) || GONE_WORDS.test(error.message));
  if (isGone)
    throw new StoreUnavailable(`The database does not answer: ${error.message}`, { cause: error, temporary: true });
  throw error;
}

function lockedTransaction<T>(db: Db, work: (tx: Db) => Promise<T>): Promise<T> {
  return db.transaction().execute(async (tx) => {
    // A migration of a large database takes its time, and so does another node that waits for it.
    await sql`set local statement_timeout = 0`.execute(tx);
    await sql`select pg_advisory_xact_lock(${sql.lit(MIGRATION_LOCK)})`.execute(tx);
    return work(tx);
  });
}
