import type { Instant, TimeRange } from '../ical/time-value.ts';
import type { Zone } from '../ical/timezone.ts';

/** How a room or a resource answers by itself; the words are those of Apple's servers. */
export const ROOM_MODES = [
  'none',
  'accept-always',
  'decline-always',
  'accept-if-free',
  'decline-if-busy',
  'automatic',
] as const;

/**
 * - `none`: it never answers; a person who acts for it does.
 * - `accept-always`: it accepts, also what is at the time of another booking.
 * - `decline-always`: it declines everybody but the members of its auto-accept group.
 * - `accept-if-free`: it accepts where it is free; where it is busy the answer is left to a person.
 * - `decline-if-busy`: it declines where it is busy; where it is free the answer is left to a person.
 * - `automatic`: it accepts where it is free and declines where it is busy.
 *
 * What the policy forbids is declined in every mode that answers. For a member of the auto-accept group the mode is
 * `automatic` (or `accept-always`, where that is everybody's), without policy and without approvers; a time that is
 * taken stays taken.
 */
export type RoomMode = (typeof ROOM_MODES)[number];

/** As RFC 5545 §3.3.10 names them, in the order in which they follow 1 January 1970 plus three days. */
export const WEEKDAYS = ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'] as const;
export type Weekday = (typeof WEEKDAYS)[number];

/** A stretch of a day in minutes of the clock on the wall, up to 1440. */
export interface DayHours {
  readonly from: number;
  readonly to: number;
}

/** What may be booked. A field that is left out forbids nothing. */
export interface RoomPolicy {
  /** When a booking may be, in the room's zone; a weekday that is not named is closed. */
  readonly hours?: Readonly<Partial<Record<Weekday, readonly DayHours[]>>> | undefined;
  readonly longestMinutes?: number | undefined;
  /** How far ahead a booking may begin. */
  readonly horizonDays?: number | undefined;
  /** How long before its beginning a booking has to be made. */
  readonly noticeMinutes?: number | undefined;
  /** How many bookings (a series is one) a person may have that are not over. */
  readonly openBookings?: number | undefined;
  /** Who may book: people by their id, groups by theirs. */
  readonly bookers?: { readonly people: readonly string[]; readonly groups: readonly string[] } | undefined;
  /** Who has to agree before a booking counts: ids of people. They need no approval themselves. */
  readonly approvers?: readonly string[] | undefined;
  /** False: nothing that recurs. */
  readonly series?: boolean | undefined;
  /** The most instances of a series; an endless one has more. */
  readonly mostInstances?: number | undefined;
  /** Whether tentative bookings hold their time; by default they do, except in the mode `decline-if-busy`. */
  readonly tentativeHolds?: boolean | undefined;
}

/** A room or a resource, as far as bookings go. */
export interface Room {
  readonly id: string;
  readonly mode: RoomMode;
  /** Of its calendar: all-day bookings, floating times and bookable hours are read in it. */
  readonly zone: Zone;
  readonly policy: RoomPolicy;
  /** Id of the group whose invitations are accepted without question. */
  readonly autoAcceptGroup?: string | undefined;
  /** How many people it holds. */
  readonly capacity?: number | undefined;
  readonly features?: readonly string[] | undefined;
  readonly building?: string | undefined;
}

/** Who books: the organizer, also where a delegate writes for him. */
export interface Booker {
  /** Id of the principal; undefined: somebody elsewhere. */
  readonly id: string | undefined;
  /** Ids of all groups that he is in, also through others. */
  readonly groups: ReadonlySet<string>;
}

/** Why an instance is answered as it is. */
export type RoomReason =
  // accepted
  | { readonly code: 'free' }
  | { readonly code: 'always-accepted' }
  // declined
  | { readonly code: 'busy'; readonly taken: TimeRange }
  | { readonly code: 'always-declined' }
  | { readonly code: 'outside-hours' }
  | { readonly code: 'too-long'; readonly minutes: number }
  | { readonly code: 'too-far-ahead'; readonly days: number }
  | { readonly code: 'too-late'; readonly minutes: number }
  | { readonly code: 'too-many-bookings'; readonly most: number }
  | { readonly code: 'too-many-people'; readonly capacity: number }
  | { readonly code: 'not-allowed' }
  | { readonly code: 'no-series' }
  | { readonly code: 'too-many-instances'; readonly most: number }
  // tentative
  | { readonly code: 'awaits-approval' }
  // left to a person, or to nobody
  | { readonly code: 'left-open' }
  | { readonly code: 'past' }
  // as it was answered before
  | { readonly code: 'unchanged' };

export type RoomPartstat = 'ACCEPTED' | 'DECLINED' | 'TENTATIVE' | 'NEEDS-ACTION';

/** An answer to one instance. */
export interface Verdict {
  readonly partstat: RoomPartstat;
  readonly reason: RoomReason;
}

const MINUTE = 60_000;
export const DAY_MS = 86_400_000;

/** How far ahead the days of a series are decided where the policy sets no horizon. */
export const SERIES_HORIZON_DAYS = 730;

/** The instant from which on nothing of a series is decided yet. */
export const horizonOf = ({ horizonDays }: RoomPolicy, now: Instant): Instant =>
  now + (horizonDays ?? SERIES_HORIZON_DAYS) * DAY_MS;

export const isTrusted = ({ autoAcceptGroup }: Room, { groups }: Booker): boolean =>
  autoAcceptGroup !== undefined && groups.has(autoAcceptGroup);

/** The mode that counts for a booker. */
export function modeFor(room: Room, booker: Booker): RoomMode {
  return isTrusted(room, booker) && room.mode !== 'accept-always' ? 'automatic' : room.mode;
}

export const minutes = (count: number): number => count * MINUTE;
