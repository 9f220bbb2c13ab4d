import type { BusyType } from '../../src/ical/freebusy.ts';
import { parseCalendar } from '../../src/ical/parse.ts';
import { parseTimeValue, type Instant, type TimeRange } from '../../src/ical/time-value.ts';
import { UTC, zoneByTzid, type Zone } from '../../src/ical/timezone.ts';
import { isOneOf } from '../../src/itip/address.ts';
import { readBooking, type Booking } from '../../src/scheduling/room-booking.ts';
import type { TakenTime } from '../../src/scheduling/room-busy.ts';
import { decideBooking, type BookingDecision, type BookingRequest } from '../../src/scheduling/room-decision.ts';
import { horizonOf, type Room } from '../../src/scheduling/room-policy.ts';
import { readRoomPolicy } from '../../src/scheduling/room-policy-value.ts';
import { calendar } from '../ical/calendar-text.ts';

export const HOUR = 3_600_000;
export const isRoom = isOneOf('mailto:room@example.com');

/** An instant as `0302T0900`, of 2026 in UTC. */
export function at(text: string): Instant {
  const value = parseTimeValue(`2026${text}00Z`, undefined, false);
  if (value === undefined) throw new TypeError(`not a time: ${text}`);
  return value.wall;
}

export const zone = (name: string): Zone => zoneByTzid(name) ?? UTC;

/** `0302T0900-1000`, or with a day in both; ` tentative`, ` unavailable` and ` own` may follow. */
export function taken(text: string): TakenTime {
  const [times = '', ...words] = text.split(' ');
  const [from = '', to = ''] = times.split('-');
  const end = to.includes('T') ? to : `${from.slice(0, 5)}${to}`;
  const type: BusyType = words.includes('tentative')
    ? 'BUSY-TENTATIVE'
    : words.includes('unavailable')
      ? 'BUSY-UNAVAILABLE'
      : 'BUSY';
  return { uid: words.includes('own') ? 'asked' : text, start: at(from), end: at(end), type };
}

export const range = (text: string): TimeRange => {
  const { start, end } = taken(text);
  return { start, end };
};

const GUESTS = ['ORGANIZER:mailto:ann@example.com', 'ATTENDEE;PARTSTAT=ACCEPTED:mailto:ann@example.com'];

/** A VEVENT with the room as a guest; what answers it had stands in `partstat`. */
export const vevent = (lines: readonly string[], partstat = 'NEEDS-ACTION'): readonly string[] => [
  ...['BEGIN:VEVENT', 'UID:asked', 'DTSTAMP:20260101T000000Z', ...GUESTS],
  ...(lines.includes('-room') ? [] : [`ATTENDEE;CUTYPE=ROOM;RSVP=TRUE;PARTSTAT=${partstat}:mailto:room@example.com`]),
  ...lines.filter((line) => line !== '-room'),
  'END:VEVENT',
];

/** `0302T0900-1000` as DTSTART and DTEND in UTC. */
export function times(text: string): readonly string[] {
  const [from = '', to = ''] = text.split('-');
  return [`DTSTART:2026${from}00Z`, `DTEND:2026${to.includes('T') ? to : `${from.slice(0, 5)}${to}`}00Z`];
}

/** Each part is an event, as a line of times or as its own lines. */
export type Part = string | readonly string[];

export const objectText = (parts: readonly Part[], partstat?: string): string =>
  calendar(...parts.flatMap((part) => vevent(typeof part === 'string' ? times(part) : part, partstat)));

export interface Case {
  readonly event?: readonly Part[];
  readonly mode?: Room['mode'];
  /** As JSON has it. */
  readonly policy?: Readonly<Record<string, unknown>>;
  readonly room?: Partial<Room>;
  readonly taken?: readonly string[];
  readonly now?: string;
  /** Id of who books, and groups. */
  readonly by?: readonly string[];
  readonly open?: number;
  /** The object as the room's calendar has it, and what is answered in it. */
  readonly before?: readonly Part[];
  readonly answered?: string;
  /** What the organizer says that the room has answered. */
  readonly says?: string;
  readonly decidedUntil?: string;
}

export function roomOf({ mode = 'automatic', policy = {}, room = {} }: Case): Room {
  const reading = readRoomPolicy(policy);
  if (!('policy' in reading)) throw new TypeError(JSON.stringify(reading.problems));
  return { id: 'room', mode, zone: UTC, policy: reading.policy, ...room };
}

export function requestOf(asked: Case): BookingRequest {
  const { event = ['0302T0900-1000'], by = ['ann'], open = 0, before, answered = 'ACCEPTED' } = asked;
  const room = roomOf(asked);
  const now = at(asked.now ?? '0301T0000');
  const until = horizonOf(room.policy, now);
  const read = (text: string, to: Instant): Booking | undefined =>
    readBooking(parseCalendar(text), {
      ...{ room: isRoom, zone: room.zone, now, until: to },
      countTo: room.policy.mostInstances,
    });
  const booking = read(objectText(event, asked.says), until);
  if (booking === undefined) throw new TypeError('nothing is asked');
  const [id, ...groups] = by;
  return {
    ...{ booking, now, openBookings: open, booker: { id: id === '' ? undefined : id, groups: new Set(groups) } },
    taken: (asked.taken ?? []).map(taken),
    before:
      before && read(objectText(before, answered), asked.decidedUntil === undefined ? until : at(asked.decidedUntil)),
  };
}

export const decide = (asked: Case): BookingDecision => decideBooking(requestOf(asked), roomOf(asked));

/** `ACCEPTED free`; of several instances each with its day. */
export function shown({ instances }: BookingDecision): string {
  const word = (each: (typeof instances)[number]): string => `${each.partstat} ${each.reason.code}`;
  const [first] = instances;
  if (instances.length <= 1) return first === undefined ? 'nothing' : word(first);
  const day = (start: Instant): string => new Date(start).toISOString().slice(5, 10).replace('-', '');
  return instances.map((each) => `${day(each.start)} ${word(each)}`).join(', ');
}

/** What is asked, and the answer. Where nothing is said: 2 March 2026 (a Monday) 09:00 to 10:00 UTC, asked on 1 March. */
export type Row = readonly [name: string, asked: Case, answer: string];

/** Lines of an event of an hour that recurs. */
export const series = (start: string, rule: string, ...more: readonly string[]): readonly string[] => [
  `DTSTART:2026${start}00Z`,
  ...['DURATION:PT1H', `RRULE:${rule}`, ...more],
];
/** Lines of an override. */
export const moved = (id: string, start: string, ...more: readonly string[]): readonly string[] => [
  ...[`RECURRENCE-ID:2026${id}00Z`, `DTSTART:2026${start}00Z`, 'DURATION:PT1H', ...more],
];
/** Lines of an all-day event. */
export const allDay = (day: string, ...more: readonly string[]): readonly string[] => [
  `DTSTART;VALUE=DATE:2026${day}`,
  ...more,
];
