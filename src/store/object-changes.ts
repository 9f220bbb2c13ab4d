import { sql, type RawBuilder } from 'kysely';

import { toAuthor, type Author } from './author.ts';
import type { Db } from './dialect.ts';

/** A change of an object, as the audit log tells it. */
export interface LoggedChange {
  readonly kind: 'created' | 'updated' | 'deleted' | 'moved';
  readonly at: number;
  readonly by: Author | undefined;
  readonly homeId: string;
  readonly collectionId: string;
  readonly name: string;
  readonly uid: string;
  /** The table and key of its row, which tell it apart from others of the same instant. */
  readonly source: number;
  readonly key: number;
}

export interface ChangePage {
  readonly homeId?: string | undefined;
  /** From this instant on. */
  readonly since: number;
  /** The last one of the page before. */
  readonly after?: LoggedChange | undefined;
  readonly limit: number;
}

interface Row {
  readonly kind: LoggedChange['kind'];
  readonly at: number;
  readonly by: string | null;
  readonly device: string | null;
  readonly origin: string | null;
  readonly home_id: string;
  readonly collection_id: string;
  readonly name: string;
  readonly uid: string;
  readonly source: number;
  readonly key: number;
}

// The tables, for `source`.
const VERSIONS = sql.lit(0);
const OBJECTS = sql.lit(1);

/** Replacements, removals and moves, in the order of time. What went with its calendar is told of the calendar alone. */
export function endingsSince(db: Db, page: ChangePage): Promise<readonly LoggedChange[]> {
  return read(db, page, [
    sql`
      select until_kind as kind, until_at as at, until_by as by, until_device as device, until_origin as origin,
        home_id, collection_id, name, uid, ${VERSIONS} as source, key
      from versions where until_at >= ${page.since} and until_kind <> 'deleted-with-collection'`,
  ]);
}

/** Creations, in the order of time: of what is still as it was created, and of what has versions since. */
export function creationsSince(db: Db, page: ChangePage): Promise<readonly LoggedChange[]> {
  return read(db, page, [
    sql`
      select 'created' as kind, from_at as at, from_by as by, from_device as device, from_origin as origin,
        home_id, collection_id, name, uid, ${VERSIONS} as source, key
      from versions where from_at >= ${page.since} and first = 1`,
    sql`
      select 'created' as kind, created_at as at, written_by as by, written_device as device, written_origin as origin,
        home_id, collection_id, name, uid, ${OBJECTS} as source, key
      from objects where created_at >= ${page.since} and written_at is null
        -- Notices are of the server's own making.
        and (component <> '' or collection_id not in (select id from collections where kind = 'notification'))`,
  ]);
}

async function read(
  db: Db,
  { homeId, after, limit }: ChangePage,
  parts: readonly RawBuilder<unknown>[],
): Promise<readonly LoggedChange[]> {
  const behind = after && sql`(at, source, key) > (${after.at}, ${after.source}, ${after.key})`;
  const { rows } = await sql<Row>`
    select * from (${sql.join([...parts], sql` union all `)}) as changes
    where ${homeId === undefined ? sql`1 = 1` : sql`home_id = ${homeId}`} and ${behind ?? sql`1 = 1`}
    order by at, source, key limit ${limit}`.execute(db);
  return rows.map(({ by, device, origin, home_id: homeOf, collection_id: collectionId, ...row }) => ({
    ...row,
    ...{ by: toAuthor(by, device, origin), homeId: homeOf, collectionId },
  }));
}
