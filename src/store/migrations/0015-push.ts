import { sql } from 'kysely';

import { traitsOf, type Db } from '../dialect.ts';

/** Push subscriptions of WebDAV-Push: who is woken by changes of which collection, and what was told already. */
export async function push(tx: Db): Promise<void> {
  const { text, integer, bigint, table } = traitsOf(tx).ddl;
  const statements = [
    // Without a reference to the collection: that it was removed is still to be told.
    `create table push_subscriptions (
      id ${text} not null primary key,
      principal_id ${text} not null references principals (id) on delete cascade,
      home_id ${text} not null references principals (id) on delete cascade,
      collection_id ${text} not null,
      mount_id ${text},
      device_id ${text},
      endpoint ${text} not null,
      endpoint_digest ${text} not null,
      host ${text} not null,
      public_key ${text} not null,
      auth_secret ${text} not null,
      content ${integer} not null,
      properties ${integer} not null,
      told_seq ${bigint} not null,
      told_properties ${bigint} not null,
      quiet_from ${bigint} not null,
      quiet_to ${bigint} not null,
      quiet_properties_from ${bigint} not null,
      quiet_properties_to ${bigint} not null,
      created_at ${bigint} not null,
      expires_at ${bigint} not null,
      attempts ${integer} not null,
      next_at ${bigint} not null,
      lease ${text},
      leased_until ${bigint} not null
    ) ${table}`,
    'create unique index push_subscriptions_of_collection on push_subscriptions (collection_id, endpoint_digest)',
    'create index push_subscriptions_of_principal on push_subscriptions (principal_id)',
    'create index push_subscriptions_of_home on push_subscriptions (home_id)',
    'create index push_subscriptions_by_expiry on push_subscriptions (expires_at)',
  ];
  for (const statement of statements) await sql.raw(statement).execute(tx);
}
