import { sql } from 'kysely';

import { traitsOf, type Db } from '../dialect.ts';

/** Managed attachments (RFC 8607): what they are, their octets in pieces, and the objects that hold them. */
export async function attachments(tx: Db): Promise<void> {
  const { text, integer, bigint, octets, table, clustered } = traitsOf(tx).ddl;
  const home = `home_id ${text} not null references principals (id) on delete cascade`;
  const attachment = `attachment_id ${text} not null references attachments (id) on delete cascade`;
  const statements = [
    `create table attachments (
      id ${text} not null primary key,
      ${home},
      filename ${text} not null,
      content_type ${text} not null,
      size ${bigint} not null,
      etag ${text} not null,
      created_at ${bigint} not null
    ) ${table}`,
    `create table attachment_chunks (
      ${attachment},
      ${home},
      place ${integer} not null,
      octets ${octets} not null,
      primary key (attachment_id, place)
    ) ${table}`,
    `create table attachment_holders (
      ${attachment},
      object_id ${text} not null,
      ${home},
      uid ${text} not null,
      dropped_at ${bigint},
      primary key (attachment_id, object_id)
    ) ${clustered}`,
    'create index attachments_of_home on attachments (home_id)',
    'create index attachments_by_age on attachments (created_at)',
    'create index attachment_chunks_of_home on attachment_chunks (home_id)',
    'create index attachment_holders_of_object on attachment_holders (object_id)',
    'create index attachment_holders_of_uid on attachment_holders (home_id, uid)',
  ];
  for (const statement of statements) await sql.raw(statement).execute(tx);
}
