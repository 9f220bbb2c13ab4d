import { sql } from 'kysely';

import type { CollectionId, ObjectId, PrincipalId } from '../base/ids.ts';
import { toAuthor } from './author.ts';
import { textList, type Db } from './dialect.ts';
import { octetsIn } from './shared-octets.ts';
import { toVersion, VERSION_HEAD, type Version, type VersionHead } from './version-rows.ts';

export async function versionByKey(db: Db, key: number): Promise<Version | undefined> {
  const row = await db
    .selectFrom('versions')
    .select([...VERSION_HEAD, octetsIn('versions').as('octets')])
    .where('key', '=', key)
    .executeTakeFirst();
  return row && { ...toVersion(row), octets: row.octets };
}

/** The octets of versions, by their keys; those that are gone are left out. */
export async function versionOctets(db: Db, keys: readonly number[]): Promise<ReadonlyMap<number, Uint8Array>> {
  if (keys.length === 0) return new Map();
  const rows = await db
    .selectFrom('versions')
    .select(['key', octetsIn('versions').as('octets')])
    .where('key', 'in', keys)
    .execute();
  return new Map(rows.map(({ key, octets }) => [key, octets]));
}

/** The past versions of all objects that had a UID in a home, the newest first. */
export async function versionsOfUid(db: Db, homeId: string, uid: string, limit: number): Promise<VersionHead[]> {
  const rows = await db
    .selectFrom('versions')
    .select(VERSION_HEAD)
    .where('home_id', '=', homeId)
    .where('uid', '=', uid)
    .orderBy('until_seq', 'desc')
    .orderBy('key', 'desc')
    .limit(limit)
    .execute();
  return rows.map(toVersion);
}

/** What a collection held at an instant and holds no more, in no order. */
export async function versionsAsOf(
  db: Db,
  collectionId: string,
  at: number,
  names?: readonly string[],
): Promise<VersionHead[]> {
  let query = db
    .selectFrom('versions')
    .select(VERSION_HEAD)
    .where('collection_id', '=', collectionId)
    .where('from_at', '<=', at)
    .where('until_at', '>', at);
  if (names !== undefined) query = query.where('name', 'in', textList(db, names));
  return (await query.execute()).map(toVersion);
}

/** The names at which a collection holds something, or held something at an instant; of one UID, where it is given. */
export async function namesNowAndAt(db: Db, collectionId: string, at: number, uid?: string): Promise<string[]> {
  let now = db.selectFrom('objects').select('name').where('collection_id', '=', collectionId);
  let then = db
    .selectFrom('versions')
    .select('name')
    .where('collection_id', '=', collectionId)
    .where('from_at', '<=', at)
    .where('until_at', '>', at);
  if (uid !== undefined) {
    now = now.where('uid', '=', uid);
    then = then.where('uid', '=', uid);
  }
  return (await now.union(then).execute()).map(({ name }) => name);
}

/** Past versions at names of a collection that ended with a change sequence or later, in no order. */
export async function versionsOfNames(
  db: Db,
  collectionId: string,
  { names, since }: { readonly names: readonly string[]; readonly since: number },
): Promise<VersionHead[]> {
  const rows = await db
    .selectFrom('versions')
    .select(VERSION_HEAD)
    .where('collection_id', '=', collectionId)
    .where('name', 'in', textList(db, names))
    .where('until_seq', '>=', since)
    .execute();
  return rows.map(toVersion);
}

/** What a collection held when it was removed. */
export async function versionsRemovedWith(db: Db, collectionId: string, seq: number): Promise<VersionHead[]> {
  const rows = await db
    .selectFrom('versions')
    .select(VERSION_HEAD)
    .where('collection_id', '=', collectionId)
    .where('until_kind', '=', 'deleted-with-collection')
    .where('until_seq', '=', seq)
    .execute();
  return rows.map(toVersion);
}

/** The versions in the trash of a home that are there by themselves, the one deleted last first. */
export async function trashedVersions(db: Db, homeId: string): Promise<VersionHead[]> {
  const rows = await db
    .selectFrom('versions')
    .select(VERSION_HEAD)
    .where('home_id', '=', homeId)
    // Written out: what is in the trash has an index of its own.
    .where('trashed', '=', sql.lit(1))
    .orderBy('until_at', 'desc')
    .orderBy('key', 'desc')
    .execute();
  return rows.map(toVersion);
}

/** Takes versions out of the trash, when they are restored: they stay in the history. */
export async function leaveTrash(tx: Db, keys: readonly number[]): Promise<void> {
  if (keys.length === 0) return;
  await tx.updateTable('versions').set({ trashed: 0 }).where('key', 'in', keys).execute();
}

/** What the objects of a collection are now, as versions that have not ended. */
export async function currentVersions(db: Db, collectionId: string, names?: readonly string[]): Promise<VersionHead[]> {
  let query = db
    .selectFrom('objects')
    .select(['key', 'home_id', 'id', 'name', 'uid', 'component', 'etag', 'size', 'created_seq', 'created_at'])
    .select(['written_seq', 'written_at', 'written_by', 'written_device', 'written_origin'])
    .where('collection_id', '=', collectionId);
  if (names !== undefined) query = query.where('name', 'in', textList(db, names));
  const rows = await query.execute();
  return rows.map((row) => ({
    key: row.key,
    // As in toVersion.
    homeId: row.home_id as PrincipalId,
    collectionId: collectionId as CollectionId,
    objectId: row.id as ObjectId,
    name: row.name,
    uid: row.uid,
    component: row.component,
    etag: row.etag,
    size: row.size,
    dead: {},
    contentType: undefined,
    isFirst: row.written_at === null,
    from: {
      at: row.written_at ?? row.created_at,
      seq: row.written_seq ?? row.created_seq,
      by: toAuthor(row.written_by, row.written_device, row.written_origin),
    },
    until: undefined,
    isInTrash: false,
  }));
}
