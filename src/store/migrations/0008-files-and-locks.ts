import { sql } from 'kysely';

import { traitsOf, type Db } from '../dialect.ts';

/** What a file is, for those that are no calendar objects; locks (RFC 4918 §6), which go with what they lock. */
export async function filesAndLocks(tx: Db): Promise<void> {
  const { text, integer, bigint, table, clustered } = traitsOf(tx).ddl;
  const statements = [
    `create table content_types (
      object_id ${text} not null primary key references objects (id) on delete cascade,
      home_id ${text} not null,
      content_type ${text} not null
    ) ${clustered}`,
    `create table locks (
      token ${text} not null primary key,
      home_id ${text} not null references principals (id) on delete cascade,
      collection_id ${text} not null references collections (id) on delete cascade,
      object_id ${text} references objects (id) on delete cascade,
      principal_id ${text} not null references principals (id) on delete cascade,
      shared ${integer} not null,
      deep ${integer} not null,
      owner ${text},
      timeout_seconds ${integer} not null,
      expires_at ${bigint} not null
    ) ${table}`,
    'create index locks_of_home on locks (home_id)',
    'create index locks_of_collection on locks (collection_id)',
    'create index locks_of_object on locks (object_id) where object_id is not null',
    'create index locks_of_principal on locks (principal_id)',
    'create index locks_by_age on locks (expires_at)',
  ];
  for (const statement of statements) await sql.raw(statement).execute(tx);
}
