import type { Actor } from '../auth/actor.ts';
import type { Change } from '../base/hub.ts';
import { newId } from '../base/ids.ts';
import { Refusal } from '../base/refusal.ts';
import { atOnce } from '../base/steps.ts';
import { propertyOf, type Component } from '../ical/component.ts';
import { P } from '../ical/names.ts';
import { writeComponent } from '../ical/write.ts';
import { addressKey, attendeeOf } from '../itip/address.ts';
import { isSameComponent, withParam, withProperties } from '../itip/component-edit.ts';
import { withScheduleStatus, type OutgoingMessage } from '../itip/organizer-changes.ts';
import type { CalendarUser, Directory } from '../scheduling/directory.ts';
import { sizeOfCopies } from '../scheduling/copies-size.ts';
import { withKnownAddresses } from '../scheduling/known-addresses.ts';
import { ownWordIn } from '../scheduling/own-word.ts';
import { planDelete } from '../scheduling/plan-delete.ts';
import { planPut, type SchedulingPlan } from '../scheduling/plan-put.ts';
import { addressesOf, partIn } from '../scheduling/role.ts';
import { collectionById } from '../store/collections.ts';
import { objectByName } from '../store/objects.ts';
import { findPrincipal } from '../store/principals.ts';
import { lockHomes, objectsOfUid, scheduledHeads } from '../store/scheduling.ts';
import type { Db } from '../store/store.ts';
import { accessIn } from './access.ts';
import { inOwnersName, isSharee, mayActFor, requireMaySend, senderOf, signing } from './acting.ts';
import type { Author } from './author.ts';
import { calendarUser } from './calendar-users.ts';
import type { CalendarContext } from './context.ts';
import { isLarge, startDelivery, type Delivery, type Sending } from './deliver.ts';
import { deliverAll, deliverLater } from './deliver-together.ts';
import { takesFrom } from './delivery-rights.ts';
import { noteGroups, withGroupMembers } from './group-attendees.ts';
import type { CalendarObject, Collection, ObjectHead } from './model.ts';
import { answerElsewhere, type SaidElsewhere } from './own-word.ts';
import { quietTag } from './quiet-scheduling.ts';
import { parsedObject } from './parsed.ts';
import { etagOf, writingObject, type ReadObject } from './read-object.ts';
import { recordAnswer, tellRooms } from './rooms-first.ts';
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
  /** See GroupExpansion. */
  readonly groups?: 'new' | 'all' | undefined;
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

interface Working extends SchedulingOf {
  /** What the writer has said of oneself in the calendar of another. */
  readonly said: SaidElsewhere[];
}

type AttendeePart = Extract<SchedulingPlan, { kind: 'attendee' }>;

/** Who tells people in the name of the owner of a calendar. */
export function startScheduling(context: CalendarContext, tx: Db, asked: SchedulingOf): Scheduler {
  const of: Working = { ...asked, said: [] };
  const { collection, by, actor } = of;
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
      for (const each of of.said) {
        const own: Scheduler[] = [];
        await answerElsewhere(delivery, each, (calendar) => {
          const scheduler = startScheduling(context, tx, { actor, by, collection: calendar });
          own.push(scheduler);
          return { by, schedule: (...args) => scheduler.schedule(...args) };
        });
        for (const scheduler of own) delivery.changes.push(...(await scheduler.finish()));
      }
      await deliverLater(delivery);
      // Of each collection, the last change is enough.
      return [...new Map(delivery.changes.map((change) => [change.collectionId, change])).values()];
    },
  };
}

/** With what belongs into a WriteTarget. */
export interface TargetScheduler extends Scheduler {
  readonly target: Pick<Scheduler, 'schedule'>;
}

/** Tells nobody, and knows a meeting when it sees one. */
export function quietScheduler(tx: Db, collection: Collection): TargetScheduler {
  const schedule: Scheduler['schedule'] = async (current, object) => ({
    object,
    scheduleTag: await quietTag(tx, collection, { current, object }),
  });
  const nothing = async (): Promise<void> => undefined;
  return { schedule, target: { schedule }, removing: nothing, removingAll: nothing, finish: async () => [] };
}

/** As startScheduling, for what a client does: an import, a repair or a restore tells nobody. */
export function schedulerFor(context: CalendarContext, tx: Db, of: SchedulingOf): TargetScheduler {
  if (of.by.origin !== 'client') return quietScheduler(tx, of.collection);
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
  return { owner: calendarUser(principal), before: object && parsedObject(object) };
}

async function scheduled(
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
  const given = after === object.calendar ? object : { ...object, ...written(after) };
  const sign = signing(owner, await senderOf(tx, of, owner));
  if (current?.scheduleTag === undefined) await requireOnlyOne(delivery, of, object.uid);
  await lockHomes(tx, [owner.id, ...users.ids()]);
  if (plan.kind === 'attendee' && partIn(before, owner.me).role !== 'attendee')
    await requireInvited(delivery, owner, object);
  await writeMemory(context, tx, { homeId: owner.id, uid: object.uid, before: memory, after: plan.memory });
  if (plan.kind === 'organizer') {
    await noteOwnWord(delivery, of, { owner, before, after }, object.uid);
    await noteGroups(delivery, owner, { uid: object.uid, before, after });
    const messages = plan.messages
      .filter((each) => !isToNobody(each, of, users))
      .map((each) => ({ ...each, message: sign(each.message) }));
    return organized(delivery, { owner, collection, plan: { ...plan, messages } }, given);
  }
  const reply = plan.reply && { ...plan.reply, message: sign(plan.reply.message) };
  if (reply !== undefined && owner.place !== undefined) await recordAnswer(context, tx, of, object);
  return attended(delivery, collection, { ...plan, reply }, given);
}

/** Throws max-attendees-per-instance, before anything is planned: a small object may be very many large copies. */
function requireFewCopies({ context: { limits }, users }: Delivery, { me }: CalendarUser, after: Component): void {
  if (partIn(after, me).role !== 'organizer') return;
  const { here, elsewhere } = sizeOfCopies(after, { me, isHere: (address) => users.find(address) !== undefined });
  if (here <= limits.copiesOctets && elsewhere <= limits.mailOctets) return;
  throw new Refusal('max-attendees-per-instance', 'What so many people are to get would be too much');
}

/** Who is in a group no more because the server does not know them any more is not told by mail that they are not invited. */
const isToNobody = ({ to, message }: OutgoingMessage, { groups }: SchedulingOf, users: Directory): boolean =>
  groups === 'all' && message.method === 'CANCEL' && users.find(to) === undefined;

interface OwnersChange extends Owned {
  readonly after: Component;
}

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

/** Of a meeting that somebody else of this server organizes, who has not invited the owner: whether the writer may do so. */
async function mayWriteFor(
  { tx, users }: Delivery,
  { actor }: SchedulingOf,
  { owner, after }: OwnersChange,
): Promise<boolean> {
  const { role, organizer = '' } = partIn(after, owner.me);
  const user = role === 'stranger' ? users.find(organizer) : undefined;
  return user !== undefined && mayActFor(tx, actor, user.id);
}

/** RFC 6638 §6.2: who changes what is told needs the privilege to tell it. */
async function requireMayTell({ tx }: Delivery, of: SchedulingOf, plan: SchedulingPlan): Promise<void> {
  if (plan.kind === 'organizer' && plan.messages.length > 0) await requireMaySend(tx, of, 'schedule-send-invite');
  if (plan.kind === 'attendee' && plan.reply !== undefined) await requireMaySend(tx, of, 'schedule-send-reply');
}

/** The addresses that a change is about: an answer to a large meeting is only told to its organizer at first. */
function concerned({ me }: CalendarUser, before: Component | undefined, after: Component): readonly string[] {
  const parts = [before ?? after, after].map((each) => partIn(each, me));
  const isAnswer = isLarge(after) && parts.every(({ role }) => role === 'attendee');
  const known = new Set(addressesOf(before).map(addressKey));
  // Who is named in another way than before may be the same.
  if (!isAnswer || addressesOf(after).some((each) => !known.has(addressKey(each)))) return addressesOf(before, after);
  return parts.flatMap(({ organizer }) => organizer ?? []);
}

/** RFC 6638 §3.2.4.1. Where the other one is, is told to who may read it there. */
async function requireOnlyOne(
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
async function requireInvited({ tx, users }: Delivery, owner: CalendarUser, object: ReadObject): Promise<void> {
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

interface Organized {
  readonly owner: CalendarUser;
  readonly collection: Collection;
  readonly plan: Extract<SchedulingPlan, { kind: 'organizer' }>;
}

async function organized(
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
  return { object: isSameComponent(made, object.calendar) ? object : { ...object, ...written(made) }, scheduleTag };
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

function written(calendar: Component): Pick<ReadObject, 'calendar' | 'octets' | 'etag'> {
  const octets = Buffer.from(writeComponent(calendar));
  return { calendar, octets, etag: etagOf(octets) };
}

async function attended(
  delivery: Delivery,
  collection: Collection,
  { calendar, isAsSent, reply }: AttendeePart,
  object: ReadObject,
): Promise<ScheduledForm> {
  const scheduleTag = newId();
  if (reply !== undefined) delivery.later.push({ ...reply, quiet: false, senderId: delivery.senderId });
  if (calendar === undefined || (isAsSent && reply === undefined)) return { object, scheduleTag };
  const made = reply === undefined ? calendar : toldOrganizer(calendar, await replyStatus(delivery, reply));
  return { object: atOnce(writingObject(delivery.context, collection, made)), scheduleTag };
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
async function replyStatus(
  delivery: Delivery,
  { to, message }: Pick<OutgoingMessage, 'to' | 'message'>,
): Promise<string> {
  const organizer = delivery.users.find(to);
  if (organizer === undefined) return addressKey(to).startsWith('mailto:') ? '1.0' : '3.7';
  if (!organizer.hasHome) return '5.2';
  return (await takesFrom(delivery, organizer.id, { senderId: delivery.senderId, message })) ? '1.2' : '3.8';
}

async function removed(delivery: Delivery, of: SchedulingOf, head: ObjectHead): Promise<void> {
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
    later.push(
      ...told.map(({ to, message, quiet, noted }) => ({ to, message: sign(message), quiet, noted, senderId })),
    );
    return;
  }
  const { reply } = plan;
  if (reply !== undefined) later.push({ ...reply, message: sign(reply.message), quiet: false, senderId });
}
