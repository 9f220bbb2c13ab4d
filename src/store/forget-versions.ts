import type { Db } from './dialect.ts';
import { countForgotten, FORGOTTEN } from './history-size.ts';

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
