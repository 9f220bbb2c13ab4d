import { sql } from 'kysely';

import { traitsOf, type Db } from '../dialect.ts';

/** How much of the past a home keeps, by which it is bounded; and what kind of file a past version was. */
export async function historySize(tx: Db): Promise<void> {
  const { text, bigint } = traitsOf(tx).ddl;
  const statements = [
    `alter table versions add column content_type ${text}`,
    `alter table collections add column past ${bigint} not null default 0`,
    `update collections set past = (
      select coalesce(sum(size + 500 + coalesce(length(dead), 0)), 0) from versions
      where versions.home_id = collections.home_id) where uri = ''`,
    'create index versions_of_home_by_age on versions (home_id, until_at)',
  ];
  for (const statement of statements) await sql.raw(statement).execute(tx);
}
