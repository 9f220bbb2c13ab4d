import { sql } from 'kysely';

import { traitsOf, type Db } from '../dialect.ts';

/** The tables of the first version. Text is compared octet by octet; instants are milliseconds. */
export async function initial(tx: Db): Promise<void> {
  for (const statement of statements(tx)) await sql.raw(statement).execute(tx);
}

function statements(tx: Db): readonly string[] {
  return [...people(tx), ...collections(tx), ...objects(tx)];
}

function people(tx: Db): readonly string[] {
  const { key, text, integer, bigint, table, clustered } = traitsOf(tx).ddl;
  const principal = `${text} not null references principals (id) on delete cascade`;
  return [
    `create table principals (
      key ${key},
      id ${text} not null unique,
      login ${text} not null unique,
      kind ${text} not null,
      guid ${text} not null unique,
      name ${text} not null,
      folded_name ${text} not null,
      password_hash ${text},
      admin ${integer} not null,
      admin_read_only ${integer} not null,
      timezone ${text},
      locale ${text},
      auto_schedule ${text},
      auto_accept_group ${text},
      capacity ${bigint},
      features ${text} not null,
      emails ${text} not null,
      version ${bigint} not null,
      created_at ${bigint} not null,
      modified_at ${bigint} not null
    ) ${table}`,
    `create table addresses (
      address ${text} not null primary key,
      principal_id ${principal}
    ) ${clustered}`,
    'create index addresses_of_principal on addresses (principal_id)',
    `create table group_members (
      group_id ${principal},
      member_id ${principal},
      primary key (group_id, member_id)
    ) ${clustered}`,
    'create index groups_of_member on group_members (member_id)',
    `create table delegates (
      principal_id ${principal},
      delegate_id ${principal},
      access ${text} not null,
      primary key (principal_id, delegate_id)
    ) ${clustered}`,
    'create index delegators_of on delegates (delegate_id)',
    `create table devices (
      id ${text} not null primary key,
      principal_id ${principal},
      credential ${text} not null,
      user_agent ${text} not null,
      first_seen ${bigint} not null,
      last_seen ${bigint} not null,
      last_sync ${bigint},
      last_error ${text},
      last_error_at ${bigint},
      unique (principal_id, credential, user_agent)
    ) ${table}`,
  ];
}

function collections(tx: Db): readonly string[] {
  const { key, text, integer, bigint, real, table, clustered } = traitsOf(tx).ddl;
  return [
    `create table collections (
      key ${key},
      id ${text} not null unique,
      home_id ${text} not null references principals (id) on delete cascade,
      kind ${text} not null,
      uri ${text} not null,
      displayname ${text},
      description ${text},
      color ${text},
      color_attributes ${text},
      sort_order ${real},
      timezone ${text},
      timezone_id ${text},
      components ${text},
      transparent ${integer} not null,
      seq ${bigint} not null,
      home_seq ${bigint} not null,
      members ${bigint} not null default 0,
      used ${bigint} not null default 0,
      properties_version ${bigint} not null,
      pruned_seq ${bigint} not null,
      created_at ${bigint} not null,
      modified_at ${bigint} not null,
      unique (home_id, uri)
    ) ${table}`,
    `create table tombstones (
      home_id ${text} not null,
      collection_id ${text} not null references collections (id) on delete cascade,
      name ${text} not null,
      seq ${bigint} not null,
      created_seq ${bigint} not null,
      removed_at ${bigint} not null,
      primary key (collection_id, name)
    ) ${clustered}`,
    'create index tombstones_by_seq on tombstones (collection_id, seq)',
    'create index tombstones_by_age on tombstones (removed_at)',
    `create table dead_properties (
      home_id ${text} not null,
      resource_id ${text} not null,
      name ${text} not null,
      xml ${text} not null,
      primary key (resource_id, name)
    ) ${clustered}`,
    'create index dead_properties_of_home on dead_properties (home_id)',
  ];
}

function objects(tx: Db): readonly string[] {
  const { key, text, integer, bigint, octets, table, clustered } = traitsOf(tx).ddl;
  return [
    // The octets come last: what stands before them is read without them.
    `create table objects (
      key ${key},
      id ${text} not null unique,
      home_id ${text} not null,
      collection_id ${text} not null references collections (id) on delete cascade,
      name ${text} not null,
      uid ${text} not null,
      component ${text} not null,
      etag ${text} not null,
      size ${bigint} not null,
      schedule_tag ${text},
      seq ${bigint} not null,
      created_seq ${bigint} not null,
      first_at ${bigint},
      last_at ${bigint},
      floating ${integer} not null,
      exact ${integer} not null,
      indexed_from ${bigint},
      indexed_until ${bigint},
      created_at ${bigint} not null,
      modified_at ${bigint} not null,
      octets ${octets} not null,
      unique (collection_id, name),
      unique (collection_id, uid)
    ) ${table}`,
    'create index objects_by_seq on objects (collection_id, seq)',
    'create index objects_to_reindex on objects (indexed_until) where indexed_until is not null',
    // In the order of the question: collection, class of length, start.
    `create table occurrences (
      home_key ${integer} not null,
      collection_key ${integer} not null,
      object_key ${integer} not null references objects (key) on delete cascade,
      span ${integer} not null,
      start_at ${bigint} not null,
      end_at ${bigint} not null,
      proof ${integer} not null,
      primary key (collection_key, span, start_at, end_at, object_key)
    ) ${clustered}`,
    'create index occurrences_of_object on occurrences (object_key)',
  ];
}
