import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';

import Database from 'better-sqlite3';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import { getMeta, setMeta } from '../../src/store/meta.ts';
import { openStore, type Db, type Store } from '../../src/store/store.ts';
import { services } from '../contract/store-engine.ts';

let folder: string;
let file: string;
let store: Store;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kalends-test-'));
  file = join(folder, 'kalends.db');
  store = await openStore({ sqlite: file }, services);
});

afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

const keys = (count: number): string[] => Array.from({ length: count }, (_, index) => `key-${index}`);
const set = (key: string, value = 'a'): Promise<void> => store.write((tx) => setMeta(tx, key, value));
const pragma = async (db: Db, text: string): Promise<unknown> => (await sql.raw(`pragma ${text}`).execute(db)).rows[0];

describe('group commit', () => {
  test('a hundred concurrent units share a few commits, each with one sync', async () => {
    const before = store.stats();
    await Promise.all(keys(100).map((key) => set(key)));
    const after = store.stats();
    expect(after.units - before.units).toBe(100);
    expect(after.commits - before.commits).toBeLessThanOrEqual(3);
    expect(after.syncs - before.syncs).toBe(after.commits - before.commits);
  });

  test('units that only read cost no sync', async () => {
    const before = store.stats();
    await Promise.all(keys(5).map((key) => store.write((tx) => getMeta(tx, key))));
    const after = store.stats();
    expect([after.units - before.units, after.commits - before.commits, after.syncs - before.syncs]).toEqual([5, 1, 0]);
  });

  test('a unit that fails is not counted', async () => {
    const before = store.stats();
    const failing = store.write(async (tx) => {
      await setMeta(tx, 'undone', 'a');
      throw new Error('fails');
    });
    await Promise.allSettled([failing, set('done')]);
    expect(store.stats().units - before.units).toBe(1);
  });

  test('nobody is told of success before the commit: another connection sees it then', async () => {
    const other = new Database(file, { readonly: true });
    const read = other.prepare('select value from meta where key = ?').pluck();
    const seen = await Promise.all(keys(20).map((key) => set(key).then(() => read.get(key))));
    other.close();
    expect(seen).toEqual(keys(20).map(() => 'a'));
  });

  test('when the commit fails, the whole group is told so, and the next one succeeds', async () => {
    const orphan = store.write(async (tx) => {
      await pragma(tx, 'defer_foreign_keys = on');
      await tx.insertInto('group_members').values({ group_id: 'nobody', member_id: 'nobody' }).execute();
    });
    const outcomes = await Promise.allSettled([set('with it'), orphan, set('after it')]);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    await set('later');
    expect(await getMeta(store.db, 'with it')).toBeUndefined();
    expect(await getMeta(store.db, 'later')).toBe('a');
  });

  test('a full disk fails what does not fit, and nothing that was acknowledged is lost', async () => {
    await set('before');
    await store.write(async (tx) => {
      const pages = await pragma(tx, 'page_count');
      await pragma(tx, `max_page_count = ${Object.values(pages ?? {})[0]}`);
    });
    const outcomes = await Promise.allSettled([set('small'), set('large', 'x'.repeat(1_000_000)), set('small too')]);
    expect(outcomes[1]).toMatchObject({ status: 'rejected', reason: { code: 'SQLITE_FULL' } });
    for (const [index, key] of ['small', 'large', 'small too'].entries()) {
      const kept = (await getMeta(store.db, key)) !== undefined;
      expect(kept, key).toBe(outcomes[index]?.status === 'fulfilled');
    }
    await store.write((tx) => pragma(tx, 'max_page_count = 1000000'));
    await set('large', 'x'.repeat(1_000_000));
    expect(await getMeta(store.db, 'before')).toBe('a');
  });

  test('while another process holds the lock, units wait and the event loop goes on', async () => {
    const other = new Database(file);
    other.exec('begin immediate');
    let written = false;
    const writing = set('waits').then(() => (written = true));
    const started = performance.now();
    let turns = 0;
    for (; performance.now() - started < 100; turns += 1) await nextTurn();
    expect(written).toBe(false);
    expect(turns).toBeGreaterThan(5);
    other.exec('commit');
    other.close();
    await writing;
    expect(await getMeta(store.db, 'waits')).toBe('a');
  });

  test('a write of another process is told of before the next unit runs', async () => {
    const other = new Database(file);
    const listener = vi.fn();
    store.onForeignWrite(listener);
    other.prepare(`insert into meta (key, value) values ('theirs', 'b')`).run();
    other.close();
    const calls = await store.write(async () => listener.mock.calls.length);
    expect(calls).toBe(1);
  });

  test('the writer syncs each commit and keeps foreign keys', async () => {
    const settings = await store.write(async (tx) => [
      await pragma(tx, 'journal_mode'),
      await pragma(tx, 'synchronous'),
      await pragma(tx, 'foreign_keys'),
    ]);
    expect(settings).toEqual([{ journal_mode: 'wal' }, { synchronous: 2 }, { foreign_keys: 1 }]);
  });
});

describe('database files', () => {
  test('they are the owner’s alone', () => {
    const modes = readdirSync(folder).map((name) => statSync(join(folder, name)).mode & 0o777);
    expect(modes.length).toBeGreaterThan(1);
    expect(new Set(modes)).toEqual(new Set([0o600]));
  });

  test('a database in memory leaves no file behind', async () => {
    // Its own: other tests have such databases at the same time.
    const own = mkdtempSync(join(tmpdir(), 'kalends-no-file-'));
    vi.stubEnv('TMPDIR', own);
    try {
      const memory = await openStore({ sqlite: ':memory:' }, services);
      await memory.write((tx) => setMeta(tx, 'key', 'a'));
      expect(await getMeta(memory.db, 'key')).toBe('a');
      expect(readdirSync(own)).toHaveLength(1);
      await memory.close();
      expect(readdirSync(own)).toEqual([]);
    } finally {
      vi.unstubAllEnvs();
      rmSync(own, { recursive: true });
    }
  });

  test('what is not a database is refused', async () => {
    const notOne = join(folder, 'package.json');
    writeFileSync(notOne, '{"name":"not a database"}'.repeat(100));
    await expect(openStore({ sqlite: notOne }, services)).rejects.toThrow(/not a database/);
  });
});

describe('backups', () => {
  test('a backup beside running writes is a whole database, for the owner alone, with an epoch of its own', async () => {
    await Promise.all(keys(500).map((key) => set(key, 'x'.repeat(2000))));
    const target = join(folder, 'backup.db');
    let done = false;
    const copying = store.backup(target).finally(() => (done = true));
    for (let index = 0; !done; index += 1) await set(`during-${index}`);
    await copying;
    expect(statSync(target).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder).filter((name) => name.startsWith('backup'))).toEqual(['backup.db']);
    const restored = await openStore({ sqlite: target }, services);
    expect(await getMeta(restored.db, 'key-499')).toBe('x'.repeat(2000));
    expect(restored.epoch).not.toBe(store.epoch);
    expect(await pragma(restored.db, 'integrity_check')).toEqual({ integrity_check: 'ok' });
    await restored.close();
  });

  test('a backup ends although another process keeps writing', async () => {
    await set('large', 'x'.repeat(8_000_000));
    const other = new Database(file);
    const write = other.prepare(`insert or replace into meta (key, value) values ('theirs', ?)`);
    let done = false;
    const copying = store.backup(join(folder, 'backup.db')).finally(() => (done = true));
    for (let index = 0; !done; index += 1) {
      write.run(String(index));
      await nextTurn();
    }
    await copying;
    other.close();
    const restored = await openStore({ sqlite: join(folder, 'backup.db') }, services);
    expect((await getMeta(restored.db, 'large'))?.length).toBe(8_000_000);
    await restored.close();
  });

  test('closing waits for a backup that runs', async () => {
    await set('large', 'x'.repeat(4_000_000));
    const target = join(folder, 'backup.db');
    const copying = store.backup(target);
    await store.close();
    await expect(copying).resolves.toBeUndefined();
    expect(statSync(target).size).toBeGreaterThan(4_000_000);
  });

  test('a backup into a folder that does not exist fails and leaves nothing', async () => {
    await expect(store.backup(join(folder, 'none', 'backup.db'))).rejects.toThrow(/ENOENT/);
    expect(readdirSync(folder)).not.toContain('none');
  });
});
