import type { Store, StoreServices } from './dialect.ts';
import { openSqlite } from './sqlite.ts';

export type { Db, Store, StoreServices, StoreStats, WriteOptions } from './dialect.ts';

export type StoreOptions =
  /** Path of the database file, or ':memory:' for one that is gone when it is closed. */
  | { readonly sqlite: string }
  /** postgres://USER:PASSWORD@HOST:PORT/DATABASE */
  | { readonly postgres: string };

/** Opens the database and brings its tables to what this program knows. Throws StoreUnavailable for a newer one. */
export async function openStore(options: StoreOptions, services: StoreServices): Promise<Store> {
  if ('sqlite' in options) return openSqlite(options.sqlite, services);
  const { openPostgres } = await import('./postgres.ts');
  return openPostgres(options.postgres, services);
}
