import type { Actor } from '../auth/actor.ts';
import type { Change } from '../base/hub.ts';
import { BadRequest } from '../base/refusal.ts';
import { nextSeq } from '../store/change-sequence.ts';
import { discardObject, headByName } from '../store/objects.ts';
import type { Db } from '../store/store.ts';
import { requireOn } from './access.ts';
import type { CalendarContext } from './context.ts';
import { requireUnlocked, type LockHolder } from './locks.ts';
import type { Collection, ObjectHead } from './model.ts';
import { publishAll } from './publish.ts';

export interface DealWithMember {
  readonly actor: Actor;
  /** Of kind inbox or notification. */
  readonly collection: Collection;
  readonly name: string;
  /** Throws ConditionFailed. */
  readonly check: (current: ObjectHead | undefined) => void;
  readonly locks?: LockHolder | undefined;
}

/**
 * DELETE of a message or notice that was dealt with (RFC 6638 §4.1, caldav-notifications §4): it is not kept. 404 where
 * there is none; need-privileges.
 */
export async function removeDealtWith(context: CalendarContext, request: DealWithMember): Promise<void> {
  const { actor, collection, name, check, locks } = request;
  await requireOn(context, actor, collection, 'unbind');
  const changes = await context.store.write(async (tx) => {
    const current = await headByName(tx, collection.id, name);
    check(current);
    if (current === undefined) throw new BadRequest('There is no such resource', { status: 404 });
    await requireUnlocked(context, tx, locks, [{ collection }, { collection, object: current }]);
    return discardMember(tx, current, context.clock());
  });
  publishAll(context, changes);
}

/** Removes a member that leaves no version behind; what is to be published after the commit. */
export async function discardMember(tx: Db, head: ObjectHead, now: number): Promise<readonly Change[]> {
  const seq = await nextSeq(tx, head.collectionId, now);
  if (seq === undefined) return [];
  await discardObject(tx, head, seq, now);
  return [{ homeId: head.homeId, collectionId: head.collectionId, seq }];
}
