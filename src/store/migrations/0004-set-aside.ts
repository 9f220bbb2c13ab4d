import { sql } from 'kysely';

import { traitsOf, type Db } from '../dialect.ts';

/** What an import brought and no calendar can use, kept until it is repaired or dropped. */
export async function setAside(tx: Db): Promise<void> {
  const { text, bigint, octets, table } = traitsOf(tx).ddl;
  const statements = [
    `create table set_aside (
      id ${text} not null primary key,
      home_id ${text} not null references principals (id) on delete cascade,
      collection_id ${text} not null references collections (id) on delete cascade,
      digest ${text} not null,
      octets ${octets} not null,
      reason ${text} not null,
      proposal ${text} not null,
      created_at ${bigint} not null,
      unique (collection_id, digest)
    ) ${table}`,
    'create index set_aside_of_home on set_aside (home_id, id)',
  ];
  for (const statement of statements) await sql.raw(statement).execute(tx);
}
