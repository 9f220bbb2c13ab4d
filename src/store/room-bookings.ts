import type { Db } from './dialect.ts';
import { prepared } from './prepared.ts';
import type { Principal } from './principal-rows.ts';

/** A booking of a room, as far as its object does not tell. */
export interface RoomBooking {
  readonly homeId: string;
  readonly uid: string;
  /** The id of a principal, or the address of somebody elsewhere. */
  readonly booker: string;
  /** UTC milliseconds at which its last instance ends; undefined: it goes on without end. */
  readonly lastAt: number | undefined;
  /** The instant from which on nothing of it is decided; undefined: all is. */
  readonly decidedUntil: number | undefined;
}

export async function saveBooking(tx: Db, booking: RoomBooking): Promise<void> {
  const { homeId, uid, booker, lastAt = null, decidedUntil = null } = booking;
  await upsertBooking(tx, { homeId, uid, booker, lastAt, decidedUntil });
}

interface Row {
  readonly homeId: string;
  readonly uid: string;
  readonly booker: string;
  readonly lastAt: number | null;
  readonly decidedUntil: number | null;
}

const upsertBooking = prepared((db, { homeId, uid, booker, lastAt, decidedUntil }: Row) =>
  db
    .insertInto('room_bookings')
    .values({ home_id: homeId, uid, booker, last_at: lastAt, decided_until: decidedUntil })
    .onConflict((conflict) =>
      conflict.columns(['home_id', 'uid']).doUpdateSet({ booker, last_at: lastAt, decided_until: decidedUntil }),
    )
    .compile(),
);

export async function removeBooking(tx: Db, homeId: string, uid: string): Promise<void> {
  await tx.deleteFrom('room_bookings').where('home_id', '=', homeId).where('uid', '=', uid).execute();
}

/** The UIDs of the bookings of somebody's that may not be over, the latest to end first. */
export async function bookingsOf(
  db: Db,
  { homeId, booker, now }: { readonly homeId: string; readonly booker: string; readonly now: number },
): Promise<readonly string[]> {
  const rows = await db
    .selectFrom('room_bookings')
    .select('uid')
    .where('home_id', '=', homeId)
    .where('booker', '=', booker)
    .where((eb) => eb.or([eb('last_at', 'is', null), eb('last_at', '>', now)]))
    .orderBy('uid')
    .execute();
  return rows.map(({ uid }) => uid);
}

/** Up to when the bookings of a room are decided that go on behind that, by UID. */
export async function undecidedIn(db: Db, homeId: string): Promise<ReadonlyMap<string, number>> {
  const { rows } = await selectUndecided(db, { homeId });
  return new Map(rows.map(({ uid, decided_until }) => [uid, decided_until ?? Infinity]));
}

const selectUndecided = prepared((db, { homeId }: { homeId: string }) =>
  db
    .selectFrom('room_bookings')
    .select(['uid', 'decided_until'])
    .where('home_id', '=', homeId)
    .where('decided_until', 'is not', null)
    .compile(),
);

export interface UndecidedBooking {
  readonly homeId: string;
  readonly uid: string;
  readonly decidedUntil: number;
}

/** Bookings of which something is to be decided that begins before an instant, in the order of rooms and UIDs, by pages. */
export async function undecidedBookings(
  db: Db,
  { before, after, limit }: { readonly before: number; readonly after?: UndecidedBooking; readonly limit: number },
): Promise<readonly UndecidedBooking[]> {
  const rows = await db
    .selectFrom('room_bookings')
    .select(['home_id', 'uid', 'decided_until'])
    .where('decided_until', '<', before)
    .$if(after !== undefined, (query) =>
      query.where((eb) =>
        eb.or([
          eb('home_id', '>', after?.homeId ?? ''),
          eb.and([eb('home_id', '=', after?.homeId ?? ''), eb('uid', '>', after?.uid ?? '')]),
        ]),
      ),
    )
    .orderBy('home_id')
    .orderBy('uid')
    .limit(limit)
    .execute();
  return rows.map(({ home_id, uid, decided_until }) => ({ homeId: home_id, uid, decidedUntil: decided_until ?? 0 }));
}

/** What says how a principal answers; a small part of it, as each write of an event asks for it. */
export async function answeringOf(db: Db, id: string): Promise<Answering | undefined> {
  const [row] = (await selectAnswering(db, { id })).rows;
  if (row === undefined) return undefined;
  const { kind, auto_schedule: autoSchedule, auto_accept_group: autoAcceptGroup } = row;
  return { kind, autoSchedule: autoSchedule ?? undefined, autoAcceptGroup: autoAcceptGroup ?? undefined };
}

export type Answering = Pick<Principal, 'kind' | 'autoSchedule' | 'autoAcceptGroup'>;

const selectAnswering = prepared((db, { id }: { id: string }) =>
  db.selectFrom('principals').select(['kind', 'auto_schedule', 'auto_accept_group']).where('id', '=', id).compile(),
);
