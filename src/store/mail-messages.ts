import { sql, type Selectable } from 'kysely';

import { textsOf, traitsOf, type Db } from './dialect.ts';
import type { MailMessageTable, MailState } from './mail-schema.ts';
import { prepared } from './prepared.ts';

/** To whom somebody's messages about a UID go: what is said there is in one order. */
export interface MailThread {
  readonly homeId: string;
  readonly uid: string;
  /** addressKey of a calendar user address. */
  readonly recipientKey: string;
}

/** A message that is to be written down; see MailMessageTable. Texts of JSON are as they are kept. */
export interface NewMail extends MailThread {
  readonly id: string;
  readonly instance: string;
  readonly recipient: string;
  readonly domain: string;
  readonly method: string;
  readonly sequence: number;
  readonly digest: string;
  readonly resend: number;
  readonly state: Extract<MailState, 'held' | 'queued'>;
  readonly why: string;
  readonly changes: string;
  readonly told: string;
  readonly baseline: string | undefined;
  /** Of shared_octets. */
  readonly sharedKey: number;
  readonly createdAt: number;
  readonly dueAt: number;
}

/** Writes messages down, in their order. Throws where the ledger has one of them. */
export async function insertMails(tx: Db, mails: readonly NewMail[]): Promise<void> {
  if (mails.length > 0) await insertAll(tx, { rows: JSON.stringify(mails) });
}

/** As insertMails; false, and nothing is done, where the ledger has it. */
export async function insertMailOnce(tx: Db, mail: NewMail): Promise<boolean> {
  const known = await tx
    .selectFrom('mail_messages')
    .select('key')
    .where('home_id', '=', mail.homeId)
    .where('uid', '=', mail.uid)
    .where('recipient_key', '=', mail.recipientKey)
    .where('method', '=', mail.method)
    .where('digest', '=', mail.digest)
    .executeTakeFirst();
  if (known === undefined) await insertMails(tx, [mail]);
  return known === undefined;
}

const insertAll = prepared((db, { rows }: { rows: string }) =>
  sql`
    insert into mail_messages (id, home_id, uid, instance, recipient, recipient_key, domain, method, sequence, digest, resend,
      state, why, changes, told, baseline, shared_key, offers, attempts, created_at, due_at, lease_until)
    select value ->> 'id', value ->> 'homeId', value ->> 'uid', value ->> 'instance', value ->> 'recipient',
      value ->> 'recipientKey', value ->> 'domain', value ->> 'method', cast(value ->> 'sequence' as bigint),
      value ->> 'digest', cast(value ->> 'resend' as integer), value ->> 'state', value ->> 'why', value ->> 'changes',
      value ->> 'told', value ->> 'baseline', cast(value ->> 'sharedKey' as integer), 0, 0,
      cast(value ->> 'createdAt' as bigint), cast(value ->> 'dueAt' as bigint), 0
    from ${traitsOf(db).jsonRows(rows)}`.compile(db),
);

/** What somebody was told before: where nothing was ever written down, there is none. */
export interface Before {
  /** JSON, of the last message that was not undone or given up, and is not held; nothing, where all were given up. */
  readonly told: string | undefined;
  /** What was said last has not arrived: what is told now has to say it, too. */
  readonly isBehind: boolean;
  readonly held: readonly HeldMail[];
}

export interface HeldMail {
  readonly id: string;
  readonly method: string;
  readonly why: string;
  readonly changes: string;
  readonly baseline: string | undefined;
  readonly sharedKey: number;
  readonly createdAt: number;
}

interface Recipients {
  readonly homeId: string;
  readonly uid: string;
  readonly recipientKeys: readonly string[];
}

/** What these were told about a UID, by their keys, the held messages in their order. */
export async function mailBefore(db: Db, { recipientKeys, ...of }: Recipients): Promise<ReadonlyMap<string, Before>> {
  const asked = { ...of, keys: JSON.stringify(recipientKeys) };
  const { rows } = await selectLast(db, asked);
  const found = new Map<string, { told: string | undefined; isBehind: boolean; held: HeldMail[] }>();
  for (const row of rows) {
    const isBehind = Number(row.lost ?? 0) > Number(row.last ?? 0);
    found.set(row.recipient_key, { told: row.told ?? (row.asked === null ? undefined : '{}'), isBehind, held: [] });
  }
  if (found.size === 0) return found;
  for (const row of (await selectHeld(db, asked)).rows) {
    found.get(row.recipient_key)?.held.push({
      ...{ id: row.id, method: row.method, why: row.why, changes: row.changes, baseline: row.baseline ?? undefined },
      ...{ sharedKey: row.shared_key ?? 0, createdAt: row.created_at },
    });
  }
  return found;
}

interface RecipientKeys {
  readonly homeId: string;
  readonly uid: string;
  /** JSON list. */
  readonly keys: string;
}

interface LastRow {
  readonly recipient_key: string;
  readonly last: number | string | null;
  /** Of what an organizer has said in vain; of that, by REQUEST. */
  readonly lost: number | string | null;
  readonly asked: number | string | null;
  readonly told: string | null;
}

const selectLast = prepared((db, { homeId, uid, keys }: RecipientKeys) =>
  sql<LastRow>`
    select r.recipient_key, r.last, r.lost, r.asked, (select told from mail_messages l where l.key = r.last) as told
    from (
      select recipient_key, max(case when state not in ('held', 'undone', 'failed') then key end) as last,
        max(case when state = 'failed' and method in ('REQUEST', 'CANCEL') then key end) as lost,
        max(case when state = 'failed' and method = 'REQUEST' then key end) as asked
      from mail_messages
      where home_id = ${homeId} and uid = ${uid} and recipient_key in ${textsOf(db, keys)} and method <> 'NOTICE'
      group by recipient_key
    ) r`.compile(db),
);

const selectHeld = prepared((db, { homeId, uid, keys }: RecipientKeys) =>
  db
    .selectFrom('mail_messages')
    .select(['id', 'recipient_key', 'method', 'why', 'changes', 'baseline', 'shared_key', 'created_at'])
    .where('home_id', '=', homeId)
    .where('uid', '=', uid)
    .where('recipient_key', 'in', textsOf(db, keys))
    .where('state', '=', sql.lit('held'))
    .orderBy('key')
    .compile(),
);

/** How often the same was said before to these, by their keys; who was never told it is not there. */
export async function timesSaid(
  db: Db,
  said: Recipients & Pick<NewMail, 'method' | 'instance' | 'sequence' | 'digest'>,
): Promise<ReadonlyMap<string, number>> {
  const { rows } = await selectTimes(db, { ...said, keys: JSON.stringify(said.recipientKeys) });
  return new Map(rows.map((row) => [row.recipient_key, Number(row.last) + 1]));
}

const selectTimes = prepared((db, said: RecipientKeys & Pick<NewMail, 'method' | 'instance' | 'sequence' | 'digest'>) =>
  sql<{ readonly recipient_key: string; readonly last: number | string }>`
      select recipient_key, max(resend) as last from mail_messages
      where home_id = ${said.homeId} and uid = ${said.uid} and recipient_key in ${textsOf(db, said.keys)}
        and method = ${said.method} and instance = ${said.instance} and sequence = ${said.sequence}
        and digest = ${said.digest} and resend >= 0
      group by recipient_key`.compile(db),
);

/** Removes messages that others take the place of, by their ids. */
export async function replaceMails(tx: Db, ids: readonly string[]): Promise<void> {
  if (ids.length > 0) await deleteAll(tx, { ids: JSON.stringify(ids) });
}

const deleteAll = prepared((db, { ids }: { ids: string }) =>
  db.deleteFrom('mail_messages').where('id', 'in', textsOf(db, ids)).compile(),
);

/** What these messages say was taken back before anybody was told: the ledger does not count it. */
export async function undoMails(tx: Db, ids: readonly string[], now: number): Promise<void> {
  if (ids.length > 0) await undoAll(tx, { ids: JSON.stringify(ids), now });
}

const undoAll = prepared((db, { ids, now }: { ids: string; now: number }) =>
  sql`
    update mail_messages set state = 'undone', resend = -key, shared_key = null, baseline = null, ended_at = ${now}
    where id in ${textsOf(db, ids)}`.compile(db),
);

/** A row without its octets. */
export type MailRow = Omit<Selectable<MailMessageTable>, 'offered' | 'shared_key'>;

/** What a home has said about a UID, the oldest first. */
export async function mailsOf(
  db: Db,
  { homeId, uid }: Pick<MailThread, 'homeId' | 'uid'>,
): Promise<readonly MailRow[]> {
  return db
    .selectFrom('mail_messages')
    .select(ROW_COLUMNS)
    .where('home_id', '=', homeId)
    .where('uid', '=', uid)
    .orderBy('key')
    .execute();
}

export const ROW_COLUMNS = [
  ...([
    'key',
    'id',
    'home_id',
    'uid',
    'instance',
    'recipient',
    'recipient_key',
    'domain',
    'method',
    'sequence',
  ] as const),
  ...(['digest', 'resend', 'state', 'why', 'changes', 'told', 'baseline', 'offers', 'attempts'] as const),
  ...(['created_at', 'due_at', 'lease_until', 'ended_at', 'outcome'] as const),
] as const;

export async function mailById(db: Db, id: string): Promise<MailRow | undefined> {
  return db.selectFrom('mail_messages').select(ROW_COLUMNS).where('id', '=', id).executeTakeFirst();
}

/** Octets that messages share, by their keys. */
export async function octetsByKeys(db: Db, keys: readonly number[]): Promise<ReadonlyMap<number, Uint8Array>> {
  if (keys.length === 0) return new Map();
  const rows = await db
    .selectFrom('shared_octets')
    .select(['key', 'octets'])
    .where('key', 'in', [...keys])
    .execute();
  return new Map(rows.map(({ key, octets }) => [key, octets]));
}

/** How many messages of a home wait; `atMost` where it is that many or more. */
export async function countWaiting(db: Db, homeId: string, atMost: number): Promise<number> {
  const { rows } = await selectWaiting(db, { homeId, atMost });
  return Number(rows[0]?.n ?? 0);
}

const selectWaiting = prepared((db, { homeId, atMost }: { homeId: string; atMost: number }) =>
  sql<{ readonly n: number | string }>`
    select count(*) as n from (
      select 1 as one from mail_messages
      where home_id = ${homeId} and state in ('held', 'queued', 'offered') limit ${atMost}
    ) w`.compile(db),
);

/** When messages of a home are or were due, the latest first: so many, from the place of one, counted from 0. */
export async function dueTimes(
  db: Db,
  asked: { readonly homeId: string; readonly from: number; readonly count: number },
): Promise<readonly number[]> {
  const { rows } = await selectDue(db, asked);
  return rows.map((row) => row.due_at);
}

const selectDue = prepared((db, { homeId, from, count }: { homeId: string; from: number; count: number }) =>
  db
    .selectFrom('mail_messages')
    .select('due_at')
    .where('home_id', '=', homeId)
    .orderBy('due_at', 'desc')
    .limit(count)
    .offset(from)
    .compile(),
);

/** What a home has said to somebody elsewhere; the octets of what ended are gone. */
export interface OutboundMessage {
  readonly homeId: string;
  readonly recipient: string;
  readonly method: string;
  readonly uid: string;
  readonly octets: Uint8Array;
}

/** All messages of a home that are not undone, in the order in which they were queued. */
export async function queuedMessages(db: Db, homeId: string): Promise<OutboundMessage[]> {
  const rows = await db
    .selectFrom('mail_messages as m')
    .leftJoin('shared_octets as s', 's.key', 'm.shared_key')
    .select(['m.home_id', 'm.recipient', 'm.method', 'm.uid', 's.octets'])
    .where('m.home_id', '=', homeId)
    .where('m.state', '<>', 'undone')
    .orderBy('m.key')
    .execute();
  return rows.map(({ home_id, recipient, method, uid, octets }) => ({
    ...{ homeId: home_id, recipient, method, uid, octets: octets ?? new Uint8Array() },
  }));
}
