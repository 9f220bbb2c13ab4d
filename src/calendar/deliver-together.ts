import { newId, newObjectId } from '../base/ids.ts';
import { Refusal } from '../base/refusal.ts';
import { createTurns } from '../base/turns.ts';
import type { Component } from '../ical/component.ts';
import { linkedIds } from '../ical/managed-attachments.ts';
import { addressesIn, type ItipMessage } from '../itip/message.ts';
import type { Outcome } from '../itip/outcome.ts';
import { scheduleChanges } from '../itip/schedule-changes.ts';
import { alikeness } from '../scheduling/alike.ts';
import type { CalendarUser } from '../scheduling/directory.ts';
import { knownInOrder, planReceive } from '../scheduling/plan-receive.ts';
import { addressesOf } from '../scheduling/role.ts';
import { insertCopies, updateCopies, type Copied, type NewCopy } from '../store/copies.ts';
import { NO_INDEX } from '../store/object-rows.ts';
import { objectsByIds } from '../store/objects.ts';
import {
  headsOfUid,
  mailroomsOf,
  memoriesOf,
  saveMemories,
  type HeadOfUid,
  type Mailroom,
} from '../store/scheduling.ts';
import { defaultCalendar } from './default-calendar.ts';
import {
  deliver,
  isMailed,
  madeOnce,
  octetsOf,
  witnessed,
  type Delivery,
  type DeliveryStatus,
  type Sending,
} from './deliver.ts';
import { takesFrom } from './delivery-rights.ts';
import { asPrivateAs, putInboxItem } from './inbox.ts';
import type { CalendarObject, Collection } from './model.ts';
import { parsedObject } from './parsed.ts';
import { queueMails } from './queue-mail.ts';
import { etagOf, type ReadObject } from './read-object.ts';
import { memoryFrom, memoryText } from './scheduling-memory.ts';

/** Receivers that are dealt with in one go: so many take some milliseconds. */
const MOST_AT_ONCE = 50;
/** Messages of one unit that answer messages: more than that are a loop. */
const MOST_ANSWERS = 10_000;

/** Sends what has come up while other messages were delivered. */
export async function deliverLater(delivery: Delivery): Promise<void> {
  for (let sent = 0; delivery.later.length > 0 && sent < MOST_ANSWERS;) {
    const waiting = delivery.later.splice(0);
    await deliverAll(delivery, waiting);
    sent += waiting.length;
  }
}

/**
 * Brings messages to calendar users, each as `deliver` does; the status of each. Very many of one unit are one message to
 * many, most of whom have the same: what they have is read at once, planned once, and stored once.
 */
export async function deliverAll(
  delivery: Delivery,
  sendings: readonly Sending[],
): Promise<ReadonlyMap<Sending, DeliveryStatus>> {
  const statuses = new Map<Sending, DeliveryStatus>();
  const turns = createTurns();
  await delivery.users.lookUp(sendings.map(({ to }) => to));
  // What was planned for so many has taken its time.
  if (sendings.length > MOST_AT_ONCE) await turns.take();
  // Of several messages to one person each belongs to a kind of receivers, all of whom get them in the same order.
  for (const all of Map.groupBy(sendings, ({ message }) => message).values()) {
    const elsewhere = all.filter((each) => isMailed(each) && delivery.users.find(each.to) === undefined);
    for (const [sending, status] of await queueMails(delivery, elsewhere)) {
      statuses.set(sending, witnessed(delivery, sending, status));
    }
    const group = all.filter((each) => !statuses.has(each));
    for (let from = 0; from < group.length; from += MOST_AT_ONCE) {
      const some = group.slice(from, from + MOST_AT_ONCE);
      const together = await deliverTogether(delivery, some);
      for (const sending of some) {
        const known = together.get(sending);
        const status = known && witnessed(delivery, sending, known);
        statuses.set(sending, status ?? (await deliver(delivery, sending)));
      }
      // A unit of work that waits keeps other writers waiting, but nobody who reads.
      if (turns.isDue()) await turns.take();
    }
  }
  if (sendings.length > MOST_AT_ONCE) await turns.take();
  return statuses;
}

/** Somebody who gets the message, and what is there. */
interface Receiver {
  readonly sending: Sending;
  readonly user: CalendarUser;
  readonly mine: HeadOfUid | undefined;
  readonly before: Component | undefined;
  /** As it is saved; undefined: nothing is. */
  readonly memory: string | undefined;
  readonly mailroom: Mailroom;
}

/** Delivers one message to those who are like others; who is not in the answer is to be delivered to alone. */
async function deliverTogether(
  delivery: Delivery,
  sendings: readonly Sending[],
): Promise<ReadonlyMap<Sending, DeliveryStatus>> {
  const statuses = new Map<Sending, DeliveryStatus>();
  const [first] = sendings;
  if (first === undefined || sendings.length === 1) return statuses;
  const { message } = first;
  await delivery.users.lookUp(addressesIn(message));
  const receivers = await receiversOf(delivery, message, sendings);
  const { nameOf } = alikeness(message, delivery.users);
  const kinds = Map.groupBy(receivers, ({ user, mine, before, memory, sending }) => {
    const name = nameOf(user.id, before);
    const { quiet, noted } = sending;
    return name === undefined
      ? undefined
      : JSON.stringify([...[name, mine?.head.etag, mine?.head.scheduleTag === undefined, memory, quiet, noted]]);
  });
  for (const [name, alike] of kinds) {
    if (name === undefined || alike.length === 1) continue;
    const status = await deliverAlike(delivery, message, alike);
    if (status !== undefined) for (const { sending } of alike) statuses.set(sending, status);
  }
  return statuses;
}

/** Those of them who may be like others: each once, none who answers by itself. */
async function receiversOf(
  delivery: Delivery,
  { uid }: ItipMessage,
  sendings: readonly Sending[],
): Promise<readonly Receiver[]> {
  const people = new Map<string, { readonly sending: Sending; readonly user: CalendarUser }>();
  for (const sending of sendings) {
    const user = delivery.users.find(sending.to);
    if (user?.hasHome !== true || user.answersItself === true || sending.from !== undefined) continue;
    if (!people.has(user.id) && (await takesFrom(delivery, user.id, sending))) people.set(user.id, { sending, user });
  }
  const { tx } = delivery;
  const ids = [...people.keys()];
  const [heads, memories, mailrooms] = [
    await headsOfUid(tx, ids, uid),
    await memoriesOf(tx, ids, uid),
    await mailroomsOf(tx, ids),
  ];
  const objects = await calendarsOf(delivery, [...heads.values()].flatMap(chosen));
  return [...people.values()].flatMap(({ sending, user }) => {
    const [mine] = chosen(heads.get(user.id) ?? []);
    const mailroom = mailrooms.get(user.id);
    const before = mine && objects.get(mine.head.etag);
    // What others see of a shared calendar, or what cannot be read, is a matter of its own.
    if (mailroom === undefined || mine?.isShared === true || (mine !== undefined && before === undefined)) return [];
    return [{ sending, user, mine, before, memory: memories.get(user.id), mailroom }];
  });
}

/** Of the objects of one UID the scheduling object, or else the first. */
const chosen = (found: readonly HeadOfUid[]): readonly HeadOfUid[] => {
  const mine = found.find(({ head }) => head.scheduleTag !== undefined) ?? found[0];
  return mine === undefined ? [] : [mine];
};

/** The calendars of objects, by their entity tags: of equal ones, one is read. */
async function calendarsOf(
  { tx, users }: Delivery,
  found: readonly HeadOfUid[],
): Promise<ReadonlyMap<string, Component>> {
  const ids = new Map(found.map(({ head }) => [head.etag, head.id]));
  const calendars = new Map<string, Component>();
  for (const object of ids.size === 0 ? [] : await objectsByIds(tx, [...ids.values()])) {
    const calendar = parsedOrNot(object);
    if (calendar === undefined) continue;
    await users.lookUp(addressesOf(calendar));
    calendars.set(object.etag, calendar);
  }
  return calendars;
}

function parsedOrNot(object: CalendarObject): Component | undefined {
  try {
    return parsedObject(object);
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}

/** Delivers to those for whom it is all the same; undefined: each is to be delivered to alone. */
async function deliverAlike(
  delivery: Delivery,
  message: ItipMessage,
  alike: readonly Receiver[],
): Promise<DeliveryStatus | undefined> {
  const [one] = alike;
  if (one === undefined) return undefined;
  const { context, tx } = delivery;
  const { before, user, sending } = one;
  const { quiet, noted } = sending;
  const now = context.clock();
  const saved = memoryFrom(one.memory);
  const known = knownInOrder(before, message, saved);
  const outcome = planReceive(known.mine, message, {
    ...{ me: user.me, now, memory: known.memory, quiet, noted },
    isFreeUntilAnswered: context.settings.freeUntilAnswered,
  });
  if (outcome.outcome === 'refused' || outcome.outcome === 'removed') return undefined;
  const isChange = outcome.outcome !== 'ignored';
  if (isChange && !(await storeAlike(delivery, alike, { message, outcome }))) return undefined;
  const memory = memoryText(outcome.memory);
  if (memory !== memoryText(saved)) {
    await saveMemories(tx, { homeIds: alike.map((each) => each.user.id), uid: message.uid, memory, now });
  }
  if ((isChange || outcome.isToRead === true) && !quiet) {
    const changes = scheduleChanges(before, message, outcome);
    await putInboxItems(delivery, asPrivateAs(before, message), { alike, changes });
  }
  return '1.2';
}

interface Arrived {
  readonly message: ItipMessage;
  readonly outcome: Outcome;
}

/** False, and nothing is done, where one of them needs more than the row of an object. */
async function storeAlike(
  delivery: Delivery,
  alike: readonly Receiver[],
  { message, outcome }: Arrived,
): Promise<boolean> {
  const { calendar, onlyStamps, isConsequential } = outcome;
  if (calendar === undefined || onlyStamps === true) return true;
  const { context, tx, changes, by } = delivery;
  const places = alike.map(({ mailroom, mine }) => placeOf(mailroom, mine, message));
  const [place] = places;
  const hasAttachments = [calendar, alike[0]?.before].some((each) => each !== undefined && linkedIds(each).size > 0);
  if (place === undefined || places.includes(undefined) || hasAttachments) return false;
  const object = readOrNot(delivery, place, calendar);
  if (object === undefined) return false;
  const copied: Copied = { ...object, by };
  const now = context.clock();
  const heads = alike.flatMap(({ mine }) => mine?.head ?? []);
  const isNewTag = heads.some((head) => head.scheduleTag === undefined) || isConsequential !== false;
  const scheduleTag = isNewTag ? newId() : undefined;
  if (heads.length > 0) changes.push(...(await updateCopies(tx, copied, { heads, scheduleTag, now })));
  else
    changes.push(
      ...(await insertCopies(
        tx,
        copied,
        places.flatMap((each) => newCopy(each, newId())),
        now,
      )),
    );
  return true;
}

/** Where the message of a receiver goes. */
function placeOf(
  { collections }: Mailroom,
  mine: HeadOfUid | undefined,
  { kind }: ItipMessage,
): Collection | undefined {
  if (mine === undefined) return defaultCalendar(collections, kind);
  return collections.find(({ id }) => id === mine.head.collectionId);
}

const newCopy = (place: Collection | undefined, scheduleTag: string | undefined): readonly NewCopy[] => {
  if (place === undefined) return [];
  const { homeId, id: collectionId } = place;
  return [{ id: newObjectId(), homeId, collectionId, name: `${newId()}.ics`, scheduleTag }];
};

function readOrNot(delivery: Delivery, place: Collection, calendar: Component): ReadObject | undefined {
  try {
    return madeOnce(delivery, place, calendar);
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}

interface Told {
  readonly alike: readonly Receiver[];
  readonly changes: ReturnType<typeof scheduleChanges>;
}

/** As putInboxItem, for each of them. */
async function putInboxItems(delivery: Delivery, message: ItipMessage, { alike, changes }: Told): Promise<void> {
  const { context, tx } = delivery;
  const { limits, clock } = context;
  const isFull = ({ mailroom }: Receiver): boolean => mailroom.items >= limits.inboxItemsPerHome;
  for (const { user } of alike.filter(isFull)) {
    delivery.changes.push(...(await putInboxItem(context, tx, { homeId: user.id, message, changes })));
  }
  const copies = alike.filter((each) => !isFull(each)).flatMap(({ mailroom }) => newCopy(mailroom.inbox, undefined));
  if (copies.length === 0) return;
  const octets = octetsOf(message);
  const copied: Copied = {
    ...{ uid: undefined, component: message.kind, etag: etagOf(octets), octets, index: NO_INDEX, by: undefined },
    scheduleChanges: changes && JSON.stringify(changes),
  };
  delivery.changes.push(...(await insertCopies(tx, copied, copies, clock())));
}
