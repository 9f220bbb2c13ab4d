import type { Zone } from '../ical/timezone.ts';
import type { CalendarUser } from '../scheduling/directory.ts';
import type { Booker, Room, RoomMode, RoomPolicy } from '../scheduling/room-policy.ts';
import { readRoomPolicy } from '../scheduling/room-policy-value.ts';
import { collectionsOfHome } from '../store/collections.ts';
import { allGroupsOf } from '../store/principals.ts';
import type { Answering } from '../store/room-bookings.ts';
import type { Db } from '../store/store.ts';
import type { CalendarContext } from './context.ts';
import { defaultCalendar } from './default-calendar.ts';
import type { Collection, Principal } from './model.ts';
import { floatingZoneOf } from './zone.ts';

/** How a principal answers by itself: a room or resource of which nothing is said answers by its time. */
export function modeOf({ kind, autoSchedule }: Pick<Answering, 'kind' | 'autoSchedule'>): RoomMode {
  if (autoSchedule !== undefined) return autoSchedule;
  return kind === 'room' || kind === 'resource' ? 'automatic' : 'none';
}

/** Whether anybody is answered without a person. */
export const answersItself = (principal: Answering): boolean =>
  modeOf(principal) !== 'none' || principal.autoAcceptGroup !== undefined;

const BY_TIME: ReadonlySet<RoomMode> = new Set(['accept-if-free', 'decline-if-busy', 'automatic']);

/** Whether answers depend on what takes the time, so that two things never may. */
export const keepsTime = (principal: Answering): boolean =>
  BY_TIME.has(modeOf(principal)) || (principal.autoAcceptGroup !== undefined && modeOf(principal) !== 'accept-always');

/** What may be booked; a text that is none (any more) forbids nothing. */
export function policyOf({ roomPolicy }: Pick<Principal, 'roomPolicy'>): RoomPolicy {
  const reading = roomPolicy === undefined ? undefined : readRoomPolicy(JSON.parse(roomPolicy));
  return reading !== undefined && 'policy' in reading ? reading.policy : {};
}

/** A room with its calendars. */
export interface RoomInHome {
  readonly room: Room;
  readonly zone: Zone;
  /** The calendars that hold its bookings; what others share with it, or what is fetched, does not. */
  readonly calendars: readonly Collection[];
}

/** A room as it decides; undefined: it has no calendar that bookings could be put into. */
export async function roomOf(context: CalendarContext, db: Db, principal: Principal): Promise<RoomInHome | undefined> {
  const collections = await collectionsOfHome(db, principal.id);
  const first = defaultCalendar(collections);
  if (first === undefined) return undefined;
  const zone = floatingZoneOf(context, first, principal);
  const { id, autoAcceptGroup, capacity, features } = principal;
  const room = {
    ...{ id, mode: modeOf(principal), zone, policy: policyOf(principal) },
    ...{ autoAcceptGroup, capacity, features },
  };
  const calendars = collections.filter(
    ({ kind, source, sharedId }) => kind === 'calendar' && source === undefined && sharedId === undefined,
  );
  return { room, zone, calendars };
}

/** Who books, as the policy looks at him; of somebody elsewhere nothing is known. */
export async function bookerOf(db: Db, user: CalendarUser | undefined): Promise<Booker> {
  const groups = user === undefined ? [] : await allGroupsOf(db, user.id);
  return { id: user?.id, groups: new Set<string>(groups) };
}
