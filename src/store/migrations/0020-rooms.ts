import { sql } from 'kysely';

import { traitsOf, type Db } from '../dialect.ts';

/** What may be booked of a room, and which bookings it has: who made them, and up to when they are decided. */
export async function rooms(tx: Db): Promise<void> {
  const { text, bigint, table } = traitsOf(tx).ddl;
  const statements = [
    `alter table principals add column room_policy ${text}`,
    `create table room_bookings (
      home_id ${text} not null references principals (id) on delete cascade,
      uid ${text} not null,
      booker ${text} not null,
      last_at ${bigint},
      decided_until ${bigint},
      primary key (home_id, uid)
    ) ${table}`,
    'create index room_bookings_of_booker on room_bookings (home_id, booker)',
    'create index room_bookings_undecided on room_bookings (decided_until)',
  ];
  for (const statement of statements) await sql.raw(statement).execute(tx);
}
