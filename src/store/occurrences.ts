import { sql } from 'kysely';

import { DAY } from '../base/clock.ts';
import { integersOf, traitsOf, type Db } from './dialect.ts';
import type { ObjectIndex, OccurrenceBusy } from './object-rows.ts';
import { prepared } from './prepared.ts';
import type { OccurrenceTable } from './object-schema.ts';

/** The farthest instants that a Date can hold stand for "always": columns are integers. */
export const BEGINNING = -8_640_000_000_000_000;
export const END = 8_640_000_000_000_000;

/** Longest length of each span class; the last has none. */
export const SPAN_LENGTHS = [DAY, 8 * DAY, 64 * DAY, 512 * DAY, Infinity] as const;

/**
 * Occurrences of floating times come as read in UTC; in another zone they lie elsewhere, by less than a day in any
 * zone that UTC-OFFSET can write (RFC 5545 §3.3.14).
 */
export const FLOATING_PAD = DAY;

/** One row: a range of instants, and whether it proves that the object touches it. */
export interface Stretch {
  readonly start: number;
  readonly end: number;
  readonly proof: boolean;
  readonly busy?: OccurrenceBusy | undefined;
}

/** As they stand in the rows: never changed, only appended. */
export const BUSY_CODES = { FREE: 0, BUSY: 1, 'BUSY-UNAVAILABLE': 2, 'BUSY-TENTATIVE': 3 } as const satisfies Record<
  OccurrenceBusy,
  number
>;

const clamp = (instant: number): number => Math.min(Math.max(instant, BEGINNING), END);

/**
 * The rows of an object, so that every candidate of a time-range is found by rows that touch it, at a cost that goes
 * with the range and not with the calendar:
 * exact occurrences are proofs; those of floating times are stretches around them; the time before and after what is
 * indexed is a stretch; an object that its occurrences do not decide is one stretch, as long as its extent.
 */
export function stretchesOf(index: ObjectIndex): readonly Stretch[] {
  const { exact, floating, indexedFrom, indexedUntil, occurrences } = index;
  const first = index.firstAt ?? BEGINNING;
  const last = index.lastAt ?? END;
  // A millisecond on either side: some rules of RFC 4791 §9.9 count the ends in.
  if (!exact) return [{ start: clamp(first - 1), end: clamp(last + 1), proof: false }];
  const pad = floating ? FLOATING_PAD : 0;
  const found: Stretch[] = occurrences.map(({ start, end, busy }) => ({
    start: clamp(start - pad),
    end: clamp(Math.max(start, end) + pad),
    proof: !floating,
    busy,
  }));
  if (indexedFrom !== undefined && first < indexedFrom) {
    found.push({ start: clamp(first - pad), end: clamp(indexedFrom + pad), proof: false });
  }
  if (indexedUntil !== undefined && last >= indexedUntil) {
    found.push({ start: clamp(indexedUntil - pad), end: clamp(last + 1 + pad), proof: false });
  }
  return found;
}

/** The class of a length: the first whose longest length holds it. */
export function spanOf(length: number): number {
  return SPAN_LENGTHS.findIndex((longest) => length <= longest);
}

type PackedRow = readonly [span: number, start: number, end: number, proof: number, busy: number | null];

/** Rows as they are stored: each range once, in the order of the primary key. */
function pack(stretches: readonly Stretch[]): readonly PackedRow[] {
  const rows = new Map<string, PackedRow>();
  for (const { start, end, proof, busy } of stretches) {
    const id = `${start} ${end}`;
    const known = rows.get(id);
    const code = busy === undefined ? null : BUSY_CODES[busy];
    rows.set(id, [
      spanOf(end - start),
      start,
      end,
      proof || known?.[3] === 1 ? 1 : 0,
      // Two that count differently are left to the octets.
      known === undefined || known[4] === code ? code : null,
    ]);
  }
  return [...rows.values()].sort((a, b) => a[0] - b[0] || a[1] - b[1] || a[2] - b[2]);
}

/** The keys of an object's row and of those it belongs to. */
export interface ObjectKeys {
  readonly key: number;
  readonly collection_key: number;
  readonly home_key: number;
}

export async function insertOccurrences(tx: Db, keys: ObjectKeys, index: ObjectIndex): Promise<void> {
  await insertRows(tx, keys, pack(stretchesOf(index)));
}

/** As insertOccurrences, for an object that has rows: where they stay the same, nothing is written. */
export async function replaceOccurrences(tx: Db, keys: ObjectKeys, index: ObjectIndex): Promise<void> {
  const wanted = pack(stretchesOf(index));
  const { rows: present } = await selectRows(tx, keys);
  const same =
    present.length === wanted.length &&
    present.every((row, at) => {
      const [span, start, end, proof, busy] = wanted[at] ?? [];
      const isSameRange = row.span === span && row.start_at === start && row.end_at === end;
      return isSameRange && row.proof === proof && row.busy === busy;
    });
  if (same) return;
  if (present.length > 0) await deleteRows(tx, keys);
  await insertRows(tx, keys, wanted);
}

/** Rows that one statement writes at most, about. */
const MOST_ROWS = 5000;

/** As insertOccurrences, for many objects that are alike. */
export async function insertOccurrencesOf(tx: Db, objects: readonly ObjectKeys[], index: ObjectIndex): Promise<void> {
  const packed = pack(stretchesOf(index));
  const step = Math.max(1, Math.floor(MOST_ROWS / Math.max(1, packed.length)));
  for (let from = 0; from < objects.length && packed.length > 0; from += step) {
    const some = objects.slice(from, from + step);
    const rows = some.flatMap(({ key, collection_key, home_key }) =>
      packed.map((row) => [home_key, collection_key, key, ...row]),
    );
    await insertAll(tx, { rows: JSON.stringify(rows) });
  }
}

/** As replaceOccurrences, for many objects that are alike from now on. */
export async function replaceOccurrencesOf(tx: Db, objects: readonly ObjectKeys[], index: ObjectIndex): Promise<void> {
  const wanted = JSON.stringify(pack(stretchesOf(index)));
  const { rows } = await selectAll(tx, { keys: JSON.stringify(objects.map(({ key }) => String(key))) });
  const present = new Map<number, PackedRow[]>();
  for (const { object_key: key, span, start_at, end_at, proof, busy } of rows) {
    const known = present.get(key) ?? [];
    known.push([span, start_at, end_at, proof, busy]);
    present.set(key, known);
  }
  const others = objects.filter(({ key }) => JSON.stringify(present.get(key) ?? []) !== wanted);
  if (others.length === 0) return;
  await deleteAll(tx, { keys: JSON.stringify(others.map(({ key }) => String(key))) });
  await insertOccurrencesOf(tx, others, index);
}

async function insertRows(tx: Db, keys: ObjectKeys, rows: readonly PackedRow[]): Promise<void> {
  const { key, collection_key, home_key } = keys;
  const [only] = rows;
  if (only === undefined) return;
  if (rows.length > 1) {
    await insertMany(tx, { key, collection_key, home_key, rows: JSON.stringify(rows) });
    return;
  }
  const [span, start_at, end_at, proof, busy] = only;
  await insertOne(tx, { home_key, collection_key, object_key: key, span, start_at, end_at, proof, busy });
}

const insertOne = prepared((db, row: OccurrenceTable) =>
  db
    .insertInto('occurrences')
    .values({
      home_key: row.home_key,
      collection_key: row.collection_key,
      object_key: row.object_key,
      span: row.span,
      start_at: row.start_at,
      end_at: row.end_at,
      proof: row.proof,
      busy: row.busy,
    })
    .compile(),
);

/** One statement, whatever the number: the rows go as one JSON parameter. */
const insertMany = prepared((db, { key, collection_key, home_key, rows }: ObjectKeys & { readonly rows: string }) =>
  sql`
    insert into occurrences (home_key, collection_key, object_key, span, start_at, end_at, proof, busy)
    select cast(${home_key} as integer), cast(${collection_key} as integer), cast(${key} as integer),
      cast(value ->> 0 as integer), cast(value ->> 1 as bigint), cast(value ->> 2 as bigint), cast(value ->> 3 as integer),
      cast(value ->> 4 as integer)
    from ${traitsOf(db).jsonRows(rows)}`.compile(db),
);

const selectRows = prepared((db, { key }: { key: number }) =>
  db
    .selectFrom('occurrences')
    .select(['span', 'start_at', 'end_at', 'proof', 'busy'])
    .where('object_key', '=', key)
    .orderBy('span')
    .orderBy('start_at')
    .orderBy('end_at')
    .compile(),
);

const deleteRows = prepared((db, { key }: { key: number }) =>
  db.deleteFrom('occurrences').where('object_key', '=', key).compile(),
);

const insertAll = prepared((db, { rows }: { rows: string }) =>
  sql`
    insert into occurrences (home_key, collection_key, object_key, span, start_at, end_at, proof, busy)
    select cast(value ->> 0 as integer), cast(value ->> 1 as integer), cast(value ->> 2 as integer),
      cast(value ->> 3 as integer), cast(value ->> 4 as bigint), cast(value ->> 5 as bigint),
      cast(value ->> 6 as integer), cast(value ->> 7 as integer)
    from ${traitsOf(db).jsonRows(rows)}`.compile(db),
);

const selectAll = prepared((db, { keys }: { keys: string }) =>
  db
    .selectFrom('occurrences')
    .select(['object_key', 'span', 'start_at', 'end_at', 'proof', 'busy'])
    .where('object_key', 'in', integersOf(db, keys))
    .orderBy('object_key')
    .orderBy('span')
    .orderBy('start_at')
    .orderBy('end_at')
    .compile(),
);

const deleteAll = prepared((db, { keys }: { keys: string }) =>
  db.deleteFrom('occurrences').where('object_key', 'in', integersOf(db, keys)).compile(),
);
