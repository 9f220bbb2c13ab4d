import type { Store, StoreServices } from './dialect.ts';
import { openPostgres } from './postgres.ts';
import { openSqlite } from './sqlite.ts';

export type { Db, Store, StoreServices, StoreStats, WriteOptions } from './dialect.ts';

export type StoreOptions =
  /** Path of the database file, or ':memory:' for one that is gone when it is closed. */
  | { readonly sqlite: string }
  /** postgres://USER:PASSWORD@HOST:PORT/DATABASE */
  | { readonly postgres: string };

/** Opens the database and brings its tables to what this program knows. Throws StoreUnavailable for a newer one. */
export function openStore(options: StoreOptions, services: StoreServices): Promise<Store> {
  return 'sqlite' in options ? openSqlite(options.sqlite, services) : openPostgres(options.postgres, services);
}
