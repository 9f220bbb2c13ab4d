import { sql } from 'kysely';

import { traitsOf, type Db } from '../dialect.ts';

/** Past versions, removed collections, the audit log, held devices and notices (docs/adr/0012, 0013). */
export async function history(tx: Db): Promise<void> {
  for (const statement of statements(tx)) await sql.raw(statement).execute(tx);
}

const statements = (tx: Db): readonly string[] => [...versions(tx), ...collections(tx), ...audit(tx), ...guard(tx)];

const homeOf = (tx: Db): string =>
  `home_id ${traitsOf(tx).ddl.text} not null references principals (id) on delete cascade`;

/** There are many, and their numbers are never used again. */
const longKeyOf = (tx: Db): string => traitsOf(tx).ddl.key.replace(/^integer generated/, 'bigint generated');

function versions(tx: Db): readonly string[] {
  const { text, integer, bigint, octets, table } = traitsOf(tx).ddl;
  return [
    `alter table objects add column written_seq ${bigint}`,
    `alter table objects add column written_at ${bigint}`,
    `alter table objects add column written_by ${text}`,
    `alter table objects add column written_device ${text}`,
    `alter table objects add column written_origin ${text}`,
    // The octets come last: what stands before them is read without them.
    `create table versions (
      key ${longKeyOf(tx)},
      ${homeOf(tx)},
      collection_id ${text} not null,
      object_id ${text} not null,
      name ${text} not null,
      uid ${text} not null,
      component ${text} not null,
      etag ${text} not null,
      size ${bigint} not null,
      dead ${text},
      first ${integer} not null,
      from_seq ${bigint} not null,
      from_at ${bigint} not null,
      from_by ${text},
      from_device ${text},
      from_origin ${text},
      until_kind ${text} not null,
      until_seq ${bigint} not null,
      until_at ${bigint} not null,
      until_by ${text},
      until_device ${text},
      until_origin ${text},
      trashed ${integer} not null,
      octets ${octets} not null
    ) ${table}`,
    'create index versions_of_uid on versions (home_id, uid)',
    // Of a collection, and in it of a device, for the guard.
    'create index versions_of_collection on versions (collection_id, until_device, until_at, name, until_kind)',
    'create index versions_by_age on versions (until_at)',
    'create index versions_in_trash on versions (home_id, until_at) where trashed = 1',
  ];
}

function collections(tx: Db): readonly string[] {
  const { text, bigint, table } = traitsOf(tx).ddl;
  return [
    `create table removed_collections (
      id ${text} not null primary key,
      ${homeOf(tx)},
      kind ${text} not null,
      uri ${text} not null,
      properties ${text} not null,
      dead ${text} not null,
      members ${bigint} not null,
      seq ${bigint} not null,
      removed_at ${bigint} not null,
      removed_by ${text},
      removed_device ${text},
      removed_origin ${text}
    ) ${table}`,
    'create index removed_collections_of_home on removed_collections (home_id)',
    'create index removed_collections_by_age on removed_collections (removed_at)',
  ];
}

function audit(tx: Db): readonly string[] {
  const { text, bigint, table } = traitsOf(tx).ddl;
  return [
    `create table audit (
      key ${longKeyOf(tx)},
      at ${bigint} not null,
      home_id ${text},
      subject ${text},
      act ${text} not null,
      detail ${text} not null,
      done_by ${text},
      done_device ${text},
      done_origin ${text}
    ) ${table}`,
    'create index audit_by_age on audit (at)',
  ];
}

function guard(tx: Db): readonly string[] {
  const { text, bigint, table } = traitsOf(tx).ddl;
  return [
    `create table guard_holds (
      id ${text} not null primary key,
      ${homeOf(tx)},
      collection_id ${text} not null,
      device_id ${text} not null,
      principal_id ${text},
      began_at ${bigint} not null,
      began_seq ${bigint} not null,
      held_at ${bigint} not null,
      objects ${bigint} not null,
      members ${bigint} not null,
      released_at ${bigint},
      rolled_back_at ${bigint}
    ) ${table}`,
    'create unique index guard_holds_of_device on guard_holds (home_id, device_id) where released_at is null',
    `create table notices (
      id ${text} not null primary key,
      ${homeOf(tx)},
      at ${bigint} not null,
      kind ${text} not null,
      detail ${text} not null,
      seen_at ${bigint}
    ) ${table}`,
    'create index notices_of_home on notices (home_id, at)',
  ];
}
