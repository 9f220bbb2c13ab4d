import { newObjectId } from '../base/ids.ts';
import { BadRequest, ConditionFailed, Refusal } from '../base/refusal.ts';
import { requireHomeRoom } from './quota.ts';
import { nextSeq } from '../store/change-sequence.ts';
import { collectionById } from '../store/collections.ts';
import { mountedAt } from '../store/mounts.ts';
import { countObjects, headByUid, insertObject, updateObject } from '../store/objects.ts';
import { headToReplace, sharedBefore } from '../store/personal-objects.ts';
import type { Db } from '../store/store.ts';
import type { Author } from './author.ts';
import type { CalendarContext } from './context.ts';
import { requireHarmless } from './guard.ts';
import { noteHeld, type MayHold } from './linked-attachments.ts';
import { requireUnlocked, type LockHolder } from './locks.ts';
import type { Collection, ObjectHead } from './model.ts';
import { mounted } from './mounts.ts';
import type { ReadObject } from './read-object.ts';
import { requireRoomFree } from './require-room-free.ts';
import { keepForOthers } from './shared-form.ts';

export interface WrittenObject {
  readonly outcome: 'created' | 'updated';
  readonly head: ObjectHead;
  /** The collection's change sequence after the write. */
  readonly seq: number;
  /** What was stored, where it is not what was to be: scheduling says more (RFC 6638 §3.2.9), or puts things back. */
  readonly rewritten?: Uint8Array | undefined;
}

/** What scheduling makes of an object that is to be stored. */
export interface ScheduledForm {
  readonly object: ReadObject;
  /** undefined: it stays; null: it is no scheduling object. */
  readonly scheduleTag: string | null | undefined;
}

export interface WriteTarget {
  readonly collection: Collection;
  readonly name: string;
  /** Throws ConditionFailed; called inside the transaction with what stands at the name. */
  readonly check: (current: ObjectHead | undefined) => void;
  readonly by: Author;
  /** Who submits which lock tokens; left out: nobody any. */
  readonly locks?: LockHolder | undefined;
  /** Attachments that it may come to hold; left out: none that its like did not hold before. */
  readonly mayHold?: MayHold;
  /** Known to change what others see of it, too. */
  readonly isForAll?: boolean;
  /** What the object becomes by scheduling: asked once nothing stands in the way; left out: what it is. */
  schedule?(current: ObjectHead | undefined, object: ReadObject): Promise<ScheduledForm>;
  /** undefined: it stays; where `schedule` is given, that decides. */
  readonly scheduleTag?: string | null | undefined;
  /** A message of somebody else's: neither locks nor quotas of the receiver hold it up. */
  readonly isDelivery?: boolean;
}

/**
 * Stores an object that was read: conditions, one UID once a calendar (RFC 4791 §5.3.2.1), limits, rows, change
 * sequence. Inside the caller's transaction.
 */
export async function writeObject(
  context: CalendarContext,
  tx: Db,
  target: WriteTarget,
  given: ReadObject,
): Promise<WrittenObject> {
  const { collection, name, check, by, locks, mayHold, isForAll = false, isDelivery = false } = target;
  const { head: current, isShared } = await headToReplace(tx, collection.id, name);
  check(current);
  if (!isDelivery) await requireUnlocked(context, tx, locks, [{ collection, object: current }]);
  await requireUid(tx, target, current, given);
  const form = target.schedule === undefined ? target : await target.schedule(current, given);
  const { object = given, scheduleTag } = { object: undefined, ...form };
  const rewritten = object.etag === given.etag ? undefined : object.octets;
  if (!isDelivery) await requireRoomFree(context, tx, { collection, current, object });
  const now = context.clock();
  const seq = await claimSeq(tx, collection, now);
  if (!isDelivery) {
    await requireHomeRoom(context, tx, collection.homeId, object.octets.byteLength - (current?.size ?? 0));
    if (current !== undefined) await requireHarmless(context, tx, { collection, name, by });
  }
  const { index } = object;
  const columns = {
    uid: object.uid,
    component: object.component,
    etag: object.etag,
    octets: object.octets,
    scheduleTag,
    seq,
    by,
    ...index,
  };
  if (current !== undefined) {
    const before = isShared && !isForAll ? await sharedBefore(tx, current.id) : undefined;
    const head = await updateObject(tx, current.id, columns, now);
    if (before !== undefined) await keepForOthers(context, tx, before, { head, object });
    await noteHeld(context, tx, { collection, head, isNew: false, mayHold }, object);
    return { outcome: 'updated', head, seq, rewritten };
  }
  if (!isDelivery) await requireRoom(context, tx, collection, seq);
  const head = await insertObject(
    tx,
    {
      id: newObjectId(),
      homeId: collection.homeId,
      collectionId: collection.id,
      name,
      createdSeq: seq,
      ...columns,
      scheduleTag: scheduleTag ?? undefined,
    },
    now,
  );
  await noteHeld(context, tx, { collection, head, isNew: true, mayHold }, object);
  return { outcome: 'created', head, seq, rewritten };
}

/** The next change sequence; a collection that was removed meanwhile is 404, so that nothing is written into the void. */
export async function claimSeq(tx: Db, collection: Collection, now: number): Promise<number> {
  const seq = await nextSeq(tx, collection.id, now);
  if (seq === undefined) throw new BadRequest('The collection does not exist any more', { status: 404 });
  return seq;
}

async function requireUid(
  tx: Db,
  { collection, name, schedule }: WriteTarget,
  current: ObjectHead | undefined,
  given: ReadObject,
): Promise<void> {
  const { uid } = given;
  // A UID that it has already nobody else has.
  if (current?.uid === uid) return;
  if (current !== undefined) {
    throw new Refusal('no-uid-conflict', 'The resource holds another UID, which cannot be changed', {
      member: { collection, name },
    });
  }
  const holder = await headByUid(tx, collection.id, uid);
  if (holder === undefined) return;
  // What may not be made of that meeting is refused as such: another UID would be no way out (RFC 6638 §3.2.4).
  if (holder.scheduleTag !== undefined) await schedule?.(holder, given);
  throw new Refusal('no-uid-conflict', 'Another resource of this calendar has this UID', {
    member: { collection, name: holder.name },
  });
}

async function requireRoom(context: CalendarContext, tx: Db, collection: Collection, seq: number): Promise<void> {
  const most = context.limits.resourcesPerCollection;
  // There are never more members than changes, so that the count is only asked for near the bound.
  if (seq <= most || (await countObjects(tx, collection.id)) < most) return;
  throw new Refusal('quota-not-exceeded', `A collection holds at most ${most} resources`);
}

/** Throws ConditionFailed where one of the collections is not as it was when it was read. */
export async function requireUnchanged(tx: Db, collections: readonly Collection[]): Promise<void> {
  for (const collection of collections) {
    const { seq, propertiesVersion } = collection.mount ?? collection;
    const current = await collectionById(tx, collection.id);
    if (current?.seq === seq && current.propertiesVersion === propertiesVersion) continue;
    throw new ConditionFailed('If: a collection was changed meanwhile');
  }
}

/**
 * The collection as it is now, if it still stands where it was read: a shared calendar in the home of the sharee; for
 * use-cases that are about the collection and not about what it holds.
 */
export async function requirePlace(tx: Db, collection: Collection): Promise<Collection> {
  if (collection.mount === undefined) return requireCollection(tx, collection);
  const { id, uri } = collection.mount;
  const place = await collectionById(tx, id);
  const behind = (await mountedAt(tx, [id])).get(id);
  if (place?.uri !== uri || behind === undefined) {
    throw new BadRequest('The collection does not exist any more', { status: 404 });
  }
  return mounted(place, behind);
}

/** The collection as it is now, if it still stands where it was read; for use-cases that write outside of its sequence. */
export async function requireCollection(tx: Db, collection: Collection): Promise<Collection> {
  const current = await collectionById(tx, collection.id);
  if (current?.uri !== collection.uri) {
    throw new BadRequest('The collection does not exist any more', { status: 404 });
  }
  return current;
}
