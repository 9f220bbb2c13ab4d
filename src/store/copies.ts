import { sql } from 'kysely';

import { authorColumns, type Author } from './author.ts';
import { textsOf, traitsOf, type Db } from './dialect.ts';
import { indexColumns, type ObjectHead, type ObjectIndex } from './object-rows.ts';
import { insertOccurrencesOf, replaceOccurrencesOf, type ObjectKeys } from './occurrences.ts';
import { prepared } from './prepared.ts';
import { keyOfShared } from './shared-octets.ts';
import { keepAll } from './keep-versions.ts';

/** What many objects come to be at once: the octets are stored once for all. */
export interface Copied {
  /** undefined: that of each is its id. */
  readonly uid: string | undefined;
  readonly component: string;
  /** Strong entity tag without quotes: a digest of the octets. */
  readonly etag: string;
  readonly octets: Uint8Array;
  readonly index: ObjectIndex;
  /** Who writes them; undefined: the server itself. */
  readonly by: Author | undefined;
  /** See ObjectTable. */
  readonly scheduleChanges?: string | undefined;
}

/** A new object in one of many collections; its name must be free there. */
export interface NewCopy {
  readonly id: string;
  readonly homeId: string;
  readonly collectionId: string;
  readonly name: string;
  readonly scheduleTag?: string | undefined;
}

/** A collection that was changed, with its change sequence. */
export interface ChangedCollection {
  readonly homeId: string;
  readonly collectionId: string;
  readonly seq: number;
}

/** Stores one new object in each of many collections, all of different homes, with a change sequence each. */
export async function insertCopies(
  tx: Db,
  copied: Copied,
  copies: readonly NewCopy[],
  now: number,
): Promise<readonly ChangedCollection[]> {
  const collectionIds = copies.map(({ collectionId }) => collectionId);
  const seqs = await claimSeqs(tx, collectionIds, now);
  const rows = copies.flatMap((copy) => {
    const seq = seqs.get(copy.collectionId);
    return seq === undefined ? [] : [{ ...copy, seq }];
  });
  const columns = {
    ...(await sharedColumns(tx, copied, now)),
    now,
    scheduleChanges: copied.scheduleChanges ?? null,
    uid: copied.uid ?? null,
    rows: JSON.stringify(rows),
  };
  const { rows: keys } = await insertRows(tx, columns);
  await insertOccurrencesOf(tx, keys, copied.index);
  const size = copied.octets.byteLength;
  await countIn(tx, { ids: JSON.stringify(rows.map(({ collectionId }) => collectionId)), members: 1, used: size });
  return rows.map(({ homeId, collectionId, seq }) => ({ homeId, collectionId, seq }));
}

/**
 * Gives objects, all of different homes, the same octets; what they were is kept as versions. `scheduleTag` undefined: each
 * keeps its own.
 */
export async function updateCopies(
  tx: Db,
  copied: Copied,
  { heads, scheduleTag, now }: { readonly heads: readonly ObjectHead[]; scheduleTag: string | undefined; now: number },
): Promise<readonly ChangedCollection[]> {
  const collectionIds = heads.map(({ collectionId }) => collectionId);
  const seqs = await claimSeqs(tx, collectionIds, now);
  const ids = heads.map(({ id }) => id);
  const kept = await keepAll(tx, ids, { by: copied.by, now });
  await countPast(tx, { rows: JSON.stringify(kept.map(({ home_id: id, counted }) => [id, Number(counted)])) });
  const columns = { ...(await sharedColumns(tx, copied, now)), now, scheduleTag: scheduleTag ?? null };
  const { rows: keys } = await updateRows(tx, { ...columns, ids: JSON.stringify(ids) });
  await replaceOccurrencesOf(tx, keys, copied.index);
  const grown = heads.map(({ collectionId, size }) => [collectionId, copied.octets.byteLength - size]);
  await countGrown(tx, { rows: JSON.stringify(grown) });
  return heads.map(({ homeId, collectionId }) => ({ homeId, collectionId, seq: seqs.get(collectionId) ?? 0 }));
}

/** The next change sequence of each of several collections, all of different homes; see nextSeq. */
async function claimSeqs(tx: Db, collectionIds: readonly string[], now: number): Promise<ReadonlyMap<string, number>> {
  const ids = JSON.stringify(collectionIds);
  await bumpHomes(tx, { ids, now });
  const { rows } = await bumpAll(tx, { ids, now });
  return new Map(rows.map(({ id, seq }) => [id, seq]));
}

interface Bump {
  /** JSON list. */
  readonly ids: string;
  readonly now: number;
}

const bumpHomes = prepared((db, { ids, now }: Bump) =>
  sql`
    update collections set seq = seq + 1, modified_at = ${now}
    where uri = '' and home_id in (select c.home_id from collections c where c.id in ${textsOf(db, ids)})`.compile(db),
);

const bumpAll = prepared((db, { ids, now }: Bump) =>
  sql<{ readonly id: string; readonly seq: number }>`
    update collections set seq = home.seq, home_seq = home.seq, modified_at = ${now}
    from collections home
    where home.home_id = collections.home_id and home.uri = '' and collections.id in ${textsOf(db, ids)}
    returning collections.id, collections.seq`.compile(db),
);

async function sharedColumns(tx: Db, { component, etag, octets, index, by }: Copied, now: number) {
  const sharedKey = await keyOfShared(tx, { digest: etag, octets }, now);
  const size = octets.byteLength;
  return { component, etag, size, sharedKey, ...indexColumns(index), ...authorColumns('written', by) };
}

type SharedColumns = Awaited<ReturnType<typeof sharedColumns>>;
interface InsertColumns extends SharedColumns {
  readonly now: number;
  readonly scheduleChanges: string | null;
  /** null: the id of each. */
  readonly uid: string | null;
  /** JSON list of NewCopy with `seq`. */
  readonly rows: string;
}

const KEYS_OF_OBJECT = sql`
  key, (select key from collections where id = objects.collection_id) as collection_key,
  (select key from principals where id = objects.home_id) as home_key`;

const noOctets = (db: Db) => sql.raw(`cast('' as ${traitsOf(db).ddl.octets})`);

const insertRows = prepared((db, row: InsertColumns) =>
  sql<ObjectKeys>`
    insert into objects (id, home_id, collection_id, name, uid, schedule_tag, seq, created_seq,
      component, etag, octets, shared_key, size, schedule_changes,
      first_at, last_at, floating, exact, indexed_from, indexed_until, search_text, created_at, modified_at,
      written_by, written_device, written_origin)
    select value ->> 'id', value ->> 'homeId', value ->> 'collectionId', value ->> 'name',
      coalesce(cast(${row.uid} as text), value ->> 'id'),
      value ->> 'scheduleTag', cast(value ->> 'seq' as bigint), cast(value ->> 'seq' as bigint),
      cast(${row.component} as text), cast(${row.etag} as text), ${noOctets(db)}, cast(${row.sharedKey} as integer),
      cast(${row.size} as bigint), cast(${row.scheduleChanges} as text),
      cast(${row.first_at} as bigint), cast(${row.last_at} as bigint), cast(${row.floating} as integer),
      cast(${row.exact} as integer), cast(${row.indexed_from} as bigint), cast(${row.indexed_until} as bigint),
      cast(${row.search_text} as text),
      cast(${row.now} as bigint), cast(${row.now} as bigint),
      cast(${row.written_by} as text), cast(${row.written_device} as text), cast(${row.written_origin} as text)
    from ${traitsOf(db).jsonRows(row.rows)}
    returning ${KEYS_OF_OBJECT}`.compile(db),
);

interface UpdateColumns extends SharedColumns {
  readonly now: number;
  readonly scheduleTag: string | null;
  /** JSON list. */
  readonly ids: string;
}

/** Their collections have claimed their change sequences. */
const SEQ = sql`(select c.seq from collections c where c.id = objects.collection_id)`;

const updateRows = prepared((db, row: UpdateColumns) =>
  sql<ObjectKeys>`
    update objects set etag = cast(${row.etag} as text), octets = ${noOctets(db)},
      shared_key = cast(${row.sharedKey} as integer), size = cast(${row.size} as bigint),
      component = cast(${row.component} as text), fault = null,
      schedule_tag = coalesce(cast(${row.scheduleTag} as text), schedule_tag), seq = ${SEQ},
      first_at = cast(${row.first_at} as bigint), last_at = cast(${row.last_at} as bigint),
      floating = cast(${row.floating} as integer), exact = cast(${row.exact} as integer),
      indexed_from = cast(${row.indexed_from} as bigint), indexed_until = cast(${row.indexed_until} as bigint),
      search_text = cast(${row.search_text} as text),
      modified_at = cast(${row.now} as bigint), written_at = cast(${row.now} as bigint), written_seq = ${SEQ},
      written_by = cast(${row.written_by} as text), written_device = cast(${row.written_device} as text),
      written_origin = cast(${row.written_origin} as text)
    where id in ${textsOf(db, row.ids)}
    returning ${KEYS_OF_OBJECT}`.compile(db),
);

interface Count {
  /** JSON list of collections. */
  readonly ids: string;
  readonly members: number;
  readonly used: number;
}

const countIn = prepared((db, { ids, members, used }: Count) =>
  sql`
    update collections set members = members + ${members}, used = used + ${used}
    where id in ${textsOf(db, ids)}`.compile(db),
);

/** `rows`: JSON list of the id of a collection, and by how many octets it grows. */
const countGrown = prepared((db, { rows }: { rows: string }) =>
  sql`
    update collections set used = used + cast(value ->> 1 as bigint)
    from ${traitsOf(db).jsonRows(rows)} where collections.id = value ->> 0`.compile(db),
);

/** `rows`: JSON list of the id of a home, and by how many octets its past grows. */
const countPast = prepared((db, { rows }: { rows: string }) =>
  sql`
    update collections set past = past + cast(value ->> 1 as bigint)
    from ${traitsOf(db).jsonRows(rows)} where collections.home_id = value ->> 0 and collections.uri = ''`.compile(db),
);
