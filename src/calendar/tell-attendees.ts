import { newId } from '../base/ids.ts';
import { atOnce } from '../base/steps.ts';
import { addressKey } from '../itip/address.ts';
import { isSameComponent } from '../itip/component-edit.ts';
import { withScheduleStatus, type OutgoingMessage } from '../itip/organizer-changes.ts';
import type { CalendarUser } from '../scheduling/directory.ts';
import type { SchedulingPlan } from '../scheduling/plan-put.ts';
import type { Delivery, Sending } from './deliver.ts';
import { deliverAll } from './deliver-together.ts';
import type { Collection } from './model.ts';
import { withCalendar, writingObject, type ReadObject } from './read-object.ts';
import { tellRooms } from './rooms-first.ts';
import { writeMemory } from './scheduling-memory.ts';
import type { ScheduledForm } from './write-object.ts';

interface Organized {
  readonly owner: CalendarUser;
  readonly collection: Collection;
  readonly plan: Extract<SchedulingPlan, { kind: 'organizer' }>;
}

/** Applies the plan of an organizer's change: the object with what became of each message (RFC 6638 §3.2.1). */
export async function organized(
  delivery: Delivery,
  { owner, collection, plan }: Organized,
  object: ReadObject,
): Promise<ScheduledForm> {
  const { context, tx } = delivery;
  const planned = plan.calendar ?? object.calendar;
  const told = await tellRooms(delivery, owner, { calendar: planned, messages: plan.messages, memory: plan.memory });
  await writeMemory(context, tx, { homeId: owner.id, uid: object.uid, before: plan.memory, after: told.memory });
  const statuses = new Map([...told.statuses, ...(await tell(delivery, told.messages))]);
  const scheduleTag = plan.isMeeting ? newId() : null;
  const made = withScheduleStatus(told.calendar, (key) => statuses.get(key));
  // An answer to one day makes an override.
  if (told.hasAnswers) return { object: atOnce(writingObject(context, collection, made)), scheduleTag };
  // Times stay as they are, and so what the index knows of them.
  return { object: isSameComponent(made, object.calendar) ? object : withCalendar(object, made), scheduleTag };
}

/** Sends the messages; the status of each address (RFC 6638 §3.2.9), but for those who are told nothing new. */
async function tell(delivery: Delivery, messages: readonly OutgoingMessage[]): Promise<ReadonlyMap<string, string>> {
  const { senderId, users } = delivery;
  const statuses = new Map<string, string>();
  const note = ({ to, quiet }: Pick<Sending, 'to' | 'quiet'>, status: string): void => {
    if (!quiet) statuses.set(addressKey(to), status);
  };
  const isGroup = ({ to }: OutgoingMessage): boolean => users.find(to)?.hasHome === false;
  const sendings = messages.flatMap((each): readonly Sending[] => {
    const { to, message, quiet, noted } = each;
    return isGroup(each) ? [] : [{ to, message, quiet, noted, senderId }];
  });
  for (const [sending, status] of await deliverAll(delivery, sendings)) note(sending, status);
  // A group has it when its members have.
  for (const each of messages.filter(isGroup)) note(each, '1.2');
  return statuses;
}
