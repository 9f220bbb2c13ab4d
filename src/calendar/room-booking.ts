import type { Component } from '../ical/component.ts';
import { P } from '../ical/names.ts';
import { parseCalendars } from '../ical/parse.ts';
import { addressKey, attendeeOf, partstatOf } from '../itip/address.ts';
import { isSameComponent, plain, withProperty } from '../itip/component-edit.ts';
import { MASTER } from '../itip/instance-key.ts';
import { makeCalendar, type ItipMessage } from '../itip/message.ts';
import { withOrganizerStatus } from '../itip/organizer-status.ts';
import type { Outcome } from '../itip/outcome.ts';
import { isCancelled } from '../itip/personal.ts';
import { revisionOf } from '../itip/revision.ts';
import { byKey, componentsOf, readSeries, withExdates } from '../itip/series.ts';
import type { CalendarUser, Directory } from '../scheduling/directory.ts';
import { readBooking, type Booking } from '../scheduling/room-booking.ts';
import { decideBooking, type BookingDecision, type InstanceDecision } from '../scheduling/room-decision.ts';
import { horizonOf } from '../scheduling/room-policy.ts';
import { answerOf } from '../scheduling/room-reply.ts';
import { findPrincipal } from '../store/principals.ts';
import { bookingsOf, removeBooking, saveBooking, undecidedIn } from '../store/room-bookings.ts';
import { lockHomes, objectsOfUid } from '../store/scheduling.ts';
import type { Db } from '../store/store.ts';
import type { CalendarContext } from './context.ts';
import { bookerOf, roomOf, type RoomInHome } from './room.ts';
import { roomAlternatives, wayOutOf, type RoomAlternative } from './room-alternatives.ts';
import { takenTimes } from './room-times.ts';

/** In which transaction a room decides, and who it can look up. */
export interface RoomWork {
  readonly context: CalendarContext;
  readonly tx: Db;
  readonly users: Directory;
}

/** What a room is asked: its object before, and as the message has made it. */
export interface Asked {
  readonly user: CalendarUser;
  readonly before: Component | undefined;
  readonly message: ItipMessage;
  readonly outcome: Outcome;
}

/** What a room makes of it. */
export interface RoomOutcome {
  readonly outcome: Outcome;
  /** For the organizer; undefined: there is nothing to tell. */
  readonly reply: { readonly to: string; readonly message: ItipMessage } | undefined;
  /** Whether somebody has to answer: the message goes into the inbox, where those who act for the room see it. */
  readonly needsPerson: boolean;
}

const ASKING: ReadonlySet<string> = new Set(['REQUEST', 'ADD']);

/**
 * What a room or resource does with a message, by itself and at once: an invitation is decided, instance by instance, and
 * its copy has the answers in it; what is cancelled goes out of its calendar. undefined: as with anybody, such as a task, or
 * an answer.
 */
export async function roomOutcome(work: RoomWork, asked: Asked): Promise<RoomOutcome | undefined> {
  const { message, outcome, user } = asked;
  const isAsking = ASKING.has(message.method);
  if (message.kind !== 'VEVENT' || (message.method !== 'CANCEL' && !isAsking)) return undefined;
  // Who asks for what stands says nothing new, and is told all the same.
  const calendar = outcome.calendar ?? (outcome.outcome === 'ignored' && isAsking ? asked.before : undefined);
  if (calendar === undefined) return undefined;
  // Two at a time are in order by this lock: what takes the room is read behind it.
  await lockHomes(work.tx, [user.id]);
  const kept = withoutCancelled(calendar);
  if (kept === undefined) {
    await removeBooking(work.tx, user.id, message.uid);
    return { outcome: { ...outcome, outcome: 'removed' }, reply: undefined, needsPerson: false };
  }
  if (message.method === 'CANCEL') {
    return { outcome: { ...outcome, calendar: kept }, reply: undefined, needsPerson: false };
  }
  const principal = await findPrincipal(work.tx, user.id);
  const inHome = principal && (await roomOf(work.context, work.tx, principal));
  if (principal === undefined || inHome === undefined) return undefined;
  return decided(work, asked, { inHome, calendar: kept });
}

/** Nobody looks in a room's calendar for what is off: cancelled days are taken out; undefined: nothing is left. */
function withoutCancelled(calendar: Component): Component | undefined {
  const series = readSeries(calendar);
  if (series === undefined) return calendar;
  const off = [...series.overrides].filter(([, component]) => isCancelled(component));
  const isWholeOff = series.master !== undefined && isCancelled(series.master);
  if (isWholeOff || (off.length === series.overrides.size && series.master === undefined)) return undefined;
  if (off.length === 0) return calendar;
  const keys = off.map(([key]) => key);
  const overrides = new Map([...series.overrides].filter(([key]) => !keys.includes(key)));
  const kept = componentsOf({ master: series.master && withExdates(series.master, series, keys), overrides });
  // The revision is that of the cancellation, which is in the components that go.
  const sequence = Math.max(...[...kept, ...off.map(([, each]) => each)].map((each) => revisionOf(each).sequence));
  const raised = kept.map((each) =>
    revisionOf(each).sequence === sequence ? each : withProperty(each, plain(P.SEQUENCE, String(sequence))),
  );
  return makeCalendar(calendar.properties, raised, [calendar]);
}

interface Place {
  readonly inHome: RoomInHome;
  readonly calendar: Component;
}

async function decided(work: RoomWork, asked: Asked, place: Place): Promise<RoomOutcome | undefined> {
  const { user, outcome, before, message } = asked;
  const { inHome, calendar } = place;
  const decision = await decisionOf(work, { user, before, uid: message.uid, message }, { inHome, calendar });
  if (decision === undefined) return undefined;
  const isNothingNew = outcome.calendar === undefined || outcome.onlyStamps === true;
  if (isNothingNew && !decision.isAnswered) return { outcome, reply: undefined, needsPerson: false };
  const wayOut = wayOutOf(await waysOut(work, asked, decision));
  const answer = answerOf(calendar, decision, { room: user.me, now: work.context.clock(), wayOut });
  const needsPerson = decision.instances.some(({ reason }) => PENDING.has(reason.code));
  const { organizer } = decision;
  const reply = answer.reply && organizer !== undefined ? { to: organizer, message: answer.reply } : undefined;
  if (isNothingNew && isSameComponent(answer.calendar, calendar)) return { outcome, reply, needsPerson };
  const isHere = work.users.find(organizer ?? '')?.hasHome === true;
  const told = reply === undefined ? answer.calendar : withOrganizerStatus(answer.calendar, isHere ? '1.2' : '1.0');
  const made = { calendar: told, outcome: before === undefined ? 'created' : 'updated', onlyStamps: false } as const;
  return { outcome: { ...outcome, ...made }, reply, needsPerson };
}

/** For who is refused where another time or room may be the answer. */
function waysOut(
  { context, tx }: RoomWork,
  { user: { id: roomId }, message: { uid } }: Asked,
  decision: Decided,
): Promise<readonly RoomAlternative[]> {
  const isOpen = ({ partstat, reason }: InstanceDecision): boolean => partstat === 'DECLINED' && OPEN.has(reason.code);
  const refused = new Set(decision.instances.filter(isOpen).map(({ key }) => key));
  const instances = decision.booking.instances.filter(({ key }) => refused.has(key));
  return roomAlternatives(context, tx, { roomId, uid, booker: decision.booker, instances });
}

/** Refusals that another time or room may be the answer to. */
const OPEN: ReadonlySet<string> = new Set(['busy', 'outside-hours', 'too-many-people', 'too-late', 'too-far-ahead']);
const PENDING: ReadonlySet<string> = new Set(['left-open', 'awaits-approval']);

export interface Decided extends BookingDecision {
  readonly booking: Booking;
  readonly organizer: string | undefined;
  readonly booker: Awaited<ReturnType<typeof bookerOf>>;
}

export interface ToDecide {
  readonly user: CalendarUser;
  readonly uid: string;
  /** The object until now, in which the room's answers are. */
  readonly before: Component | undefined;
  /** What asks for it, where something does. */
  readonly message?: ItipMessage | undefined;
}

/** Decides what stands in a room's object, and remembers up to when; undefined: it asks the room for nothing. */
export async function decisionOf(
  work: RoomWork,
  { user, before, uid, message }: ToDecide,
  { inHome, calendar }: Place,
): Promise<Decided | undefined> {
  const { context, tx, users } = work;
  const { room, zone } = inHome;
  const now = context.clock();
  const until = horizonOf(room.policy, now);
  const reading = { room: user.me, zone, now, countTo: room.policy.mostInstances };
  const read = readBooking(calendar, { ...reading, until });
  if (read === undefined) return undefined;
  const booking = message === undefined ? read : withClaims(read, user, message, calendar);
  const { organizer } = booking;
  const decidedUntil = (await undecidedIn(tx, user.id)).get(uid) ?? Infinity;
  const known = before && readBooking(before, { ...reading, until: decidedUntil });
  const booker = await bookerOf(tx, organizer === undefined ? undefined : users.find(organizer));
  const name = booker.id ?? addressKey(organizer ?? '');
  const ranges = booking.instances.filter(({ end }) => end > now);
  const decision = decideBooking(
    {
      ...{ booking, booker, now, before: known },
      taken: await takenTimes(tx, { inHome, me: user.me, ranges, exceptUid: uid }),
      openBookings: await openBookings(work, { user, inHome, uid, booker: name }),
    },
    room,
  );
  const last = booking.instances.reduce((latest, { end }) => Math.max(latest, end), -Infinity);
  await saveBooking(tx, {
    ...{ homeId: user.id, uid, booker: name, decidedUntil: decision.decidedUntil },
    lastAt: booking.hasMore ? undefined : Number.isFinite(last) ? last : now,
  });
  return { ...decision, booking, organizer, booker };
}

/** What the organizer says that the room has answered: its own copy keeps its answers. */
function withClaims(booking: Booking, { me }: CalendarUser, message: ItipMessage, calendar: Component): Booking {
  const series = readSeries(message.calendar, { beside: readSeries(calendar) });
  if (series === undefined) return booking;
  const parts = byKey(series);
  const claimed = ({ key, partstat }: Booking['instances'][number]): string => {
    const part = parts.get(key) ?? parts.get(MASTER);
    const own = part && attendeeOf(part, me);
    return own === undefined ? partstat : partstatOf(own);
  };
  return { ...booking, instances: booking.instances.map((each) => ({ ...each, partstat: claimed(each) })) };
}

interface Counting {
  readonly user: CalendarUser;
  readonly inHome: RoomInHome;
  readonly uid: string;
  readonly booker: string;
}

/** Other bookings of his that are still there and not over, counted where there is a limit. */
async function openBookings({ context, tx }: RoomWork, { user, inHome, uid, booker }: Counting): Promise<number> {
  const most = inHome.room.policy.openBookings;
  if (most === undefined) return 0;
  const now = context.clock();
  let count = 0;
  for (const other of await bookingsOf(tx, { homeId: user.id, booker, now })) {
    if (count >= most) break;
    if (other !== uid && (await isOpen(tx, { user, inHome, uid: other }, now))) count += 1;
  }
  return count;
}

async function isOpen(
  tx: Db,
  { user, inHome, uid }: Pick<Counting, 'user' | 'inHome' | 'uid'>,
  now: number,
): Promise<boolean> {
  const [object] = await objectsOfUid(tx, user.id, uid);
  const calendar = object && parseCalendars(object.octets).calendars[0];
  if (calendar === undefined) return false;
  const until = horizonOf(inHome.room.policy, now);
  const booking = readBooking(calendar, { room: user.me, zone: inHome.zone, now, until });
  return booking?.instances.some(({ end, partstat }) => end > now && partstat !== 'DECLINED') ?? false;
}
