import type { Selectable } from 'kysely';

import { newId, type CollectionId, type PrincipalId } from '../base/ids.ts';
import type { Db } from './dialect.ts';
import type { SetAsideTable } from './object-schema.ts';

/** Octets that an import brought and that no calendar can use. */
export interface SetAside {
  readonly id: string;
  readonly homeId: PrincipalId;
  readonly collectionId: CollectionId;
  readonly octets: Uint8Array;
  readonly reason: string;
  /** What a repair would do, in sentences; empty where none is known. */
  readonly proposal: readonly string[];
  /** UTC milliseconds. */
  readonly createdAt: number;
}

export type NewSetAside = Omit<SetAside, 'id' | 'createdAt'> & { readonly digest: string };

/** Keeps octets; those that are kept already for this collection get the reason and the proposal of today. */
export async function insertSetAside(tx: Db, item: NewSetAside, now: number): Promise<void> {
  const reading = { reason: item.reason, proposal: JSON.stringify(item.proposal) };
  await tx
    .insertInto('set_aside')
    .values({
      id: newId(),
      home_id: item.homeId,
      collection_id: item.collectionId,
      digest: item.digest,
      octets: item.octets,
      ...reading,
      created_at: now,
    })
    .onConflict((conflict) => conflict.columns(['collection_id', 'digest']).doUpdateSet(reading))
    .execute();
}

export interface SetAsidePage {
  readonly homeId?: string | undefined;
  /** The last id of the page before. */
  readonly after?: string | undefined;
  readonly limit: number;
}

/** In the order of ids. */
export async function listSetAside(db: Db, { homeId, after, limit }: SetAsidePage): Promise<SetAside[]> {
  let query = db.selectFrom('set_aside').selectAll().orderBy('id').limit(limit);
  if (homeId !== undefined) query = query.where('home_id', '=', homeId);
  if (after !== undefined) query = query.where('id', '>', after);
  return (await query.execute()).map(toSetAside);
}

export async function findSetAside(db: Db, id: string): Promise<SetAside | undefined> {
  const row = await db.selectFrom('set_aside').selectAll().where('id', '=', id).executeTakeFirst();
  return row && toSetAside(row);
}

/** Returns whether there was one. */
export async function removeSetAside(tx: Db, id: string): Promise<boolean> {
  const { numDeletedRows } = await tx.deleteFrom('set_aside').where('id', '=', id).executeTakeFirst();
  return numDeletedRows > 0n;
}

function toSetAside(row: Selectable<SetAsideTable>): SetAside {
  return {
    id: row.id,
    // Rows hold the ids as they were given.
    homeId: row.home_id as PrincipalId,
    collectionId: row.collection_id as CollectionId,
    octets: row.octets,
    reason: row.reason,
    // JSON of our own making.
    proposal: JSON.parse(row.proposal) as string[],
    createdAt: row.created_at,
  };
}
