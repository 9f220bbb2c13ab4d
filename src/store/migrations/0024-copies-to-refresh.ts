import { sql } from 'kysely';

import { traitsOf, type Db } from '../dialect.ts';

/** Meetings that have answers which not all of their attendees see yet. */
export async function copiesToRefresh(tx: Db): Promise<void> {
  const { text, bigint, table } = traitsOf(tx).ddl;
  await sql
    .raw(
      `create table copies_to_refresh (
        home_id ${text} not null references principals (id) on delete cascade,
        uid ${text} not null,
        noted_at ${bigint} not null,
        primary key (home_id, uid)
      ) ${table}`,
    )
    .execute(tx);
}
