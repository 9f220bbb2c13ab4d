import { sql } from 'kysely';

import { traitsOf, type Db } from '../dialect.ts';

/** The default alarms of homes and calendars, one column for each kind of component and of start. */
export async function defaultAlarms(tx: Db): Promise<void> {
  const { text } = traitsOf(tx).ddl;
  for (const column of ['vevent_datetime', 'vevent_date', 'vtodo_datetime', 'vtodo_date']) {
    await sql.raw(`alter table collections add column alarm_${column} ${text}`).execute(tx);
  }
}
