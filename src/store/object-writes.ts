import { sql, type Updateable } from 'kysely';

import { authorColumns, type Author } from './author.ts';
import type { Db } from './dialect.ts';
import {
  HEAD_COLUMNS,
  indexColumns,
  indexColumnsOf,
  toHead,
  type HeadRow,
  type NewObject,
  type IndexColumns,
  type ObjectHead,
  type ObjectIndex,
  type ObjectPatch,
} from './object-rows.ts';
import { insertOccurrences, replaceOccurrences } from './occurrences.ts';
import { prepared } from './prepared.ts';
import type { ObjectTable } from './object-schema.ts';
import { keepVersion } from './keep-versions.ts';

/** Stores a new object with its occurrences. Its name and UID must be free in the collection. */
export async function insertObject(tx: Db, object: NewObject, now: number): Promise<ObjectHead> {
  const { collectionId, homeId, octets, name } = object;
  const columns = {
    id: object.id,
    home_id: homeId,
    collection_id: collectionId,
    name,
    uid: object.uid,
    component: object.component,
    etag: object.etag,
    size: octets.byteLength,
    schedule_tag: object.scheduleTag ?? null,
    seq: object.seq,
    created_seq: object.createdSeq,
    ...indexColumns(object),
    created_at: now,
    modified_at: now,
  };
  const written = authorColumns('written', object.by);
  const row = { ...columns, ...written, octets, schedule_changes: object.scheduleChanges ?? null };
  const [keys] = (await insertRow(tx, row)).rows;
  if (keys === undefined) throw new TypeError('The object just inserted has no keys');
  await clearTombstone(tx, { collectionId, name });
  await count(tx, { collectionId, members: 1, used: octets.byteLength });
  if (object.component !== '') await insertOccurrences(tx, keys, object);
  return toHead(columns);
}

/**
 * Changes an object, and its occurrences where the patch has them; `now` is when it was modified. With other octets, what
 * it was is kept as a version.
 */
export async function updateObject(tx: Db, id: string, patch: ObjectPatch, now: number): Promise<ObjectHead> {
  const { uid, component, etag, octets, scheduleTag, seq } = patch;
  const index: ObjectIndex | undefined = patch.occurrences === undefined ? undefined : patch;
  let isNewState = false;
  if (octets !== undefined) {
    isNewState = await keepVersion(tx, id, { kind: 'updated', seq, now, by: patch.by });
    await countResized(tx, { id, size: octets.byteLength });
  }
  const columns = {
    ...(uid !== undefined && { uid }),
    ...(component !== undefined && { component }),
    ...(etag !== undefined && { etag }),
    ...(octets !== undefined && { octets, shared_key: null, size: octets.byteLength }),
    // Where what was there is not kept, it is as if these had been its octets since then.
    ...(isNewState && { ...authorColumns('written', patch.by), written_at: now }),
    ...(isNewState && seq !== undefined && { written_seq: seq }),
    ...(scheduleTag !== undefined && { schedule_tag: scheduleTag }),
    ...(seq !== undefined && { seq }),
    // What was read and indexed anew can be used again.
    ...(index !== undefined && { ...indexColumns(index), fault: null }),
    modified_at: now,
  };
  const [row] = (await updateRow(Object.keys(columns))(tx, { ...columns, target: id })).rows;
  if (row === undefined) throw new TypeError('The object to be updated is not there');
  if (index !== undefined && row.component !== '') await replaceOccurrences(tx, row, index);
  return toHead(row);
}

/** An object as it was indexed. */
export interface Indexed {
  readonly id: string;
  readonly etag: string;
  readonly indexedUntil: number;
}

/**
 * New occurrences for an object whose octets, entity tag and sequence stay: the time that is indexed moved on. False,
 * and nothing is written, where the object was written or indexed anew since it was read.
 */
export async function reindexObject(tx: Db, { id, etag, indexedUntil }: Indexed, index: ObjectIndex): Promise<boolean> {
  const [keys] = (await updateIndex(tx, { ...indexColumns(index), id, etag, was: indexedUntil })).rows;
  if (keys !== undefined) await replaceOccurrences(tx, keys, index);
  return keys !== undefined;
}

/** How an object goes. */
export interface Removal {
  /** `moved`: it is elsewhere now, and not in the trash. */
  readonly kind: 'deleted' | 'moved';
  readonly by: Author | undefined;
}

/**
 * Removes an object with its occurrences and dead properties, keeps it as a version, in the trash unless it was moved, and
 * leaves a tombstone (RFC 6578 §3.5.2).
 */
export async function removeObject(
  tx: Db,
  head: ObjectHead,
  seq: number,
  now: number,
  { kind, by }: Removal = { kind: 'deleted', by: undefined },
): Promise<void> {
  const { id, homeId, collectionId, name, createdSeq } = head;
  const { rows: properties } = await deletePropertiesOf(tx, { id });
  const dead = Object.fromEntries(properties.map((property) => [property.name, property.xml]));
  if (!(await keepVersion(tx, id, { kind, seq, now, by, dead }))) return;
  await deleteRow(tx, { id });
  await count(tx, { collectionId, members: -1, used: -head.size });
  await writeTombstone(tx, { homeId, collectionId, name, seq, createdSeq, now });
}

/** Removes a resource of the server's own making: no version of it is kept, and a tombstone is left. */
export async function discardObject(tx: Db, head: ObjectHead, seq: number, now: number): Promise<void> {
  const { id, homeId, collectionId, name, createdSeq } = head;
  await deletePropertiesOf(tx, { id });
  await deleteRow(tx, { id });
  await count(tx, { collectionId, members: -1, used: -head.size });
  await writeTombstone(tx, { homeId, collectionId, name, seq, createdSeq, now });
}

export const KEYS = [
  'objects.key',
  sql<number>`(select key from collections where id = objects.collection_id)`.as('collection_key'),
  sql<number>`(select key from principals where id = objects.home_id)`.as('home_key'),
] as const;

type NewRow = HeadRow &
  IndexColumns &
  ReturnType<typeof authorColumns<'written'>> & {
    readonly octets: Uint8Array;
    readonly schedule_changes: string | null;
  };

const insertRow = prepared((db, row: NewRow) =>
  db
    .insertInto('objects')
    .values({
      id: row.id,
      home_id: row.home_id,
      collection_id: row.collection_id,
      name: row.name,
      uid: row.uid,
      component: row.component,
      etag: row.etag,
      octets: row.octets,
      size: row.size,
      schedule_tag: row.schedule_tag,
      seq: row.seq,
      created_seq: row.created_seq,
      ...indexColumnsOf(row),
      created_at: row.created_at,
      modified_at: row.modified_at,
      written_by: row.written_by,
      written_device: row.written_device,
      written_origin: row.written_origin,
      schedule_changes: row.schedule_changes,
    })
    .returning(KEYS)
    .compile(),
);

type RowChanges = Updateable<ObjectTable> & { readonly target: string };
type UpdateRow = ReturnType<typeof prepareUpdate>;

// One prepared statement a set of columns; a handful of sets occur.
const updates = new Map<string, UpdateRow>();

function updateRow(columns: readonly string[]): UpdateRow {
  const shape = columns.join(' ');
  const update = updates.get(shape) ?? prepareUpdate(columns);
  updates.set(shape, update);
  return update;
}

const prepareUpdate = (columns: readonly string[]) =>
  prepared((db, row: RowChanges) =>
    db
      .updateTable('objects')
      // The names are keys of such a row.
      .set(Object.fromEntries(columns.map((name) => [name, row[name as keyof Updateable<ObjectTable>]])))
      .where('id', '=', row.target)
      .returning([...HEAD_COLUMNS, ...KEYS])
      .compile(),
  );

type IndexChanges = IndexColumns & Pick<Indexed, 'id' | 'etag'> & { readonly was: number };

const updateIndex = prepared((db, row: IndexChanges) =>
  db
    .updateTable('objects')
    .set(indexColumnsOf(row))
    .where('id', '=', row.id)
    .where('etag', '=', row.etag)
    .where('indexed_until', '=', row.was)
    .returning(KEYS)
    .compile(),
);

const deleteRow = prepared((db, { id }: { id: string }) => db.deleteFrom('objects').where('id', '=', id).compile());

const deletePropertiesOf = prepared((db, { id }: { id: string }) =>
  db.deleteFrom('dead_properties').where('resource_id', '=', id).returning(['name', 'xml']).compile(),
);

const clearTombstone = prepared((db, { collectionId, name }: { collectionId: string; name: string }) =>
  db.deleteFrom('tombstones').where('collection_id', '=', collectionId).where('name', '=', name).compile(),
);

interface Tombstone {
  readonly homeId: string;
  readonly collectionId: string;
  readonly name: string;
  readonly seq: number;
  readonly createdSeq: number;
  readonly now: number;
}

const writeTombstone = prepared((db, { homeId, collectionId, name, seq, createdSeq, now }: Tombstone) =>
  db
    .insertInto('tombstones')
    .values({ home_id: homeId, collection_id: collectionId, name, seq, created_seq: createdSeq, removed_at: now })
    .onConflict((conflict) => conflict.columns(['collection_id', 'name']).doUpdateSet({ seq, removed_at: now }))
    .compile(),
);

const count = prepared((db, { collectionId, members, used }: { collectionId: string; members: number; used: number }) =>
  db
    .updateTable('collections')
    .set((eb) => ({ members: eb('members', '+', members), used: eb('used', '+', used) }))
    .where('id', '=', collectionId)
    .compile(),
);

/** The collection's octets, before the object takes its new size. */
const countResized = prepared((db, { id, size }: { id: string; size: number }) =>
  sql`
    update collections set used = used + ${size} - (select size from objects where id = ${id})
    where id = (select collection_id from objects where id = ${id})`.compile(db),
);
