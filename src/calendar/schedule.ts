import type { Actor } from '../auth/actor.ts';
import type { Change } from '../base/hub.ts';
import { newId } from '../base/ids.ts';
import { Refusal } from '../base/refusal.ts';
import { atOnce } from '../base/steps.ts';
import { propertyOf, type Component } from '../ical/component.ts';
import { P } from '../ical/names.ts';
import { parseCalendars } from '../ical/parse.ts';
import { writeComponent } from '../ical/write.ts';
import { addressKey, attendeeOf } from '../itip/address.ts';
import { isSameComponent, withParam, withProperties } from '../itip/component-edit.ts';
import { withScheduleStatus, type OutgoingMessage } from '../itip/organizer-changes.ts';
import type { CalendarUser } from '../scheduling/directory.ts';
import { planDelete } from '../scheduling/plan-delete.ts';
import { planPut, type SchedulingPlan } from '../scheduling/plan-put.ts';
import { addressesOf, partIn } from '../scheduling/role.ts';
import { objectByName } from '../store/objects.ts';
import { findPrincipal } from '../store/principals.ts';
import { lockHomes, objectsOfUid, scheduledHeads } from '../store/scheduling.ts';
import type { Db } from '../store/store.ts';
import type { Author } from './author.ts';
import { calendarUser } from './calendar-users.ts';
import type { CalendarContext } from './context.ts';
import { deliver, deliverLater, startDelivery, type Delivery } from './deliver.ts';
import type { CalendarObject, Collection, ObjectHead } from './model.ts';
import { etagOf, readingObject, type ReadObject } from './read-object.ts';
import { readMemory, writeMemory } from './scheduling-memory.ts';
import type { ScheduledForm } from './write-object.ts';

/** Who changes something in a calendar, whose owner's change it is for everybody else (RFC 6638 §3.2). */
export interface SchedulingOf {
  /** Who writes; left out: nobody who logged in. */
  readonly actor?: Actor | undefined;
  readonly by: Author;
  readonly collection: Collection;
  /** See PutPlanning. */
  readonly attendeeState?: 'client' | 'server' | undefined;
  /** Schedule-Reply: F. */
  readonly silent?: boolean | undefined;
}

/** Tells the others of what one unit of work changes, within its transaction. */
export interface Scheduler {
  /** For WriteTarget. */
  schedule(current: ObjectHead | undefined, object: ReadObject): Promise<ScheduledForm>;
  /** Of an object that is being removed. */
  removing(head: ObjectHead): Promise<void>;
  /** Of all that is in the calendar, which is being removed. */
  removingAll(): Promise<void>;
  /** Sends what waits for the write; returns what is to be published after the commit. */
  finish(): Promise<readonly Change[]>;
}

type AttendeePart = Extract<SchedulingPlan, { kind: 'attendee' }>;

/** Who tells people in the name of the owner of a calendar. */
export function startScheduling(context: CalendarContext, tx: Db, of: SchedulingOf): Scheduler {
  const { collection, by } = of;
  const delivery = startDelivery(context, tx, { by, senderId: collection.homeId });
  return {
    async schedule(current, object) {
      if (current?.scheduleTag === undefined && !hasOrganizer(object.calendar))
        return { object, scheduleTag: undefined };
      return scheduled(delivery, of, current, object);
    },
    async removing(head) {
      if (head.scheduleTag !== undefined) await removed(delivery, of, head);
    },
    async removingAll() {
      for (const head of await scheduledHeads(tx, collection.id)) await removed(delivery, of, head);
    },
    async finish() {
      await deliverLater(delivery);
      // Of each collection, the last change is enough.
      return [...new Map(delivery.changes.map((change) => [change.collectionId, change])).values()];
    },
  };
}

/** As startScheduling, for what a client does: an import, a repair or a restore tells nobody. */
export function schedulerFor(
  context: CalendarContext,
  tx: Db,
  of: SchedulingOf,
): (Scheduler & { readonly target: Pick<Scheduler, 'schedule'> }) | undefined {
  if (of.by.origin !== 'client') return undefined;
  const scheduler = startScheduling(context, tx, of);
  return { ...scheduler, target: { schedule: (...asked) => scheduler.schedule(...asked) } };
}

const hasOrganizer = ({ components }: Component): boolean =>
  components.some((component) => propertyOf(component, P.ORGANIZER) !== undefined);

interface Owned {
  readonly owner: CalendarUser;
  readonly before: Component | undefined;
}

async function ownedBy(
  { tx }: Delivery,
  { homeId }: Pick<Collection, 'homeId'>,
  object: CalendarObject | undefined,
): Promise<Owned | undefined> {
  const principal = await findPrincipal(tx, homeId);
  if (principal === undefined) return undefined;
  return { owner: calendarUser(principal), before: object && parseCalendars(object.octets).calendars[0] };
}

async function scheduled(
  delivery: Delivery,
  of: SchedulingOf,
  current: ObjectHead | undefined,
  object: ReadObject,
): Promise<ScheduledForm> {
  const { context, tx, users } = delivery;
  const { actor, collection, attendeeState = 'client' } = of;
  const known = current && (await objectByName(tx, collection.id, current.name));
  const owned = await ownedBy(delivery, collection, known);
  if (owned === undefined) return { object, scheduleTag: undefined };
  const { owner, before } = owned;
  await users.lookUp(addressesOf(before, object.calendar));
  const memory = await readMemory(tx, owner.id, object.uid);
  const plan = planPut({
    ...{ before, after: object.calendar, me: owner.me, now: context.clock(), memory, directory: users, attendeeState },
    mayActFor: (id) => actor?.admin === true || actor?.id === id,
  });
  if (plan.kind === 'plain') return { object, scheduleTag: current?.scheduleTag === undefined ? undefined : null };
  if (current?.scheduleTag === undefined) await requireOnlyOne(delivery, collection, object.uid);
  await lockHomes(tx, [owner.id, ...users.ids()]);
  if (plan.kind === 'attendee' && before === undefined) await requireInvited(delivery, owner, object);
  await writeMemory(context, tx, { homeId: owner.id, uid: object.uid, before: memory, after: plan.memory });
  if (plan.kind === 'organizer') return organized(delivery, plan, object);
  return attended(delivery, collection, plan, object);
}

/** RFC 6638 §3.2.4.1. */
async function requireOnlyOne({ tx }: Delivery, collection: Collection, uid: string): Promise<void> {
  const found = await objectsOfUid(tx, collection.homeId, uid);
  const other = found.find(
    ({ collectionId, scheduleTag }) => collectionId !== collection.id && scheduleTag !== undefined,
  );
  if (other === undefined) return;
  throw new Refusal('unique-scheduling-object-resource', 'Another calendar of the same owner has this meeting');
}

/** Nobody joins a meeting of somebody of this server by storing a copy that names them. */
async function requireInvited({ tx, users }: Delivery, owner: CalendarUser, object: ReadObject): Promise<void> {
  const organizer = users.find(partIn(object.calendar, owner.me).organizer ?? '');
  if (organizer === undefined) return;
  for (const theirs of await objectsOfUid(tx, organizer.id, object.uid)) {
    const calendar = parseCalendars(theirs.octets).calendars[0];
    if (calendar?.components.some((component) => attendeeOf(component, owner.me) !== undefined) === true) return;
    throw new Refusal('allowed-attendee-scheduling-object-change', 'The organizer has not invited this attendee');
  }
}

async function organized(
  delivery: Delivery,
  { calendar, messages, isMeeting }: Extract<SchedulingPlan, { kind: 'organizer' }>,
  object: ReadObject,
): Promise<ScheduledForm> {
  const statuses = await tell(delivery, messages);
  const scheduleTag = isMeeting ? newId() : null;
  const made = withScheduleStatus(calendar ?? object.calendar, (key) => statuses.get(key));
  // Times stay as they are, and so what the index knows of them.
  return { object: isSameComponent(made, object.calendar) ? object : { ...object, ...written(made) }, scheduleTag };
}

/** Sends the messages; the status of each address (RFC 6638 §3.2.9), but for those who are told nothing new. */
async function tell(delivery: Delivery, messages: readonly OutgoingMessage[]): Promise<ReadonlyMap<string, string>> {
  const statuses = new Map<string, string>();
  for (const { to, message, quiet } of messages) {
    const status = await deliver(delivery, { to, message, quiet, senderId: delivery.senderId });
    if (!quiet) statuses.set(addressKey(to), status);
  }
  return statuses;
}

function written(calendar: Component): Pick<ReadObject, 'calendar' | 'octets' | 'etag'> {
  const octets = Buffer.from(writeComponent(calendar));
  return { calendar, octets, etag: etagOf(octets) };
}

function attended(
  delivery: Delivery,
  collection: Collection,
  { calendar, isAsSent, reply }: AttendeePart,
  object: ReadObject,
): ScheduledForm {
  const scheduleTag = newId();
  if (reply !== undefined) delivery.later.push({ ...reply, quiet: false, senderId: delivery.senderId });
  if (calendar === undefined || (isAsSent && reply === undefined)) return { object, scheduleTag };
  const made = reply === undefined ? calendar : toldOrganizer(calendar, replyStatus(delivery, reply.to));
  return { object: atOnce(readingObject(delivery.context, collection, written(made).octets)), scheduleTag };
}

/** SCHEDULE-STATUS of an attendee's copy stands on ORGANIZER (RFC 6638 §3.2.9). */
const toldOrganizer = (calendar: Component, status: string): Component => ({
  ...calendar,
  components: calendar.components.map((component) =>
    withProperties(component, (property) =>
      property.name === P.ORGANIZER ? withParam(property, 'SCHEDULE-STATUS', status) : property,
    ),
  ),
});

/** The answer itself is sent when the object is stored. */
function replyStatus({ users }: Delivery, to: string): string {
  const organizer = users.find(to);
  if (organizer !== undefined) return organizer.hasHome ? '1.2' : '5.2';
  return addressKey(to).startsWith('mailto:') ? '1.0' : '3.7';
}

async function removed(
  delivery: Delivery,
  { collection, silent = false }: SchedulingOf,
  head: ObjectHead,
): Promise<void> {
  const { context, tx, users, senderId, later } = delivery;
  const known = await objectByName(tx, collection.id, head.name);
  const owned = await ownedBy(delivery, collection, known);
  if (owned?.before === undefined) return;
  const { owner, before } = owned;
  await users.lookUp(addressesOf(before));
  const memory = await readMemory(tx, owner.id, head.uid);
  const plan = planDelete({ before, me: owner.me, now: context.clock(), memory, silent });
  if (plan.kind === 'plain') return;
  await lockHomes(tx, [owner.id, ...users.ids()]);
  await writeMemory(context, tx, { homeId: owner.id, uid: head.uid, before: memory, after: plan.memory });
  if (plan.kind === 'organizer') {
    later.push(...plan.messages.map(({ to, message, quiet }) => ({ to, message, quiet, senderId })));
    return;
  }
  if (plan.reply !== undefined) later.push({ ...plan.reply, quiet: false, senderId });
}
