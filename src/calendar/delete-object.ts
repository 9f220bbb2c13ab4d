import type { Actor } from '../auth/actor.ts';
import { BadRequest } from '../base/refusal.ts';
import { headByName, removeObject } from '../store/objects.ts';
import { requireOnHome } from './access.ts';
import type { CalendarContext } from './context.ts';
import type { Collection, ObjectHead } from './model.ts';
import { publish } from './put-object.ts';
import { claimSeq, requireUnchanged } from './write-object.ts';

export interface DeleteObject {
  readonly actor: Actor;
  readonly collection: Collection;
  readonly name: string;
  /** Throws ConditionFailed. */
  readonly check: (current: ObjectHead | undefined) => void;
  /** Collections that must be as they were read: see requireUnchanged. */
  readonly unchanged: readonly Collection[];
}

/** Removes a resource and leaves a tombstone for sync tokens (RFC 6578 §3.5.2). 404 where there is none. */
export async function deleteObject(context: CalendarContext, request: DeleteObject): Promise<void> {
  const { actor, collection, name, check, unchanged } = request;
  requireOnHome(context, actor, collection.homeId, 'unbind');
  const seq = await context.store.write(
    async (tx) => {
      await requireUnchanged(tx, unchanged);
      const current = await headByName(tx, collection.id, name);
      check(current);
      if (current === undefined) throw new BadRequest('There is no such resource', { status: 404 });
      const now = context.clock();
      const next = await claimSeq(tx, collection, now);
      await removeObject(tx, current, next, now);
      return next;
    },
    { lane: collection.homeId },
  );
  publish(context, collection, seq);
}
