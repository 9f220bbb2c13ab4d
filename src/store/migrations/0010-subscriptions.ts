import { sql } from 'kysely';

import { traitsOf, type Db } from '../dialect.ts';

/** Calendars whose members the server fetches: where from, and how that went. */
export async function subscriptions(tx: Db): Promise<void> {
  const { text, integer, bigint, table } = traitsOf(tx).ddl;
  const statements = [
    `alter table collections add column source ${text}`,
    `alter table collections add column refresh_rate ${text}`,
    `alter table collections add column strip_alarms ${integer} not null default 0`,
    `alter table collections add column strip_attachments ${integer} not null default 0`,
    `alter table collections add column strip_todos ${integer} not null default 0`,
    `create table subscriptions (
      collection_id ${text} not null primary key references collections (id) on delete cascade,
      home_id ${text} not null references principals (id) on delete cascade,
      etag ${text},
      last_modified ${text},
      digest ${text},
      pause ${bigint},
      tried_at ${bigint},
      succeeded_at ${bigint},
      error ${text},
      failures ${integer} not null,
      empty_since ${bigint},
      next_at ${bigint} not null,
      lease ${text},
      leased_until ${bigint} not null
    ) ${table}`,
    'create index subscriptions_due on subscriptions (next_at)',
    'create index subscriptions_of_home on subscriptions (home_id, collection_id)',
  ];
  for (const statement of statements) await sql.raw(statement).execute(tx);
}
