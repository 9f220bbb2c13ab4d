import { sql, type Selectable } from 'kysely';

import type { CollectionId, ObjectId, PrincipalId } from '../base/ids.ts';
import { authorColumns, toAuthor, type Author } from './author.ts';
import { textList, textsOf, traitsOf, type Db } from './dialect.ts';
import { COUNTED, countForgotten, countHistory, FORGOTTEN, type Forgotten } from './history-size.ts';
import { prepared } from './prepared.ts';
import { octetsIn } from './shared-octets.ts';
import type { VersionEndKind, VersionTable } from './schema-history.ts';

/** A change that makes a version a past one. */
export interface VersionEnd {
  readonly kind: VersionEndKind;
  /** The change sequence of it; undefined: it has none of its own. */
  readonly seq: number | undefined;
  readonly now: number;
  readonly by: Author | undefined;
  /** Dead properties that go with the object: Clark name to XML. */
  readonly dead?: Readonly<Record<string, string>>;
}

/** One change of an object: when, in which order, and by whom; undefined: by nobody who is known. */
export interface VersionChange {
  /** UTC milliseconds. */
  readonly at: number;
  readonly seq: number;
  readonly by: Author | undefined;
}

/** What an object was, from one change (inclusive) until another (exclusive); without the octets. */
export interface VersionHead {
  readonly key: number;
  readonly homeId: PrincipalId;
  readonly collectionId: CollectionId;
  readonly objectId: ObjectId;
  readonly name: string;
  readonly uid: string;
  /** '' for a resource that is not a calendar object. */
  readonly component: string;
  readonly etag: string;
  /** Octets. */
  readonly size: number;
  readonly dead: Readonly<Record<string, string>>;
  /** Of a file; undefined of a calendar object. */
  readonly contentType: string | undefined;
  /** Whether the object was created with it. */
  readonly isFirst: boolean;
  readonly from: VersionChange;
  /** How and when it ended; undefined: it is what the object is now. */
  readonly until: (VersionChange & { readonly kind: VersionEndKind }) | undefined;
  readonly isInTrash: boolean;
}

export interface Version extends VersionHead {
  readonly octets: Uint8Array;
}

interface KeepRow {
  readonly id: string;
  readonly kind: VersionEndKind;
  readonly seq: number | null;
  readonly now: number;
  readonly by: string | null;
  readonly device: string | null;
  readonly origin: string | null;
  readonly dead: string | null;
  readonly trashed: number;
}

/** Past versions begin where the object's row says: it was created with its octets unless they were written since. */
const FROM_OBJECTS = sql`
  home_id, collection_id, id, name, uid, component, etag, size,
  case when written_at is null then 1 else 0 end,
  coalesce(written_seq, created_seq), coalesce(written_at, created_at), written_by, written_device, written_origin`;

const VERSION_COLUMNS = sql`
  home_id, collection_id, object_id, name, uid, component, etag, size, first,
  from_seq, from_at, from_by, from_device, from_origin,
  until_kind, until_seq, until_at, until_by, until_device, until_origin, dead, trashed, octets, shared_key,
  content_type`;

/** What a file is; calendar objects are not asked. */
const CONTENT_TYPE = sql`
  case when component = '' then (select content_type from content_types where object_id = objects.id) end`;

/** Milliseconds that a state must last to be kept, where the same device made it, ends it, and ended one like it. */
const BRIEF = 60_000;

const keep = prepared<KeepRow, Forgotten>((db, { id, kind, seq, now, by, device, origin, dead, trashed }: KeepRow) =>
  sql<Forgotten>`
    insert into versions (${VERSION_COLUMNS})
    select ${FROM_OBJECTS},
      cast(${kind} as text), coalesce(cast(${seq} as bigint), seq), cast(${now} as bigint),
      cast(${by} as text), cast(${device} as text), cast(${origin} as text),
      cast(${dead} as text), cast(${trashed} as integer), octets, shared_key, ${CONTENT_TYPE}
    from objects where id = ${id} and not coalesce(
      cast(${kind} as text) = 'updated' and cast(${origin} as text) = 'client' and written_origin = 'client'
      and written_device = cast(${device} as text) and written_at > cast(${now} as bigint) - ${sql.lit(BRIEF)}
      and exists (select 1 from versions p
        where p.collection_id = objects.collection_id and p.until_device = objects.written_device
          and p.until_at = objects.written_at and p.name = objects.name
          and p.first = 0 and p.from_device = p.until_device and p.until_at - p.from_at < ${sql.lit(BRIEF)}), false)
    returning ${COUNTED} as counted, home_id`.compile(db),
);

/**
 * Keeps what an object is before it is replaced or removed, in the transaction that does it. The octets go from table to
 * table inside the database. False where there is no such object, and where a device rewrites one again and again: of its
 * rewritings within a minute all but the first ones are one state, that of the last.
 */
export async function keepVersion(tx: Db, objectId: string, end: VersionEnd): Promise<boolean> {
  const { kind, seq = null, now, by, dead = {} } = end;
  const { until_by, until_device, until_origin } = authorColumns('until', by);
  const { rows } = await keep(tx, {
    ...{ id: objectId, kind, seq, now, by: until_by, device: until_device, origin: until_origin },
    dead: Object.keys(dead).length === 0 ? null : JSON.stringify(dead),
    // What a job removes is gone where it came from: nobody threw it away.
    trashed: kind === 'deleted' && by?.origin !== 'job' ? 1 : 0,
  });
  const [kept] = rows;
  if (kept !== undefined) await countHistory(tx, kept.home_id, Number(kept.counted));
  return kept !== undefined;
}

/**
 * Keeps what several objects are before a message of somebody else's replaces them all: nothing of that is brief. Their
 * collections have claimed the change sequences of it. The home of each, and what its version counts.
 */
export async function keepAll(
  tx: Db,
  objectIds: readonly string[],
  { now, by }: Pick<VersionEnd, 'now' | 'by'>,
): Promise<readonly Forgotten[]> {
  const { until_by, until_device, until_origin } = authorColumns('until', by);
  const author = { by: until_by, device: until_device, origin: until_origin };
  return (await keepThese(tx, { ...author, now, ids: JSON.stringify(objectIds) })).rows;
}

type KeepRows = Pick<KeepRow, 'now' | 'by' | 'device' | 'origin'> & { readonly ids: string };

const keepThese = prepared<KeepRows, Forgotten>((db, { ids, now, by, device, origin }: KeepRows) =>
  sql<Forgotten>`
    insert into versions (${VERSION_COLUMNS})
    select ${FROM_OBJECTS},
      'updated', (select c.seq from collections c where c.id = objects.collection_id), cast(${now} as bigint),
      cast(${by} as text), cast(${device} as text), cast(${origin} as text), null, 0, octets, shared_key, ${CONTENT_TYPE}
    from objects where id in ${textsOf(db, ids)}
    returning ${COUNTED} as counted, home_id`.compile(db),
);

/** Keeps all that a collection holds, with its dead properties, before it is removed with it. Nothing of it is read. */
export async function keepMembers(
  tx: Db,
  collectionId: string,
  { seq, now, by }: Omit<VersionEnd, 'kind' | 'dead'>,
): Promise<void> {
  const author = authorColumns('until', by);
  await sql`
    insert into versions (${VERSION_COLUMNS})
    select ${FROM_OBJECTS},
      'deleted-with-collection', cast(${seq} as bigint), cast(${now} as bigint),
      cast(${author.until_by} as text), cast(${author.until_device} as text), cast(${author.until_origin} as text),
      nullif((select ${traitsOf(tx).jsonObject(sql`name`, sql`xml`)} from dead_properties
        where resource_id = objects.id), '{}'), 0, octets, shared_key, ${CONTENT_TYPE}
    from objects where collection_id = ${collectionId}`.execute(tx);
  const removed = tx.selectFrom('versions').where('collection_id', '=', collectionId);
  const kept = await removed
    .select(['home_id', sql<number | string | null>`sum(${COUNTED})`.as('counted')])
    .where('until_kind', '=', 'deleted-with-collection')
    .where('until_seq', '=', seq ?? null)
    .groupBy('home_id')
    .execute();
  for (const { home_id: homeId, counted } of kept) await countHistory(tx, homeId, Number(counted));
}

const HEAD = [
  ...(['key', 'home_id', 'collection_id', 'object_id', 'name', 'uid', 'component', 'etag', 'size', 'dead'] as const),
  ...(['first', 'from_seq', 'from_at', 'from_by', 'from_device', 'from_origin'] as const),
  ...(['until_kind', 'until_seq', 'until_at', 'until_by', 'until_device', 'until_origin', 'trashed'] as const),
  'content_type',
] as const;

type Row = Omit<Selectable<VersionTable>, 'octets' | 'shared_key'>;

function toVersion(row: Row): VersionHead {
  return {
    key: row.key,
    // Rows hold the ids as they were given: this is where they become ids of their kind again.
    homeId: row.home_id as PrincipalId,
    collectionId: row.collection_id as CollectionId,
    objectId: row.object_id as ObjectId,
    name: row.name,
    uid: row.uid,
    component: row.component,
    etag: row.etag,
    size: row.size,
    dead: row.dead === null ? {} : (JSON.parse(row.dead) as Record<string, string>),
    contentType: row.content_type ?? undefined,
    isFirst: row.first === 1,
    from: {
      at: row.from_at,
      seq: row.from_seq,
      by: toAuthor(row.from_by, row.from_device, row.from_origin),
    },
    until: {
      kind: row.until_kind,
      at: row.until_at,
      seq: row.until_seq,
      by: toAuthor(row.until_by, row.until_device, row.until_origin),
    },
    isInTrash: row.trashed === 1,
  };
}

export async function versionByKey(db: Db, key: number): Promise<Version | undefined> {
  const row = await db
    .selectFrom('versions')
    .select([...HEAD, octetsIn('versions').as('octets')])
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
    .select(HEAD)
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
    .select(HEAD)
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
    .select(HEAD)
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
    .select(HEAD)
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
    .select(HEAD)
    .where('home_id', '=', homeId)
    .where('trashed', '=', 1)
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

/** Forgets for ever what is in the trash of a home by itself, with all earlier versions of those objects. */
export async function forgetTrashed(tx: Db, homeId: string, keys: readonly number[]): Promise<number> {
  if (keys.length === 0) return 0;
  const objects = tx
    .selectFrom('versions')
    .select('object_id')
    .where('key', 'in', keys)
    .where('home_id', '=', homeId)
    // What was restored meanwhile is not in the trash any more.
    .where('trashed', '=', 1);
  const forgotten = tx.deleteFrom('versions').where('home_id', '=', homeId).where('object_id', 'in', objects);
  return countForgotten(tx, await forgotten.returning(FORGOTTEN).execute());
}

/** Forgets all versions of what a removed collection held. */
export async function forgetMembers(tx: Db, homeId: string, collectionId: string): Promise<void> {
  const all = tx.deleteFrom('versions').where('home_id', '=', homeId).where('collection_id', '=', collectionId);
  await countForgotten(tx, await all.returning(FORGOTTEN).execute());
}

/**
 * Forgets versions that ended before an instant, `limit` at most, the oldest first; returns how many. Whatever was there
 * at that instant or later is kept, so that every question "as of" within the time that is kept can be answered.
 */
export async function pruneVersions(tx: Db, before: number, limit: number): Promise<number> {
  const old = tx.selectFrom('versions').select('key').where('until_at', '<', before).orderBy('until_at').limit(limit);
  return countForgotten(tx, await tx.deleteFrom('versions').where('key', 'in', old).returning(FORGOTTEN).execute());
}
