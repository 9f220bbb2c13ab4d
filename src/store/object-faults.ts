import type { Selectable } from 'kysely';

import type { Db } from './dialect.ts';
import {
  indexColumns,
  indexColumnsOf,
  NO_INDEX,
  OBJECT_COLUMNS,
  toObject,
  type CalendarObject,
  type ObjectIndex,
} from './object-rows.ts';
import { KEYS } from './object-writes.ts';
import { replaceOccurrences, type ObjectKeys } from './occurrences.ts';
import { prepared } from './prepared.ts';
import type { ObjectTable } from './object-schema.ts';

/** A stored object that cannot be used (any more): its octets, entity tag and place in the sync stay. */
export interface FaultyObject extends CalendarObject {
  /** Why. */
  readonly fault: string;
}

/** An object as it was read to be checked. */
export interface Checked {
  readonly id: string;
  readonly etag: string;
}

/** A page of all calendar objects, in the order of their keys. */
export interface KeyPage {
  /** The last key of the page before; 0 comes before all. */
  readonly after: number;
  readonly limit: number;
}

/** Whatever their collection and home, but no resources that are not calendar objects. */
export async function objectsByKey(db: Db, page: KeyPage): Promise<readonly (Checked & { readonly key: number })[]> {
  return (await selectByKey(db, page)).rows;
}

/** No instance at all, complete everywhere: no question about time finds the object. */
const NOWHERE: ObjectIndex = { ...NO_INDEX, exact: true };

export type CheckOutcome =
  /** Written by somebody else since it was read: nothing was done. */
  'passed over' | 'usable' | 'well again' | 'faulty' | 'still faulty';

/**
 * Writes down what a check of an object found: its index, or in words why it has none. Nothing that a client sees of it
 * changes, and what is the same already is not written.
 */
export async function recordCheck(tx: Db, checked: Checked, found: ObjectIndex | string): Promise<CheckOutcome> {
  const [row] = (await selectChecked(tx, checked)).rows;
  if (row === undefined) return 'passed over';
  const isFault = typeof found === 'string';
  const index = isFault ? NOWHERE : found;
  const columns = { ...indexColumns(index), fault: isFault ? found : null };
  if (COLUMNS.some((name) => row[name] !== columns[name])) await updateChecked(tx, { ...columns, id: checked.id });
  await replaceOccurrences(tx, row, index);
  const wasFaulty = row.fault !== null;
  if (isFault) return wasFaulty ? 'still faulty' : 'faulty';
  return wasFaulty ? 'well again' : 'usable';
}

export interface FaultPage {
  readonly homeId?: string | undefined;
  /** The last one of the page before. */
  readonly after?: Pick<FaultyObject, 'homeId' | 'id'> | undefined;
  readonly limit: number;
}

/** In the order of homes and ids. */
export async function listFaulty(db: Db, { homeId, after, limit }: FaultPage): Promise<FaultyObject[]> {
  let query = selectFaulty(db).orderBy('home_id').orderBy('id').limit(limit);
  if (homeId !== undefined) query = query.where('home_id', '=', homeId);
  if (after !== undefined) {
    query = query.where(({ eb, refTuple, tuple }) =>
      eb(refTuple('home_id', 'id'), '>', tuple(after.homeId as string, after.id as string)),
    );
  }
  return (await query.execute()).map(toFaulty);
}

export async function findFaulty(db: Db, id: string): Promise<FaultyObject | undefined> {
  const row = await selectFaulty(db).where('id', '=', id).executeTakeFirst();
  return row && toFaulty(row);
}

/** The faults of a collection's members, by their ids. */
export async function faultsOfCollection(
  db: Db,
  { homeId, id }: { readonly homeId: string; readonly id: string },
): Promise<ReadonlyMap<string, string>> {
  const { rows } = await selectFaults(db, { homeId });
  const ofCollection = rows.filter((row) => row.collection_id === id);
  return new Map(ofCollection.map((row) => [row.id, row.fault ?? '']));
}

// By the home, as the index of faults goes, and few: with the collection in the question SQLite reads all its members.
const selectFaults = prepared((db, { homeId }: { readonly homeId: string }) =>
  db
    .selectFrom('objects')
    .select(['id', 'collection_id', 'fault'])
    .where('home_id', '=', homeId)
    .where('fault', 'is not', null)
    .compile(),
);

const selectFaulty = (db: Db) =>
  db
    .selectFrom('objects')
    .select([...OBJECT_COLUMNS, 'fault'])
    .where('fault', 'is not', null);

const toFaulty = (row: Parameters<typeof toObject>[0] & Pick<Selectable<ObjectTable>, 'fault'>): FaultyObject => ({
  ...toObject(row),
  fault: row.fault ?? '',
});

const selectByKey = prepared((db, { after, limit }: KeyPage) =>
  db
    .selectFrom('objects')
    .select(['key', 'id', 'etag'])
    .where('key', '>', after)
    .where('component', '!=', '')
    .orderBy('key')
    .limit(limit)
    .compile(),
);

const COLUMNS = [
  'first_at',
  'last_at',
  'floating',
  'exact',
  'indexed_from',
  'indexed_until',
  'search_text',
  'fault',
] as const;

type CheckedRow = Pick<Selectable<ObjectTable>, (typeof COLUMNS)[number]>;

const selectChecked = prepared((db, { id, etag }: Checked) =>
  db
    .selectFrom('objects')
    .select([...COLUMNS, ...KEYS])
    .where('id', '=', id)
    .where('etag', '=', etag)
    .$castTo<CheckedRow & ObjectKeys>()
    .compile(),
);

const updateChecked = prepared((db, row: CheckedRow & { readonly id: string }) =>
  db
    .updateTable('objects')
    .set({
      ...indexColumnsOf(row),
      fault: row.fault,
    })
    .where('id', '=', row.id)
    .compile(),
);
