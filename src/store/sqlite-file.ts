import { existsSync } from 'node:fs';
import Database from 'better-sqlite3';

/** Tables that every version of the schema has. */
const TABLES = ['principals', 'collections', 'objects', 'meta'];

/** Why this file is not a sound database of Kalends; undefined: it is one. Reads every page. */
export function problemOfFile(file: string): string | undefined {
  let database: Database.Database | undefined;
  try {
    database = new Database(file, { readonly: true, fileMustExist: true });
    const names = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").pluck().all();
    if (!TABLES.every((table) => names.includes(table))) return 'it is a SQLite database, but not one of Kalends';
    const check = database.pragma('quick_check(1)', { simple: true });
    return check === 'ok' ? undefined : `it is damaged: ${String(check)}`;
  } catch (cause) {
    return `it cannot be read as a SQLite database (${reasonOf(cause)})`;
  } finally {
    database?.close();
  }
}

/**
 * Runs `work` while no other process has this database open, with its write-ahead log folded into the file, so that
 * the file alone is the whole database. A damaged file is no hindrance: it cannot be served either.
 *
 * @returns undefined where another process has the database open; `work` was not run then.
 */
export function whileAlone<T>(file: string, work: () => T): { readonly value: T } | undefined {
  if (!existsSync(file)) return { value: work() };
  const database = new Database(file, { timeout: 0 });
  try {
    // Leaving the mode WAL takes a lock that fails while any other connection is open, idle ones included.
    database.pragma('journal_mode = DELETE');
    database.exec('BEGIN EXCLUSIVE');
  } catch (cause) {
    if (isBusy(cause)) {
      database.close();
      return undefined;
    }
    if (!isDamage(cause)) {
      database.close();
      throw cause;
    }
  }
  try {
    return { value: work() };
  } finally {
    database.close();
  }
}

const codeOf = (cause: unknown): string => (cause instanceof Database.SqliteError ? cause.code : '');
const isBusy = (cause: unknown): boolean =>
  codeOf(cause).startsWith('SQLITE_BUSY') || codeOf(cause) === 'SQLITE_LOCKED';
const isDamage = (cause: unknown): boolean => /^SQLITE_(CORRUPT|NOTADB)/.test(codeOf(cause));
const reasonOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));
