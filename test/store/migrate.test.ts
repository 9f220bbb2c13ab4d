import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import Database from 'better-sqlite3';
import { sql } from 'kysely';
import { expect, test } from 'vitest';

import { newCollectionId } from '../../src/base/ids.ts';
import { insertCollection, removeCollection } from '../../src/store/collection-writes.ts';
import { collectionByUri } from '../../src/store/collections.ts';
import { createGroupCommit } from '../../src/store/group-commit.ts';
import { endOf, homeChangesSince } from '../../src/store/home-changes.ts';
import { migrate, MIGRATIONS } from '../../src/store/migrate.ts';
import { openStore, type Db } from '../../src/store/store.ts';
import { NOW, put, services } from '../contract/store-engine.ts';

/** A person as the first version wrote one: without the columns that have come since. */
async function insertOldPrincipal(tx: Db, id: string): Promise<void> {
  const names = { id, login: id, kind: 'user', guid: id, name: id, folded_name: id, features: '[]', emails: '[]' };
  const columns = { ...names, admin: 0, admin_read_only: 0, version: 1, created_at: NOW, modified_at: NOW };
  const fields = sql.join(Object.keys(columns).map((name) => sql.ref(name)));
  await sql`insert into principals (${fields}) values (${sql.join(Object.values(columns))})`.execute(tx);
}

/** A collection as the first version wrote it: sequences of its own. */
async function insertOld(tx: Db, columns: { readonly kind: 'home' | 'calendar'; readonly uri: string }, seq: number) {
  const id = newCollectionId();
  const fields = { id, home_id: 'alice', transparent: 0, seq, home_seq: 5, properties_version: 1, pruned_seq: 0 };
  await tx
    .insertInto('collections')
    .values({ ...fields, ...columns, created_at: NOW, modified_at: NOW })
    .execute();
  return id;
}

test('a database of the first version is followed by its home from the beginning on', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'kalends-migrate-'));
  const file = join(folder, 'kalends.db');
  const raw = new Database(file);
  const writer = createGroupCommit(raw, { onTurn: () => undefined, onCommit: () => undefined });
  expect(await migrate(writer.write, MIGRATIONS.slice(0, 1))).toBe(1);
  const homeId = await writer.write(async (tx) => {
    await insertOldPrincipal(tx, 'alice');
    await insertOld(tx, { kind: 'calendar', uri: 'old' }, 1);
    return insertOld(tx, { kind: 'home', uri: '' }, 5);
  });
  await writer.close();
  raw.close();

  const store = await openStore({ sqlite: file }, services);
  const told = async (since: number) => {
    const question = { home: { id: homeId, homeId: 'alice' }, after: endOf(since), removedSince: since };
    const { changes } = await homeChangesSince(store.db, { ...question, members: true, limit: 100 });
    return changes.map(({ kind, uri, name, isNew }) => `${isNew ? 'new' : kind} ${uri}/${name}`);
  };
  expect(await told(0)).toEqual(['new old/']);
  expect(await told(5)).toEqual([]);
  const old = await collectionByUri(store.db, 'alice', 'old');
  if (old === undefined) throw new Error('The calendar is gone');
  await store.write((tx) => put(tx, old, { name: 'a.ics' }));
  expect(await told(5)).toEqual(['changed old/', 'changed old/a.ics']);
  await store.write(async (tx) => {
    await removeCollection(tx, old.id, NOW);
    await insertCollection(tx, { homeId: old.homeId, kind: 'calendar', uri: 'old' }, NOW);
  });
  expect(await told(6)).toEqual(['removed old/a.ics', 'new old/']);
  await store.close();
  await rm(folder, { recursive: true });
});
