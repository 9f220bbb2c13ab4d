import type { TimeRange } from '../ical/time-value.ts';
import type { Zone } from '../ical/timezone.ts';
import { alternatives, type Alternative, type RoomAndTaken } from '../scheduling/room-alternatives.ts';
import { mayBook } from '../scheduling/room-decision.ts';
import { DAY_MS, type Booker } from '../scheduling/room-policy.ts';
import { findPrincipal, listPrincipals } from '../store/principals.ts';
import type { Db } from '../store/store.ts';
import { calendarUser } from './calendar-users.ts';
import type { CalendarContext } from './context.ts';
import type { Principal } from './model.ts';
import { keepsTime, policyOf, roomOf } from './room.ts';
import { takenTimes, type TimesAsked } from './room-times.ts';

/** A booking that a room has refused, or would refuse. */
export interface RefusedBooking {
  readonly roomId: string;
  readonly uid: string;
  readonly booker: Booker;
  /** The instances that were refused. */
  readonly instances: readonly (TimeRange & { readonly people: number })[];
}

/** A way out, with what it is called. */
export interface RoomAlternative extends Alternative {
  readonly roomName: string;
  /** Of the room, in which its times are said. */
  readonly zone: Zone;
  /** Whether more than one instance was refused: the others move as the first does. */
  readonly isSeries: boolean;
}

/** How far the same room is looked at, as alternatives does. */
const REACH = 15 * DAY_MS;
/** Rooms that are looked through, and those of them whose time is asked for. */
const MOST_ROOMS = 1000;
const MOST_ASKED = 20;

/**
 * Up to three ways out of a refusal (scheduling/room-alternatives.ts): other rooms at this time that this person may book, and
 * other times of this room. They tell that something is free, and of no booking anything else.
 */
export async function roomAlternatives(
  context: CalendarContext,
  db: Db,
  { roomId, uid, booker, instances }: RefusedBooking,
): Promise<readonly RoomAlternative[]> {
  const principal = instances.length === 0 ? undefined : await findPrincipal(db, roomId);
  const wide = instances.map(({ start, end }) => ({ start: start - REACH, end: end + REACH }));
  const asked = principal && (await placeOf(context, db, { principal, ranges: wide, exceptUid: uid }));
  if (principal === undefined || asked === undefined) return [];
  const others: Place[] = [];
  for (const other of await otherRooms(context, db, { principal, booker, instances })) {
    const place = await placeOf(context, db, { principal: other, ranges: instances });
    if (place !== undefined) others.push(place);
  }
  const found = alternatives({ uid, booker, now: context.clock(), instances }, asked, others);
  const known = new Map(others.map((other) => [other.room.id, other]));
  return found.map((each) => {
    const { name, room } = known.get(each.roomId) ?? asked;
    return { ...each, roomName: name, zone: room.zone, isSeries: instances.length > 1 };
  });
}

/** Places of the same kind that answer by their time, and are not too small: the smallest of them. */
async function otherRooms(
  { settings }: CalendarContext,
  db: Db,
  { principal, booker, instances }: Pick<RefusedBooking, 'booker' | 'instances'> & { readonly principal: Principal },
): Promise<readonly Principal[]> {
  // Who is not to see who is there is not told by a room.
  if (settings.directory === 'off') return [];
  const people = Math.max(...instances.map((each) => each.people));
  const places = await listPrincipals(db, { kind: principal.kind, limit: MOST_ROOMS });
  return places
    .filter((place) => place.id !== principal.id && keepsTime(place) && (place.capacity ?? people) >= people)
    .filter((place) => isTrustedBy(place, booker) || mayBook({ policy: policyOf(place) }, booker))
    .sort((one, other) => (one.capacity ?? Infinity) - (other.capacity ?? Infinity) || (one.id < other.id ? -1 : 1))
    .slice(0, MOST_ASKED);
}

const isTrustedBy = ({ autoAcceptGroup }: Principal, { groups }: Booker): boolean =>
  autoAcceptGroup !== undefined && groups.has(autoAcceptGroup);

interface Place extends RoomAndTaken {
  readonly name: string;
}

async function placeOf(
  context: CalendarContext,
  db: Db,
  { principal, ...asked }: Pick<TimesAsked, 'ranges' | 'exceptUid'> & { readonly principal: Principal },
): Promise<Place | undefined> {
  const inHome = await roomOf(context, db, principal);
  if (inHome === undefined) return undefined;
  const taken = await takenTimes(db, { inHome, me: calendarUser(principal).me, ...asked });
  return { name: principal.name, room: inHome.room, taken };
}

/** The ways out in a sentence, for COMMENT; undefined: there is none. */
export function wayOutOf(found: readonly RoomAlternative[]): string | undefined {
  return found.length === 0 ? undefined : `Free instead: ${found.map(wordsOf).join('; ')}.`;
}

function wordsOf({ reason, roomName, first, zone, isSeries, needsApproval }: RoomAlternative): string {
  const approval = needsApproval ? ', if it is approved' : '';
  if (reason === 'other-room') return `${roomName} at the same time${approval}`;
  const [from, to] = [wallText(first.start, zone), wallText(first.end, zone)];
  const until = to.slice(0, 10) === from.slice(0, 10) ? to.slice(11) : to;
  return `${roomName} on ${from} to ${until} (${zone.id})${isSeries ? ' and the other days likewise' : ''}${approval}`;
}

const wallText = (instant: number, zone: Zone): string =>
  new Date(instant + zone.offsetAt(instant)).toISOString().slice(0, 16).replace('T', ' ');
