import { sql } from 'kysely';

import type { Db } from './dialect.ts';

/** The homes in whose own calendars something has a UID, or that have said something about it to people elsewhere. */
export async function homesOfUid(db: Db, uid: string): Promise<readonly string[]> {
  const { rows } = await sql<{ readonly home_id: string }>`
    select collections.home_id from objects join collections on collections.id = objects.collection_id
      where objects.uid = ${uid} and collections.kind = 'calendar' and collections.source is null
    union select home_id from mail_messages where uid = ${uid}
    union select home_id from mail_events where uid = ${uid}
    order by 1`.execute(db);
  return rows.map((row) => row.home_id);
}
