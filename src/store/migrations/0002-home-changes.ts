import { sql } from 'kysely';

import { traitsOf, type Db } from '../dialect.ts';

/** What the changes of a home need: since when a collection stands at its URL, and what stood below it before. */
export async function homeChanges(tx: Db): Promise<void> {
  const { text, bigint, clustered } = traitsOf(tx).ddl;
  const statements = [
    `alter table collections add column mapped_seq ${bigint} not null default 1`,
    `create table unmapped_members (
      home_id ${text} not null references principals (id) on delete cascade,
      uri ${text} not null,
      name ${text} not null,
      seq ${bigint} not null,
      removed_at ${bigint} not null,
      primary key (home_id, uri, name)
    ) ${clustered}`,
    'create index unmapped_members_by_age on unmapped_members (removed_at)',
  ];
  for (const statement of statements) await sql.raw(statement).execute(tx);
}
