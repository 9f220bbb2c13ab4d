import { paramOf, propertyOf, type Component } from '../ical/component.ts';
import { busyTypeOf, type BusyType } from '../ical/freebusy.ts';
import { P } from '../ical/names.ts';
import { recurrenceSet } from '../ical/recurrence.ts';
import type { Instant, TimeRange } from '../ical/time-value.ts';
import { zonesOf, type Zone, type ZoneContext } from '../ical/timezone.ts';
import { attendeeOf, attendeesOf, organizerOf, partstatOf, type IsMe } from '../itip/address.ts';
import { keyOfTime, MASTER, type InstanceKey } from '../itip/instance-key.ts';
import { PEOPLE } from '../itip/personal.ts';
import { uidOf } from '../itip/series.ts';
import type { TakenTime } from './room-busy.ts';
import { DAY_MS } from './room-policy.ts';

/** One instance of a booking that the room is invited to. */
export interface BookedInstance extends TimeRange {
  readonly key: InstanceKey;
  /** People who come: attendees that have not declined and are no rooms or resources. */
  readonly people: number;
  /** What the component says that the room has answered. */
  readonly partstat: string;
}

/**
 * What is asked of a room in one calendar object. TRANSP is not looked at: it says whether people call their own time
 * free, and who invites a room needs it.
 */
export interface Booking {
  readonly uid: string;
  /** Address of who books. */
  readonly organizer: string | undefined;
  readonly isSeries: boolean;
  /** Those that are not cancelled, from some time in the past up to the horizon. */
  readonly instances: readonly BookedInstance[];
  /** The series goes on behind the horizon. */
  readonly hasMore: boolean;
  /** Instances of the whole series, counted up to one more than anybody asks for. */
  readonly count: number;
}

export interface BookingOptions {
  readonly room: IsMe;
  readonly zone: Zone;
  readonly now: Instant;
  /** Instances that begin here or later are left for another time. */
  readonly until: Instant;
  /** So many instances are counted, to compare with the most that the policy allows. */
  readonly countTo?: number | undefined;
}

/** Of days that are over, the last are told apart from those to come; the ones before are as the whole series. */
const PAST_DAYS = 31;
/** Of a series that is denser than this the rest is decided when its time comes. */
export const MOST_INSTANCES = 5000;

/**
 * Reads what an object asks of a room. All-day and floating times are in the room's zone. Throws
 * Refusal('valid-calendar-data') for times and rules that cannot be read.
 */
export function readBooking(calendar: Component, options: BookingOptions): Booking | undefined {
  const events = calendar.components.filter(({ name }) => name === 'VEVENT');
  const [first] = events;
  if (first === undefined) return undefined;
  const context: ZoneContext = { zones: zonesOf(calendar), floating: options.zone };
  const set = recurrenceSet(events, context);
  const askedOf = askedBy(options.room);
  const found: BookedInstance[] = [];
  let hasMore = false;
  let hasNext = false;
  const isSeries = set.recurring || events.length > 1;
  for (const instance of set.instances({ from: options.now - PAST_DAYS * DAY_MS, to: Infinity })) {
    // The next one is decided wherever it is, so that a series is never without an answer.
    if (found.length >= MOST_INSTANCES || (hasNext && instance.start >= options.until)) {
      hasMore = true;
      break;
    }
    const { component, recurrenceId, start, end } = instance;
    const key = recurrenceId === undefined ? MASTER : keyOfTime(recurrenceId, undefined, context);
    const asked = askedOf(component);
    if (asked === undefined) continue;
    found.push({ key, start, end, ...asked });
    hasNext ||= isSeries && end > options.now;
  }
  const count = options.countTo === undefined ? 0 : countOf(set.instances(EVER), options.countTo + 1);
  return { uid: uidOf(first), organizer: organizerOf(first), isSeries, instances: found, hasMore, count };
}

const EVER = { from: -Infinity, to: Infinity };

function countOf(all: Iterator<unknown>, most: number): number {
  let count = 0;
  while (count < most && all.next().done !== true) count++;
  return count;
}

/** What a component asks of the room; undefined: nothing. A series asks the same for all of its instances. */
function askedBy(room: IsMe): (component: Component) => Pick<BookedInstance, 'people' | 'partstat'> | undefined {
  return perComponent((component) => {
    const attendee = attendeeOf(component, room);
    if (attendee === undefined || isCancelled(component)) return undefined;
    return { people: peopleIn(component), partstat: partstatOf(attendee) };
  });
}

/** A component with many guests is looked at once, however many instances it has. */
function perComponent<T>(look: (component: Component) => T): (component: Component) => T {
  const seen = new Map<Component, { readonly value: T }>();
  return (component) => {
    const known = seen.get(component) ?? { value: look(component) };
    seen.set(component, known);
    return known.value;
  };
}

const isCancelled = (component: Component): boolean =>
  propertyOf(component, P.STATUS)?.value.trim().toUpperCase() === 'CANCELLED';

const NO_PEOPLE: ReadonlySet<string> = new Set(['ROOM', 'RESOURCE', 'GROUP']);

/** A group counts by its members, who are attendees too; where guests are hidden, the copy says how many there are. */
const peopleIn = (component: Component): number => {
  const told = Number(propertyOf(component, PEOPLE)?.value.trim() ?? 0);
  return Math.max(namedIn(component), Number.isInteger(told) ? told : 0);
};

const namedIn = (component: Component): number =>
  [...attendeesOf(component).values()].filter(
    (attendee) =>
      !NO_PEOPLE.has(paramOf(attendee, 'CUTYPE')?.toUpperCase() ?? 'INDIVIDUAL') &&
      paramOf(attendee, 'ROLE')?.toUpperCase() !== 'NON-PARTICIPANT' &&
      partstatOf(attendee) !== 'DECLINED',
  ).length;

/**
 * The times at which an object of a room's calendar takes it, in order: a booking by what the room has answered, what
 * somebody has entered there himself (the room is no ATTENDEE) by the table of RFC 4791 §7.10.
 *
 * @param until up to where the booking is decided: what comes later holds nothing yet
 */
export function takenTimesOf(
  calendar: Component,
  {
    room,
    zone,
    from,
    until,
  }: { readonly room: IsMe; readonly zone: Zone; readonly from: Instant; readonly until: Instant },
): readonly TakenTime[] {
  const events = calendar.components.filter(({ name }) => name === 'VEVENT');
  const context: ZoneContext = { zones: zonesOf(calendar), floating: zone };
  const typeOf = perComponent((component) => takenTypeOf(component, room));
  const taken: TakenTime[] = [];
  for (const { component, recurrenceId, start, end } of recurrenceSet(events, context).instances({ from, to: until })) {
    const type = typeOf(component);
    if (type === undefined) continue;
    const key = recurrenceId === undefined ? MASTER : keyOfTime(recurrenceId, undefined, context);
    taken.push({ uid: uidOf(component), key, start, end, type });
  }
  return taken;
}

const ANSWERED: ReadonlyMap<string, BusyType> = new Map<string, BusyType>([
  ['ACCEPTED', 'BUSY'],
  ['TENTATIVE', 'BUSY-TENTATIVE'],
]);

function takenTypeOf(component: Component, room: IsMe): BusyType | undefined {
  const attendee = attendeeOf(component, room);
  // Whether people call their time free (TRANSP) or tentative (STATUS): the room is needed all the same.
  if (attendee !== undefined) return isCancelled(component) ? undefined : ANSWERED.get(partstatOf(attendee));
  // Somebody's own entry in the room's calendar, or a meeting that the room itself organizes.
  return busyTypeOf(component);
}
