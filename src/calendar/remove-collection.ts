import type { Actor } from '../auth/actor.ts';
import { BadRequest, ConditionFailed, Refusal } from '../base/refusal.ts';
import { recordAct } from '../store/audit.ts';
import { collectionByUri, moveCollection as moveRow } from '../store/collections.ts';
import { deleteLocksIn } from '../store/locks.ts';
import { trashCollection } from '../store/removed-collections.ts';
import type { Db } from '../store/store.ts';
import { requireInHome } from './access.ts';
import { authorOf, type Author } from './author.ts';
import type { CalendarContext } from './context.ts';
import { requireNotHeld } from './guard.ts';
import { requireUnlocked, type LockHolder } from './locks.ts';
import type { Collection } from './model.ts';
import { requireCollection, requireUnchanged } from './write-object.ts';

/** The collections that belong to the home itself (RFC 6638 §2.1, §2.2): they are neither removed nor renamed. */
const FIXED_KINDS: ReadonlySet<Collection['kind']> = new Set(['home', 'inbox', 'outbox', 'notification', 'freebusy']);

function requireRemovable(collection: Collection): void {
  if (!FIXED_KINDS.has(collection.kind)) return;
  throw new BadRequest(`The ${collection.kind} belongs to the home and cannot be removed`, { status: 403 });
}

export interface RemoveCollection {
  readonly actor: Actor;
  readonly collection: Collection;
  /** Throws ConditionFailed; called inside the transaction with the collection as it is then. */
  readonly check: (current: Collection) => void;
  /** Collections that must be as they were read: see requireUnchanged. */
  readonly unchanged: readonly Collection[];
  readonly locks?: LockHolder | undefined;
}

/** DELETE of a calendar with everything in it, RFC 4918 §9.6.1: all of it goes to the trash. */
export async function removeCollection(
  context: CalendarContext,
  { actor, collection, check, unchanged, locks }: RemoveCollection,
): Promise<void> {
  await requireInHome(context, actor, collection.homeId, 'unbind');
  requireRemovable(collection);
  await context.store.write(async (tx) => {
    check(await requireCollection(tx, collection));
    await requireUnchanged(tx, unchanged);
    await requireUnlocked(context, tx, locks, [{ collection, whole: true }]);
    await remove(context, tx, collection, authorOf(actor));
  });
  context.hub.publish({ homeId: collection.homeId, collectionId: collection.id, seq: collection.seq });
}

async function remove(context: CalendarContext, tx: Db, collection: Collection, by: Author): Promise<void> {
  const { id: subject, homeId, uri } = collection;
  await requireNotHeld(context, tx, collection, by);
  const at = context.clock();
  await trashCollection(tx, subject, at, by);
  await recordAct(tx, { act: 'calendar-removed', at, by, homeId, subject, detail: { uri } });
}

export interface RenameCollection extends RemoveCollection {
  /** The new last path segment, in the same home. */
  readonly uri: string;
  readonly overwrite: boolean;
}

/**
 * MOVE of a calendar within its home: its URL changes, its members, their ETags and its sync tokens stay.
 * Returns whether something stood at the destination and was replaced.
 */
export async function renameCollection(context: CalendarContext, request: RenameCollection): Promise<boolean> {
  const { actor, collection, uri, overwrite, check, unchanged, locks } = request;
  await requireInHome(context, actor, collection.homeId, 'unbind');
  await requireInHome(context, actor, collection.homeId, 'bind');
  requireRemovable(collection);
  const by = authorOf(actor);
  const replaced = await context.store.write(async (tx) => {
    check(await requireCollection(tx, collection));
    await requireUnchanged(tx, unchanged);
    const target = await collectionByUri(tx, collection.homeId, uri);
    if (target?.id === collection.id) throw new BadRequest('Source and destination are the same', { status: 403 });
    if (target !== undefined) {
      if (!overwrite) throw new ConditionFailed('The destination exists and Overwrite is F');
      if (FIXED_KINDS.has(target.kind)) {
        throw new Refusal('calendar-collection-location-ok', 'The destination belongs to the home itself');
      }
      await requireUnlocked(context, tx, locks, [{ collection: target, whole: true }]);
      await remove(context, tx, target, by);
    }
    await requireUnlocked(context, tx, locks, [{ collection, whole: true }]);
    // RFC 4918 §7.6: locks stay behind.
    await deleteLocksIn(tx, [collection.id]);
    const at = context.clock();
    await moveRow(tx, collection.id, uri, at);
    const detail = { from: collection.uri, to: uri };
    await recordAct(tx, { act: 'calendar-renamed', at, by, homeId: collection.homeId, subject: collection.id, detail });
    return target !== undefined;
  });
  context.hub.publish({ homeId: collection.homeId, collectionId: collection.id, seq: collection.seq });
  return replaced;
}
