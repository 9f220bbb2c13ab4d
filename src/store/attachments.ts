import { sql, type Selectable } from 'kysely';

import type { CollectionId, PrincipalId } from '../base/ids.ts';
import { textList, type Db } from './dialect.ts';
import { prepared } from './prepared.ts';
import type { AttachmentTable } from './attachment-schema.ts';
import { octetsIn } from './shared-octets.ts';

/** A managed attachment without its octets. */
export interface Attachment {
  readonly id: string;
  /** Whose room it takes. */
  readonly homeId: PrincipalId;
  readonly filename: string;
  readonly contentType: string;
  /** Octets. */
  readonly size: number;
  /** Without quotes. */
  readonly etag: string;
  /** UTC milliseconds. */
  readonly createdAt: number;
}

const toAttachment = (row: Selectable<AttachmentTable>): Attachment => ({
  id: row.id,
  // Rows hold the id as it was given.
  homeId: row.home_id as PrincipalId,
  filename: row.filename,
  contentType: row.content_type,
  size: row.size,
  etag: row.etag,
  createdAt: row.created_at,
});

export async function insertAttachment(tx: Db, attachment: Attachment): Promise<void> {
  const { id, homeId, filename, contentType, size, etag, createdAt } = attachment;
  const row = { id, home_id: homeId, filename, content_type: contentType, size, etag, created_at: createdAt };
  await tx.insertInto('attachments').values(row).execute();
}

/** One piece of an attachment's octets; `place` counts from 0. */
export async function insertChunk(
  tx: Db,
  { id, homeId }: Pick<Attachment, 'id' | 'homeId'>,
  { place, octets }: { readonly place: number; readonly octets: Uint8Array },
): Promise<void> {
  await tx.insertInto('attachment_chunks').values({ attachment_id: id, home_id: homeId, place, octets }).execute();
  // What has come counts from now on: many that are sent at once are not more than one after the other.
  await tx
    .updateTable('attachments')
    .set((eb) => ({ size: eb('size', '+', octets.byteLength) }))
    .where('id', '=', id)
    .execute();
}

export async function attachmentById(db: Db, id: string): Promise<Attachment | undefined> {
  const row = await db.selectFrom('attachments').selectAll().where('id', '=', id).executeTakeFirst();
  return row && toAttachment(row);
}

/** Of some ids, those of attachments that there are. */
export async function knownAttachments(db: Db, ids: readonly string[]): Promise<ReadonlySet<string>> {
  const rows = await db.selectFrom('attachments').select('id').where('id', 'in', textList(db, ids)).execute();
  return new Set(rows.map(({ id }) => id));
}

/** A piece of the octets; undefined after the last. */
export async function chunkAt(db: Db, id: string, place: number): Promise<Uint8Array | undefined> {
  const row = await db
    .selectFrom('attachment_chunks')
    .select('octets')
    .where('attachment_id', '=', id)
    .where('place', '=', place)
    .executeTakeFirst();
  return row?.octets;
}

/** The collections with objects that name the attachment. */
export async function collectionsHolding(
  db: Db,
  id: string,
): Promise<readonly { readonly id: CollectionId; readonly homeId: PrincipalId }[]> {
  const rows = await db
    .selectFrom('attachment_holders')
    .innerJoin('objects', 'objects.id', 'attachment_holders.object_id')
    .select(['objects.collection_id', 'objects.home_id'])
    .distinct()
    .where('attachment_holders.attachment_id', '=', id)
    .where('attachment_holders.dropped_at', 'is', null)
    .execute();
  // As in toAttachment.
  return rows.map((row) => ({ id: row.collection_id as CollectionId, homeId: row.home_id as PrincipalId }));
}

/** The octets of objects in a collection that hold an attachment, `limit` at most, from behind the id `after`. */
export async function octetsHolding(
  db: Db,
  { id, collectionId }: { readonly id: string; readonly collectionId: string },
  { after, limit }: { readonly after: string; readonly limit: number },
): Promise<readonly { readonly id: string; readonly octets: Uint8Array }[]> {
  return db
    .selectFrom('attachment_holders')
    .innerJoin('objects', 'objects.id', 'attachment_holders.object_id')
    .select(['objects.id', octetsIn('objects').as('octets')])
    .where('attachment_holders.attachment_id', '=', id)
    .where('attachment_holders.object_id', '>', after)
    .where('attachment_holders.dropped_at', 'is', null)
    .where('objects.collection_id', '=', collectionId)
    .orderBy('attachment_holders.object_id')
    .limit(limit)
    .execute();
}

/** An object, as far as what it holds is concerned. */
export interface Holder {
  readonly objectId: string;
  readonly homeId: string;
  readonly uid: string;
}

const drop = prepared((db, { id, now }: { readonly id: string; readonly now: number }) =>
  db
    .updateTable('attachment_holders')
    .set({ dropped_at: now })
    .where('object_id', '=', id)
    .where('dropped_at', 'is', null)
    .compile(),
);

/** Notes that an object names no attachment any more. */
export async function dropHeld(tx: Db, objectId: string, now: number): Promise<void> {
  await drop(tx, { id: objectId, now });
}

/** Notes that an object names attachments; those that do not exist are left out. */
export async function hold(tx: Db, { objectId, homeId, uid }: Holder, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await tx
    .insertInto('attachment_holders')
    .columns(['attachment_id', 'object_id', 'home_id', 'uid', 'dropped_at'])
    .expression(
      tx
        .selectFrom('attachments')
        .select(['id', sql<string>`cast(${objectId} as text)`.as('o'), sql<string>`cast(${homeId} as text)`.as('h')])
        .select([sql<string>`cast(${uid} as text)`.as('u'), sql<null>`null`.as('d')])
        .where('id', 'in', textList(tx, ids)),
    )
    .onConflict((conflict) => conflict.columns(['attachment_id', 'object_id']).doUpdateSet({ dropped_at: null }))
    .execute();
}

/** Of some ids, those that an object with this UID in this home names, or once named; or that object `also`. */
export async function heldBefore(
  db: Db,
  { homeId, uid, also }: { readonly homeId: string; readonly uid: string; readonly also?: string | undefined },
  ids: readonly string[],
): Promise<ReadonlySet<string>> {
  if (ids.length === 0) return new Set();
  const rows = await db
    .selectFrom('attachment_holders')
    .select('attachment_id')
    .distinct()
    .where('attachment_id', 'in', textList(db, ids))
    .where((is) => is.or([is.and([is('home_id', '=', homeId), is('uid', '=', uid)]), is('object_id', '=', also ?? '')]))
    .execute();
  return new Set(rows.map(({ attachment_id: id }) => id));
}

/**
 * Octets of the attachments that objects of a home name now, whoever sent them; what only the past names is not counted.
 */
export async function attachmentUsage(db: Db, homeId: string): Promise<number> {
  const row = await db
    .selectFrom('attachments')
    .select((is) => is.fn.sum<number | string | null>('size').as('used'))
    .where('id', 'in', heldIn(db, homeId))
    .executeTakeFirst();
  return Number(row?.used ?? 0);
}

/**
 * Octets of all attachments that were sent to a home and are stored: what objects name now, what only the past names, and
 * what is coming in. Those that objects of other homes alone name are theirs.
 */
export async function attachmentsStored(db: Db, homeId: string): Promise<number> {
  const row = await db
    .selectFrom('attachments')
    .select((is) => is.fn.sum<number | string | null>('size').as('stored'))
    .where('home_id', '=', homeId)
    .where((is) => is.or([is('id', 'in', heldIn(db, homeId)), is('id', 'not in', heldElsewhere(db, homeId))]))
    .executeTakeFirst();
  return Number(row?.stored ?? 0);
}

const heldElsewhere = (db: Db, homeId: string) =>
  db
    .selectFrom('attachment_holders')
    .innerJoin('objects', 'objects.id', 'attachment_holders.object_id')
    .innerJoin('attachments as held', 'held.id', 'attachment_holders.attachment_id')
    .select('attachment_holders.attachment_id')
    .where('held.home_id', '=', homeId)
    .where('attachment_holders.home_id', '<>', homeId)
    .where('attachment_holders.dropped_at', 'is', null);

/** Removes attachments of a home that only the past names, the oldest first, until so many octets are free. */
export async function forgetPastAttachments(tx: Db, homeId: string, octets: number): Promise<void> {
  const past = await sql<{ id: string; size: number }>`
    select id, size from attachments where home_id = ${homeId}
      and exists (select 1 from attachment_holders h where h.attachment_id = attachments.id)
      and not exists (
        select 1 from attachment_holders h join objects o on o.id = h.object_id
        where h.attachment_id = attachments.id and h.dropped_at is null)
    order by created_at, id`.execute(tx);
  let freed = 0;
  for (const { id, size } of past.rows) {
    if (freed >= octets) return;
    freed += Number(size);
    await removeAttachment(tx, id);
  }
}

const heldIn = (db: Db, homeId: string) =>
  db
    .selectFrom('attachment_holders')
    .innerJoin('objects', 'objects.id', 'attachment_holders.object_id')
    .select('attachment_holders.attachment_id')
    .where('attachment_holders.home_id', '=', homeId)
    .where('attachment_holders.dropped_at', 'is', null);

/** What is known of an attachment once all its octets have come. */
export async function completeAttachment(
  tx: Db,
  id: string,
  { size, etag }: Pick<Attachment, 'size' | 'etag'>,
): Promise<void> {
  await tx.updateTable('attachments').set({ size, etag }).where('id', '=', id).execute();
}

/** Removes an attachment that no object names. */
export async function removeAttachment(tx: Db, id: string): Promise<void> {
  const held = sql<boolean>`exists (
    select 1 from attachment_holders h join objects o on o.id = h.object_id
    where h.attachment_id = ${id} and h.dropped_at is null)`;
  await tx
    .deleteFrom('attachments')
    .where('id', '=', id)
    .where((is) => is.not(held))
    .execute();
}

/**
 * Looks through attachments in the order of their ids: forgets which objects named them where no version of then is kept
 * any more, and removes those that nothing is left of. What was made since `before` may still be named by a write that is
 * under way. Returns where to go on, undefined at the end, and how many were removed.
 */
export async function pruneAttachments(
  tx: Db,
  { after, before, limit }: { readonly after: string; readonly before: number; readonly limit: number },
): Promise<{ readonly next: string | undefined; readonly removed: number }> {
  const page = await tx
    .selectFrom('attachments')
    .select('id')
    .where('id', '>', after)
    .where('created_at', '<', before)
    .orderBy('id')
    .limit(limit)
    .execute();
  const ids = page.map(({ id }) => id);
  if (ids.length === 0) return { next: undefined, removed: 0 };
  await sql`
    delete from attachment_holders where attachment_id in (${textList(tx, ids)})
      and (dropped_at is not null or not exists (select 1 from objects where objects.id = attachment_holders.object_id))
      and not exists (
        select 1 from versions where versions.object_id = attachment_holders.object_id
          and versions.home_id = attachment_holders.home_id and versions.uid = attachment_holders.uid
          and (attachment_holders.dropped_at is null or versions.until_at <= attachment_holders.dropped_at))`.execute(
    tx,
  );
  const { numDeletedRows } = await tx
    .deleteFrom('attachments')
    .where('id', 'in', ids)
    .where(
      'id',
      'not in',
      tx.selectFrom('attachment_holders').select('attachment_id').where('attachment_id', 'in', ids),
    )
    .executeTakeFirst();
  return { next: ids.length < limit ? undefined : ids.at(-1), removed: Number(numDeletedRows) };
}
