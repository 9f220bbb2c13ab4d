import { sql } from 'kysely';

import { traitsOf, type Db } from '../dialect.ts';

/** Which meetings invite which groups, and the groups whose meetings have still to follow a change of members. */
export async function groupMeetings(tx: Db): Promise<void> {
  const { text, bigint, table } = traitsOf(tx).ddl;
  const statements = [
    `create table group_meetings (
      group_id ${text} not null references principals (id) on delete cascade,
      home_id ${text} not null references principals (id) on delete cascade,
      uid ${text} not null,
      primary key (group_id, home_id, uid)
    ) ${table}`,
    'create index group_meetings_of_home on group_meetings (home_id, uid)',
    `create table changed_groups (
      group_id ${text} not null primary key references principals (id) on delete cascade,
      version ${bigint} not null
    ) ${table}`,
  ];
  for (const statement of statements) await sql.raw(statement).execute(tx);
}
