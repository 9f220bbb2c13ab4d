import { sql } from 'kysely';

import { traitsOf, type Db } from '../dialect.ts';

/** How an occurrence counts in free-busy. Rows from before know nothing of it, until their object is indexed anew. */
export async function busy(tx: Db): Promise<void> {
  const { integer } = traitsOf(tx).ddl;
  await sql.raw(`alter table occurrences add column busy ${integer}`).execute(tx);
}
