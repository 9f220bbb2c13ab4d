import { newId } from '../base/ids.ts';
import type { Db } from './dialect.ts';
import { HEAD_COLUMNS, OBJECT_COLUMNS, toHead, toObject, type CalendarObject, type ObjectHead } from './object-rows.ts';
import { prepared } from './prepared.ts';

/**
 * Takes the write locks of homes in a fixed order, so that two units that write to several of them cannot wait for each
 * other. An engine with one writer has nothing to wait for, and it costs next to nothing there.
 */
export async function lockHomes(tx: Db, homeIds: Iterable<string>): Promise<void> {
  for (const homeId of [...new Set(homeIds)].sort()) await lockHome(tx, { homeId });
}

const lockHome = prepared((db, { homeId }: { homeId: string }) =>
  db
    .updateTable('collections')
    .set((eb) => ({ seq: eb.ref('seq') }))
    .where('home_id', '=', homeId)
    .where('uri', '=', '')
    .compile(),
);

/** What has a UID in the calendars of a home itself, not in those mounted or fetched there; the oldest calendar first. */
export async function objectsOfUid(db: Db, homeId: string, uid: string): Promise<CalendarObject[]> {
  return (await selectOfUid(db, { homeId, uid })).rows.map(toObject);
}

const selectOfUid = prepared((db, { homeId, uid }: { homeId: string; uid: string }) =>
  db
    .selectFrom('collections')
    .innerJoin('objects', 'objects.collection_id', 'collections.id')
    .select(OBJECT_COLUMNS)
    .where('collections.home_id', '=', homeId)
    .where('collections.kind', '=', 'calendar')
    .where('collections.source', 'is', null)
    .where('objects.uid', '=', uid)
    .orderBy('collections.created_at')
    .orderBy('collections.id')
    .compile(),
);

/** The scheduling objects of a calendar. */
export async function scheduledHeads(db: Db, collectionId: string): Promise<ObjectHead[]> {
  const rows = await db
    .selectFrom('objects')
    .select(HEAD_COLUMNS)
    .where('collection_id', '=', collectionId)
    .where('schedule_tag', 'is not', null)
    .orderBy('name')
    .execute();
  return rows.map(toHead);
}

/** What a calendar user remembers of the messages about a UID, as it was saved. */
export async function memoryOf(db: Db, homeId: string, uid: string): Promise<string | undefined> {
  return (await selectMemory(db, { homeId, uid })).rows[0]?.memory;
}

const selectMemory = prepared((db, { homeId, uid }: { homeId: string; uid: string }) =>
  db.selectFrom('scheduling_memory').select('memory').where('home_id', '=', homeId).where('uid', '=', uid).compile(),
);

export interface SavedMemory {
  readonly homeId: string;
  readonly uid: string;
  readonly memory: string;
  readonly now: number;
}

export async function saveMemory(tx: Db, saved: SavedMemory): Promise<void> {
  await upsertMemory(tx, saved);
}

const upsertMemory = prepared((db, { homeId, uid, memory, now }: SavedMemory) =>
  db
    .insertInto('scheduling_memory')
    .values({ home_id: homeId, uid, memory, modified_at: now })
    .onConflict((conflict) => conflict.columns(['home_id', 'uid']).doUpdateSet({ memory, modified_at: now }))
    .compile(),
);

/** Forgets what was remembered last before an instant of UIDs that stand nowhere in the home any more. */
export async function forgetMemories(tx: Db, before: number): Promise<number> {
  const { numDeletedRows } = await tx
    .deleteFrom('scheduling_memory')
    .where('modified_at', '<', before)
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('collections')
            .innerJoin('objects', 'objects.collection_id', 'collections.id')
            .select('objects.id')
            .whereRef('collections.home_id', '=', 'scheduling_memory.home_id')
            .whereRef('objects.uid', '=', 'scheduling_memory.uid'),
        ),
      ),
    )
    .executeTakeFirst();
  return Number(numDeletedRows);
}

export interface OutboundMessage {
  readonly homeId: string;
  readonly recipient: string;
  readonly method: string;
  readonly uid: string;
  readonly octets: Uint8Array;
}

/** Queues a message to somebody elsewhere, in the transaction of what it tells. */
export async function queueMessage(tx: Db, message: OutboundMessage, now: number): Promise<void> {
  const { homeId, recipient, method, uid, octets } = message;
  await tx
    .insertInto('outbound_messages')
    .values({ id: newId(), home_id: homeId, recipient, method, uid, created_at: now, octets })
    .execute();
}

/** The messages of a home that wait to be sent, the oldest first. */
export async function queuedMessages(db: Db, homeId: string): Promise<OutboundMessage[]> {
  const rows = await db
    .selectFrom('outbound_messages')
    .selectAll()
    .where('home_id', '=', homeId)
    .orderBy('created_at')
    .orderBy('id')
    .execute();
  return rows.map(({ home_id, recipient, method, uid, octets }) => ({
    ...{ homeId: home_id, recipient, method, uid, octets },
  }));
}
