import { planDelete } from '../scheduling/plan-delete.ts';
import { addressesOf } from '../scheduling/role.ts';
import { objectByName } from '../store/objects.ts';
import { lockHomes } from '../store/scheduling.ts';
import { senderOf, signing } from './acting.ts';
import type { Delivery } from './deliver.ts';
import { noteGroups } from './group-attendees.ts';
import type { ObjectHead } from './model.ts';
import { readMemory, writeMemory } from './scheduling-memory.ts';
import { ownedBy, type SchedulingOf } from './scheduling-of.ts';
import { requireMayTell } from './scheduling-preconditions.ts';

/** Cancels a meeting of the owner's that is being removed, and declines one of another (RFC 6638 §3.2.1.3, §3.2.2.4). */
export async function removed(delivery: Delivery, of: SchedulingOf, head: ObjectHead): Promise<void> {
  const { collection, silent = false } = of;
  const { context, tx, users, senderId, later } = delivery;
  const known = await objectByName(tx, collection.id, head.name);
  const owned = await ownedBy(delivery, collection, known);
  if (owned?.before === undefined) return;
  const { owner, before } = owned;
  await users.lookUp(addressesOf(before));
  const memory = await readMemory(tx, owner.id, head.uid);
  const plan = planDelete({ before, me: owner.me, now: context.clock(), memory, silent });
  await noteGroups(delivery, owner, { uid: head.uid, before });
  if (plan.kind === 'plain') return;
  await requireMayTell(delivery, of, plan);
  const sign = signing(owner, await senderOf(tx, of, owner));
  await lockHomes(tx, [owner.id, ...users.ids()]);
  await writeMemory(context, tx, { homeId: owner.id, uid: head.uid, before: memory, after: plan.memory });
  if (plan.kind === 'organizer') {
    const told = plan.messages.filter(({ to }) => users.find(to)?.hasHome !== false);
    const about = { before, after: undefined, sign };
    later.push(...told.map((each) => ({ ...each, message: sign(each.message), senderId, about })));
    return;
  }
  const { reply } = plan;
  if (reply !== undefined) later.push({ ...reply, message: sign(reply.message), quiet: false, senderId });
}
