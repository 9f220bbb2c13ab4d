import { sql, type CompiledQuery, type DialectAdapter, type Kysely, type QueryResult, type RawBuilder } from 'kysely';

import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { Schema } from './schema.ts';

/** A reader, or a transaction. */
export type Db = Kysely<Schema>;

/** One open database. Long-lived; `close` it. */
export interface Store {
  readonly engine: 'sqlite' | 'postgres';
  /** For reads: sees what was committed, never waits behind the writer. */
  readonly db: Db;
  /** Names this history of the database: part of every sync token, new after a restore. */
  readonly epoch: string;
  /**
   * One unit of work, atomically: resolves only after its data is synced to disk; rejecting undoes this unit only.
   * A unit awaits nothing but the database, and may be run again from its start, so that it has no other effects.
   */
  write<T>(work: (tx: Db) => Promise<T>, options?: WriteOptions): Promise<T>;
  /** Tells of writes by other processes: whatever was cached must be dropped. Returns how to stop listening. */
  onForeignWrite(listener: () => void): () => void;
  /** Looks now for what others wrote, instead of at the next look; nothing on PostgreSQL, which tells by itself. */
  look(): void;
  /** Writes a consistent copy beside the running work, mode 0600. Throws StoreUnavailable on PostgreSQL. */
  backup(file: string): Promise<void>;
  /** Rejects where the database does not answer. */
  ping(): Promise<void>;
  stats(): StoreStats;
  close(): Promise<void>;
}

export interface WriteOptions {
  /**
   * Units of one lane are not run at the same time by this process (a home's id, say): on PostgreSQL it spares
   * them from failing on each other's locks and starting again. SQLite has one writer anyway.
   */
  readonly lane?: string;
}

export interface StoreStats {
  /** Transactions committed. */
  readonly commits: number;
  /** Units of work that succeeded. */
  readonly units: number;
  /** Commits that had something to sync. */
  readonly syncs: number;
}

export interface StoreServices {
  readonly clock: Clock;
  readonly log: Log;
  /** Whether another process of this server has just opened it: then its tables are as they are to be, and nobody is waited for. */
  readonly joins?: boolean;
  /** Processes of this server that have it open: they share the connections that a node may take. One unless it says so. */
  readonly processes?: number;
}

/** Words of the data definition language in which the engines differ. */
export interface DdlWords {
  /** A column that numbers the rows by itself and is the primary key. */
  readonly key: string;
  /** Text that is compared octet by octet. */
  readonly text: string;
  readonly integer: string;
  readonly bigint: string;
  readonly real: string;
  readonly octets: string;
  /** What ends a CREATE TABLE. */
  readonly table: string;
  /** The same, for a table that is stored in the order of its primary key where the engine can. */
  readonly clustered: string;
}

/** What an engine does its own way; asked of the connection, so that no query asks for the engine's name. */
export interface EngineTraits {
  readonly ddl: DdlWords;
  /** A JSON list as a table of one column `value`, to be read with `->>`. */
  jsonRows(json: string): RawBuilder<unknown>;
  /** A JSON list of strings as a table of one column `value`. */
  jsonTexts(json: string): RawBuilder<unknown>;
  /** The aggregate of a key and a value of rows into the text of a JSON object. */
  jsonObject(key: RawBuilder<unknown>, value: RawBuilder<unknown>): RawBuilder<string | null>;
  /** What ends a query whose rows are to be locked in their order; undefined: there is one writer, who waits for nobody. */
  readonly forUpdate: RawBuilder<unknown> | undefined;
}

interface Traited {
  readonly traits: EngineTraits;
  /**
   * Runs a statement on the one connection there is, past Kysely's way of handing connections out, which takes as long
   * as a look-up by key.
   */
  readonly runNow?: <R>(query: CompiledQuery<R>) => QueryResult<R>;
  /** See stampOf. */
  readonly stamp?: (() => number) | undefined;
}

const isTraited = (adapter: DialectAdapter): adapter is DialectAdapter & Traited => 'traits' in adapter;

function adapterOf(db: Db): Traited {
  const { adapter } = db.getExecutor();
  if (!isTraited(adapter)) throw new TypeError('This connection was not made by openStore');
  return adapter;
}

export const traitsOf = (db: Db): EngineTraits => adapterOf(db).traits;

/** Another number after each commit of anybody's; undefined where the connection cannot tell, or should not. */
export const stampOf = (db: Db): number | undefined => adapterOf(db).stamp?.();

/** Runs a compiled statement where the connection stands. */
export async function execute<R>(db: Db, query: CompiledQuery<R>): Promise<QueryResult<R>> {
  return adapterOf(db).runNow?.(query) ?? db.executeQuery(query);
}

/** For `in`: a list of strings as one parameter, so that lists of every length share one prepared statement. */
export const textList = (db: Db, texts: readonly string[]): RawBuilder<string> => textsOf(db, JSON.stringify(texts));

/** The same for integers, from JSON text of a list of their texts. */
export const integersOf = (db: Db, json: string): RawBuilder<number> =>
  sql<number>`(select cast(value as integer) from ${traitsOf(db).jsonTexts(json)})`;

/** The same for a list that is JSON already. */
export const textsOf = (db: Db, json: string): RawBuilder<string> =>
  sql<string>`(select value from ${traitsOf(db).jsonTexts(json)})`;
