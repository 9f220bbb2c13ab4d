import { sql } from 'kysely';

import { traitsOf, type Db } from '../dialect.ts';

/**
 * What sharees have for themselves of the objects of a shared calendar (caldav-sharing §5.5.4), by the place where it
 * stands in their homes; and what others see of an object while only its owner's own parts change.
 */
export async function personalObjects(tx: Db): Promise<void> {
  const { text, bigint, integer, octets, table } = traitsOf(tx).ddl;
  const statements = [
    `create table personal_objects (
      object_id ${text} not null references objects (id) on delete cascade,
      mount_id ${text} not null references collections (id) on delete cascade,
      home_id ${text} not null references principals (id) on delete cascade,
      shared_etag ${text} not null,
      etag ${text} not null,
      size ${integer} not null,
      seq ${bigint} not null,
      modified_at ${bigint} not null,
      octets ${octets} not null,
      primary key (object_id, mount_id)
    ) ${table}`,
    'create index personal_objects_of_mount on personal_objects (mount_id, seq)',
    'create index personal_objects_of_home on personal_objects (home_id, size)',
    `create table shared_forms (
      object_id ${text} not null primary key references objects (id) on delete cascade,
      home_id ${text} not null references principals (id) on delete cascade,
      base_etag ${text} not null,
      base_seq ${bigint} not null,
      shared_etag ${text} not null,
      seq ${bigint} not null,
      octets ${octets} not null
    ) ${table}`,
    'create index shared_forms_of_home on shared_forms (home_id)',
  ];
  for (const statement of statements) await sql.raw(statement).execute(tx);
}
