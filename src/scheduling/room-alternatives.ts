import { within } from '../ical/range-set.ts';
import type { Instant, TimeRange } from '../ical/time-value.ts';
import { indexTaken, takenIn, type TakenIndex, type TakenTime } from './room-busy.ts';
import { judgeOf, mayBook, type Judge } from './room-decision.ts';
import { openTimes } from './room-hours.ts';
import { DAY_MS, isTrusted, minutes, type Booker, type Room } from './room-policy.ts';

/** What was refused. */
export interface Wanted {
  readonly uid: string;
  readonly booker: Booker;
  readonly now: Instant;
  /** The instances that were refused: an alternative is good for all of them. */
  readonly instances: readonly (TimeRange & { readonly people: number })[];
  /** Features that the room must have. */
  readonly features?: readonly string[] | undefined;
}

export interface RoomAndTaken {
  readonly room: Room;
  /** All that takes it, in order of start. */
  readonly taken: readonly TakenTime[];
}

/** A way out. `other-room` keeps the time; the other two keep the room and move each instance by the same time. */
export interface Alternative {
  readonly reason: 'other-room' | 'earlier' | 'later';
  readonly roomId: string;
  /** Whether it is in the building of the room that was asked for. */
  readonly isNear: boolean;
  /** By how much it is earlier (negative) or later, in milliseconds. */
  readonly shift: number;
  /** The first of the refused instances, there. */
  readonly first: TimeRange;
  readonly needsApproval: boolean;
}

const MOST = 3;
/** How far the same room is looked at, to both sides. */
const REACH = 14 * DAY_MS;
/** Moved times begin at such a minute, where the wanted one did. */
const STEP = minutes(5);

/**
 * Up to three alternatives to a refusal: another room at the same time first, then this room at the nearest time (before or
 * after), then what is left of either. Each is free and within its room's policy, as that room would decide now; rooms
 * where a person decides are not offered.
 *
 * @param asked the room that has declined
 * @param others rooms and resources that may take its place
 */
export function alternatives(
  wanted: Wanted,
  asked: RoomAndTaken,
  others: readonly RoomAndTaken[],
): readonly Alternative[] {
  if (wanted.instances.length === 0) return [];
  const elsewhere = otherRooms(wanted, asked.room, others);
  const moved = otherTimes(wanted, asked);
  const [room, ...rooms] = elsewhere;
  const [time, ...times] = moved;
  return [room, time, ...times, ...rooms].filter((each) => each !== undefined).slice(0, MOST);
}

interface Asker {
  readonly room: Room;
  readonly index: TakenIndex;
  readonly judge: Judge;
}

function askerOf({ uid, booker, now }: Wanted, { room, taken }: RoomAndTaken): Asker {
  // What is only tentative may become certain: a time that is really free is offered.
  const index = indexTaken(taken, { ownUid: uid, tentativeHolds: true });
  return { room, index, judge: judgeOf({ booking: { uid }, booker, now, taken }, room) };
}

/** The offer of these instances moved by a time; undefined: not all of them are free and allowed there. */
function offerOf(
  asker: Asker,
  { instances, booker, now }: Wanted,
  shift: number,
): Pick<Alternative, 'first' | 'needsApproval' | 'roomId' | 'shift'> | undefined {
  let needsApproval = false;
  if (!mayBook(asker.room, booker) && !isTrusted(asker.room, booker)) return undefined;
  for (const instance of instances) {
    const moved = { ...instance, start: instance.start + shift, end: instance.end + shift };
    if (moved.start < now || takenIn(asker.index, moved) !== undefined) return undefined;
    const { partstat } = asker.judge(moved);
    if (partstat !== 'ACCEPTED' && partstat !== 'TENTATIVE') return undefined;
    needsApproval ||= partstat === 'TENTATIVE';
  }
  const { start, end } = firstOf(instances);
  return { roomId: asker.room.id, shift, first: { start: start + shift, end: end + shift }, needsApproval };
}

const firstOf = (instances: Wanted['instances']): TimeRange =>
  instances.reduce((first, each) => (each.start < first.start ? each : first));

function otherRooms(wanted: Wanted, asked: Room, others: readonly RoomAndTaken[]): readonly Alternative[] {
  const people = Math.max(...wanted.instances.map((each) => each.people));
  const offers = others
    .filter(({ room }) => room.id !== asked.id && hasFeatures(room, wanted.features) && holds(room, people))
    .flatMap((other) => {
      const offer = offerOf(askerOf(wanted, other), wanted, 0);
      if (offer === undefined) return [];
      const isNear = asked.building !== undefined && asked.building === other.room.building;
      return [{ room: other.room, offer: { reason: 'other-room', isNear, ...offer } as const }];
    });
  const shared = (room: Room): number => (room.features ?? []).filter((each) => asked.features?.includes(each)).length;
  return offers
    .sort(
      (one, other) =>
        Number(one.offer.needsApproval) - Number(other.offer.needsApproval) ||
        Number(other.offer.isNear) - Number(one.offer.isNear) ||
        shared(other.room) - shared(one.room) ||
        (one.room.capacity ?? MANY) - (other.room.capacity ?? MANY) ||
        (one.room.id < other.room.id ? -1 : 1),
    )
    .map(({ offer }) => offer);
}

/** A room of which nobody says how many it holds comes behind those that are known to be large enough. */
const MANY = Number.MAX_SAFE_INTEGER;

const holds = ({ capacity }: Room, people: number): boolean => capacity === undefined || capacity >= people;

const hasFeatures = ({ features = [] }: Room, wanted: readonly string[] = []): boolean =>
  wanted.every((feature) => features.includes(feature));

/** The nearest time after and the nearest before, the nearer of them first. */
function otherTimes(wanted: Wanted, asked: RoomAndTaken): readonly Alternative[] {
  const asker = askerOf(wanted, asked);
  const found: Alternative[] = [];
  for (const shift of shiftsOf(wanted, asker)) {
    const reason = shift < 0 ? 'earlier' : 'later';
    if (found.some((each) => each.reason === reason)) continue;
    const offer = offerOf(asker, wanted, shift);
    if (offer !== undefined) found.push({ reason, isNear: true, ...offer });
    if (found.length === 2) break;
  }
  return found;
}

/** Of a long series, so many of the refused days say what to try; each try is held against all of them. */
const MOST_ASKED = 12;
const MOST_TRIED = 2000;

/** By how much to move, the nearest first; of two as near the later one: who is asked to wait needs not hurry. */
function shiftsOf({ instances, now }: Wanted, asker: Asker): readonly number[] {
  const first = firstOf(instances);
  const shifts = instances
    .slice(0, MOST_ASKED)
    .flatMap((each) => startsFor(each, asker, now).map((to) => to - each.start));
  const soonest = rounded(now + minutes(asker.room.policy.noticeMinutes ?? 0), 'up') - first.start;
  return [...new Set([...shifts, soonest])]
    .filter((shift) => shift !== 0 && Math.abs(shift) <= REACH)
    .sort((one, other) => Math.abs(one) - Math.abs(other) || other - one)
    .slice(0, MOST_TRIED);
}

/** Where an instance may begin: at the end of what is taken or closed, or so that it ends where that begins. */
function startsFor({ start, end }: TimeRange, { room, index }: Asker, now: Instant): readonly Instant[] {
  const length = end - start;
  const reach = { start: Math.max(start - REACH, now - length), end: end + REACH };
  const near = index.filter((each) => each.end >= reach.start && each.start <= reach.end);
  const { hours } = room.policy;
  const open = hours === undefined ? [] : within(openTimes(hours, room.zone, reach), reach);
  return [
    ...near.flatMap((each) => [rounded(each.end, 'up'), rounded(each.start - length, 'down')]),
    ...open.flatMap((each) => [each.start, each.end - length]),
  ];
}

function rounded(instant: Instant, to: 'up' | 'down'): Instant {
  return (to === 'up' ? Math.ceil(instant / STEP) : Math.floor(instant / STEP)) * STEP;
}
