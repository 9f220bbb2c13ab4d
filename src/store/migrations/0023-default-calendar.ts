import { sql } from 'kysely';

import { traitsOf, type Db } from '../dialect.ts';

/** The calendar of a home that invitations go to, where one was chosen; a column of the inbox's row. */
export async function defaultCalendar(tx: Db): Promise<void> {
  const { text } = traitsOf(tx).ddl;
  await sql.raw(`alter table collections add column default_calendar ${text}`).execute(tx);
}
