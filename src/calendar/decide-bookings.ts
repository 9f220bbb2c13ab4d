import type { Change } from '../base/hub.ts';
import { parseCalendars } from '../ical/parse.ts';
import { isSameComponent } from '../itip/component-edit.ts';
import type { Component } from '../ical/component.ts';
import type { CalendarUser } from '../scheduling/directory.ts';
import { addressesOf } from '../scheduling/role.ts';
import { readBooking } from '../scheduling/room-booking.ts';
import { DAY_MS, horizonOf, type Room } from '../scheduling/room-policy.ts';
import { answerOf } from '../scheduling/room-reply.ts';
import { collectionById } from '../store/collections.ts';
import { findPrincipal } from '../store/principals.ts';
import { removeBooking, undecidedBookings, type UndecidedBooking } from '../store/room-bookings.ts';
import { lockHomes, objectsOfUid } from '../store/scheduling.ts';
import type { Db } from '../store/store.ts';
import { unnamed } from './author.ts';
import { calendarUser } from './calendar-users.ts';
import type { CalendarContext } from './context.ts';
import { startDelivery, storeReceived } from './deliver.ts';
import { deliverLater } from './deliver-together.ts';
import { isFault } from './fault.ts';
import { publishAll } from './publish.ts';
import { answersItself, keepsTime, roomOf, type RoomInHome } from './room.ts';
import { decisionOf } from './room-booking.ts';

/** Bookings that are looked for at a time. */
const PAGE = 100;
/** No room's horizon lies farther: the most that a policy can say. */
const FARTHEST_DAYS = 3650;

/**
 * Decides the days of series that have come within the horizon of their rooms, each booking in a transaction of its own. A
 * day that somebody else has by now is declined, and its organizer told; nobody is told of days that are as all others. Yields
 * after each whether anything became different.
 */
export async function* decideBookings(context: CalendarContext): AsyncGenerator<'same' | 'told', void> {
  const before = context.clock() + FARTHEST_DAYS * DAY_MS;
  for (let after: UndecidedBooking | undefined; ;) {
    const page = await undecidedBookings(context.store.db, { before, limit: PAGE, ...(after && { after }) });
    for (const booking of page) {
      if (!(await isDue(context, booking))) continue;
      const changes = await context.store.write((tx) => decideOne(context, tx, booking));
      publishAll(context, changes);
      yield changes.length === 0 ? 'same' : 'told';
    }
    after = page.at(-1);
    if (page.length < PAGE) return;
  }
}

/** A day at least has come nearer. */
async function isDue(context: CalendarContext, { homeId, decidedUntil }: UndecidedBooking): Promise<boolean> {
  const { db } = context.store;
  const principal = await findPrincipal(db, homeId);
  const inHome = principal && answersItself(principal) ? await roomOf(context, db, principal) : undefined;
  return inHome !== undefined && decidedUntil + DAY_MS <= horizonOf(inHome.room.policy, context.clock());
}

async function decideOne(
  context: CalendarContext,
  tx: Db,
  { homeId, uid, decidedUntil }: UndecidedBooking,
): Promise<readonly Change[]> {
  const principal = await findPrincipal(tx, homeId);
  const inHome = principal && (await roomOf(context, tx, principal));
  if (principal === undefined || inHome === undefined) return [];
  const delivery = startDelivery(context, tx, { by: unnamed('job'), senderId: homeId });
  const mine = (await objectsOfUid(tx, homeId, uid)).find(({ scheduleTag }) => scheduleTag !== undefined);
  const calendar = mine && parseCalendars(mine.octets).calendars[0];
  const collection = mine && (await collectionById(tx, mine.collectionId));
  if (mine === undefined || calendar === undefined || collection === undefined) {
    await removeBooking(tx, homeId, uid);
    return [];
  }
  await delivery.users.lookUp(addressesOf(calendar));
  await lockHomes(tx, [homeId, ...delivery.users.ids()]);
  const user = calendarUser(principal);
  try {
    const later = { ...inHome, room: roomForLater(inHome, { user, calendar, decidedUntil, now: context.clock() }) };
    const decision = await decisionOf(delivery, { user, before: calendar, uid }, { inHome: later, calendar });
    if (decision === undefined) return [];
    const answer = answerOf(calendar, decision, { room: user.me, now: context.clock() });
    if (isSameComponent(answer.calendar, calendar)) return [];
    await storeReceived(delivery, collection, { mine, calendar: answer.calendar, isNewTag: false });
    if (answer.reply !== undefined && decision.organizer !== undefined) {
      delivery.later.push({ to: decision.organizer, message: answer.reply, quiet: false, senderId: homeId });
    }
  } catch (error) {
    // Nobody can say any more when it is: it is left as it was answered.
    if (!isFault(error)) throw error;
    await removeBooking(tx, homeId, uid);
  }
  await deliverLater(delivery);
  return delivery.changes;
}

interface Standing {
  readonly user: CalendarUser;
  readonly calendar: Component;
  readonly decidedUntil: number;
  readonly now: number;
}

/** What a person has agreed to goes on without being asked again, as long as the room is free. */
function roomForLater(inHome: RoomInHome, { user, calendar, decidedUntil, now }: Standing): Room {
  const { room, zone } = inHome;
  const policy = { ...room.policy, openBookings: undefined };
  const known = readBooking(calendar, { room: user.me, zone, now, until: decidedUntil });
  const isAgreed = known?.instances.some(({ partstat }) => partstat === 'ACCEPTED') ?? false;
  if (!isAgreed) return { ...room, policy };
  const mode = keepsTime({ kind: 'room', autoSchedule: room.mode, autoAcceptGroup: undefined })
    ? 'automatic'
    : room.mode;
  return { ...room, mode, policy: { ...policy, approvers: undefined } };
}
