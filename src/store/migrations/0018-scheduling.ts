import { sql } from 'kysely';

import { traitsOf, type Db } from '../dialect.ts';

/**
 * What is remembered of scheduling messages beside the objects (RFC 5546 §2.1.5), and the messages that wait to be sent to
 * calendar users elsewhere.
 */
export async function scheduling(tx: Db): Promise<void> {
  const { key, text, bigint, octets, table } = traitsOf(tx).ddl;
  const statements = [
    `create table scheduling_memory (
      home_id ${text} not null references principals (id) on delete cascade,
      uid ${text} not null,
      memory ${text} not null,
      modified_at ${bigint} not null,
      primary key (home_id, uid)
    ) ${table}`,
    'create index scheduling_memory_by_age on scheduling_memory (modified_at)',
    `create table outbound_messages (
      key ${key},
      id ${text} not null unique,
      home_id ${text} not null,
      recipient ${text} not null,
      method ${text} not null,
      uid ${text} not null,
      created_at ${bigint} not null,
      octets ${octets} not null
    ) ${table}`,
    'create index outbound_messages_of_home on outbound_messages (home_id, key)',
    'create index outbound_messages_by_age on outbound_messages (created_at)',
  ];
  for (const statement of statements) await sql.raw(statement).execute(tx);
}
