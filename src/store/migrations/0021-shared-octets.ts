import { sql } from 'kysely';

import { traitsOf, type Db } from '../dialect.ts';

/** Octets that many objects have, stored once; an object or a version that has them has no own ones. */
export async function sharedOctets(tx: Db): Promise<void> {
  const { key, text, integer, bigint, octets, table } = traitsOf(tx).ddl;
  const statements = [
    `create table shared_octets (
      key ${key},
      digest ${text} not null unique,
      octets ${octets} not null,
      noted_at ${bigint} not null
    ) ${table}`,
    'create index shared_octets_by_age on shared_octets (noted_at)',
    `alter table objects add column shared_key ${integer}`,
    `alter table versions add column shared_key ${integer}`,
    'create index objects_sharing on objects (shared_key) where shared_key is not null',
    'create index versions_sharing on versions (shared_key) where shared_key is not null',
  ];
  for (const statement of statements) await sql.raw(statement).execute(tx);
}
