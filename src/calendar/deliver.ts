import type { Change } from '../base/hub.ts';
import { newId } from '../base/ids.ts';
import { Refusal } from '../base/refusal.ts';
import { atOnce } from '../base/steps.ts';
import type { Component } from '../ical/component.ts';
import { attendeesOf, isSameAddress } from '../itip/address.ts';
import { hidesGuests } from '../itip/copy.ts';
import { readSeries } from '../itip/series.ts';
import { messageComponents, messageText, type ItipMessage } from '../itip/message.ts';
import { refreshAfterReply, withScheduleStatus, type OutgoingMessage } from '../itip/organizer-changes.ts';
import type { Outcome } from '../itip/outcome.ts';
import { requestStatuses } from '../itip/reply.ts';
import { scheduleChanges } from '../itip/schedule-changes.ts';
import type { CalendarUser } from '../scheduling/directory.ts';
import { knownInOrder, planReceive } from '../scheduling/plan-receive.ts';
import { partIn } from '../scheduling/role.ts';
import { collectionById, collectionsOfHome } from '../store/collections.ts';
import { noteCopiesToRefresh } from '../store/copies-to-refresh.ts';
import { removeObject } from '../store/objects.ts';
import { objectsOfUid } from '../store/scheduling.ts';
import type { Db } from '../store/store.ts';
import type { Author } from './author.ts';
import { knownUsers, type KnownUsers } from './calendar-users.ts';
import type { CalendarContext } from './context.ts';
import { defaultCalendar } from './default-calendar.ts';
import { takesFrom } from './delivery-rights.ts';
import { putInboxItem } from './inbox.ts';
import type { CalendarObject, Collection } from './model.ts';
import { parsedObject } from './parsed.ts';
import { requireComponent, writingObject, type ReadObject } from './read-object.ts';
import { queueMail, statusElsewhere, type MailSending, type Queueing } from './queue-mail.ts';
import { roomOutcome } from './room-booking.ts';
import { readMemory, writeMemory } from './scheduling-memory.ts';
import { claimSeq, writeObject } from './write-object.ts';

/** SCHEDULE-STATUS of a delivery, RFC 6638 §3.2.9. */
export type DeliveryStatus = '1.0' | '1.2' | '3.7' | '3.8' | '5.1' | '5.2' | '5.3';

/** One unit of work that tells people of a change; lives no longer than its transaction. */
export interface Delivery extends Queueing {
  /** Who has made the change that people are told of. */
  readonly by: Author;
  /** In whose name. */
  readonly senderId: string;
  readonly users: KnownUsers;
  /** What is to be published after the commit. */
  readonly changes: Change[];
  /** Messages that answer messages: they are sent when what they are about is stored. */
  readonly later: Sending[];
  /** What the calendars that it has made are as objects. */
  readonly made: Map<Component, ReadObject>;
}

export interface Sending extends MailSending, Pick<OutgoingMessage, 'quiet'> {
  readonly noted?: OutgoingMessage['noted'];
  /** Left out: it is none of an organizer's change. */
  readonly why?: OutgoingMessage['why'] | undefined;
  /** Who has sent it from elsewhere, whence messages come in any order; left out: somebody here. */
  readonly from?: string | undefined;
  /** Is told what has become of it. */
  readonly onOutcome?: ((outcome: Outcome) => void) | undefined;
}

/** A unit of work of an author's in the name of the owner of a home. */
export function startDelivery(
  context: CalendarContext,
  tx: Db,
  { by, senderId }: Pick<Delivery, 'by' | 'senderId'>,
): Delivery {
  const author: Author = { ...by, origin: 'scheduling' };
  return {
    ...{ context, tx, by: author, senderId, users: knownUsers(tx) },
    ...{ changes: [], later: [], made: new Map(), restored: new Map() },
  };
}

/** Brings a message to a calendar user: into the calendar of one of this server, else into the queue of those that wait. */
export async function deliver(delivery: Delivery, sending: Sending): Promise<DeliveryStatus> {
  return witnessed(delivery, sending, await bring(delivery, sending));
}

/** Lets who watches the unit of work know. */
export function witnessed({ context, users }: Delivery, sending: Sending, status: DeliveryStatus): DeliveryStatus {
  const { to, message, senderId, quiet, noted = false, why } = sending;
  const user = context.witness && users.find(to);
  const place = { userId: user?.id, answersItself: user?.answersItself === true };
  context.witness?.({ ...{ to, message, senderId, quiet, noted, why, status }, ...place });
  return status;
}

async function bring(delivery: Delivery, sending: Sending): Promise<DeliveryStatus> {
  await delivery.users.lookUp([sending.to]);
  const user = delivery.users.find(sending.to);
  if (user === undefined) return deliverElsewhere(delivery, sending);
  if (!user.hasHome) return '5.2';
  if (!(await takesFrom(delivery, user.id, sending))) return '3.8';
  try {
    return await deliverHere(delivery, user, sending);
  } catch (error) {
    // What the receiver has, or would get, cannot be read or stored: it is found before anything is written.
    if (error instanceof Refusal) return '5.1';
    throw error;
  }
}

/** Texts of messages, each of which goes to many. */
const OCTETS = new WeakMap<ItipMessage, Buffer>();

export function octetsOf(message: ItipMessage): Buffer {
  const octets = OCTETS.get(message) ?? Buffer.from(messageText(message));
  OCTETS.set(message, octets);
  return octets;
}

function deliverElsewhere(delivery: Delivery, sending: Sending): DeliveryStatus | Promise<DeliveryStatus> {
  return isMailed(sending) ? queueMail(delivery, sending) : statusElsewhere(delivery.context, sending.to);
}

/** Whether somebody elsewhere is told it: what another message says, or but brings copies up to date, is not. */
export const isMailed = ({ quiet, noted = false }: Sending): boolean => !quiet && !noted;

async function deliverHere(delivery: Delivery, user: CalendarUser, sending: Sending): Promise<DeliveryStatus> {
  const { context, tx } = delivery;
  const { message, quiet, noted, from } = sending;
  const found = await objectsOfUid(tx, user.id, message.uid);
  const mine = found.find(({ scheduleTag }) => scheduleTag !== undefined) ?? found[0];
  const before = mine && parsedObject(mine);
  const memory = await readMemory(tx, user.id, message.uid);
  const now = context.clock();
  const known = from === undefined ? knownInOrder(before, message, memory) : { mine: before, memory };
  const planned = planReceive(known.mine, message, {
    ...{ me: user.me, now, memory: known.memory, quiet, noted, from },
    isFreeUntilAnswered: context.settings.freeUntilAnswered,
  });
  const room =
    user.answersItself === true && !quiet
      ? await roomOutcome(delivery, { user, before, message, outcome: planned })
      : undefined;
  const outcome = room?.outcome ?? planned;
  sending.onOutcome?.(outcome);
  const isChange = outcome.outcome !== 'refused' && outcome.outcome !== 'ignored';
  if (isChange && !(await store(delivery, user, { mine, before, message, outcome }))) return '5.1';
  await writeMemory(context, tx, { homeId: user.id, uid: message.uid, before: memory, after: outcome.memory });
  if (from !== undefined && outcome.answer !== undefined) {
    delivery.later.push({ to: from, message: outcome.answer, quiet: false, senderId: user.id });
  }
  if (room?.reply !== undefined) delivery.later.push({ ...room.reply, quiet: false, senderId: user.id });
  if (!isChange && outcome.isToRead !== true) {
    return outcome.outcome === 'refused' && !(await isOfHiddenGuests(delivery, user, before)) ? '5.3' : '1.2';
  }
  if (quiet || room?.needsPerson === false) return '1.2';
  const changes = scheduleChanges(before, message, outcome);
  delivery.changes.push(...(await putInboxItem(context, tx, { homeId: user.id, message, changes, about: before })));
  return '1.2';
}

/**
 * Whether what the receiver has is a meeting whose guests do not see each other: that it stands in the way of another of its
 * UID, as one of them can send it to whoever may be invited, is then not told.
 */
async function isOfHiddenGuests(
  { tx, users }: Delivery,
  { me }: CalendarUser,
  mine: Component | undefined,
): Promise<boolean> {
  const { role, organizer = '' } = partIn(mine, me);
  if (role !== 'attendee' || mine === undefined) return false;
  await users.lookUp([organizer]);
  const theirs = users.find(organizer);
  const series = readSeries(mine);
  if (theirs === undefined || series === undefined) return false;
  return (await objectsOfUid(tx, theirs.id, series.uid)).some((each) => {
    const calendar = parsedObject(each);
    return calendar !== undefined && hidesGuests(readSeries(calendar));
  });
}

interface Arrival {
  readonly mine: CalendarObject | undefined;
  readonly before: Component | undefined;
  readonly message: ItipMessage;
  readonly outcome: Outcome;
}

/** Does to the receiver's calendar what the message asks for; false where there is no calendar for it. */
async function store(delivery: Delivery, user: CalendarUser, arrival: Arrival): Promise<boolean> {
  const { tx } = delivery;
  const { mine, message, outcome } = arrival;
  if (outcome.outcome === 'removed') {
    if (mine !== undefined) await removeReceived(delivery, mine);
    return true;
  }
  if (outcome.calendar === undefined || outcome.onlyStamps === true) return true;
  const collection =
    mine === undefined
      ? defaultCalendar(await collectionsOfHome(tx, user.id), message.kind)
      : await collectionById(tx, mine.collectionId);
  if (collection === undefined) return false;
  const isReply = message.method === 'REPLY';
  const calendar = isReply ? await answered(delivery, user, arrival) : outcome.calendar;
  const isNewTag = mine?.scheduleTag === undefined || (!isReply && outcome.isConsequential !== false);
  await storeReceived(delivery, collection, { mine, calendar, isNewTag });
  return true;
}

/** Copies that an answer brings up to date itself; those of a larger meeting follow (docs/adr/0022-large-meetings.md). */
const MOST_REFRESHED_AT_ONCE = 10;

/** Whether an answer to a meeting is shown to the others later. */
export const isLarge = ({ components }: Component): boolean =>
  components.some((component) => attendeesOf(component).size > MOST_REFRESHED_AT_ONCE);

/** Whether nobody has come in by an answer, and no component: then nobody else is asked for anything. */
function isSamePeople(before: Component, after: Component): boolean {
  if (before.components.length !== after.components.length) return false;
  return before.components.every((each, at) => {
    const other = after.components[at];
    if (other === undefined || other === each) return other === each;
    const [people, others] = [attendeesOf(each), attendeesOf(other)];
    return people.size === others.size && [...people.keys()].every((key) => others.has(key));
  });
}

/** The organizer's object with an answer in it; whom else that concerns is told when it is stored (RFC 6638 §4.2). */
async function answered(
  { context, tx, later }: Delivery,
  user: CalendarUser,
  { before, message, outcome }: Arrival,
): Promise<Component> {
  const calendar = outcome.calendar ?? message.calendar;
  const repliers = (outcome.answers ?? []).map(({ address }) => address);
  const status = replyStatus(message);
  const marked = withScheduleStatus(calendar, (key) =>
    repliers.some((address) => isSameAddress(address, key)) ? status : undefined,
  );
  if (before === undefined) return marked;
  const without = outcome.crossed === true ? [] : repliers;
  const now = context.clock();
  if (isLarge(marked) && isSamePeople(before, marked)) {
    await noteCopiesToRefresh(tx, { homeId: user.id, uid: message.uid }, now);
    return marked;
  }
  const plan = refreshAfterReply(before, marked, { me: user.me, now, without });
  later.push(
    ...plan.messages.map((refresh): Sending => ({
      ...refresh,
      ...{ senderId: user.id, about: { before, after: plan.calendar ?? marked } },
    })),
  );
  return plan.calendar ?? marked;
}

/** RFC 6638 §3.2.9: what the answer says of itself, else that it succeeded. */
function replyStatus(message: ItipMessage): string {
  const [component] = messageComponents(message);
  const codes = component === undefined ? [] : requestStatuses(component);
  return codes.length === 0 ? '2.0' : codes.join(',');
}

interface Received {
  readonly mine: CalendarObject | undefined;
  readonly calendar: Component;
  readonly isNewTag: boolean;
}

/** Writes what a message has made of an object, or an answer that its owner gives by itself. */
export async function storeReceived(
  delivery: Delivery,
  collection: Collection,
  { mine, calendar, isNewTag }: Received,
): Promise<void> {
  const { context, tx, by } = delivery;
  const object = madeOnce(delivery, collection, calendar);
  const name = mine?.name ?? `${newId()}.ics`;
  const scheduleTag = isNewTag ? newId() : undefined;
  const target = { collection, name, check: () => undefined, by, scheduleTag, isDelivery: true };
  const { seq } = await writeObject(context, tx, target, object);
  delivery.changes.push({ homeId: collection.homeId, collectionId: collection.id, seq });
}

/** Many get the same: it is written and indexed once. */
export function madeOnce({ context, made }: Delivery, collection: Collection, calendar: Component): ReadObject {
  const object = made.get(calendar) ?? atOnce(writingObject(context, collection, calendar));
  requireComponent(collection, object.component);
  made.set(calendar, object);
  return object;
}

async function removeReceived({ context, tx, by, changes }: Delivery, mine: CalendarObject): Promise<void> {
  const collection = await collectionById(tx, mine.collectionId);
  if (collection === undefined) return;
  const now = context.clock();
  const seq = await claimSeq(tx, collection, now);
  await removeObject(tx, mine, seq, now, { kind: 'deleted', by });
  changes.push({ homeId: collection.homeId, collectionId: collection.id, seq });
}
