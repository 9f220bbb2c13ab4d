import type { Actor } from '../auth/actor.ts';
import type { Change } from '../base/hub.ts';
import { atOnce } from '../base/steps.ts';
import { createTurns, inTurns } from '../base/turns.ts';
import { BadRequest, ConditionFailed, Refusal } from '../base/refusal.ts';
import { deadProperties, setDeadProperty } from '../store/dead-properties.ts';
import { headByName, removeObject } from '../store/objects.ts';
import type { Removal } from '../store/object-writes.ts';
import type { Db } from '../store/store.ts';
import { accessOn, requireOn, requirePrivilege, type Privileges } from './access.ts';
import { authorOf, type Author } from './author.ts';
import type { CalendarContext } from './context.ts';
import { requireHarmless, writeGuarded } from './guard.ts';
import { requireUnlocked, type LockHolder } from './locks.ts';
import type { CalendarObject, Collection, ObjectHead, Principal } from './model.ts';
import { publish, publishAll } from './publish.ts';
import { requirePropertyOctets } from './quota.ts';
import { schedulerFor, startScheduling, type Scheduler } from './schedule.ts';
import { isHidden } from './shown-object.ts';
import {
  isSameSource,
  keepTransferred,
  keptOf,
  requireTransferable,
  sourceOf,
  transferring,
  type Source,
  type TransferredForm,
} from './transferred-form.ts';
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
  const there = await accessOn(context, actor, to.collection);
  requirePrivilege(there, 'bind');
  if (from.collection.id === to.collection.id && from.name === to.name) {
    throw new BadRequest('Source and destination are the same resource', { status: 403 });
  }
  requireTransferable(request);
  // Before the transaction, in which nothing else can run.
  const source = await sourceOf(context.store.db, from);
  if (source !== undefined && from.collection.isVeiled === true && (await isHidden(source.object))) {
    throw new Refusal('need-privileges', 'Of this object only the times may be read', { privilege: 'write-content' });
  }
  const read = source && { source, form: await inTurns(transferring(context, request, source), createTurns()) };
  const { written, removedSeq, changes } = await writeGuarded(
    context,
    (tx) => transfer(context, tx, { ...request, there }, read),
    {
      lane: to.collection.homeId,
    },
  );
  if (removedSeq !== undefined) publish(context, from.collection, removedSeq);
  publish(context, to.collection, written.seq);
  publishAll(context, changes);
  return written;
}

/** With what the actor may do at the destination. */
type Allowed = TransferObject & { readonly there: Privileges };

/** The source as it was read before the transaction. */
interface Read {
  readonly source: Source;
  readonly form: TransferredForm;
}

interface Transferred {
  readonly written: WrittenObject;
  readonly removedSeq: number | undefined;
  readonly changes: readonly Change[];
}

async function transfer(
  context: CalendarContext,
  tx: Db,
  request: Allowed,
  read: Read | undefined,
): Promise<Transferred> {
  const { actor, how, from, to, check, unchanged, locks } = request;
  const by = authorOf(actor);
  await requireUnchanged(tx, unchanged);
  const found = await sourceOf(tx, from);
  // Where it was written meanwhile, it is read anew.
  const isRead = read !== undefined && isSameSource(read.source, found);
  // But what it is now may not be for who asks.
  if (!isRead && from.collection.isVeiled === true && found !== undefined) {
    throw new ConditionFailed('The resource was changed meanwhile');
  }
  const form = isRead ? read.form : found && atOnce(transferring(context, request, found));
  check(form?.seen);
  if (found === undefined || form === undefined) throw new BadRequest('There is no such resource', { status: 404 });
  const source = found.object;
  // Read first: a removed resource has none left.
  const kept = await keptOf(tx, request, source);
  const properties = await deadProperties(tx, source.id);
  // A meeting that something plain takes the place of is removed (RFC 6638 §3.2.3.1).
  const replacing = startScheduling(context, tx, { actor, by, collection: to.collection });
  const target = await clearTarget(context, tx, request, { source, replacing });
  const schedulers = schedulersFor(context, tx, request, by);
  await schedulers.leaving?.removing(source);
  const removedSeq =
    how === 'move' ? await remove(context, tx, { head: source, ...from, locks }, { kind: 'moved', by }) : undefined;
  const written = await writeObject(
    context,
    tx,
    {
      ...to,
      check: () => undefined,
      by,
      locks,
      mayHold: { from: source.id, isFromHome: from.collection.homeId === to.collection.homeId },
      // Within a home nothing happens to a meeting but that it is in another calendar.
      ...(schedulers.arriving?.target ?? { scheduleTag: source.scheduleTag }),
    },
    form.base,
  );
  const seen = await keepTransferred(context, tx, { way: request, form, kept }, written);
  for (const [name, xml] of properties) {
    await setDeadProperty(tx, to.collection.homeId, written.head.id, name, xml);
  }
  const isMore = how === 'copy' || from.collection.homeId !== to.collection.homeId;
  if (isMore && properties.size > 0) await requirePropertyOctets(context, tx, to.collection.homeId);
  return {
    written: target === undefined ? seen : { ...seen, outcome: 'updated' },
    removedSeq,
    changes: [
      ...(await replacing.finish()),
      ...((await schedulers.leaving?.finish()) ?? []),
      ...((await schedulers.arriving?.finish()) ?? []),
    ],
  };
}

/** Between homes, a meeting is removed from one and stored in the other (RFC 6638 §3.2.3); a copy is one more. */
function schedulersFor(context: CalendarContext, tx: Db, { actor, how, from, to }: Allowed, by: Author) {
  if (how === 'move' && from.collection.homeId === to.collection.homeId) return {};
  const arriving = schedulerFor(context, tx, { actor, by, collection: to.collection });
  if (how === 'copy') return { arriving };
  return { arriving, leaving: startScheduling(context, tx, { actor, by, collection: from.collection }) };
}

/** What stands at the destination goes first, where Overwrite allows it. */
async function clearTarget(
  context: CalendarContext,
  tx: Db,
  { actor, to, overwrite, locks, there }: Allowed,
  { source, replacing }: { readonly source: CalendarObject; readonly replacing: Scheduler },
): Promise<ObjectHead | undefined> {
  const target = await headByName(tx, to.collection.id, to.name);
  if (target === undefined) return undefined;
  // RFC 3744 appendix B: another body of what stands there is more than a new member.
  requirePrivilege(there, 'write-content');
  if (!overwrite) throw new ConditionFailed('The destination exists and Overwrite is F');
  if (target.uid !== source.uid) {
    throw new Refusal('no-uid-conflict', 'The destination holds another UID, which cannot be changed', {
      member: { collection: to.collection, name: to.name },
    });
  }
  if (target.scheduleTag !== undefined && source.scheduleTag !== undefined) {
    throw new Refusal('unique-scheduling-object-resource', 'The destination is this meeting as somebody else has it', {
      member: { collection: to.collection, name: to.name },
    });
  }
  const by = authorOf(actor);
  await replacing.removing(target);
  await remove(context, tx, { head: target, ...to, locks }, { kind: 'deleted', by });
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
