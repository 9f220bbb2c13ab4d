import type { Database as RawDatabase, Statement } from 'better-sqlite3';
import {
  Kysely,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  sql,
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
} from 'kysely';

import type { Db, EngineTraits } from './dialect.ts';
import type { Schema } from './schema.ts';

const SQLITE_TRAITS: EngineTraits = {
  ddl: {
    key: 'integer primary key',
    text: 'text',
    integer: 'integer',
    bigint: 'integer',
    real: 'real',
    octets: 'blob',
    table: 'strict',
    clustered: 'strict, without rowid',
  },
  jsonRows: (json) => sql`json_each(${json})`,
  jsonTexts: (json) => sql`json_each(${json})`,
  jsonObject: (key, value) => sql`json_group_object(${key}, ${value})`,
  forUpdate: undefined,
};

type RunNow = <R>(query: CompiledQuery<R>) => QueryResult<R>;

class TraitedSqliteAdapter extends SqliteAdapter {
  readonly traits = SQLITE_TRAITS;
  readonly runNow: RunNow;
  readonly stamp: (() => number) | undefined;
  constructor(runNow: RunNow, stamp: (() => number) | undefined) {
    super();
    this.runNow = runNow;
    this.stamp = stamp;
  }
  /** Statements run to their end in one go, so that nobody has to wait for a turn on the connection. */
  override get supportsMultipleConnections(): boolean {
    return true;
  }
}

/**
 * Parameters with a plus sign, which says nothing but that no plan depends on the value. Without it SQLite plans a statement
 * with ORDER BY or LIMIT anew each time it is run, which takes ten times as long as to run it. A condition that a partial index
 * is to be known by is written out, then: with `sql.lit`.
 */
class OncePlannedCompiler extends SqliteQueryCompiler {
  protected override getCurrentParameterPlaceholder(): string {
    return '+?';
  }
}

/** Statements kept prepared: preparing costs more than running. There are far fewer texts than that. */
const MOST_STATEMENTS = 500;

export function createStatementCache(raw: RawDatabase): (text: string) => Statement {
  const cached = new Map<string, Statement>();
  return (text) => {
    const known = cached.get(text);
    if (known !== undefined) return known;
    const [oldest] = cached.keys();
    if (oldest !== undefined && cached.size >= MOST_STATEMENTS) cached.delete(oldest);
    const statement = raw.prepare(text);
    cached.set(text, statement);
    return statement;
  };
}

/** One connection as a Kysely: every statement runs at once, where the connection stands (in a transaction or not). */
export function kyselyOn(raw: RawDatabase, stamp?: () => number): Db {
  const statement = createStatementCache(raw);
  // The row type is the caller's claim, as everywhere in Kysely.
  const runNow: RunNow = ({ sql: text, parameters }) => run(statement(text), parameters);
  const connection: DatabaseConnection = {
    executeQuery: async <R>(query: CompiledQuery) => runNow(query as CompiledQuery<R>),
    streamQuery: () => refuse('Long answers are read in pages'),
  };
  const driver: Driver = {
    init: async () => undefined,
    acquireConnection: async () => connection,
    beginTransaction: async () => refuse('Write in a unit of work'),
    commitTransaction: async () => refuse('Write in a unit of work'),
    rollbackTransaction: async () => refuse('Write in a unit of work'),
    releaseConnection: async () => undefined,
    destroy: async () => undefined,
  };
  const dialect: Dialect = {
    createAdapter: () => new TraitedSqliteAdapter(runNow, stamp),
    createDriver: () => driver,
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new OncePlannedCompiler(),
  };
  return new Kysely<Schema>({ dialect });
}

function run<R>(statement: Statement, parameters: readonly unknown[]): QueryResult<R> {
  if (statement.reader) return { rows: statement.all(...parameters) as R[] };
  const { changes } = statement.run(...parameters);
  return { rows: [], numAffectedRows: BigInt(changes) };
}

function refuse(why: string): never {
  throw new TypeError(why);
}
