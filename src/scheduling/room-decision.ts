import type { Instant, TimeRange } from '../ical/time-value.ts';
import type { InstanceKey } from '../itip/instance-key.ts';
import { MOST_INSTANCES, type BookedInstance, type Booking } from './room-booking.ts';
import { indexTaken, takenIn, type TakenTime } from './room-busy.ts';
import { isOpen } from './room-hours.ts';
import {
  DAY_MS,
  horizonOf,
  isTrusted,
  minutes,
  modeFor,
  type Booker,
  type Room,
  type RoomMode,
  type RoomPartstat,
  type RoomReason,
  type Verdict,
} from './room-policy.ts';

/** What a room is asked, and what it has to know for its answer. */
export interface BookingRequest {
  readonly booking: Booking;
  readonly booker: Booker;
  readonly now: Instant;
  /** All that takes the room, in order of start; what is of this UID may be among it and counts for nothing. */
  readonly taken: readonly TakenTime[];
  /** What the room has answered before: the booking as its calendar has it, read up to where it was decided. */
  readonly before?: Booking | undefined;
  /** Bookings of the booker, without this one, that the room has not declined and that are not over. */
  readonly openBookings: number;
}

export interface InstanceDecision extends Verdict, TimeRange {
  readonly key: InstanceKey;
}

export interface BookingDecision {
  /** In order of start. */
  readonly instances: readonly InstanceDecision[];
  /** False: nothing that anybody has to be told; the booking is put into the calendar as it is. */
  readonly isAnswered: boolean;
  /** Ids of the people who have to agree. */
  readonly approvers: readonly string[];
  /**
   * A series goes on behind this instant: what begins there or later is not decided and takes no time yet. It is asked
   * again, with this decision as `before`, when that time comes nearer.
   */
  readonly decidedUntil: Instant | undefined;
}

/**
 * The answer of a room, instance by instance. In the order in which it is asked: what is over is not judged; what the
 * room has answered keeps its answer as long as its time is the same (a declined one only until it is asked anew); then
 * the mode, the policy, the time. Two bookings that only touch are not in each other's way, and no booking is in its
 * own. The order of the instances and of what takes the room changes nothing.
 */
export function decideBooking(request: BookingRequest, room: Room): BookingDecision {
  const { booking, now, before } = request;
  const judge = judgeOf(request, room);
  const whole = faultOfWhole(request, room);
  const known = new Map(before?.instances.map((instance) => [instance.key, instance]));
  const instances = booking.instances
    .toSorted((one, other) => one.start - other.start || (one.key < other.key ? -1 : 1))
    .map((instance): InstanceDecision => {
      const { key, start, end } = instance;
      return { key, start, end, ...(standing(instance, known.get(key), now) ?? whole ?? judge(instance)) };
    });
  const told = instances.filter(({ reason }) => !SILENT.has(reason.code));
  const asked = new Map(booking.instances.map(({ key, partstat }) => [key, partstat]));
  // Who asks anew for what stands is told again, so that nobody is left waiting.
  const isAskedAgain = instances.some(
    ({ key, partstat, reason }) => reason.code === 'unchanged' && asked.get(key) !== partstat,
  );
  const isWaiting = told.some(({ reason }) => reason.code === 'awaits-approval');
  return {
    instances,
    isAnswered: told.length > 0 || isAskedAgain,
    approvers: isWaiting ? (room.policy.approvers ?? []) : [],
    decidedUntil: booking.hasMore ? undecidedFrom(request, room) : undefined,
  };
}

const SILENT: ReadonlySet<RoomReason['code']> = new Set(['past', 'unchanged', 'left-open']);

/** The horizon; behind the last that was judged, where that lies farther, or where there were too many for one time. */
function undecidedFrom({ booking, now }: BookingRequest, room: Room): Instant {
  const horizon = horizonOf(room.policy, now);
  const last = booking.instances.reduce((latest, { start }) => Math.max(latest, start), -Infinity);
  return booking.instances.length < MOST_INSTANCES ? Math.max(horizon, last + 1) : last + 1;
}

/** An answer that stands without being judged anew. */
function standing(instance: BookedInstance, before: BookedInstance | undefined, now: Instant): Verdict | undefined {
  const isSameTime = before !== undefined && before.start === instance.start && before.end === instance.end;
  const answer = isSameTime ? ANSWERS.find((each) => each === before.partstat) : undefined;
  const isAskedAnew = answer === 'DECLINED' && instance.partstat === 'NEEDS-ACTION';
  if (answer !== undefined && !isAskedAnew) return { partstat: answer, reason: { code: 'unchanged' } };
  // A booking without length at this instant is not over.
  if (instance.end <= now && instance.start < now) return { partstat: 'NEEDS-ACTION', reason: { code: 'past' } };
  return undefined;
}

const ANSWERS: readonly RoomPartstat[] = ['ACCEPTED', 'DECLINED', 'TENTATIVE'];

const declined = (reason: RoomReason): Verdict => ({ partstat: 'DECLINED', reason });

/** What is wrong with the booking, whatever its times are. */
function faultOfWhole(request: BookingRequest, room: Room): Verdict | undefined {
  const { booking, booker, openBookings } = request;
  const { policy } = room;
  if (!isUnderPolicy(room, booker)) return undefined;
  if (!mayBook(room, booker)) return declined({ code: 'not-allowed' });
  if (booking.isSeries && policy.series === false) return declined({ code: 'no-series' });
  const { mostInstances, openBookings: most } = policy;
  if (booking.isSeries && mostInstances !== undefined && booking.count > mostInstances) {
    return declined({ code: 'too-many-instances', most: mostInstances });
  }
  if (most !== undefined && openBookings >= most) return declined({ code: 'too-many-bookings', most });
  return undefined;
}

function isUnderPolicy(room: Room, booker: Booker): boolean {
  return !isTrusted(room, booker) && room.mode !== 'none' && room.mode !== 'decline-always';
}

/** Whether the policy names him among those who may book. */
export function mayBook({ policy: { bookers } }: Pick<Room, 'policy'>, { id, groups }: Booker): boolean {
  if (bookers === undefined) return true;
  return (id !== undefined && bookers.people.includes(id)) || bookers.groups.some((group) => groups.has(group));
}

export type Judge = (instance: Pick<BookedInstance, 'start' | 'end' | 'people'>) => Verdict;

/** Judges instances by their times, one by one; what a booking must be as a whole is not asked. */
export function judgeOf(
  {
    booking,
    booker,
    now,
    taken,
  }: Pick<BookingRequest, 'booker' | 'now' | 'taken'> & { readonly booking: { readonly uid: string } },
  room: Room,
): Judge {
  const mode = modeFor(room, booker);
  const index = indexTaken(taken, { ownUid: booking.uid, tentativeHolds: doesTentativeHold(room, mode) });
  const isLimited = isUnderPolicy(room, booker);
  const needsApproval = isLimited && needsApprovalOf(room, booker);
  return (instance) => {
    if (mode === 'none') return { partstat: 'NEEDS-ACTION', reason: { code: 'left-open' } };
    if (mode === 'decline-always') return declined({ code: 'always-declined' });
    const fault = isLimited ? faultOfInstance(instance, room, now) : undefined;
    const verdict = fault === undefined ? verdictOf(mode, takenIn(index, instance)) : declined(fault);
    if (verdict.partstat !== 'ACCEPTED' || !needsApproval) return verdict;
    return { partstat: 'TENTATIVE', reason: { code: 'awaits-approval' } };
  };
}

/** A person decides at the end in `decline-if-busy`: only what is certain is declined before. */
export const doesTentativeHold = ({ policy }: Room, mode: RoomMode): boolean =>
  policy.tentativeHolds ?? mode !== 'decline-if-busy';

const needsApprovalOf = ({ policy: { approvers = [] } }: Room, { id }: Booker): boolean =>
  approvers.length > 0 && (id === undefined || !approvers.includes(id));

function verdictOf(mode: RoomMode, conflict: TimeRange | undefined): Verdict {
  if (mode === 'accept-always') return { partstat: 'ACCEPTED', reason: { code: 'always-accepted' } };
  if (conflict === undefined) {
    if (mode === 'decline-if-busy') return { partstat: 'NEEDS-ACTION', reason: { code: 'left-open' } };
    return { partstat: 'ACCEPTED', reason: { code: 'free' } };
  }
  if (mode === 'accept-if-free') return { partstat: 'NEEDS-ACTION', reason: { code: 'left-open' } };
  return declined({ code: 'busy', taken: { start: conflict.start, end: conflict.end } });
}

/** What the policy has against an instance; the first that is found. */
function faultOfInstance(
  instance: TimeRange & Pick<BookedInstance, 'people'>,
  { policy, capacity, zone }: Room,
  now: Instant,
): RoomReason | undefined {
  const { start, end, people } = instance;
  const { longestMinutes, horizonDays, noticeMinutes, hours } = policy;
  if (capacity !== undefined && people > capacity) return { code: 'too-many-people', capacity };
  if (longestMinutes !== undefined && end - start > minutes(longestMinutes)) {
    return { code: 'too-long', minutes: longestMinutes };
  }
  if (noticeMinutes !== undefined && start < now + minutes(noticeMinutes)) {
    return { code: 'too-late', minutes: noticeMinutes };
  }
  if (horizonDays !== undefined && start >= now + horizonDays * DAY_MS) {
    return { code: 'too-far-ahead', days: horizonDays };
  }
  return hours === undefined || isOpen(hours, zone, instance) ? undefined : { code: 'outside-hours' };
}
