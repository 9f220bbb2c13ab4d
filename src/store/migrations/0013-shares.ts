import { sql } from 'kysely';

import { traitsOf, type Db } from '../dialect.ts';

/**
 * Shares of calendars (caldav-sharing §5.3): who is offered what; what each person answered; and the place that an
 * accepted one has in that person's home: a row of collections with `shared_id`, which has no members of its own.
 */
export async function shares(tx: Db): Promise<void> {
  const { text, bigint, clustered } = traitsOf(tx).ddl;
  const statements = [
    `alter table collections add column shared_id ${text} references collections (id) on delete cascade`,
    'create index mounts_of_collection on collections (shared_id) where shared_id is not null',
    'create index mounts_of_home on collections (home_id) where shared_id is not null',
    `create table shares (
      id ${text} not null primary key,
      home_id ${text} not null references principals (id) on delete cascade,
      collection_id ${text} not null references collections (id) on delete cascade,
      sharee_id ${text} not null references principals (id) on delete cascade,
      access ${text} not null,
      common_name ${text},
      summary ${text},
      created_at ${bigint} not null,
      modified_at ${bigint} not null
    ) ${clustered}`,
    'create unique index shares_of_collection on shares (collection_id, sharee_id)',
    'create index shares_of_home on shares (home_id)',
    'create index shares_of_sharee on shares (sharee_id)',
    `create table share_answers (
      share_id ${text} not null references shares (id) on delete cascade,
      member_id ${text} not null references principals (id) on delete cascade,
      status ${text} not null,
      mount_id ${text} references collections (id) on delete set null,
      answered_at ${bigint},
      primary key (share_id, member_id)
    ) ${clustered}`,
    'create index share_answers_of_member on share_answers (member_id)',
    'create index share_answers_of_mount on share_answers (mount_id) where mount_id is not null',
  ];
  for (const statement of statements) await sql.raw(statement).execute(tx);
}
