import type { Change } from '../base/hub.ts';
import { newId } from '../base/ids.ts';
import { Refusal } from '../base/refusal.ts';
import { atOnce } from '../base/steps.ts';
import { propertyOf, type Component } from '../ical/component.ts';
import { P } from '../ical/names.ts';
import { parseCalendars } from '../ical/parse.ts';
import { writeComponent } from '../ical/write.ts';
import { addressKey, isSameAddress } from '../itip/address.ts';
import { messageComponents, messageText, type ItipMessage } from '../itip/message.ts';
import { refreshAfterReply, withScheduleStatus, type OutgoingMessage } from '../itip/organizer-changes.ts';
import type { Outcome } from '../itip/outcome.ts';
import type { CalendarUser } from '../scheduling/directory.ts';
import { knownInOrder, planReceive } from '../scheduling/plan-receive.ts';
import { collectionById, collectionsOfHome } from '../store/collections.ts';
import { removeObject } from '../store/objects.ts';
import { objectsOfUid, queueMessage } from '../store/scheduling.ts';
import type { Db } from '../store/store.ts';
import type { Author } from './author.ts';
import { knownUsers, type KnownUsers } from './calendar-users.ts';
import type { CalendarContext } from './context.ts';
import { defaultCalendar } from './default-calendar.ts';
import { putInboxItem } from './inbox.ts';
import type { CalendarObject, Collection } from './model.ts';
import { readingObject, type ReadObject } from './read-object.ts';
import { readMemory, writeMemory } from './scheduling-memory.ts';
import { claimSeq, writeObject } from './write-object.ts';

/** SCHEDULE-STATUS of a delivery, RFC 6638 §3.2.9. */
export type DeliveryStatus = '1.0' | '1.2' | '3.7' | '5.1' | '5.2' | '5.3';

/** One unit of work that tells people of a change; lives no longer than its transaction. */
export interface Delivery {
  readonly context: CalendarContext;
  readonly tx: Db;
  /** Who has made the change that people are told of. */
  readonly by: Author;
  /** In whose name. */
  readonly senderId: string;
  readonly users: KnownUsers;
  /** What is to be published after the commit. */
  readonly changes: Change[];
  /** Messages that answer messages: they are sent when what they are about is stored. */
  readonly later: Sending[];
  readonly read: Map<string, ReadObject>;
}

export interface Sending extends Pick<OutgoingMessage, 'to' | 'message' | 'quiet'> {
  readonly senderId: string;
}

/** A unit of work of an author's in the name of the owner of a home. */
export function startDelivery(
  context: CalendarContext,
  tx: Db,
  { by, senderId }: Pick<Delivery, 'by' | 'senderId'>,
): Delivery {
  const author: Author = { ...by, origin: 'scheduling' };
  return { context, tx, by: author, senderId, users: knownUsers(tx), changes: [], later: [], read: new Map() };
}

/** Messages of one unit that answer messages: more than that are a loop. */
const MOST_ANSWERS = 10_000;

/** Sends what has come up while other messages were delivered. */
export async function deliverLater(delivery: Delivery): Promise<void> {
  for (let sent = 0; delivery.later.length > 0 && sent < MOST_ANSWERS; sent += 1) {
    const [next] = delivery.later.splice(0, 1);
    if (next !== undefined) await deliver(delivery, next);
  }
}

/** Brings a message to a calendar user: into the calendar of one of this server, else into the queue of those that wait. */
export async function deliver(delivery: Delivery, sending: Sending): Promise<DeliveryStatus> {
  await delivery.users.lookUp([sending.to]);
  const user = delivery.users.find(sending.to);
  if (user === undefined) return deliverElsewhere(delivery, sending);
  if (!user.hasHome) return '5.2';
  try {
    return await deliverHere(delivery, user, sending);
  } catch (error) {
    // What the receiver has, or would get, cannot be read or stored: it is found before anything is written.
    if (error instanceof Refusal) return '5.1';
    throw error;
  }
}

async function deliverElsewhere({ context, tx }: Delivery, sending: Sending): Promise<DeliveryStatus> {
  const { to, message, quiet, senderId } = sending;
  if (!addressKey(to).startsWith('mailto:')) return '3.7';
  if (quiet) return '1.0';
  const { method, uid } = message;
  const octets = Buffer.from(messageText(message));
  await queueMessage(tx, { homeId: senderId, recipient: to, method, uid, octets }, context.clock());
  return '1.0';
}

async function deliverHere(delivery: Delivery, user: CalendarUser, sending: Sending): Promise<DeliveryStatus> {
  const { context, tx } = delivery;
  const { message, quiet } = sending;
  const found = await objectsOfUid(tx, user.id, message.uid);
  const mine = found.find(({ scheduleTag }) => scheduleTag !== undefined) ?? found[0];
  const before = mine && parsed(mine);
  const memory = await readMemory(tx, user.id, message.uid);
  const now = context.clock();
  const known = knownInOrder(before, message, memory);
  const outcome = planReceive(known.mine, message, {
    ...{ me: user.me, now, memory: known.memory, quiet },
    isFreeUntilAnswered: context.settings.freeUntilAnswered,
  });
  const isChange = outcome.outcome !== 'refused' && outcome.outcome !== 'ignored';
  if (isChange && !(await store(delivery, user, { mine, before, message, outcome }))) return '5.1';
  await writeMemory(context, tx, { homeId: user.id, uid: message.uid, before: memory, after: outcome.memory });
  if (!isChange) return outcome.outcome === 'refused' ? '5.3' : '1.2';
  if (!quiet) delivery.changes.push(...(await putInboxItem(context, tx, { homeId: user.id, message })));
  return '1.2';
}

const parsed = ({ octets }: CalendarObject): Component | undefined => parseCalendars(octets).calendars[0];

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

/** The organizer's object with an answer in it; whom else that concerns is told when it is stored (RFC 6638 §4.2). */
async function answered(
  { context, later }: Delivery,
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
  const plan = refreshAfterReply(before, marked, { me: user.me, now: context.clock(), without });
  later.push(
    ...plan.messages.map(({ to, message: refresh, quiet }) => ({ to, message: refresh, quiet, senderId: user.id })),
  );
  return plan.calendar ?? marked;
}

/** RFC 6638 §3.2.9: what the answer says of itself, else that it succeeded. */
function replyStatus(message: ItipMessage): string {
  const status = messageComponents(message)
    .map((component) => propertyOf(component, P['REQUEST-STATUS'])?.value)
    .find((each) => each !== undefined);
  return /^\d+(\.\d+){1,2}/.exec(status ?? '')?.[0] ?? '2.0';
}

interface Received {
  readonly mine: CalendarObject | undefined;
  readonly calendar: Component;
  readonly isNewTag: boolean;
}

async function storeReceived(
  delivery: Delivery,
  collection: Collection,
  { mine, calendar, isNewTag }: Received,
): Promise<void> {
  const { context, tx, by } = delivery;
  const object = readOnce(delivery, collection, Buffer.from(writeComponent(calendar)));
  const name = mine?.name ?? `${newId()}.ics`;
  const scheduleTag = isNewTag ? newId() : undefined;
  const target = { collection, name, check: () => undefined, by, scheduleTag, isDelivery: true };
  const { seq } = await writeObject(context, tx, target, object);
  delivery.changes.push({ homeId: collection.homeId, collectionId: collection.id, seq });
}

/** Many get the same: it is read and indexed once. */
function readOnce({ context, read }: Delivery, collection: Collection, octets: Buffer): ReadObject {
  const key = `${collection.components?.join(' ') ?? ''}\n${octets.toString('latin1')}`;
  const object = read.get(key) ?? atOnce(readingObject(context, collection, octets));
  read.set(key, object);
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
