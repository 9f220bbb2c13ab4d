import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { chmod, open, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import Database, { type Database as RawDatabase } from 'better-sqlite3';
import { sql } from 'kysely';

import { newId } from '../base/ids.ts';
import type { Store, StoreServices } from './dialect.ts';
import { createGroupCommit } from './group-commit.ts';
import { epochOf, knownEpoch } from './meta.ts';
import { migrate } from './migrate.ts';
import { kyselyOn } from './sqlite-driver.ts';
import { versionOf, watchForeignWrites } from './sqlite-version.ts';

/** Milliseconds that a connection blocks for a lock of another process: the event loop stands still meanwhile. */
const BUSY_TIMEOUT = 5;
const READ_BUSY_TIMEOUT = 1000;
/** Of one connection: a page that it has not costs a microsecond, as the system has it. */
const CACHE_KIB = 8 * 1024;

/** Opens a database file, made with its folder where it does not exist; ':memory:' is a file that is removed on close. */
export async function openSqlite(path: string, { log, joins = false }: StoreServices): Promise<Store> {
  const place = placeOf(path);
  const raw = connect(place.file, BUSY_TIMEOUT, place.lasting);
  const foreign = watchForeignWrites(raw);
  let forgetVersion = (): void => undefined;
  const writer = createGroupCommit(raw, { onTurn: foreign.lookAgain, onCommit: () => forgetVersion() });
  const opened = async (): Promise<{ reader: RawDatabase; epoch: string }> => {
    // The turn to write may be long in coming while another process has much to write.
    const count = joins ? 0 : await migrate(writer.write);
    if (count > 0) log.info({ count }, 'database migrated');
    const epoch = joins ? await knownEpoch(kyselyOn(raw)) : await writer.write(epochOf);
    const reader = connect(place.file, READ_BUSY_TIMEOUT, place.lasting);
    reader.pragma('query_only = ON');
    return { reader, epoch };
  };
  const { reader, epoch } = await opened().catch((error: unknown) => {
    foreign.stop();
    raw.close();
    place.leave();
    throw error;
  });
  const version = versionOf(reader);
  forgetVersion = version.forget;
  const db = kyselyOn(reader, version.now);
  const backups = new Set<Promise<void>>();
  let closing: Promise<void> | undefined;
  const shut = async (): Promise<void> => {
    foreign.stop();
    await Promise.allSettled([writer.close(), ...backups]);
    reader.close();
    raw.close();
    place.leave();
  };
  return {
    engine: 'sqlite',
    db,
    epoch,
    write: (work) => writer.write(work),
    onForeignWrite: foreign.listen,
    look: foreign.look,
    backup(file) {
      const copying = backup(raw, file).finally(() => backups.delete(copying));
      backups.add(copying);
      return copying;
    },
    async ping() {
      await sql`select 1`.execute(db);
    },
    stats: writer.stats,
    close: () => (closing ??= shut()),
  };
}

interface Place {
  readonly file: string;
  /** Whether the data outlives the store, and so is worth a sync. */
  readonly lasting: boolean;
  /** To be called when every connection is closed. */
  leave(): void;
}

function placeOf(path: string): Place {
  if (path === ':memory:') {
    // Connections share a database only through a file: the driver is built without shared memory databases.
    const folder = mkdtempSync(join(tmpdir(), 'kalends-memory-'));
    const leave = (): void => rmSync(folder, { recursive: true, force: true });
    process.once('exit', leave);
    return {
      file: join(folder, 'memory.db'),
      lasting: false,
      leave() {
        process.off('exit', leave);
        leave();
      },
    };
  }
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  // Created here, as SQLite would let the group and others read it.
  closeSync(openSync(path, 'a', 0o600));
  return { file: path, lasting: true, leave: () => undefined };
}

function connect(file: string, timeout: number, lasting: boolean): RawDatabase {
  const raw = new Database(file, { timeout });
  raw.pragma('journal_mode = WAL');
  // FULL: a commit returns when the log is on the disk.
  raw.pragma(`synchronous = ${lasting ? 'FULL' : 'OFF'}`);
  raw.pragma('foreign_keys = ON');
  raw.pragma(`cache_size = -${CACHE_KIB}`);
  raw.pragma('temp_store = MEMORY');
  // The log keeps its room between checkpoints, but gives back what one large write took.
  raw.pragma('journal_size_limit = 67108864');
  return raw;
}

/** Pages copied in one turn of the event loop. */
const BACKUP_PAGES = 256;
const ALL_PAGES = 0x7fff_ffff;

/** Copies page by page; when others keep writing so that the copy keeps starting again, all at once. */
async function backup(raw: RawDatabase, file: string): Promise<void> {
  const partial = `${file}.${newId()}.partial`;
  await (await open(partial, 'wx', 0o600)).close();
  try {
    let left = Infinity;
    let restarts = 0;
    await raw.backup(partial, {
      progress({ remainingPages }) {
        // Without progress: another process wrote, and the copy began again.
        if (remainingPages >= left) restarts += 1;
        left = remainingPages;
        return restarts > 2 ? ALL_PAGES : BACKUP_PAGES;
      },
    });
    await settle(partial);
    await rename(partial, file);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}

/** Makes the copy a single file, complete on the disk, with an epoch of its own (see Store.epoch). */
async function settle(file: string): Promise<void> {
  const copy = new Database(file);
  try {
    copy.pragma('journal_mode = DELETE');
    copy.prepare(`update meta set value = ? where key = 'epoch'`).run(newId());
  } finally {
    copy.close();
  }
  await chmod(file, 0o600);
  const handle = await open(file, 'r+');
  await handle.sync();
  await handle.close();
}
