import { sql } from 'kysely';

import { authorColumns, type Author } from './author.ts';
import { textsOf, traitsOf, type Db } from './dialect.ts';
import { COUNTED, countHistory, type Forgotten } from './history-size.ts';
import type { VersionEndKind } from './history-schema.ts';
import { prepared } from './prepared.ts';

/** A change that makes a version a past one. */
export interface VersionEnd {
  readonly kind: VersionEndKind;
  /** The change sequence of it; undefined: it has none of its own. */
  readonly seq: number | undefined;
  readonly now: number;
  readonly by: Author | undefined;
  /** Dead properties that go with the object: Clark name to XML. */
  readonly dead?: Readonly<Record<string, string>>;
}

interface KeepRow {
  readonly id: string;
  readonly kind: VersionEndKind;
  readonly seq: number | null;
  readonly now: number;
  readonly by: string | null;
  readonly device: string | null;
  readonly origin: string | null;
  readonly dead: string | null;
  readonly trashed: number;
}

/** Past versions begin where the object's row says: it was created with its octets unless they were written since. */
const FROM_OBJECTS = sql`
  home_id, collection_id, id, name, uid, component, etag, size,
  case when written_at is null then 1 else 0 end,
  coalesce(written_seq, created_seq), coalesce(written_at, created_at), written_by, written_device, written_origin`;

const VERSION_COLUMNS = sql`
  home_id, collection_id, object_id, name, uid, component, etag, size, first,
  from_seq, from_at, from_by, from_device, from_origin,
  until_kind, until_seq, until_at, until_by, until_device, until_origin, dead, trashed, octets, shared_key,
  content_type`;

/** What a file is; calendar objects are not asked. */
const CONTENT_TYPE = sql`
  case when component = '' then (select content_type from content_types where object_id = objects.id) end`;

/** Milliseconds that a state must last to be kept, where the same device made it, ends it, and ended one like it. */
const BRIEF = 60_000;

const keep = prepared<KeepRow, Forgotten>((db, { id, kind, seq, now, by, device, origin, dead, trashed }: KeepRow) =>
  sql<Forgotten>`
    insert into versions (${VERSION_COLUMNS})
    select ${FROM_OBJECTS},
      cast(${kind} as text), coalesce(cast(${seq} as bigint), seq), cast(${now} as bigint),
      cast(${by} as text), cast(${device} as text), cast(${origin} as text),
      cast(${dead} as text), cast(${trashed} as integer), octets, shared_key, ${CONTENT_TYPE}
    from objects where id = ${id} and not coalesce(
      cast(${kind} as text) = 'updated' and cast(${origin} as text) = 'client' and written_origin = 'client'
      and written_device = cast(${device} as text) and written_at > cast(${now} as bigint) - ${sql.lit(BRIEF)}
      and exists (select 1 from versions p
        where p.collection_id = objects.collection_id and p.until_device = objects.written_device
          and p.until_at = objects.written_at and p.name = objects.name
          and p.first = 0 and p.from_device = p.until_device and p.until_at - p.from_at < ${sql.lit(BRIEF)}), false)
    returning ${COUNTED} as counted, home_id`.compile(db),
);

/**
 * Keeps what an object is before it is replaced or removed, in the transaction that does it. The octets go from table to
 * table inside the database. False where there is no such object, and where a device rewrites one again and again: of its
 * rewritings within a minute all but the first ones are one state, that of the last.
 */
export async function keepVersion(tx: Db, objectId: string, end: VersionEnd): Promise<boolean> {
  const { kind, seq = null, now, by, dead = {} } = end;
  const { until_by, until_device, until_origin } = authorColumns('until', by);
  const { rows } = await keep(tx, {
    ...{ id: objectId, kind, seq, now, by: until_by, device: until_device, origin: until_origin },
    dead: Object.keys(dead).length === 0 ? null : JSON.stringify(dead),
    // What a job removes is gone where it came from: nobody threw it away.
    trashed: kind === 'deleted' && by?.origin !== 'job' ? 1 : 0,
  });
  const [kept] = rows;
  if (kept !== undefined) await countHistory(tx, kept.home_id, Number(kept.counted));
  return kept !== undefined;
}

/**
 * Keeps what several objects are before a message of somebody else's replaces them all: nothing of that is brief. Their
 * collections have claimed the change sequences of it. The home of each, and what its version counts.
 */
export async function keepAll(
  tx: Db,
  objectIds: readonly string[],
  { now, by }: Pick<VersionEnd, 'now' | 'by'>,
): Promise<readonly Forgotten[]> {
  const { until_by, until_device, until_origin } = authorColumns('until', by);
  const author = { by: until_by, device: until_device, origin: until_origin };
  return (await keepThese(tx, { ...author, now, ids: JSON.stringify(objectIds) })).rows;
}

type KeepRows = Pick<KeepRow, 'now' | 'by' | 'device' | 'origin'> & { readonly ids: string };

const keepThese = prepared<KeepRows, Forgotten>((db, { ids, now, by, device, origin }: KeepRows) =>
  sql<Forgotten>`
    insert into versions (${VERSION_COLUMNS})
    select ${FROM_OBJECTS},
      'updated', (select c.seq from collections c where c.id = objects.collection_id), cast(${now} as bigint),
      cast(${by} as text), cast(${device} as text), cast(${origin} as text), null, 0, octets, shared_key, ${CONTENT_TYPE}
    from objects where id in ${textsOf(db, ids)}
    returning ${COUNTED} as counted, home_id`.compile(db),
);

/** Keeps all that a collection holds, with its dead properties, before it is removed with it. Nothing of it is read. */
export async function keepMembers(
  tx: Db,
  collectionId: string,
  { seq, now, by }: Omit<VersionEnd, 'kind' | 'dead'>,
): Promise<void> {
  const author = authorColumns('until', by);
  await sql`
    insert into versions (${VERSION_COLUMNS})
    select ${FROM_OBJECTS},
      'deleted-with-collection', cast(${seq} as bigint), cast(${now} as bigint),
      cast(${author.until_by} as text), cast(${author.until_device} as text), cast(${author.until_origin} as text),
      nullif((select ${traitsOf(tx).jsonObject(sql`name`, sql`xml`)} from dead_properties
        where resource_id = objects.id), '{}'), 0, octets, shared_key, ${CONTENT_TYPE}
    from objects where collection_id = ${collectionId}`.execute(tx);
  const removed = tx.selectFrom('versions').where('collection_id', '=', collectionId);
  const kept = await removed
    .select(['home_id', sql<number | string | null>`sum(${COUNTED})`.as('counted')])
    .where('until_kind', '=', 'deleted-with-collection')
    .where('until_seq', '=', seq ?? null)
    .groupBy('home_id')
    .execute();
  for (const { home_id: homeId, counted } of kept) await countHistory(tx, homeId, Number(counted));
}
