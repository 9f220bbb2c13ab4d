import type { Actor } from '../auth/actor.ts';
import { atOnce } from '../base/steps.ts';
import { BadRequest, ConditionFailed, Refusal } from '../base/refusal.ts';
import { deadProperties, setDeadProperty } from '../store/dead-properties.ts';
import { headByName, objectByName, removeObject } from '../store/objects.ts';
import type { Db } from '../store/store.ts';
import { requireOnHome } from './access.ts';
import type { CalendarContext } from './context.ts';
import type { CalendarObject, Collection, ObjectHead, Principal } from './model.ts';
import { publish } from './put-object.ts';
import { readingObject, readObject, type ReadObject } from './read-object.ts';
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
}

/**
 * COPY and MOVE of one resource (RFC 4918 §9.8, §9.9) in one transaction, also between calendars and homes. The octets
 * go as they are; dead properties go along. A move within one calendar keeps its UID, a copy into the same calendar is
 * refused with no-uid-conflict.
 */
export async function transferObject(context: CalendarContext, request: TransferObject): Promise<WrittenObject> {
  const { actor, how, from, to } = request;
  requireOnHome(context, actor, from.collection.homeId, how === 'move' ? 'unbind' : 'read');
  requireOnHome(context, actor, to.collection.homeId, 'bind');
  if (from.collection.id === to.collection.id && from.name === to.name) {
    throw new BadRequest('Source and destination are the same resource', { status: 403 });
  }
  // Before the transaction, in which nothing else can run.
  const source = await objectByName(context.store.db, from.collection.id, from.name);
  const read = source && (await readObject(context, to.collection, source.octets));
  const { written, removedSeq } = await context.store.write((tx) => transfer(context, tx, request, read), {
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
  const { how, from, to, check, unchanged } = request;
  await requireUnchanged(tx, unchanged);
  const source = await objectByName(tx, from.collection.id, from.name);
  check(source);
  if (source === undefined) throw new BadRequest('There is no such resource', { status: 404 });
  // Where it was written meanwhile, it is read anew.
  const object = read?.etag === source.etag ? read : atOnce(readingObject(context, to.collection, source.octets));
  // Read first: a removed resource has none left.
  const properties = await deadProperties(tx, source.id);
  const target = await clearTarget(context, tx, request, source);
  const removedSeq = how === 'move' ? await remove(context, tx, from.collection, source) : undefined;
  const written = await writeObject(context, tx, { ...to, check: () => undefined }, object);
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
  { to, overwrite }: TransferObject,
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
  await remove(context, tx, to.collection, target);
  return target;
}

async function remove(context: CalendarContext, tx: Db, collection: Collection, head: ObjectHead): Promise<number> {
  const now = context.clock();
  const seq = await claimSeq(tx, collection, now);
  await removeObject(tx, head, seq, now);
  return seq;
}
