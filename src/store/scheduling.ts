import { sql } from 'kysely';

import { toCollection, type Collection } from './collection-rows.ts';
import { textsOf, traitsOf, type Db } from './dialect.ts';
import { HEAD_COLUMNS, OBJECT_COLUMNS, toHead, toObject, type CalendarObject, type ObjectHead } from './object-rows.ts';
import { prepared } from './prepared.ts';
import { standsNowhere } from './stands-nowhere.ts';

/**
 * Takes the write locks of homes in a fixed order, so that two units that write to several of them cannot wait for each
 * other. An engine with one writer has nothing to wait for.
 */
export async function lockHomes(tx: Db, homeIds: Iterable<string>): Promise<void> {
  if (traitsOf(tx).forUpdate !== undefined) await selectToLock(tx, { homeIds: JSON.stringify([...homeIds]) });
}

const selectToLock = prepared((db, { homeIds }: { homeIds: string }) =>
  sql`
    select id from collections where uri = '' and home_id in ${textsOf(db, homeIds)}
    order by home_id ${traitsOf(db).forUpdate ?? sql``}`.compile(db),
);

/** What has a UID in the calendars of a home itself, not in those mounted or fetched there; the oldest calendar first. */
export async function objectsOfUid(db: Db, homeId: string, uid: string): Promise<CalendarObject[]> {
  return (await selectOfUid(db, { homeId, uid })).rows.map(toObject);
}

const selectOfUid = prepared((db, { homeId, uid }: { homeId: string; uid: string }) =>
  ofUid(db, uid).select(OBJECT_COLUMNS).where('collections.home_id', '=', homeId).compile(),
);

/** What has a UID in any calendar that is its home's own. */
const ofUid = (db: Db, uid: string) =>
  db
    .selectFrom('collections')
    .innerJoin('objects', 'objects.collection_id', 'collections.id')
    .where('collections.kind', '=', 'calendar')
    .where('collections.source', 'is', null)
    .where('objects.uid', '=', uid)
    .orderBy('collections.created_at')
    .orderBy('collections.id');

/** An object without its octets, and whether its calendar stands in other homes, too. */
export interface HeadOfUid {
  readonly head: ObjectHead;
  readonly isShared: boolean;
}

/** As objectsOfUid, of many homes, by their ids; those that have nothing are left out. */
export async function headsOfUid(
  db: Db,
  homeIds: readonly string[],
  uid: string,
): Promise<ReadonlyMap<string, readonly HeadOfUid[]>> {
  const { rows } = await selectHeadsOfUid(db, { homeIds: JSON.stringify(homeIds), uid });
  const found = new Map<string, HeadOfUid[]>();
  for (const row of rows) {
    const known = found.get(row.home_id) ?? [];
    known.push({ head: toHead(row), isShared: Number(row.mounts) > 0 });
    found.set(row.home_id, known);
  }
  return found;
}

const selectHeadsOfUid = prepared((db, { homeIds, uid }: { homeIds: string; uid: string }) =>
  ofUid(db, uid)
    .select(HEAD_COLUMNS)
    .select(sql<number | string>`(select count(*) from collections m where m.shared_id = collections.id)`.as('mounts'))
    .where('collections.home_id', 'in', textsOf(db, homeIds))
    .compile(),
);

/** What messages to somebody come to: the calendars and the inbox of a home, in no order. */
export interface Mailroom {
  readonly collections: readonly Collection[];
  readonly inbox: Collection | undefined;
  /** Messages in the inbox. */
  readonly items: number;
}

/** The mailrooms of homes, by the ids of the homes. */
export async function mailroomsOf(db: Db, homeIds: readonly string[]): Promise<ReadonlyMap<string, Mailroom>> {
  const { rows } = await selectOfHomes(db, { homeIds: JSON.stringify(homeIds) });
  const found = Map.groupBy(rows, (row) => row.home_id);
  return new Map(
    [...found].map(([homeId, all]) => {
      const inbox = all.find(({ kind, uri }) => kind === 'inbox' && uri === 'inbox');
      const collections = all.map(toCollection);
      return [homeId, { collections, inbox: inbox && toCollection(inbox), items: inbox?.members ?? 0 }];
    }),
  );
}

const selectOfHomes = prepared((db, { homeIds }: { homeIds: string }) =>
  db
    .selectFrom('collections')
    .selectAll()
    .where('home_id', 'in', textsOf(db, homeIds))
    .where('kind', 'in', ['calendar', 'inbox'])
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

/** As memoryOf, of many homes, by their ids. */
export async function memoriesOf(
  db: Db,
  homeIds: readonly string[],
  uid: string,
): Promise<ReadonlyMap<string, string>> {
  const { rows } = await selectMemories(db, { homeIds: JSON.stringify(homeIds), uid });
  return new Map(rows.map(({ home_id: id, memory }) => [id, memory]));
}

const selectMemories = prepared((db, { homeIds, uid }: { homeIds: string; uid: string }) =>
  db
    .selectFrom('scheduling_memory')
    .select(['home_id', 'memory'])
    .where('home_id', 'in', textsOf(db, homeIds))
    .where('uid', '=', uid)
    .compile(),
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

/** As saveMemory, of all in these homes. */
export async function saveMemories(
  tx: Db,
  { homeIds, ...saved }: Omit<SavedMemory, 'homeId'> & { readonly homeIds: readonly string[] },
): Promise<void> {
  await upsertMemories(tx, { ...saved, homeIds: JSON.stringify(homeIds) });
}

const upsertMemories = prepared(
  (db, { homeIds, uid, memory, now }: Omit<SavedMemory, 'homeId'> & { readonly homeIds: string }) =>
    sql`
    insert into scheduling_memory (home_id, uid, memory, modified_at)
    select value, cast(${uid} as text), cast(${memory} as text), cast(${now} as bigint)
    from ${traitsOf(db).jsonTexts(homeIds)} where true
    on conflict (home_id, uid) do update set memory = excluded.memory, modified_at = excluded.modified_at`.compile(db),
);

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
    .where(standsNowhere('scheduling_memory'))
    .executeTakeFirst();
  return Number(numDeletedRows);
}

/** What the message of an inbox item has changed, as it was saved with it. */
export async function savedScheduleChanges(db: Db, objectId: string): Promise<string | undefined> {
  return (await selectScheduleChanges(db, { objectId })).rows[0]?.schedule_changes ?? undefined;
}

const selectScheduleChanges = prepared((db, { objectId }: { objectId: string }) =>
  db.selectFrom('objects').select('schedule_changes').where('id', '=', objectId).compile(),
);
