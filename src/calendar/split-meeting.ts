import type { Actor } from '../auth/actor.ts';
import type { Change } from '../base/hub.ts';
import { newId } from '../base/ids.ts';
import { atOnce } from '../base/steps.ts';
import type { Component } from '../ical/component.ts';
import { parseCalendars } from '../ical/parse.ts';
import { writeComponent } from '../ical/write.ts';
import { addressKey } from '../itip/address.ts';
import { isSameComponent } from '../itip/component-edit.ts';
import { unaskedChanges, withScheduleStatus, type OrganizerPlan } from '../itip/organizer-changes.ts';
import { NO_MEMORY } from '../itip/revision.ts';
import { splitCopy } from '../itip/split-copy.ts';
import type { CalendarUser } from '../scheduling/directory.ts';
import { addressesOf, partIn } from '../scheduling/role.ts';
import { collectionById } from '../store/collections.ts';
import { copyDeadProperties } from '../store/dead-properties.ts';
import { removeObject } from '../store/objects.ts';
import { keepOwnForm, ownFormsOf } from '../store/personal-objects.ts';
import { findPrincipal } from '../store/principals.ts';
import { lockHomes, objectsOfUid } from '../store/scheduling.ts';
import type { Db } from '../store/store.ts';
import { requireMaySend, senderOf, signing } from './acting.ts';
import type { Author } from './author.ts';
import { calendarUser } from './calendar-users.ts';
import type { CalendarContext } from './context.ts';
import { deliver, startDelivery, type Delivery } from './deliver.ts';
import { noteGroups } from './group-attendees.ts';
import type { CalendarObject, Collection, ObjectHead } from './model.ts';
import { readingObject, type ReadObject } from './read-object.ts';
import { readMemory, writeMemory } from './scheduling-memory.ts';
import { claimSeq, writeObject } from './write-object.ts';

/** The parts of a series as they are to be stored. */
export interface SplitParts {
  readonly later: ReadObject;
  readonly earlier: ReadObject;
}

export interface MeetingSplit {
  readonly actor: Actor;
  readonly by: Author;
  readonly collection: Collection;
  /** What is split. */
  readonly before: CalendarObject;
  readonly parts: SplitParts;
}

/** A meeting that is split: what its organizer has of it, and whom it still has to be done for. */
export interface SplitMeeting extends SplitParts {
  /** Splits the copies of the others; returns what is to be published after the commit. */
  finish(): Promise<readonly Change[]>;
}

interface Splitting extends MeetingSplit {
  readonly delivery: Delivery;
  readonly calendar: Component;
  readonly owner: CalendarUser;
  readonly sign: ReturnType<typeof signing>;
}

/**
 * What a split means to the others of a meeting (caldav-recursplit §3): the copies of those of this server are split as the
 * organizer's is, and they are told nothing, since nothing is another for them; those elsewhere get a REQUEST for each part.
 * undefined: it is no meeting of the owner's. In the caller's transaction, before it writes.
 */
export async function splitMeeting(
  context: CalendarContext,
  tx: Db,
  split: MeetingSplit,
): Promise<SplitMeeting | undefined> {
  const { actor, by, collection, before, parts } = split;
  const principal = await findPrincipal(tx, collection.homeId);
  const calendar = parseCalendars(before.octets).calendars[0];
  if (principal === undefined || calendar === undefined) return undefined;
  const owner = calendarUser(principal);
  if (partIn(calendar, owner.me).role !== 'organizer') return undefined;
  const delivery = startDelivery(context, tx, { by, senderId: owner.id });
  await delivery.users.lookUp(addressesOf(calendar));
  await lockHomes(tx, [owner.id, ...delivery.users.ids()]);
  const asking = { me: owner.me, now: context.clock() };
  const plans = {
    later: unaskedChanges(calendar, parts.later.calendar, asking),
    earlier: unaskedChanges(undefined, parts.earlier.calendar, asking),
  };
  const isTold = [...plans.later.messages, ...plans.earlier.messages].length > 0;
  const acting = { actor, collection };
  if (isTold) await requireMaySend(tx, acting, 'schedule-send-invite');
  const sign = signing(owner, await senderOf(tx, acting, owner));
  const splitting = { ...split, delivery, calendar, owner, sign };
  const later = await told(splitting, parts.later, plans.later);
  const earlier = await told(splitting, parts.earlier, plans.earlier);
  await noteGroups(delivery, owner, { uid: earlier.uid, before: undefined, after: earlier.calendar });
  await copyMemory(splitting, owner.id);
  return {
    later,
    earlier,
    async finish() {
      for (const user of copyHolders(splitting)) await splitCopyOf({ ...splitting, parts: { later, earlier } }, user);
      return delivery.changes;
    },
  };
}

/** A part as the organizer has it, when those elsewhere have been told of it. */
async function told(
  { delivery, collection, sign, before, calendar: whole }: Splitting,
  part: ReadObject,
  { calendar, messages }: OrganizerPlan,
): Promise<ReadObject> {
  const statuses = new Map<string, string>();
  const about = { before: part.uid === before.uid ? whole : undefined, after: calendar ?? part.calendar, sign };
  for (const each of messages) {
    const { to, message, quiet, noted } = each;
    if (quiet || noted || delivery.users.find(to) !== undefined) continue;
    statuses.set(
      addressKey(to),
      await deliver(delivery, { ...each, message: sign(message), senderId: delivery.senderId, about }),
    );
  }
  const made = withScheduleStatus(calendar ?? part.calendar, (key) => statuses.get(key));
  if (isSameComponent(made, part.calendar)) return part;
  return atOnce(readingObject(delivery.context, collection, Buffer.from(writeComponent(made))));
}

/** Those of this server who are in it, once each. */
function copyHolders({ delivery, calendar, owner }: Splitting): readonly CalendarUser[] {
  const users = addressesOf(calendar).flatMap((address) => delivery.users.find(address) ?? []);
  return [...new Map(users.map((user) => [user.id, user])).values()].filter(
    ({ id, hasHome }) => hasHome && id !== owner.id,
  );
}

/** What is remembered of the whole is remembered of both parts. */
async function copyMemory({ delivery, before, parts }: Splitting, homeId: string): Promise<void> {
  const { context, tx } = delivery;
  const memory = await readMemory(tx, homeId, before.uid);
  await writeMemory(context, tx, { homeId, uid: parts.earlier.uid, before: NO_MEMORY, after: memory });
}

async function splitCopyOf(splitting: Splitting, user: CalendarUser): Promise<void> {
  const { delivery, before, parts } = splitting;
  const { context, tx } = delivery;
  const found = await objectsOfUid(tx, user.id, before.uid);
  const mine = found.find(({ scheduleTag }) => scheduleTag !== undefined);
  const copy = mine && parseCalendars(mine.octets).calendars[0];
  const collection = mine && (await collectionById(tx, mine.collectionId));
  await copyMemory(splitting, user.id);
  if (mine === undefined || copy === undefined || collection === undefined) return;
  const { earlier, later } = splitCopy(copy, {
    ...{ me: user.me, now: context.clock(), memory: await readMemory(tx, user.id, before.uid) },
    ...{ earlier: parts.earlier.calendar, later: parts.later.calendar },
  });
  // A UID that the organizer has chosen may be that of something else here.
  const isFree = (await objectsOfUid(tx, user.id, parts.earlier.uid)).length === 0;
  let seq = 0;
  if (earlier !== undefined && isFree) seq = await addEarlier(delivery, collection, { mine, earlier });
  if (later === undefined) {
    const now = context.clock();
    seq = await claimSeq(tx, collection, now);
    await removeObject(tx, mine, seq, now, { kind: 'deleted', by: delivery.by });
  } else {
    const target = { ...targetIn(delivery, collection), name: mine.name };
    seq = (await writeObject(context, tx, target, readCopy(delivery, collection, later))).seq;
  }
  delivery.changes.push({ homeId: collection.homeId, collectionId: collection.id, seq });
}

const targetIn = ({ by }: Delivery, collection: Collection) => ({
  ...{ collection, check: () => undefined, by, scheduleTag: newId(), isDelivery: true, isForAll: true },
});

const readCopy = ({ context }: Delivery, collection: Collection, calendar: Component): ReadObject =>
  atOnce(readingObject(context, collection, Buffer.from(writeComponent(calendar))));

async function addEarlier(
  delivery: Delivery,
  collection: Collection,
  { mine, earlier }: { readonly mine: CalendarObject; readonly earlier: Component },
): Promise<number> {
  const { context, tx } = delivery;
  const target = { ...targetIn(delivery, collection), name: `${newId()}.ics`, mayHold: { from: mine.id } };
  const { head, seq } = await writeObject(context, tx, target, readCopy(delivery, collection, earlier));
  await keepBeside(tx, { from: mine, to: head, collection, seq });
  return seq;
}

/** What stands beside an object goes with its other part, too: dead properties, and what sharees have for themselves. */
export async function keepBeside(
  tx: Db,
  {
    from,
    to,
    collection,
    seq,
  }: { readonly from: ObjectHead; readonly to: ObjectHead; readonly collection: Collection; readonly seq: number },
): Promise<void> {
  await copyDeadProperties(tx, from.id, to.id, collection.homeId);
  for (const own of await ownFormsOf(tx, from.id)) await keepOwnForm(tx, { ...own, objectId: to.id, seq });
}
