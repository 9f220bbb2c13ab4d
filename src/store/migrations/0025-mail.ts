import { sql } from 'kysely';

import { traitsOf, type Db, type DdlWords } from '../dialect.ts';

/**
 * Invitations by mail: what goes out with its ledger, what binds it to its recipients, what became of it, what comes in, and
 * what waits for a person's word. What was queued before mail could be sent is kept as failed: it is too old to be sent.
 */
export async function mail(tx: Db): Promise<void> {
  const { ddl } = traitsOf(tx);
  const statements = [...outgoing(ddl), ...ofRecipients(ddl), ...incoming(ddl), ...tray(ddl), ...carriedOver];
  for (const statement of statements) await sql.raw(statement).execute(tx);
}

const outgoing = ({ key, text, integer, bigint, octets, table }: DdlWords): readonly string[] => [
  `create table mail_messages (
      key ${key},
      id ${text} not null unique,
      home_id ${text} not null,
      uid ${text} not null,
      instance ${text} not null,
      recipient ${text} not null,
      recipient_key ${text} not null,
      domain ${text} not null,
      method ${text} not null,
      sequence ${bigint} not null,
      digest ${text} not null,
      resend ${integer} not null,
      state ${text} not null,
      why ${text} not null,
      changes ${text} not null,
      told ${text} not null,
      baseline ${text},
      shared_key ${integer},
      offered ${octets},
      offers ${integer} not null,
      attempts ${integer} not null,
      created_at ${bigint} not null,
      due_at ${bigint} not null,
      lease_until ${bigint} not null,
      ended_at ${bigint},
      outcome ${text},
      unique (home_id, uid, recipient_key, method, instance, sequence, digest, resend)
    ) ${table}`,
  `create index mail_messages_waiting on mail_messages (due_at, key) where state in ('held', 'queued', 'offered')`,
  'create index mail_messages_by_end on mail_messages (ended_at)',
  `create index mail_messages_waiting_of_home on mail_messages (home_id, state) where state in ('held', 'queued', 'offered')`,
  'create index mail_messages_of_home on mail_messages (home_id, due_at)',
  'create index mail_messages_of_octets on mail_messages (shared_key) where shared_key is not null',
];

const ofRecipients = ({ key, text, integer, bigint, table }: DdlWords): readonly string[] => [
  `create table mailed_invitations (
      home_id ${text} not null,
      uid ${text} not null,
      recipient_key ${text} not null,
      recipient ${text} not null,
      generation ${integer} not null,
      reply_digest ${text} not null unique,
      answer_digest ${text} not null unique,
      zone ${text},
      language ${text},
      created_at ${bigint} not null,
      primary key (home_id, uid, recipient_key)
    ) ${table}`,
  `create table mail_events (
      key ${key},
      home_id ${text} not null,
      uid ${text} not null,
      recipient_key ${text} not null,
      recipient ${text} not null,
      message_id ${text},
      at ${bigint} not null,
      what ${text} not null,
      detail ${text} not null
    ) ${table}`,
  'create index mail_events_of_object on mail_events (home_id, uid, key)',
  'create index mail_events_by_age on mail_events (at)',
];

const incoming = ({ key, text, bigint, octets, table }: DdlWords): readonly string[] => [
  `create table inbound_mails (
      key ${key},
      id ${text} not null unique,
      digest ${text} not null unique,
      received_at ${bigint} not null,
      source ${text} not null,
      envelope_from ${text} not null,
      envelope_to ${text} not null,
      message_id ${text},
      state ${text} not null,
      reason ${text} not null,
      home_id ${text},
      uid ${text},
      octets ${octets}
    ) ${table}`,
  'create index inbound_mails_by_age on inbound_mails (received_at)',
  'create index inbound_mails_by_state on inbound_mails (state, key)',
];

const tray = ({ key, text, bigint, octets, table }: DdlWords): readonly string[] => [
  `create table tray_items (
      key ${key},
      id ${text} not null unique,
      home_id ${text} not null references principals (id) on delete cascade,
      uid ${text} not null,
      method ${text} not null,
      received_at ${bigint} not null,
      sender ${text} not null,
      sent_as ${text} not null,
      state ${text} not null,
      reason ${text} not null,
      verdict ${text} not null,
      octets ${octets} not null
    ) ${table}`,
  'create index tray_items_of_home on tray_items (home_id, uid)',
  'create index tray_items_by_age on tray_items (received_at)',
  `create table trusted_senders (
      home_id ${text} not null references principals (id) on delete cascade,
      sender ${text} not null,
      created_at ${bigint} not null,
      primary key (home_id, sender)
    ) ${table}`,
];

const carriedOver: readonly string[] = [
  `insert into mail_messages (id, home_id, uid, instance, recipient, recipient_key, domain, method, sequence, digest, resend,
      state, why, changes, told, offers, attempts, created_at, due_at, lease_until, ended_at, outcome)
      select id, home_id, uid, '', recipient, lower(recipient), '', method, 0, id, 0,
      'failed', 'changed', '[]', '{}', 0, 0, created_at, created_at, 0, created_at,
      'It was queued before this server could send mail'
      from outbound_messages`,
  'drop table outbound_messages',
];
