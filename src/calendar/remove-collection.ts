import type { Actor } from '../auth/actor.ts';
import type { Change } from '../base/hub.ts';
import { BadRequest, ConditionFailed, Refusal } from '../base/refusal.ts';
import { recordAct } from '../store/audit.ts';
import { moveCollection as moveRow } from '../store/collection-writes.ts';
import { collectionByUri } from '../store/collections.ts';
import { deleteLocksIn } from '../store/locks.ts';
import { trashCollection } from '../store/removed-collections.ts';
import type { Db } from '../store/store.ts';
import { requireInHome } from './access.ts';
import { authorOf, type Author } from './author.ts';
import type { CalendarContext } from './context.ts';
import { requireNotDefault } from './default-calendar.ts';
import { requireNotHeld } from './guard.ts';
import { requireUnlocked, type LockHolder } from './locks.ts';
import type { Collection } from './model.ts';
import { publishAll } from './publish.ts';
import { startScheduling } from './schedule.ts';
import { endShares } from './share.ts';
import { leaveShare } from './share-answer.ts';
import { requirePlace, requireUnchanged } from './write-object.ts';

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
  /** Schedule-Reply: F (RFC 6638 §8.1): organizers are not told that an attendee has removed their meetings. */
  readonly silent?: boolean;
}

/**
 * DELETE of a calendar with everything in it, RFC 4918 §9.6.1: all of it goes to the trash. Of a shared calendar, a sharee
 * removes its place in the own home and nothing else (caldav-sharing §5.4.2). Meetings in it are cancelled, or declined.
 */
export async function removeCollection(
  context: CalendarContext,
  { actor, collection, check, unchanged, locks, silent }: RemoveCollection,
): Promise<void> {
  const place = collection.mount ?? collection;
  await requireInHome(context, actor, place.homeId, 'unbind');
  requireRemovable(collection);
  const by = authorOf(actor);
  const changes = await context.store.write(async (tx) => {
    check(await requirePlace(tx, collection));
    await requireUnchanged(tx, unchanged);
    if (collection.mount !== undefined) return leaveShare(context, tx, { mount: collection.mount, by });
    await requireUnlocked(context, tx, locks, [{ collection, whole: true }]);
    return remove(context, tx, collection, { by, silent });
  });
  publishAll(context, changes);
  context.hub.publish({ homeId: place.homeId, collectionId: place.id, seq: collection.seq });
}

/** What is to be published after the commit, beside the calendar itself. */
async function remove(
  context: CalendarContext,
  tx: Db,
  collection: Collection,
  { by, silent }: { readonly by: Author; readonly silent?: boolean | undefined },
): Promise<readonly Change[]> {
  const { id: subject, homeId, uri } = collection;
  await requireNotHeld(context, tx, collection, by);
  await requireNotDefault(tx, collection);
  const at = context.clock();
  const scheduler = startScheduling(context, tx, { by, collection, silent });
  await scheduler.removingAll();
  const changes = await endShares(context, tx, collection);
  await trashCollection(tx, subject, at, by);
  await recordAct(tx, { act: 'calendar-removed', at, by, homeId, subject, detail: { uri } });
  return [...changes, ...(await scheduler.finish())];
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
  // A shared calendar moves within the home of the sharee; its owner sees nothing of it.
  const place = collection.mount ?? collection;
  await requireInHome(context, actor, place.homeId, 'unbind');
  await requireInHome(context, actor, place.homeId, 'bind');
  requireRemovable(collection);
  const by = authorOf(actor);
  const { replaced, changes } = await context.store.write(async (tx) => {
    const ended: Change[] = [];
    check(await requirePlace(tx, collection));
    await requireUnchanged(tx, unchanged);
    const target = await collectionByUri(tx, place.homeId, uri);
    if (target?.id === place.id) throw new BadRequest('Source and destination are the same', { status: 403 });
    if (target !== undefined) {
      if (!overwrite) throw new ConditionFailed('The destination exists and Overwrite is F');
      if (FIXED_KINDS.has(target.kind)) {
        throw new Refusal('calendar-collection-location-ok', 'The destination belongs to the home itself');
      }
      // One comes by an invitation and goes by leaving it.
      if (target.sharedId !== undefined) {
        throw new Refusal('calendar-collection-location-ok', 'The destination is a shared calendar');
      }
      await requireUnlocked(context, tx, locks, [{ collection: target, whole: true }]);
      ended.push(...(await remove(context, tx, target, { by })));
    }
    if (collection.mount === undefined) {
      await requireUnlocked(context, tx, locks, [{ collection, whole: true }]);
      // RFC 4918 §7.6: locks stay behind.
      await deleteLocksIn(tx, [collection.id]);
    }
    const at = context.clock();
    await moveRow(tx, place.id, uri, at);
    const detail = { from: place.uri, to: uri };
    await recordAct(tx, { act: 'calendar-renamed', at, by, homeId: place.homeId, subject: place.id, detail });
    return { replaced: target !== undefined, changes: ended };
  });
  publishAll(context, changes);
  context.hub.publish({ homeId: place.homeId, collectionId: place.id, seq: collection.seq });
  return replaced;
}
