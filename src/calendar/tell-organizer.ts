import { newId } from '../base/ids.ts';
import { atOnce } from '../base/steps.ts';
import type { OutgoingMessage } from '../itip/organizer-changes.ts';
import { withOrganizerStatus } from '../itip/organizer-status.ts';
import type { SchedulingPlan } from '../scheduling/plan-put.ts';
import type { Delivery } from './deliver.ts';
import { takesFrom } from './delivery-rights.ts';
import type { Collection } from './model.ts';
import { statusElsewhere } from './queue-mail.ts';
import { writingObject, type ReadObject } from './read-object.ts';
import type { ScheduledForm } from './write-object.ts';

type AttendeePart = Extract<SchedulingPlan, { kind: 'attendee' }>;

/** Applies the plan of an attendee's change: the answer goes out when the object is stored (RFC 6638 §3.2.2). */
export async function attended(
  delivery: Delivery,
  collection: Collection,
  { calendar, isAsSent, reply }: AttendeePart,
  object: ReadObject,
): Promise<ScheduledForm> {
  const scheduleTag = newId();
  if (reply !== undefined) delivery.later.push({ ...reply, quiet: false, senderId: delivery.senderId });
  if (calendar === undefined || (isAsSent && reply === undefined)) return { object, scheduleTag };
  const made = reply === undefined ? calendar : withOrganizerStatus(calendar, await replyStatus(delivery, reply));
  return { object: atOnce(writingObject(delivery.context, collection, made)), scheduleTag };
}

/** The answer itself is sent when the object is stored. */
async function replyStatus(
  delivery: Delivery,
  { to, message }: Pick<OutgoingMessage, 'to' | 'message'>,
): Promise<string> {
  const organizer = delivery.users.find(to);
  if (organizer === undefined) return statusElsewhere(delivery.context, to);
  if (!organizer.hasHome) return '5.2';
  return (await takesFrom(delivery, organizer.id, { senderId: delivery.senderId, message })) ? '1.2' : '3.8';
}
