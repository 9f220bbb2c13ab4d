import { Refusal } from '../base/refusal.ts';
import { parseCalendars } from '../ical/parse.ts';
import type { Component } from '../ical/component.ts';
import { takenTimesOf } from '../scheduling/room-booking.ts';
import { indexTaken, takenIn, type TakenTime } from '../scheduling/room-busy.ts';
import { doesTentativeHold } from '../scheduling/room-decision.ts';
import { horizonOf } from '../scheduling/room-policy.ts';
import { objectByName } from '../store/objects.ts';
import { findPrincipal } from '../store/principals.ts';
import { answeringOf } from '../store/room-bookings.ts';
import { lockHomes } from '../store/scheduling.ts';
import type { Db } from '../store/store.ts';
import { calendarUser } from './calendar-users.ts';
import type { CalendarContext } from './context.ts';
import type { Collection, ObjectHead } from './model.ts';
import type { ReadObject } from './read-object.ts';
import { keepsTime, roomOf, type RoomInHome } from './room.ts';
import { takenTimes } from './room-times.ts';

interface Written {
  readonly collection: Collection;
  readonly current: ObjectHead | undefined;
  readonly object: ReadObject;
}

/**
 * Refuses what would take the time of a room that answers by its time where that is taken already, by whatever way it comes
 * into its calendar: an entry, an answer by hand, a copy, an import, what is restored. What took its time before goes on
 * to. Throws room-is-free.
 */
export async function requireRoomFree(context: CalendarContext, tx: Db, written: Written): Promise<void> {
  const { collection, current, object } = written;
  const { homeId } = collection;
  if (object.component !== 'VEVENT' || collection.kind !== 'calendar' || collection.source !== undefined) return;
  const answering = await answeringOf(tx, homeId);
  if (answering === undefined || !keepsTime(answering)) return;
  await lockHomes(tx, [homeId]);
  const principal = await findPrincipal(tx, homeId);
  const inHome = principal && (await roomOf(context, tx, principal));
  if (principal === undefined || inHome === undefined) return;
  const { me } = calendarUser(principal);
  const timesOf = (calendar: Component | undefined): readonly TakenTime[] =>
    calendar === undefined ? [] : holding(context, inHome, { me, calendar });
  const known = current && (await objectByName(tx, collection.id, current.name));
  const before = new Set(timesOf(known && parseCalendars(known.octets).calendars[0]).map(nameOf));
  const more = timesOf(object.calendar).filter((time) => !before.has(nameOf(time)));
  if (more.length === 0) return;
  const taken = await takenTimes(tx, { inHome, me, ranges: more, exceptUid: object.uid });
  const index = indexTaken(taken, { ownUid: undefined, tentativeHolds: tentativeHolds(inHome) });
  const clash = more.find((time) => takenIn(index, time) !== undefined);
  if (clash === undefined) return;
  const at = new Date(clash.start).toISOString();
  throw new Refusal('room-is-free', `${principal.name} is taken at ${at}; decline or remove what takes it first`);
}

const nameOf = ({ start, end }: TakenTime): string => `${start}/${end}`;

const tentativeHolds = ({ room }: RoomInHome): boolean => doesTentativeHold(room, room.mode);

/** The times to come that an object holds; of an endless one as far as bookings are decided. */
function holding(
  context: CalendarContext,
  inHome: RoomInHome,
  { me, calendar }: { readonly me: (address: string) => boolean; readonly calendar: Component },
): readonly TakenTime[] {
  const now = context.clock();
  const until = horizonOf(inHome.room.policy, now);
  const holds = tentativeHolds(inHome);
  return takenTimesOf(calendar, { room: me, zone: inHome.zone, from: now, until }).filter(
    ({ type, start, end }) => end > start && (holds || type !== 'BUSY-TENTATIVE'),
  );
}
