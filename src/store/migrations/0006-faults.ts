import { sql } from 'kysely';

import { traitsOf, type Db } from '../dialect.ts';

/** Why a stored object cannot be used (any more); null where it can. */
export async function faults(tx: Db): Promise<void> {
  const { text } = traitsOf(tx).ddl;
  const statements = [
    `alter table objects add column fault ${text}`,
    'create index faulty_objects on objects (home_id, id) where fault is not null',
  ];
  for (const statement of statements) await sql.raw(statement).execute(tx);
}
