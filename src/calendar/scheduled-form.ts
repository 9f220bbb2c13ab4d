import type { Component } from '../ical/component.ts';
import { addressKey } from '../itip/address.ts';
import type { OutgoingMessage } from '../itip/organizer-changes.ts';
import type { CalendarUser, Directory } from '../scheduling/directory.ts';
import { withKnownAddresses } from '../scheduling/known-addresses.ts';
import { ownWordIn } from '../scheduling/own-word.ts';
import { planPut, type SchedulingPlan } from '../scheduling/plan-put.ts';
import { addressesOf, partIn } from '../scheduling/role.ts';
import { objectByName } from '../store/objects.ts';
import { findPrincipal } from '../store/principals.ts';
import { lockHomes } from '../store/scheduling.ts';
import { inOwnersName, isSharee, senderOf, signing } from './acting.ts';
import { calendarUser } from './calendar-users.ts';
import { isLarge, type Delivery } from './deliver.ts';
import { noteGroups, withGroupMembers } from './group-attendees.ts';
import type { ObjectHead } from './model.ts';
import { withCalendar, type ReadObject } from './read-object.ts';
import { recordAnswer } from './rooms-first.ts';
import { readMemory, writeMemory } from './scheduling-memory.ts';
import { ownedBy, type OwnersChange, type SchedulingOf, type Working } from './scheduling-of.ts';
import {
  mayWriteFor,
  requireFewCopies,
  requireInvited,
  requireMayTell,
  requireOnlyOne,
} from './scheduling-preconditions.ts';
import { organized } from './tell-attendees.ts';
import { attended } from './tell-organizer.ts';
import type { ScheduledForm } from './write-object.ts';

/** What an object is stored as, and tells everybody whom it concerns (RFC 6638 §3.2); throws its preconditions. */
export async function scheduled(
  delivery: Delivery,
  of: Working,
  current: ObjectHead | undefined,
  object: ReadObject,
): Promise<ScheduledForm> {
  const { context, tx, users } = delivery;
  const { collection, attendeeState = 'client' } = of;
  const known = current && (await objectByName(tx, collection.id, current.name));
  const owned = await ownedBy(delivery, collection, known);
  if (owned === undefined) return { object, scheduleTag: undefined };
  const { owner, before } = owned;
  await users.lookUp(concerned(owner, before, object.calendar));
  const memory = await readMemory(tx, owner.id, object.uid);
  const after = await settled(delivery, of, { owner, before, after: object.calendar });
  requireFewCopies(delivery, owner, after);
  const mayAct = await mayWriteFor(delivery, of, { owner, before, after });
  const plan = planPut({
    ...{ before, after, me: owner.me, now: context.clock(), memory, directory: users, attendeeState },
    ...{ mayActFor: () => mayAct, isSharee: await isSharee(tx, of) },
  });
  if (plan.kind === 'plain') {
    if (before !== undefined) await noteGroups(delivery, owner, { uid: object.uid, before });
    return { object, scheduleTag: current?.scheduleTag === undefined ? undefined : null };
  }
  await requireMayTell(delivery, of, plan);
  if (current?.scheduleTag === undefined) await requireOnlyOne(delivery, of, object.uid);
  await lockHomes(tx, [owner.id, ...users.ids()]);
  if (plan.kind === 'attendee' && partIn(before, owner.me).role !== 'attendee')
    await requireInvited(delivery, owner, object);
  await writeMemory(context, tx, { homeId: owner.id, uid: object.uid, before: memory, after: plan.memory });
  const given = after === object.calendar ? object : withCalendar(object, after);
  return applied(delivery, of, { change: { owner, before, after }, plan, given });
}

interface Planned {
  readonly change: OwnersChange;
  readonly plan: Exclude<SchedulingPlan, { kind: 'plain' }>;
  readonly given: ReadObject;
}

async function applied(delivery: Delivery, of: Working, { change, plan, given }: Planned): Promise<ScheduledForm> {
  const { context, tx, users } = delivery;
  const { owner, before, after } = change;
  const { collection } = of;
  const sign = signing(owner, await senderOf(tx, of, owner));
  if (plan.kind === 'organizer') {
    await noteOwnWord(delivery, of, change, given.uid);
    await noteGroups(delivery, owner, { uid: given.uid, before, after });
    const messages = plan.messages
      .filter((each) => !isToNobody(each, of, users))
      .map((each) => ({ ...each, message: sign(each.message) }));
    return organized(delivery, { owner, collection, plan: { ...plan, messages }, about: { before, sign } }, given);
  }
  const reply = plan.reply && { ...plan.reply, message: sign(plan.reply.message) };
  if (reply !== undefined && owner.place !== undefined) await recordAnswer(context, tx, of, given);
  return attended(delivery, collection, { ...plan, reply }, given);
}

/** Who is in a group no more because the server does not know them any more is not told by mail that they are not invited. */
const isToNobody = ({ to, message }: OutgoingMessage, { groups }: SchedulingOf, users: Directory): boolean =>
  groups === 'all' && message.method === 'CANCEL' && users.find(to) === undefined;

/** What was sent, with everybody named as before, and in a meeting of the owner's the members of its groups. */
async function settled(delivery: Delivery, of: SchedulingOf, change: OwnersChange): Promise<Component> {
  const { owner, before } = change;
  const { groups = 'new' } = of;
  const known = withKnownAddresses(before, change.after, delivery.users);
  const after = await inOwnersName(delivery.tx, of, { owner, before, after: known });
  if (partIn(after, owner.me).role !== 'organizer') return after;
  await delivery.users.lookUp(addressesOf(after));
  return withGroupMembers(delivery, { owner, before, after, refresh: groups });
}

/** An answer that is given in the organizer's own object; what it says of others is put back. */
async function noteOwnWord(
  { tx }: Delivery,
  { actor, said, attendeeState = 'client' }: Working,
  { owner, before, after }: OwnersChange,
  uid: string,
): Promise<void> {
  const principal = actor === undefined || actor.id === owner.id ? undefined : await findPrincipal(tx, actor.id);
  const writer = principal && calendarUser(principal);
  const word = writer && ownWordIn({ before, after, attendeeState }, writer.me);
  if (writer !== undefined && word !== undefined && word.size > 0)
    said.push({ writer, owner, uid, meeting: after, word });
}

/** The addresses that a change is about: an answer to a large meeting is only told to its organizer at first. */
function concerned({ me }: CalendarUser, before: Component | undefined, after: Component): readonly string[] {
  const parts = [before ?? after, after].map((each) => partIn(each, me));
  const isAnswer = isLarge(after) && parts.every(({ role }) => role === 'attendee');
  if (!isAnswer) return addressesOf(before, after);
  const known = new Set(addressesOf(before).map(addressKey));
  // Who is named in another way than before may be the same.
  if (addressesOf(after).some((each) => !known.has(addressKey(each)))) return addressesOf(before, after);
  return parts.flatMap(({ organizer }) => organizer ?? []);
}
