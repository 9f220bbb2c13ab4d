import { newId } from '../base/ids.ts';
import { atOnce } from '../base/steps.ts';
import type { Component } from '../ical/component.ts';
import { addressKey } from '../itip/address.ts';
import { withAnswersAgain, type KeptAnswers } from '../itip/answers-kept.ts';
import { isSameComponent } from '../itip/component-edit.ts';
import { withScheduleStatus, type OutgoingMessage } from '../itip/organizer-changes.ts';
import type { CalendarUser } from '../scheduling/directory.ts';
import type { SchedulingPlan } from '../scheduling/plan-put.ts';
import { noteCopiesToRefresh } from '../store/copies-to-refresh.ts';
import type { Delivery, Sending } from './deliver.ts';
import { deliverAll } from './deliver-together.ts';
import type { About } from './held-mail.ts';
import type { Collection } from './model.ts';
import { withCalendar, writingObject, type ReadObject } from './read-object.ts';
import { tellRooms } from './rooms-first.ts';
import { writeMemory } from './scheduling-memory.ts';
import type { ScheduledForm } from './write-object.ts';

interface Organized {
  readonly owner: CalendarUser;
  readonly collection: Collection;
  /** Without `after`, which is made here. */
  readonly about: Omit<About, 'after'>;
  readonly plan: Extract<SchedulingPlan, { kind: 'organizer' }>;
}

/** Applies the plan of an organizer's change: the object with what became of each message (RFC 6638 §3.2.1). */
export async function organized(
  delivery: Delivery,
  { owner, collection, plan, about }: Organized,
  object: ReadObject,
): Promise<ScheduledForm> {
  const { context, tx } = delivery;
  const planned = plan.calendar ?? object.calendar;
  const told = await tellRooms(delivery, owner, { calendar: planned, messages: plan.messages, memory: plan.memory });
  await writeMemory(context, tx, { homeId: owner.id, uid: object.uid, before: plan.memory, after: told.memory });
  const mailed = { ...about, after: told.calendar };
  const statuses = new Map([...told.statuses, ...(await tell(delivery, told.messages, mailed))]);
  const scheduleTag = plan.isMeeting ? newId() : null;
  const marked = withScheduleStatus(told.calendar, (key) => statuses.get(key));
  const made = await withRestored(delivery, owner, object.uid, marked);
  // An answer to one day makes an override.
  if (told.hasAnswers) return { object: atOnce(writingObject(context, collection, made)), scheduleTag };
  // Times stay as they are, and so what the index knows of them.
  return { object: isSameComponent(made, object.calendar) ? object : withCalendar(object, made), scheduleTag };
}

/** Nobody elsewhere hears of a change that is undone in time: their answers stand as they did, and all are shown them. */
async function withRestored(
  { context, tx, restored }: Delivery,
  { id: homeId }: CalendarUser,
  uid: string,
  calendar: Component,
): Promise<Component> {
  const answers = restored.get(uid) ?? new Map<string, KeptAnswers>();
  if (answers.size > 0) await noteCopiesToRefresh(tx, { homeId, uid }, context.clock());
  return withAnswersAgain(calendar, answers);
}

/** Sends the messages; the status of each address (RFC 6638 §3.2.9), but for those who are told nothing new. */
async function tell(
  delivery: Delivery,
  messages: readonly OutgoingMessage[],
  about: About,
): Promise<ReadonlyMap<string, string>> {
  const { senderId, users } = delivery;
  const statuses = new Map<string, string>();
  const note = ({ to, quiet, noted }: Pick<Sending, 'to' | 'quiet' | 'noted'>, status: string): void => {
    // What but notes another message has its status.
    if (!quiet && !(noted === true && statuses.has(addressKey(to)))) statuses.set(addressKey(to), status);
  };
  const isGroup = ({ to }: OutgoingMessage): boolean => users.find(to)?.hasHome === false;
  const sendings = messages.flatMap((each): readonly Sending[] => {
    return isGroup(each) ? [] : [{ ...each, senderId, about }];
  });
  for (const [sending, status] of await deliverAll(delivery, sendings)) note(sending, status);
  // A group has it when its members have.
  for (const each of messages.filter(isGroup)) note(each, '1.2');
  return statuses;
}
