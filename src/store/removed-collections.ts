import type { Selectable } from 'kysely';

import type { CollectionId, PrincipalId } from '../base/ids.ts';
import { authorColumns, toAuthor, type Author } from './author.ts';
import type { Collection, CollectionFields } from './collection-rows.ts';
import { removeCollection } from './collection-writes.ts';
import { collectionById } from './collections.ts';
import type { Db } from './dialect.ts';
import { deadProperties } from './dead-properties.ts';
import type { CollectionKind } from './collection-schema.ts';
import type { RemovedCollectionTable } from './history-schema.ts';
import { keepMembers } from './keep-versions.ts';

/** A collection in the trash, with its properties; what it held are versions that ended with it. */
export interface RemovedCollection {
  readonly id: CollectionId;
  readonly homeId: PrincipalId;
  readonly kind: CollectionKind;
  /** The path segment that it had. */
  readonly uri: string;
  readonly fields: CollectionFields;
  /** Dead properties, Clark name to XML: under '' its own. Those of members are kept with their versions. */
  readonly dead: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** How many objects it held. */
  readonly members: number;
  /** The home's change sequence at its removal. */
  readonly seq: number;
  readonly removedAt: number;
  readonly by: Author | undefined;
}

/** Removes a collection as removeCollection does, but keeps all of it in the trash. */
export async function trashCollection(tx: Db, id: string, now: number, by: Author | undefined): Promise<void> {
  const collection = await collectionById(tx, id);
  if (collection === undefined) return;
  await removeCollection(tx, id, now, async (seq) => {
    await keepRemoved(tx, collection, { seq, now, by });
  });
}

/** Puts a collection, with what it holds, into the trash before it is removed. */
export async function keepRemoved(tx: Db, collection: Collection, removal: CollectionRemoval): Promise<void> {
  await keepRow(tx, collection, removal);
  await keepMembers(tx, collection.id, removal);
}

export interface CollectionRemoval {
  /** The home's change sequence. */
  readonly seq: number;
  readonly now: number;
  readonly by: Author | undefined;
}

async function keepRow(tx: Db, collection: Collection, { seq, now, by }: CollectionRemoval): Promise<void> {
  const { id, homeId, kind, uri } = collection;
  const dead = { '': Object.fromEntries(await deadProperties(tx, id)) };
  const { members } = await tx
    .selectFrom('collections')
    .select('members')
    .where('id', '=', id)
    .executeTakeFirstOrThrow();
  const row = {
    ...{ home_id: homeId, kind, uri, properties: JSON.stringify(fieldsOf(collection)), dead: JSON.stringify(dead) },
    ...{ members, seq, removed_at: now, ...authorColumns('removed', by) },
  };
  await tx
    .insertInto('removed_collections')
    .values({ id, ...row })
    // Restored, and removed again: this one is what is in the trash.
    .onConflict((conflict) => conflict.column('id').doUpdateSet(row))
    .execute();
}

/** What a collection is made with; the compiler asks for what is new there. */
const FIELDS = {
  ...{ displayname: true, description: true, color: true, colorAttributes: true, order: true, timezone: true },
  ...{ timezoneId: true, components: true, transparent: true, availability: true },
  ...{ source: true, refreshRate: true, stripAlarms: true, stripAttachments: true, stripTodos: true },
  ...{ alarmVeventDatetime: true, alarmVeventDate: true, alarmVtodoDatetime: true, alarmVtodoDate: true },
  defaultCalendar: true,
} as const satisfies Record<keyof CollectionFields, true>;

// The keys are those of FIELDS, which a collection has with the same types.
const fieldsOf = (collection: Collection): CollectionFields =>
  Object.fromEntries(Object.entries(collection).filter(([name]) => name in FIELDS)) as CollectionFields;

export async function removedCollection(db: Db, id: string): Promise<RemovedCollection | undefined> {
  const row = await db.selectFrom('removed_collections').selectAll().where('id', '=', id).executeTakeFirst();
  return row && toRemoved(row);
}

/** The collections in the trash of a home, the one removed last first. */
export async function removedCollections(db: Db, homeId: string): Promise<RemovedCollection[]> {
  const rows = await db
    .selectFrom('removed_collections')
    .selectAll()
    .where('home_id', '=', homeId)
    .orderBy('removed_at', 'desc')
    .orderBy('id')
    .execute();
  return rows.map(toRemoved);
}

/** Takes a collection out of the trash: it was restored, or is to be forgotten. */
export async function leaveRemoved(tx: Db, id: string): Promise<void> {
  await tx.deleteFrom('removed_collections').where('id', '=', id).execute();
}

/** Forgets collections that were removed before an instant, `limit` at most; returns how many. */
export async function pruneRemovedCollections(tx: Db, before: number, limit: number): Promise<number> {
  const old = tx
    .selectFrom('removed_collections')
    .select('id')
    .where('removed_at', '<', before)
    .orderBy('removed_at')
    .limit(limit);
  const { numDeletedRows } = await tx.deleteFrom('removed_collections').where('id', 'in', old).executeTakeFirst();
  return Number(numDeletedRows);
}

function toRemoved(row: Selectable<RemovedCollectionTable>): RemovedCollection {
  return {
    // Rows hold the ids, and JSON of our own making, as they were given: here they get their types back.
    id: row.id as CollectionId,
    homeId: row.home_id as PrincipalId,
    kind: row.kind,
    uri: row.uri,
    fields: JSON.parse(row.properties) as CollectionFields,
    dead: JSON.parse(row.dead) as RemovedCollection['dead'],
    members: row.members,
    seq: row.seq,
    removedAt: row.removed_at,
    by: toAuthor(row.removed_by, row.removed_device, row.removed_origin),
  };
}
