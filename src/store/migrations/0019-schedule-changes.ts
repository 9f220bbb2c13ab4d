import { sql } from 'kysely';

import { traitsOf, type Db } from '../dialect.ts';

/** What the message of an inbox item has changed in the calendar, where it was found. */
export async function scheduleChanges(tx: Db): Promise<void> {
  const { text } = traitsOf(tx).ddl;
  await sql.raw(`alter table objects add column schedule_changes ${text}`).execute(tx);
}
