import { sql, type Selectable } from 'kysely';

import { newId, type CollectionId, type PrincipalId } from '../base/ids.ts';
import type { Db } from './dialect.ts';
import type { SubscriptionTable } from './collection-schema.ts';

/** What is known of fetching the source of a calendar. Instants are UTC milliseconds. */
export interface Subscription {
  readonly collectionId: CollectionId;
  readonly homeId: PrincipalId;
  /** Validators of the last answer that was applied, for a conditional request. */
  readonly etag: string | undefined;
  readonly lastModified: string | undefined;
  /** Of the body that was applied last, and of what was stripped of it: an equal one changes nothing. */
  readonly digest: string | undefined;
  /** Milliseconds between two fetches as the feed wants it. */
  readonly pause: number | undefined;
  readonly triedAt: number | undefined;
  readonly succeededAt: number | undefined;
  /** Why the last fetch failed; without anything of the URL but its host. */
  readonly error: string | undefined;
  /** Fetches that failed since the last that did not. */
  readonly failures: number;
  /** When the feed first came without a component, if it did so ever since. */
  readonly emptySince: number | undefined;
  readonly nextAt: number;
}

/** A subscription that one process alone fetches until its lease ends. */
export interface Leased extends Subscription {
  readonly lease: string;
}

/** Its first fetch is due at once. */
export async function insertSubscription(
  tx: Db,
  { collectionId, homeId, now }: { readonly collectionId: string; readonly homeId: string; readonly now: number },
): Promise<void> {
  await tx
    .insertInto('subscriptions')
    .values({
      collection_id: collectionId,
      home_id: homeId,
      etag: null,
      last_modified: null,
      digest: null,
      pause: null,
      tried_at: null,
      succeeded_at: null,
      error: null,
      failures: 0,
      empty_since: null,
      next_at: now,
      lease: null,
      leased_until: 0,
    })
    .execute();
}

/** The source is another one, or is to be read otherwise: nothing of the last answer counts, and the next is due now. */
export async function renewSubscription(tx: Db, collectionId: string, now: number): Promise<void> {
  await tx
    .updateTable('subscriptions')
    // Whoever is fetching the old source has its lease no longer, and writes nothing.
    .set({ ...NO_ANSWER, pause: null, empty_since: null, failures: 0 })
    .set({ next_at: now, lease: null, leased_until: 0 })
    .where('collection_id', '=', collectionId)
    .execute();
}

export async function subscriptionOf(db: Db, collectionId: string): Promise<Subscription | undefined> {
  const row = await db
    .selectFrom('subscriptions')
    .selectAll()
    .where('collection_id', '=', collectionId)
    .executeTakeFirst();
  return row && toSubscription(row);
}

/** In the order of collection ids. */
export async function subscriptionsOf(db: Db, homeId?: string): Promise<Subscription[]> {
  let query = db.selectFrom('subscriptions').selectAll().orderBy('collection_id');
  if (homeId !== undefined) query = query.where('home_id', '=', homeId);
  return (await query.execute()).map(toSubscription);
}

/** Ids of what is to be fetched, the longest due first. */
export async function dueSubscriptions(db: Db, now: number, limit: number): Promise<string[]> {
  const rows = await db
    .selectFrom('subscriptions')
    .select('collection_id')
    .where('next_at', '<=', now)
    .where('leased_until', '<=', now)
    .orderBy('next_at')
    .limit(limit)
    .execute();
  return rows.map((row) => row.collection_id);
}

export interface Leasing {
  readonly collectionId: string;
  readonly now: number;
  readonly until: number;
  /** Whether it is fetched though it is not due. */
  readonly early: boolean;
}

/** Takes a subscription for one process; undefined where another has it, or it is not due any more. */
export async function leaseSubscription(
  tx: Db,
  { collectionId, now, until, early }: Leasing,
): Promise<Leased | undefined> {
  const lease = newId();
  let query = tx
    .updateTable('subscriptions')
    .set({ lease, leased_until: until })
    .where('collection_id', '=', collectionId)
    .where('leased_until', '<=', now);
  if (!early) query = query.where('next_at', '<=', now);
  const row = await query.returningAll().executeTakeFirst();
  return row && { ...toSubscription(row), lease };
}

/** Whether a lease still holds; asked in the transaction that writes for it. */
export async function holdsLease(
  tx: Db,
  { collectionId, lease }: Pick<Leased, 'collectionId' | 'lease'>,
): Promise<boolean> {
  const row = await tx
    .selectFrom('subscriptions')
    .select(sql<number>`1`.as('one'))
    .where('collection_id', '=', collectionId)
    .where('lease', '=', lease)
    .executeTakeFirst();
  return row !== undefined;
}

/**
 * Forgets the last answer: from the first member that is written to the last, what is there is of no one answer, and
 * neither 304 nor an equal digest may be believed, should it end in between.
 */
export async function forgetAnswer(
  tx: Db,
  { collectionId, lease }: Pick<Leased, 'collectionId' | 'lease'>,
): Promise<void> {
  await tx
    .updateTable('subscriptions')
    .set(NO_ANSWER)
    .where('collection_id', '=', collectionId)
    .where('lease', '=', lease)
    .execute();
}

const NO_ANSWER = { etag: null, last_modified: null, digest: null };

/** What a fetch changes: all but whose it is. */
export type FetchState = Omit<Subscription, 'collectionId' | 'homeId'>;

/** Ends a lease with what came of it; nothing where it was lost meanwhile. */
export async function endLease(
  tx: Db,
  { collectionId, lease }: Pick<Leased, 'collectionId' | 'lease'>,
  state: FetchState,
): Promise<void> {
  await tx
    .updateTable('subscriptions')
    .set({
      etag: state.etag ?? null,
      last_modified: state.lastModified ?? null,
      digest: state.digest ?? null,
      pause: state.pause ?? null,
      tried_at: state.triedAt ?? null,
      succeeded_at: state.succeededAt ?? null,
      error: state.error ?? null,
      failures: state.failures,
      empty_since: state.emptySince ?? null,
      next_at: state.nextAt,
      lease: null,
      leased_until: 0,
    })
    .where('collection_id', '=', collectionId)
    .where('lease', '=', lease)
    .execute();
}

/** Forgets what an earlier fetch of a calendar set aside, but for these digests. */
export async function forgetSetAside(tx: Db, collectionId: string, digests: readonly string[]): Promise<void> {
  let query = tx.deleteFrom('set_aside').where('collection_id', '=', collectionId);
  if (digests.length > 0) query = query.where('digest', 'not in', digests);
  await query.execute();
}

function toSubscription(row: Selectable<SubscriptionTable>): Subscription {
  return {
    // Rows hold the ids as they were given.
    collectionId: row.collection_id as CollectionId,
    homeId: row.home_id as PrincipalId,
    etag: row.etag ?? undefined,
    lastModified: row.last_modified ?? undefined,
    digest: row.digest ?? undefined,
    pause: row.pause ?? undefined,
    triedAt: row.tried_at ?? undefined,
    succeededAt: row.succeeded_at ?? undefined,
    error: row.error ?? undefined,
    failures: row.failures,
    emptySince: row.empty_since ?? undefined,
    nextAt: row.next_at,
  };
}
