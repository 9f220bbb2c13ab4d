import type { Actor } from '../auth/actor.ts';
import { atOnce } from '../base/steps.ts';
import { BadRequest, ConditionFailed, Refusal } from '../base/refusal.ts';
import { deadProperties, setDeadProperty } from '../store/dead-properties.ts';
import { headByName, objectByName, removeObject } from '../store/objects.ts';
import type { Removal } from '../store/object-writes.ts';
import type { Db } from '../store/store.ts';
import { requireOn } from './access.ts';
import { authorOf, type Author } from './author.ts';
import type { CalendarContext } from './context.ts';
import { requireHarmless, writeGuarded } from './guard.ts';
import { requireUnlocked, type LockHolder } from './locks.ts';
import type { CalendarObject, Collection, ObjectHead, Principal } from './model.ts';
import { publish } from './put-object.ts';
import { readingObject, readObject, type ReadObject } from './read-object.ts';
import { isHidden } from './shown-object.ts';
import { claimSeq, requireUnchanged, writeObject, type WrittenObject } from './write-object.ts';

export interface TransferObject {
  readonly actor: Actor;
  readonly how: 'copy' | 'move';
  readonly from: { readonly collection: Collection; readonly name: string };
  readonly to: { readonly owner: Principal; readonly collection: Collection; readonly name: string };
  /** Overwrite: T or F (RFC 4918 §10.6). */
  readonly overwrite: boolean;
  /** Conditions on the source: throws ConditionFailed. */
  readonly check: (current: ObjectHead | undefined) => void;
  /** Collections that must be as they were read: see requireUnchanged. */
  readonly unchanged: readonly Collection[];
  readonly locks?: LockHolder | undefined;
}

/**
 * COPY and MOVE of one resource (RFC 4918 §9.8, §9.9) in one transaction, also between calendars and homes. The octets
 * go as they are; dead properties go along. A move within one calendar keeps its UID, a copy into the same calendar is
 * refused with no-uid-conflict.
 */
export async function transferObject(context: CalendarContext, request: TransferObject): Promise<WrittenObject> {
  const { actor, how, from, to } = request;
  await requireOn(context, actor, from.collection, how === 'move' ? 'unbind' : 'read');
  await requireOn(context, actor, to.collection, 'bind');
  if (from.collection.id === to.collection.id && from.name === to.name) {
    throw new BadRequest('Source and destination are the same resource', { status: 403 });
  }
  // Before the transaction, in which nothing else can run.
  const source = await objectByName(context.store.db, from.collection.id, from.name);
  if (source !== undefined && from.collection.isVeiled === true && (await isHidden(source))) {
    throw new Refusal('need-privileges', 'Of this object only the times may be read', { privilege: 'write-content' });
  }
  const read = source && (await readObject(context, to.collection, source.octets));
  const { written, removedSeq } = await writeGuarded(context, (tx) => transfer(context, tx, request, read), {
    lane: to.collection.homeId,
  });
  if (removedSeq !== undefined) publish(context, from.collection, removedSeq);
  publish(context, to.collection, written.seq);
  return written;
}

interface Transferred {
  readonly written: WrittenObject;
  readonly removedSeq: number | undefined;
}

async function transfer(
  context: CalendarContext,
  tx: Db,
  request: TransferObject,
  read: ReadObject | undefined,
): Promise<Transferred> {
  const { actor, how, from, to, check, unchanged, locks } = request;
  const by = authorOf(actor);
  await requireUnchanged(tx, unchanged);
  const source = await objectByName(tx, from.collection.id, from.name);
  check(source);
  if (source === undefined) throw new BadRequest('There is no such resource', { status: 404 });
  // Where it was written meanwhile, it is read anew.
  const object = read?.etag === source.etag ? read : atOnce(readingObject(context, to.collection, source.octets));
  // Read first: a removed resource has none left.
  const properties = await deadProperties(tx, source.id);
  const target = await clearTarget(context, tx, request, source);
  const removedSeq =
    how === 'move' ? await remove(context, tx, { head: source, ...from, locks }, { kind: 'moved', by }) : undefined;
  const written = await writeObject(
    context,
    tx,
    { ...to, check: () => undefined, by, locks, mayHold: { from: source.id } },
    object,
  );
  for (const [name, xml] of properties) {
    await setDeadProperty(tx, to.collection.homeId, written.head.id, name, xml);
  }
  return {
    written: target === undefined ? written : { ...written, outcome: 'updated' },
    removedSeq,
  };
}

/** What stands at the destination goes first, where Overwrite allows it. */
async function clearTarget(
  context: CalendarContext,
  tx: Db,
  { actor, to, overwrite, locks }: TransferObject,
  source: CalendarObject,
): Promise<ObjectHead | undefined> {
  const target = await headByName(tx, to.collection.id, to.name);
  if (target === undefined) return undefined;
  if (!overwrite) throw new ConditionFailed('The destination exists and Overwrite is F');
  if (target.uid !== source.uid) {
    throw new Refusal('no-uid-conflict', 'The destination holds another UID, which cannot be changed', {
      member: { collection: to.collection, name: to.name },
    });
  }
  await remove(context, tx, { head: target, ...to, locks }, { kind: 'deleted', by: authorOf(actor) });
  return target;
}

interface Removed {
  readonly collection: Collection;
  readonly head: ObjectHead;
  readonly locks: LockHolder | undefined;
}

async function remove(
  context: CalendarContext,
  tx: Db,
  { collection, head, locks }: Removed,
  removal: Removal & { readonly by: Author },
): Promise<number> {
  await requireUnlocked(context, tx, locks, [{ collection }, { collection, object: head }]);
  const now = context.clock();
  const seq = await claimSeq(tx, collection, now);
  await requireHarmless(context, tx, { collection, name: head.name, by: removal.by });
  await removeObject(tx, head, seq, now, removal);
  return seq;
}
