import { sql } from 'kysely';

import { traitsOf, type Db } from '../dialect.ts';

/** calendar-availability of an inbox (RFC 7953). */
export async function availability(tx: Db): Promise<void> {
  const { text } = traitsOf(tx).ddl;
  await sql.raw(`alter table collections add column availability ${text}`).execute(tx);
}
