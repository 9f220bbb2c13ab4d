import { integersOf, textsOf, type Db } from './dialect.ts';
import { OBJECT_COLUMNS, toObject, type CalendarObject, type OccurrenceBusy } from './object-rows.ts';
import { boundsOf, occurrencePages, type InstantRange, type OccurrenceRow } from './occurrence-pages.ts';
import { BUSY_CODES, FLOATING_PAD } from './occurrences.ts';
import { prepared } from './prepared.ts';

/** Time that the index alone knows to be taken. */
export interface BusyRow {
  /** Of the object. */
  readonly key: number;
  readonly type: Exclude<OccurrenceBusy, 'FREE'>;
  /** UTC milliseconds; where it is `days`, as read in UTC: it lies there on the wall of any zone. */
  readonly start: number;
  readonly end: number;
  readonly days: boolean;
}

export interface BusyPage {
  readonly rows: readonly BusyRow[];
  /** Keys of objects that touch the range, of which only the octets tell how; one may come again. */
  readonly undecided: readonly number[];
}

/** Rows of one statement. */
const PAGE = 4000;

const TYPES = new Map<number | null, BusyRow['type']>([
  [BUSY_CODES.BUSY, 'BUSY'],
  [BUSY_CODES['BUSY-UNAVAILABLE'], 'BUSY-UNAVAILABLE'],
  [BUSY_CODES['BUSY-TENTATIVE'], 'BUSY-TENTATIVE'],
]);

/**
 * What the index knows of free-busy in a range, page by page. Rows may reach over the ends of the range. An object that
 * is undecided for a part of the range may have rows for the rest.
 */
export async function* busyInRange(
  db: Db,
  collectionId: string,
  range: InstantRange,
  pageSize = PAGE,
): AsyncGenerator<BusyPage, void> {
  for await (const page of occurrencePages(db, boundsOf(collectionId, range), pageSize)) yield toPage(page);
}

/** Keys of the objects that touch a range, page by page, whatever they say of it; one may come again. */
export async function* touchedInRange(
  db: Db,
  collectionId: string,
  range: InstantRange,
  pageSize = PAGE,
): AsyncGenerator<readonly number[], void> {
  for await (const page of occurrencePages(db, boundsOf(collectionId, range), pageSize)) {
    yield page.map(({ object_key: key }) => key);
  }
}

function toPage(page: readonly OccurrenceRow[]): BusyPage {
  const rows: BusyRow[] = [];
  const undecided: number[] = [];
  for (const { object_key, start_at, end_at, proof, busy } of page) {
    const type = TYPES.get(busy);
    if (busy === null) undecided.push(object_key);
    if (type === undefined) continue;
    const pad = proof === 1 ? 0 : FLOATING_PAD;
    rows.push({ key: object_key, type, start: start_at + pad, end: end_at - pad, days: proof === 0 });
  }
  return { rows, undecided };
}

/** The object of a collection that has a UID, with its key. */
export async function keyedByUid(
  db: Db,
  collectionId: string,
  uid: string,
): Promise<{ readonly key: number; readonly object: CalendarObject } | undefined> {
  const [row] = (await selectKeyedByUid(db, { collectionId, uid })).rows;
  return row && { key: row.key, object: toObject(row) };
}

/** The objects with these keys that are of one of the components, in no order. */
export async function objectsByKeys(
  db: Db,
  keys: readonly number[],
  components: readonly string[],
): Promise<CalendarObject[]> {
  const { rows } = await selectByKeys(db, {
    keys: JSON.stringify(keys.map(String)),
    components: JSON.stringify(components),
  });
  return rows.map(toObject);
}

const selectKeyedByUid = prepared((db, { collectionId, uid }: { collectionId: string; uid: string }) =>
  db
    .selectFrom('objects')
    .select([...OBJECT_COLUMNS, 'key'])
    .where('collection_id', '=', collectionId)
    .where('uid', '=', uid)
    .compile(),
);

const selectByKeys = prepared((db, { keys, components }: { keys: string; components: string }) =>
  db
    .selectFrom('objects')
    .select(OBJECT_COLUMNS)
    .where('key', 'in', integersOf(db, keys))
    .where('component', 'in', textsOf(db, components))
    .compile(),
);
