import { sql, type Selectable } from 'kysely';

import { newId } from '../base/ids.ts';
import { textList, type Db } from './dialect.ts';
import type { PushEndpoint, PushTriggers } from './push.ts';
import type { PushSubscriptionTable } from './push-schema.ts';
import { PROPERTIES_VERSION, WATCHED_SEQ, watching, type PushState } from './push-state.ts';

/** A subscription to a collection. Instants are UTC milliseconds. */
export interface PushSubscription extends PushTriggers {
  readonly id: string;
  readonly principalId: string;
  readonly homeId: string;
  readonly collectionId: string;
  /** The place in the home of a sharee where it is subscribed to. */
  readonly mountId: string | undefined;
  readonly endpoint: PushEndpoint;
  readonly expiresAt: number;
  /** Messages that failed since the last that did not. */
  readonly attempts: number;
}

/** A subscription that one process alone sends to, until its lease ends. */
export interface LeasedPush extends PushSubscription {
  readonly lease: string;
  /** Name and port of the push service. */
  readonly host: string;
}

export interface DueQuestion {
  readonly now: number;
  readonly limit: number;
  /** Push services that have enough to do. */
  readonly except: readonly string[];
}

/** Ids and push services of subscriptions with something to tell, the longest due first. */
export function duePushes(
  db: Db,
  { now, limit, except }: DueQuestion,
): Promise<readonly { readonly id: string; readonly host: string }[]> {
  let query = watching(db)
    .select(['push_subscriptions.id', 'push_subscriptions.host'])
    .where('next_at', '<=', now)
    .where('leased_until', '<=', now)
    .where('expires_at', '>', now)
    .where(IS_DUE);
  if (except.length > 0) query = query.where('host', 'not in', textList(db, except));
  return query.orderBy('next_at').orderBy('push_subscriptions.id').limit(limit).execute();
}

/** There is a change after what was told, and not all of them are those that are not to be told; see quietPush. */
const IS_DUE = sql<boolean>`(
  collections.id is null
  or (content = 1 and ${WATCHED_SEQ} > told_seq and (told_seq < quiet_from or ${WATCHED_SEQ} > quiet_to))
  or (properties = 1 and ${PROPERTIES_VERSION} > told_properties
    and (told_properties < quiet_properties_from or ${PROPERTIES_VERSION} > quiet_properties_to))
)`;

/** Takes those that no other process has and that are still due, with what each is to be told. */
export async function leasePushes(
  tx: Db,
  { ids, now, until }: { readonly ids: readonly string[]; readonly now: number; readonly until: number },
): Promise<readonly LeasedPush[]> {
  const lease = newId();
  const rows = await tx
    .updateTable('push_subscriptions')
    .set({ lease, leased_until: until })
    .where('id', 'in', textList(tx, ids))
    .where('next_at', '<=', now)
    .where('leased_until', '<=', now)
    .returningAll()
    .execute();
  return rows.map((row) => ({ ...toPush(row), lease, host: row.host }));
}

/** What is to be told, and the state of the collection of which it tells. */
export interface PushNews extends PushState {
  /** Whether the collection exists no more. */
  readonly gone: boolean;
  readonly content: boolean;
  readonly propertyUpdate: boolean;
}

/** undefined: the lease is lost. One statement, so that it sees one state. */
export async function newsFor(db: Db, { id, lease }: LeasedPush): Promise<PushNews | undefined> {
  const row = await watching(db)
    .selectAll('push_subscriptions')
    .select(['collections.id as found', WATCHED_SEQ.as('seq'), PROPERTIES_VERSION.as('version')])
    .where('push_subscriptions.id', '=', id)
    .where('lease', '=', lease)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const { seq, version } = row;
  const isNew = (now: number | null, told: number, [from, to]: readonly [number, number]): boolean =>
    now !== null && now > told && (told < from || now > to);
  const properties = [row.quiet_properties_from, row.quiet_properties_to] as const;
  return {
    gone: row.found === null,
    seq: seq ?? undefined,
    properties: version ?? undefined,
    content: row.content === 1 && (row.found === null || isNew(seq, row.told_seq, [row.quiet_from, row.quiet_to])),
    propertyUpdate: row.properties === 1 && isNew(version, row.told_properties, properties),
  };
}

/** How a lease ends where the subscription stays. */
export interface LeaseEnd extends Partial<PushState> {
  readonly attempts: number;
  readonly nextAt: number;
}

/** Ends a lease; with `seq` and `properties`, these were told. Nothing where the lease was lost meanwhile. */
export async function endPushLease(tx: Db, { id, lease }: LeasedPush, end: LeaseEnd): Promise<void> {
  await tx
    .updateTable('push_subscriptions')
    .set({ attempts: end.attempts, next_at: end.nextAt, lease: null, leased_until: 0 })
    .set(end.seq === undefined ? {} : { told_seq: end.seq })
    .set(end.properties === undefined ? {} : { told_properties: end.properties })
    .where('id', '=', id)
    .where('lease', '=', lease)
    .execute();
}

/** Nothing is sent to a push service, or to one push resource, before an instant. */
export async function postponePushes(
  tx: Db,
  which: { readonly host: string } | { readonly endpoint: string },
  until: number,
): Promise<void> {
  const [column, value] = 'host' in which ? (['host', which.host] as const) : (['endpoint', which.endpoint] as const);
  await tx
    .updateTable('push_subscriptions')
    .set({ next_at: until })
    .where(column, '=', value)
    .where('next_at', '<', until)
    .execute();
}

const toPush = (row: Selectable<PushSubscriptionTable>): PushSubscription => ({
  ...{ id: row.id, principalId: row.principal_id, homeId: row.home_id, collectionId: row.collection_id },
  mountId: row.mount_id ?? undefined,
  endpoint: { url: row.endpoint, publicKey: row.public_key, authSecret: row.auth_secret },
  ...{ content: row.content === 1, properties: row.properties === 1 },
  ...{ expiresAt: row.expires_at, attempts: row.attempts },
});
