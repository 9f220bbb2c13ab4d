import { sql } from 'kysely';

import { textsOf, type Db } from './dialect.ts';
import { HEAD_COLUMNS, OBJECT_COLUMNS, toHead, toObject, type CalendarObject, type ObjectHead } from './object-rows.ts';
import type { Indexed } from './object-writes.ts';
import { prepared } from './prepared.ts';

export { busyInRange, keyedByUid, objectsByKeys, touchedInRange, type BusyRow } from './busy-rows.ts';
export { candidatesInRange, type Candidate } from './candidates.ts';
export type { CalendarObject, NewObject, ObjectHead, ObjectIndex, ObjectPatch, Occurrence } from './object-rows.ts';
export { keysWithText, keysWithUid, type SoughtText } from './text-candidates.ts';
export { discardObject, insertObject, reindexObject, removeObject, updateObject } from './object-writes.ts';

/** Rows that one query of a long list reads. */
const CHUNK = 500;

export async function headByName(db: Db, collectionId: string, name: string): Promise<ObjectHead | undefined> {
  const [row] = (await selectHeadByName(db, { collectionId, name })).rows;
  return row && toHead(row);
}

export async function objectByName(db: Db, collectionId: string, name: string): Promise<CalendarObject | undefined> {
  const [row] = (await selectObjectByName(db, { collectionId, name })).rows;
  return row && toObject(row);
}

export async function headByUid(db: Db, collectionId: string, uid: string): Promise<ObjectHead | undefined> {
  const [row] = (await selectHeadByUid(db, { collectionId, uid })).rows;
  return row && toHead(row);
}

/** The members with these names, in no order; any number of names, those that do not exist are left out. */
export async function headsByNames(db: Db, collectionId: string, names: readonly string[]): Promise<ObjectHead[]> {
  const found: ObjectHead[] = [];
  for (const some of chunks(names)) {
    const { rows } = await selectHeadsByNames(db, { collectionId, names: JSON.stringify(some) });
    for (const row of rows) found.push(toHead(row));
  }
  return found;
}

export async function objectsByNames(
  db: Db,
  collectionId: string,
  names: readonly string[],
): Promise<CalendarObject[]> {
  const found: CalendarObject[] = [];
  for (const some of chunks(names)) {
    const { rows } = await selectObjectsByNames(db, { collectionId, names: JSON.stringify(some) });
    for (const row of rows) found.push(toObject(row));
  }
  return found;
}

export async function objectsByIds(db: Db, ids: readonly string[]): Promise<CalendarObject[]> {
  const found: CalendarObject[] = [];
  for (const some of chunks(ids)) {
    const { rows } = await selectObjectsByIds(db, { ids: JSON.stringify(some) });
    for (const row of rows) found.push(toObject(row));
  }
  return found;
}

/** A page of a collection in the order of names (by code point). */
export interface Page {
  /** The last name of the page before. */
  readonly after?: string;
  readonly limit: number;
}

export async function pageOfHeads(db: Db, collectionId: string, { after, limit }: Page): Promise<ObjectHead[]> {
  // No name is empty, so that every name comes after ''.
  const { rows } = await selectPageOfHeads(db, { collectionId, after: after ?? '', limit });
  return rows.map(toHead);
}

/** The member that has stood longest as it is. */
export async function oldestHead(db: Db, collectionId: string): Promise<ObjectHead | undefined> {
  const [row] = (await selectOldest(db, { collectionId })).rows;
  return row && toHead(row);
}

export async function pageOfObjects(db: Db, collectionId: string, { after, limit }: Page): Promise<CalendarObject[]> {
  const { rows } = await selectPageOfObjects(db, { collectionId, after: after ?? '', limit });
  return rows.map(toObject);
}

/** Kept as a counter: costs the same for any calendar. */
export async function countObjects(db: Db, collectionId: string): Promise<number> {
  return (await selectCount(db, { collectionId })).rows[0]?.members ?? 0;
}

const selectCount = prepared((db, { collectionId }: { collectionId: string }) =>
  db.selectFrom('collections').select('members').where('id', '=', collectionId).compile(),
);

/** Octets of all objects of a home: the sum of its collections' counters, and what its owner has of others' objects. */
export const homeUsage = async (db: Db, homeId: string): Promise<number> => (await homeSizes(db, homeId)).used;

export interface HomeSizes {
  /** As homeUsage. */
  readonly used: number;
  /** As historySize. */
  readonly past: number;
}

/** What a home holds, and what is kept of its past, in one look. */
export async function homeSizes(db: Db, homeId: string): Promise<HomeSizes> {
  const [row] = (await selectSizes(db, { homeId })).rows;
  return { used: Number(row?.used ?? 0) + Number(row?.personal ?? 0), past: Number(row?.past ?? 0) };
}

const selectSizes = prepared((db, { homeId }: { homeId: string }) =>
  // Only a home has a past.
  sql<Readonly<Record<'used' | 'past' | 'personal', number | string | null>>>`
    select sum(used) as used, sum(past) as past,
      (select sum(size) from personal_objects where home_id = ${homeId}) as personal
    from collections where home_id = ${homeId}`.compile(db),
);

/** An object whose occurrences end somewhere. */
export interface PartlyIndexed extends Indexed {
  readonly key: number;
}

export interface PartlyIndexedPage {
  /** Only those whose occurrences are complete up to before this instant. */
  readonly before: number;
  /** The last one of the page before. */
  readonly after?: Pick<PartlyIndexed, 'indexedUntil' | 'key'> | undefined;
  readonly limit: number;
}

/** Objects whose occurrences are complete only up to before an instant, those that end first coming first. */
export async function objectsToReindex(db: Db, { before, after, limit }: PartlyIndexedPage): Promise<PartlyIndexed[]> {
  const from = after?.indexedUntil ?? Number.MIN_SAFE_INTEGER;
  const rows = await db
    .selectFrom('objects')
    .select(['id', 'key', 'etag', 'indexed_until'])
    .where('indexed_until', '<', before)
    .where('indexed_until', '>=', from)
    .where((eb) => eb.or([eb('indexed_until', '>', from), eb('key', '>', after?.key ?? 0)]))
    .orderBy('indexed_until')
    .orderBy('key')
    .limit(limit)
    .execute();
  return rows.map(({ id, key, etag, indexed_until }) => ({ id, key, etag, indexedUntil: indexed_until ?? from }));
}

const heads = (db: Db, collectionId: string) =>
  db.selectFrom('objects').select(HEAD_COLUMNS).where('collection_id', '=', collectionId);

const objects = (db: Db, collectionId: string) =>
  db.selectFrom('objects').select(OBJECT_COLUMNS).where('collection_id', '=', collectionId);

interface ByName {
  readonly collectionId: string;
  readonly name: string;
}

interface ByNames {
  readonly collectionId: string;
  /** JSON list. */
  readonly names: string;
}

interface PageAt extends Page {
  readonly collectionId: string;
  readonly after: string;
}

const selectHeadByName = prepared((db, { collectionId, name }: ByName) =>
  heads(db, collectionId).where('name', '=', name).compile(),
);

const selectObjectByName = prepared((db, { collectionId, name }: ByName) =>
  objects(db, collectionId).where('name', '=', name).compile(),
);

const selectHeadByUid = prepared((db, { collectionId, uid }: { collectionId: string; uid: string }) =>
  heads(db, collectionId).where('uid', '=', uid).compile(),
);

const selectHeadsByNames = prepared((db, { collectionId, names }: ByNames) =>
  heads(db, collectionId).where('name', 'in', textsOf(db, names)).compile(),
);

const selectObjectsByNames = prepared((db, { collectionId, names }: ByNames) =>
  objects(db, collectionId).where('name', 'in', textsOf(db, names)).compile(),
);

const selectObjectsByIds = prepared((db, { ids }: { ids: string }) =>
  db.selectFrom('objects').select(OBJECT_COLUMNS).where('id', 'in', textsOf(db, ids)).compile(),
);

const selectOldest = prepared((db, { collectionId }: { collectionId: string }) =>
  heads(db, collectionId).orderBy('seq').limit(1).compile(),
);

const selectPageOfHeads = prepared((db, { collectionId, after, limit }: PageAt) =>
  heads(db, collectionId).where('name', '>', after).orderBy('name').limit(limit).compile(),
);

const selectPageOfObjects = prepared((db, { collectionId, after, limit }: PageAt) =>
  objects(db, collectionId).where('name', '>', after).orderBy('name').limit(limit).compile(),
);

function* chunks<T>(list: readonly T[]): Generator<readonly T[]> {
  for (let from = 0; from < list.length; from += CHUNK) yield list.slice(from, from + CHUNK);
}
