import { sql, type Selectable } from 'kysely';

import { newId } from '../base/ids.ts';
import { textList, type Db } from './dialect.ts';
import type { PushSubscriptionTable } from './push-schema.ts';

/** Where messages of a subscription go, and the keys that they are encrypted for (RFC 8291 §2). */
export interface PushEndpoint {
  /** The push resource: an absolute URL, a secret of the client. */
  readonly url: string;
  /** base64url. */
  readonly publicKey: string;
  readonly authSecret: string;
}

/** What a subscription is to be told of. */
export interface PushTriggers {
  readonly content: boolean;
  readonly properties: boolean;
}

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

/** What the two triggers are compared with; both undefined where the collection is gone. */
export interface PushState {
  readonly seq: number | undefined;
  readonly properties: number | undefined;
}

export interface NewPush extends PushTriggers {
  readonly principalId: string;
  readonly deviceId: string | undefined;
  readonly homeId: string;
  readonly collectionId: string;
  /** The place in the home of a sharee where it is subscribed to. */
  readonly mountId: string | undefined;
  readonly endpoint: PushEndpoint;
  /** Of its URL: one subscription for each in a collection. */
  readonly digest: string;
  readonly expiresAt: number;
  readonly now: number;
}

/** The subscription of a push resource to a collection; one that has expired is removed. */
export async function pushByEndpoint(
  tx: Db,
  { collectionId, digest, now }: Pick<NewPush, 'collectionId' | 'digest' | 'now'>,
): Promise<(PushTriggers & { readonly id: string; readonly principalId: string }) | undefined> {
  await tx
    .deleteFrom('push_subscriptions')
    .where('collection_id', '=', collectionId)
    .where('endpoint_digest', '=', digest)
    .where('expires_at', '<=', now)
    .execute();
  const row = await tx
    .selectFrom('push_subscriptions')
    .select(['id', 'principal_id', 'content', 'properties'])
    .where('collection_id', '=', collectionId)
    .where('endpoint_digest', '=', digest)
    .executeTakeFirst();
  return (
    row && {
      ...{ id: row.id, principalId: row.principal_id },
      ...{ content: row.content === 1, properties: row.properties === 1 },
    }
  );
}

/** How many subscriptions there are that have not expired. */
export async function countPushes(
  tx: Db,
  { principalId, collectionId }: { readonly principalId?: string; readonly collectionId?: string },
  now: number,
): Promise<number> {
  let query = tx
    .selectFrom('push_subscriptions')
    .select((eb) => eb.fn.countAll<number | string>().as('count'))
    .where('expires_at', '>', now);
  if (principalId !== undefined) query = query.where('principal_id', '=', principalId);
  if (collectionId !== undefined) query = query.where('collection_id', '=', collectionId);
  const row = await query.executeTakeFirstOrThrow();
  return Number(row.count);
}

/** Both begin with what the collection is now: nothing that was before is told. Returns the id. */
export async function insertPush(tx: Db, push: NewPush): Promise<string> {
  const { seq, properties } = await currentState(tx, push);
  const id = newId();
  await tx
    .insertInto('push_subscriptions')
    .values({
      ...{ id, principal_id: push.principalId, home_id: push.homeId, collection_id: push.collectionId },
      ...{ ...renewedColumns(push), endpoint_digest: push.digest },
      ...{ content: push.content ? 1 : 0, properties: push.properties ? 1 : 0 },
      ...{ told_seq: seq, told_properties: properties },
      ...{ quiet_from: NEVER, quiet_to: NEVER, quiet_properties_from: NEVER, quiet_properties_to: NEVER },
      ...{ created_at: push.now, expires_at: push.expiresAt, attempts: 0, next_at: 0, lease: null, leased_until: 0 },
    })
    .execute();
  return id;
}

/** No change has this number. */
const NEVER = -1;

/**
 * The same subscription with other keys, triggers and another end. What is still to be told stays so; a trigger that is
 * new begins now.
 */
export async function renewPush(tx: Db, known: PushTriggers & { readonly id: string }, push: NewPush): Promise<void> {
  const { seq, properties } = await currentState(tx, push);
  await tx
    .updateTable('push_subscriptions')
    .set(renewedColumns(push))
    .set({ content: push.content ? 1 : 0, properties: push.properties ? 1 : 0, expires_at: push.expiresAt })
    .set({ attempts: 0, next_at: 0 })
    .set(push.content && !known.content ? { told_seq: seq } : {})
    .set(push.properties && !known.properties ? { told_properties: properties } : {})
    .where('id', '=', known.id)
    .execute();
}

const renewedColumns = ({ endpoint: { url, publicKey, authSecret }, deviceId, mountId }: NewPush) => ({
  ...{ endpoint: url, host: new URL(url).host, public_key: publicKey, auth_secret: authSecret },
  ...{ device_id: deviceId ?? null, mount_id: mountId ?? null },
});

/**
 * What the triggers are compared with: the collection's change sequence and the version of its properties; of one that
 * is mounted, with what is the sharee's own of both (see calendar/mounts.ts).
 */
const SEQ = sql<number | null>`case when places.seq > collections.seq then places.seq else collections.seq end`;
const VERSION = sql<number | null>`collections.properties_version + coalesce(places.properties_version, 0)`;

async function currentState(
  tx: Db,
  { collectionId, mountId }: Pick<NewPush, 'collectionId' | 'mountId'>,
): Promise<{ seq: number; properties: number }> {
  const { seq, properties } = await tx
    .selectFrom('collections')
    .leftJoin('collections as places', (join) => join.on('places.id', '=', mountId ?? ''))
    .select([SEQ.as('seq'), VERSION.as('properties')])
    .where('collections.id', '=', collectionId)
    .executeTakeFirstOrThrow();
  return { seq: seq ?? 0, properties: properties ?? 0 };
}

/** Whether there was one with this id that had not expired: of a principal, or of anybody. */
export async function deletePush(
  tx: Db,
  { id, principalId, now }: { readonly id: string; readonly principalId?: string; readonly now: number },
): Promise<boolean> {
  let query = tx.deleteFrom('push_subscriptions').where('id', '=', id);
  if (principalId !== undefined) query = query.where('principal_id', '=', principalId);
  const row = await query.returning('expires_at').executeTakeFirst();
  return row !== undefined && row.expires_at > now;
}

/** Removes those whose time is over; returns how many. */
export async function deleteExpiredPushes(tx: Db, now: number): Promise<number> {
  const { numDeletedRows } = await tx
    .deleteFrom('push_subscriptions')
    .where('expires_at', '<=', now)
    .executeTakeFirst();
  return Number(numDeletedRows);
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

const watching = (db: Db) =>
  db
    .selectFrom('push_subscriptions')
    .leftJoin('collections', 'collections.id', 'push_subscriptions.collection_id')
    .leftJoin('collections as places', 'places.id', 'push_subscriptions.mount_id');

/** There is a change after what was told, and not all of them are those that are not to be told; see quietPush. */
const IS_DUE = sql<boolean>`(
  collections.id is null
  or (content = 1 and ${SEQ} > told_seq and (told_seq < quiet_from or ${SEQ} > quiet_to))
  or (properties = 1 and ${VERSION} > told_properties
    and (told_properties < quiet_properties_from or ${VERSION} > quiet_properties_to))
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
    .select(['collections.id as found', SEQ.as('seq'), VERSION.as('version')])
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

/** Subscriptions that a client names, of its own; or all to collections of some homes. */
export type QuietScope =
  { readonly ids: readonly string[]; readonly principalId: string } | { readonly homeIds: readonly string[] };

/** The states that subscriptions watch, by their ids. */
export async function watchedStates(tx: Db, scope: QuietScope): Promise<ReadonlyMap<string, PushState>> {
  const all = watching(tx).select(['push_subscriptions.id', SEQ.as('seq'), VERSION.as('properties')]);
  const rows = await (
    'ids' in scope
      ? all
          .where('push_subscriptions.id', 'in', textList(tx, scope.ids))
          .where('push_subscriptions.principal_id', '=', scope.principalId)
      : all.where('push_subscriptions.home_id', 'in', textList(tx, scope.homeIds))
  ).execute();
  return new Map(
    rows.map(({ id, seq, properties }) => [id, { seq: seq ?? undefined, properties: properties ?? undefined }]),
  );
}

/**
 * What changed from one state to the other is not to be told to this subscription. Only the last run of such changes is
 * kept: where others stand before it, a message is due anyhow, and tells of all.
 */
export async function quietPush(tx: Db, id: string, from: PushState, to: PushState): Promise<void> {
  if (to.seq === undefined || to.properties === undefined) {
    // Its removal is what is not to be told.
    await tx.deleteFrom('push_subscriptions').where('id', '=', id).execute();
    return;
  }
  const [seq = to.seq, properties = to.properties] = [from.seq, from.properties];
  const extended = (start: string, end: string, at: number) =>
    sql<number>`case when ${sql.ref(end)} = ${at} then ${sql.ref(start)} else ${at} end`;
  const content = { quiet_from: extended('quiet_from', 'quiet_to', seq), quiet_to: to.seq };
  const update = {
    quiet_properties_from: extended('quiet_properties_from', 'quiet_properties_to', properties),
    quiet_properties_to: to.properties,
  };
  await tx
    .updateTable('push_subscriptions')
    .set({ ...(seq < to.seq && content), ...(properties < to.properties && update) })
    .where('id', '=', id)
    .execute();
}

const toPush = (row: Selectable<PushSubscriptionTable>): PushSubscription => ({
  ...{ id: row.id, principalId: row.principal_id, homeId: row.home_id, collectionId: row.collection_id },
  mountId: row.mount_id ?? undefined,
  endpoint: { url: row.endpoint, publicKey: row.public_key, authSecret: row.auth_secret },
  ...{ content: row.content === 1, properties: row.properties === 1 },
  ...{ expiresAt: row.expires_at, attempts: row.attempts },
});
