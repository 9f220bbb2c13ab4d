import { sql, type RawBuilder } from 'kysely';

/** Whether no calendar of its home has the UID of a row any more. */
export const standsNowhere = (table: 'scheduling_memory' | 'mailed_invitations' | 'm'): RawBuilder<boolean> =>
  sql`not exists (
    select 1 from collections c join objects o on o.collection_id = c.id
    where c.home_id = ${sql.ref(`${table}.home_id`)} and o.uid = ${sql.ref(`${table}.uid`)})`;
