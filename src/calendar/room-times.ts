import { parseCalendars } from '../ical/parse.ts';
import { unionOf } from '../ical/range-set.ts';
import type { TimeRange } from '../ical/time-value.ts';
import type { IsMe } from '../itip/address.ts';
import { takenTimesOf } from '../scheduling/room-booking.ts';
import type { TakenTime } from '../scheduling/room-busy.ts';
import { DAY_MS } from '../scheduling/room-policy.ts';
import { objectsByKeys, touchedInRange } from '../store/objects.ts';
import { undecidedIn } from '../store/room-bookings.ts';
import type { Db } from '../store/store.ts';
import { isFault } from './fault.ts';
import type { CalendarObject } from './model.ts';
import type { RoomInHome } from './room.ts';

export interface TimesAsked {
  readonly inHome: RoomInHome;
  /** Whether an address is the room's. */
  readonly me: IsMe;
  readonly ranges: readonly TimeRange[];
  /** What has this UID is not looked at. */
  readonly exceptUid?: string | undefined;
}

/** Stretches that are asked for one by one; what is more is asked for as one. */
const MOST_STRETCHES = 200;
/** Objects read at a time. */
const PAGE = 100;

/**
 * All that takes a room in some ranges, in order of start. Which objects touch them the index says, how they take the room
 * their octets: an answer of its own weighs more than what people call their time. Under the lock of the room's home,
 * nothing comes in between this and what is written on the strength of it.
 */
export async function takenTimes(db: Db, { inHome, me, ranges, exceptUid }: TimesAsked): Promise<readonly TakenTime[]> {
  const stretches = stretchesOf(ranges);
  const [first, last] = [stretches[0], stretches.at(-1)];
  if (first === undefined || last === undefined) return [];
  const whole = { start: first.start, end: last.end };
  const decided = await undecidedIn(db, inHome.room.id);
  const taken: TakenTime[] = [];
  for await (const object of objectsIn(db, inHome, stretches)) {
    if (object.uid === exceptUid) continue;
    taken.push(...timesIn(object, { inHome, me, whole, decided }));
  }
  return taken.sort((one, other) => one.start - other.start || one.end - other.end);
}

/** In order and apart. */
function stretchesOf(ranges: readonly TimeRange[]): readonly TimeRange[] {
  const merged = unionOf(ranges.map(({ start, end }) => ({ start, end: Math.max(end, start + 1) })));
  const [first] = merged;
  const last = merged.at(-1);
  if (first === undefined || last === undefined || merged.length <= MOST_STRETCHES) return merged;
  return [{ start: first.start, end: last.end }];
}

async function* objectsIn(
  db: Db,
  { calendars }: RoomInHome,
  stretches: readonly TimeRange[],
): AsyncGenerator<CalendarObject, void> {
  for (const { id } of calendars) {
    const keys = new Set<number>();
    for (const { start, end } of stretches) {
      // An all-day booking is where the zone of the room has it.
      const around = { start: start - DAY_MS, end: end + DAY_MS };
      for await (const page of touchedInRange(db, id, around)) for (const key of page) keys.add(key);
    }
    const all = [...keys];
    for (let from = 0; from < all.length; from += PAGE) {
      yield* await objectsByKeys(db, all.slice(from, from + PAGE), ['VEVENT']);
    }
  }
}

interface Asked extends Pick<TimesAsked, 'inHome' | 'me'> {
  readonly whole: TimeRange;
  readonly decided: ReadonlyMap<string, number>;
}

/** What cannot be read (any more) takes nothing, and hides nothing else. */
function timesIn({ uid, octets }: CalendarObject, { inHome, me, whole, decided }: Asked): readonly TakenTime[] {
  const calendar = parseCalendars(octets).calendars[0];
  const until = Math.min(whole.end, decided.get(uid) ?? Infinity);
  if (calendar === undefined || until <= whole.start) return [];
  try {
    return takenTimesOf(calendar, { room: me, zone: inHome.zone, from: whole.start, until });
  } catch (error) {
    if (isFault(error)) return [];
    throw error;
  }
}
