import { newId } from '../base/ids.ts';
import type { Db } from './dialect.ts';
import { PROPERTIES_VERSION, WATCHED_SEQ } from './push-state.ts';

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

async function currentState(
  tx: Db,
  { collectionId, mountId }: Pick<NewPush, 'collectionId' | 'mountId'>,
): Promise<{ seq: number; properties: number }> {
  const { seq, properties } = await tx
    .selectFrom('collections')
    .leftJoin('collections as places', (join) => join.on('places.id', '=', mountId ?? ''))
    .select([WATCHED_SEQ.as('seq'), PROPERTIES_VERSION.as('properties')])
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
