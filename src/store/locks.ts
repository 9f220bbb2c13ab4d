import type { CollectionId } from '../base/ids.ts';
import type { Db } from './dialect.ts';
import { prepared } from './prepared.ts';

/** A write lock (RFC 4918 §6, §7). Instants in UTC milliseconds. */
export interface Lock {
  /** An absolute URI: `urn:uuid:…`. */
  readonly token: string;
  readonly homeId: string;
  /** The collection that is locked, or whose member is. */
  readonly collectionId: CollectionId;
  readonly uri: string;
  /** The member that is locked; undefined: the collection itself. */
  readonly object: { readonly id: string; readonly name: string } | undefined;
  /** Who made it, and alone may use its token (RFC 4918 §6.4). */
  readonly principalId: string;
  readonly isShared: boolean;
  /** Depth: infinity. */
  readonly isDeep: boolean;
  /** DAV:owner as it was sent, as XML. */
  readonly owner: string | undefined;
  readonly timeoutSeconds: number;
  readonly expiresAt: number;
}

/** The locks of a home that have not expired. Most homes have none: then it is one look into an index. */
export async function locksOfHome(db: Db, homeId: string, now: number): Promise<readonly Lock[]> {
  if ((await selectAny(db, { homeId })).rows.length === 0) return [];
  const { rows } = await selectOfHome(db, { homeId, now });
  return rows.map((row) => ({
    token: row.token,
    homeId: row.home_id,
    // As it was given.
    collectionId: row.collection_id as CollectionId,
    uri: row.uri,
    object: row.object_id === null ? undefined : { id: row.object_id, name: row.name ?? '' },
    principalId: row.principal_id,
    isShared: row.shared === 1,
    isDeep: row.deep === 1,
    owner: row.owner ?? undefined,
    timeoutSeconds: row.timeout_seconds,
    expiresAt: row.expires_at,
  }));
}

/**
 * Lets no other unit that asks for this, or that changes a member, commit beside this one: what it reads of locks stays
 * true. On PostgreSQL a snapshot alone would let two processes lock the same.
 */
export async function holdHome(tx: Db, homeId: string): Promise<void> {
  await tx
    .updateTable('collections')
    .set((eb) => ({ seq: eb.ref('seq') }))
    .where('home_id', '=', homeId)
    .where('uri', '=', '')
    .execute();
}

export async function insertLock(tx: Db, lock: Lock): Promise<void> {
  await tx
    .insertInto('locks')
    .values({
      token: lock.token,
      home_id: lock.homeId,
      collection_id: lock.collectionId,
      object_id: lock.object?.id ?? null,
      principal_id: lock.principalId,
      shared: lock.isShared ? 1 : 0,
      deep: lock.isDeep ? 1 : 0,
      owner: lock.owner ?? null,
      timeout_seconds: lock.timeoutSeconds,
      expires_at: lock.expiresAt,
    })
    .execute();
}

export async function prolongLock(
  tx: Db,
  token: string,
  { timeoutSeconds, expiresAt }: Pick<Lock, 'timeoutSeconds' | 'expiresAt'>,
): Promise<void> {
  await tx
    .updateTable('locks')
    .set({ timeout_seconds: timeoutSeconds, expires_at: expiresAt })
    .where('token', '=', token)
    .execute();
}

export async function deleteLock(tx: Db, token: string): Promise<void> {
  await tx.deleteFrom('locks').where('token', '=', token).execute();
}

/** Of collections that go to other URLs, and of what they hold: a lock does not go along (RFC 4918 §7.6). */
export async function deleteLocksIn(tx: Db, collectionIds: readonly string[]): Promise<void> {
  if (collectionIds.length === 0) return;
  await tx.deleteFrom('locks').where('collection_id', 'in', collectionIds).execute();
}

/** Removes what expired before an instant; returns how many they were. */
export async function deleteExpiredLocks(tx: Db, now: number): Promise<number> {
  const { numDeletedRows } = await tx.deleteFrom('locks').where('expires_at', '<=', now).executeTakeFirstOrThrow();
  return Number(numDeletedRows);
}

// Apart from the other, which takes ten times as long to find nothing, and is asked at each write.
const selectAny = prepared((db, { homeId }: { homeId: string }) =>
  db.selectFrom('locks').select('home_id').where('home_id', '=', homeId).limit(1).compile(),
);

const selectOfHome = prepared((db, { homeId, now }: { homeId: string; now: number }) =>
  db
    .selectFrom('locks')
    .innerJoin('collections', 'collections.id', 'locks.collection_id')
    .leftJoin('objects', 'objects.id', 'locks.object_id')
    .select([
      'locks.token',
      'locks.home_id',
      'locks.collection_id',
      'collections.uri',
      'locks.object_id',
      'objects.name',
      'locks.principal_id',
      'locks.shared',
      'locks.deep',
      'locks.owner',
      'locks.timeout_seconds',
      'locks.expires_at',
    ])
    .where('locks.home_id', '=', homeId)
    .where('locks.expires_at', '>', now)
    .orderBy('locks.token')
    .compile(),
);
