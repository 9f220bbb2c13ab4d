import { sql, type Updateable } from 'kysely';

import { newCollectionId, type CollectionId, type PrincipalId } from '../base/ids.ts';
import { bumpHome, bumpHomeOf } from './change-sequence.ts';
import {
  collectionColumns,
  toCollection,
  toCollectionIfAny,
  type Collection,
  type CollectionFields,
} from './collection-rows.ts';
import type { CollectionKind, CollectionTable } from './collection-schema.ts';
import { collectionById, homeCollection } from './collections.ts';
import type { Db } from './dialect.ts';
import { insertSubscription } from './subscriptions.ts';
import { keepUnmappedMembers } from './unmapped-members.ts';

export interface NewCollection extends CollectionFields {
  /** A new one where it is left out. */
  readonly id?: CollectionId;
  readonly homeId: PrincipalId;
  readonly kind: CollectionKind;
  readonly uri: string;
  readonly sharedId?: CollectionId;
}

/** Creates a collection in its home; the home, too, is created so, with kind 'home' and uri ''. */
export async function insertCollection(tx: Db, collection: NewCollection, now: number): Promise<Collection> {
  const { id = newCollectionId(), homeId, kind, uri, sharedId = null } = collection;
  const homeSeq = kind === 'home' ? 1 : await bumpHome(tx, homeId, now);
  await tx.deleteFrom('tombstones').where('collection_id', 'in', homeIdOf(homeId)).where('name', '=', uri).execute();
  const row = await tx
    .insertInto('collections')
    .values({
      id,
      home_id: homeId,
      kind,
      uri,
      displayname: null,
      description: null,
      color: null,
      color_attributes: null,
      sort_order: null,
      timezone: null,
      timezone_id: null,
      components: null,
      transparent: 0,
      availability: null,
      source: null,
      refresh_rate: null,
      ...collectionColumns(collection),
      shared_id: sharedId,
      seq: 1,
      home_seq: homeSeq,
      mapped_seq: homeSeq,
      properties_version: 1,
      pruned_seq: 0,
      created_at: now,
      modified_at: now,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  if (row.source !== null) await insertSubscription(tx, { collectionId: id, homeId, now });
  return toCollection(row);
}

/** A collection that was there before under its id: tokens from before now are refused, as nobody knows what they miss. */
export async function refuseEarlierTokens(tx: Db, { id, homeSeq }: Pick<Collection, 'id' | 'homeSeq'>): Promise<void> {
  await tx.updateTable('collections').set({ pruned_seq: homeSeq, seq: homeSeq }).where('id', '=', id).execute();
}

/** Sets properties: propertiesVersion grows, the home's sync sees a change. undefined: there is no such collection. */
export async function updateCollection(
  tx: Db,
  id: string,
  fields: CollectionFields,
  now: number,
): Promise<Collection | undefined> {
  return changeRow(tx, id, collectionColumns(fields), now);
}

/** A collection goes to another path segment of its home; the old one is reported as removed. */
export async function moveCollection(tx: Db, id: string, uri: string, now: number): Promise<Collection | undefined> {
  const before = await collectionById(tx, id);
  if (before === undefined || before.uri === uri) return before;
  const seq = await bumpHome(tx, before.homeId, now);
  await unmapCollection(tx, before, seq, now);
  await tx
    .deleteFrom('tombstones')
    .where('collection_id', 'in', homeIdOf(before.homeId))
    .where('name', '=', uri)
    .execute();
  return writeRow(tx, id, { uri, home_seq: seq, mapped_seq: seq }, now);
}

/**
 * Removes a collection with all that it holds; the home's sync reports it as removed. `leaving` is called before anything
 * of it is gone, with the home's change sequence of the removal.
 */
export async function removeCollection(
  tx: Db,
  id: string,
  now: number,
  leaving?: (seq: number) => Promise<void>,
): Promise<void> {
  const collection = await collectionById(tx, id);
  if (collection === undefined) return;
  await removeMounts(tx, id, now);
  if (collection.kind !== 'home') {
    const seq = await bumpHome(tx, collection.homeId, now);
    await unmapCollection(tx, collection, seq, now);
    await leaving?.(seq);
  }
  const members = tx.selectFrom('objects').select('id').where('collection_id', '=', id);
  await tx.deleteFrom('dead_properties').where('resource_id', 'in', members).execute();
  await tx.deleteFrom('dead_properties').where('resource_id', '=', id).execute();
  // Objects, occurrences and tombstones go with their collection: foreign keys cascade.
  await tx.deleteFrom('collections').where('id', '=', id).execute();
}

/** Takes a calendar out of the homes of all with whom it is shared; their sync reports it as removed. */
async function removeMounts(tx: Db, collectionId: string, now: number): Promise<void> {
  const mounts = await tx
    .selectFrom('collections')
    .select('id')
    .where('shared_id', '=', collectionId)
    // In one order: two that share with each other wait for each other at most once.
    .orderBy('home_id')
    .execute();
  for (const { id } of mounts) await removeCollection(tx, id, now);
}

async function changeRow(
  tx: Db,
  id: string,
  columns: Updateable<CollectionTable>,
  now: number,
): Promise<Collection | undefined> {
  const homeSeq = await bumpHomeOf(tx, id, now);
  return writeRow(tx, id, { ...columns, ...(homeSeq !== undefined && { home_seq: homeSeq }) }, now);
}

async function writeRow(
  tx: Db,
  id: string,
  columns: Updateable<CollectionTable>,
  now: number,
): Promise<Collection | undefined> {
  const row = await tx
    .updateTable('collections')
    .set((eb) => ({ ...columns, properties_version: eb('properties_version', '+', 1), modified_at: now }))
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirst();
  return toCollectionIfAny(row);
}

/** What the home's sync must know of a collection that leaves its uri: itself, and what stood below it. */
async function unmapCollection(tx: Db, collection: Collection, seq: number, now: number): Promise<void> {
  const { homeId, uri, homeSeq } = collection;
  const home = await homeCollection(tx, homeId);
  if (home === undefined) return;
  await tx
    .insertInto('tombstones')
    .values({ home_id: homeId, collection_id: home.id, name: uri, seq, created_seq: homeSeq, removed_at: now })
    .onConflict((conflict) => conflict.columns(['collection_id', 'name']).doUpdateSet({ seq, removed_at: now }))
    .execute();
  await keepUnmappedMembers(tx, collection, { seq, now });
}

const homeIdOf = (homeId: string) => sql<string>`(select id from collections where home_id = ${homeId} and uri = '')`;
