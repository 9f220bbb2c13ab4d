import type { Actor } from '../auth/actor.ts';
import { BadRequest } from '../base/refusal.ts';
import { headByName, removeObject } from '../store/objects.ts';
import { requireOn } from './access.ts';
import { authorOf } from './author.ts';
import type { CalendarContext } from './context.ts';
import { requireHarmless, writeGuarded } from './guard.ts';
import { requireUnlocked, type LockHolder } from './locks.ts';
import type { Collection, ObjectHead } from './model.ts';
import { headSeen } from './personal-forms.ts';
import { publish, publishAll } from './publish.ts';
import { startScheduling } from './schedule.ts';
import { claimSeq, requireUnchanged } from './write-object.ts';

export interface DeleteObject {
  readonly actor: Actor;
  readonly collection: Collection;
  readonly name: string;
  /** Throws ConditionFailed. */
  readonly check: (current: ObjectHead | undefined) => void;
  /** Collections that must be as they were read: see requireUnchanged. */
  readonly unchanged: readonly Collection[];
  readonly locks?: LockHolder | undefined;
  /** Schedule-Reply: F (RFC 6638 §8.1): the organizer is not told that an attendee has removed it. */
  readonly silent?: boolean;
}

/** Removes a resource, into the trash, and leaves a tombstone for sync tokens (RFC 6578 §3.5.2). 404 where there is none. */
export async function deleteObject(context: CalendarContext, request: DeleteObject): Promise<void> {
  const { actor, collection, name, check, unchanged, locks, silent } = request;
  await requireOn(context, actor, collection, 'unbind');
  const by = authorOf(actor);
  const { seq, changes } = await writeGuarded(
    context,
    async (tx) => {
      await requireUnchanged(tx, unchanged);
      const current = await headByName(tx, collection.id, name);
      check(await headSeen(context, tx, collection, current));
      if (current === undefined) throw new BadRequest('There is no such resource', { status: 404 });
      await requireUnlocked(context, tx, locks, [{ collection }, { collection, object: current }]);
      const scheduler = startScheduling(context, tx, { actor, by, collection, silent });
      await scheduler.removing(current);
      const now = context.clock();
      const next = await claimSeq(tx, collection, now);
      await requireHarmless(context, tx, { collection, name, by });
      await removeObject(tx, current, next, now, { kind: 'deleted', by });
      return { seq: next, changes: await scheduler.finish() };
    },
    { lane: collection.homeId },
  );
  publish(context, collection, seq);
  publishAll(context, changes);
}
