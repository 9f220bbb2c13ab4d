import { Refusal } from '../base/refusal.ts';
import type { Component } from '../ical/component.ts';
import { attendeeOf } from '../itip/address.ts';
import { sizeOfCopies } from '../scheduling/copies-size.ts';
import type { CalendarUser } from '../scheduling/directory.ts';
import type { SchedulingPlan } from '../scheduling/plan-put.ts';
import { partIn } from '../scheduling/role.ts';
import { collectionById } from '../store/collections.ts';
import { objectsOfUid } from '../store/scheduling.ts';
import { accessIn } from './access.ts';
import { mayActFor, requireMaySend } from './acting.ts';
import type { Delivery } from './deliver.ts';
import { parsedObject } from './parsed.ts';
import type { ReadObject } from './read-object.ts';
import type { OwnersChange, SchedulingOf } from './scheduling-of.ts';

/** Of a meeting that somebody else of this server organizes, who has not invited the owner: whether the writer may do so. */
export async function mayWriteFor(
  { tx, users }: Delivery,
  { actor }: SchedulingOf,
  { owner, after }: OwnersChange,
): Promise<boolean> {
  const { role, organizer = '' } = partIn(after, owner.me);
  const user = role === 'stranger' ? users.find(organizer) : undefined;
  return user !== undefined && mayActFor(tx, actor, user.id);
}

/** RFC 6638 §6.2: who changes what is told needs the privilege to tell it. */
export async function requireMayTell({ tx }: Delivery, of: SchedulingOf, plan: SchedulingPlan): Promise<void> {
  if (plan.kind === 'organizer' && plan.messages.length > 0) await requireMaySend(tx, of, 'schedule-send-invite');
  if (plan.kind === 'attendee' && plan.reply !== undefined) await requireMaySend(tx, of, 'schedule-send-reply');
}

/** RFC 6638 §3.2.4.1. Where the other one is, is told to who may read it there. */
export async function requireOnlyOne(
  { context, tx }: Delivery,
  { collection, actor }: SchedulingOf,
  uid: string,
): Promise<void> {
  const found = await objectsOfUid(tx, collection.homeId, uid);
  const other = found.find(
    ({ collectionId, scheduleTag }) => collectionId !== collection.id && scheduleTag !== undefined,
  );
  if (other === undefined) return;
  const holder = await collectionById(tx, other.collectionId);
  const access = await accessIn(context, actor, collection.homeId, tx);
  const isSeen = holder !== undefined && collection.mount === undefined && access.on(holder).has('read');
  throw new Refusal('unique-scheduling-object-resource', 'Another calendar of the same owner has this meeting', {
    ...(isSeen && { member: { collection: holder, name: other.name } }),
  });
}

/** Nobody joins a meeting of somebody of this server by storing a copy that names them. */
export async function requireInvited({ tx, users }: Delivery, owner: CalendarUser, object: ReadObject): Promise<void> {
  const organizer = users.find(partIn(object.calendar, owner.me).organizer ?? '');
  if (organizer === undefined) return;
  const theirs = await objectsOfUid(tx, organizer.id, object.uid);
  // Another calendar of the organizer's may have something plain of this UID.
  const isInvited = theirs.some(
    (each) => parsedObject(each)?.components.some((part) => attendeeOf(part, owner.me) !== undefined) === true,
  );
  if (theirs.length === 0 || isInvited) return;
  throw new Refusal('allowed-attendee-scheduling-object-change', 'The organizer has not invited this attendee');
}

/** Throws max-attendees-per-instance, before anything is planned: a small object may be very many large copies. */
export function requireFewCopies(
  { context: { limits }, users }: Delivery,
  { me }: CalendarUser,
  after: Component,
): void {
  if (partIn(after, me).role !== 'organizer') return;
  const { here, elsewhere } = sizeOfCopies(after, { me, isHere: (address) => users.find(address) !== undefined });
  if (here <= limits.copiesOctets && elsewhere <= limits.mailOctets) return;
  throw new Refusal('max-attendees-per-instance', 'What so many people are to get would be too much');
}
