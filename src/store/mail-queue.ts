import { sql } from 'kysely';

import { textList, type Db } from './dialect.ts';
import { ROW_COLUMNS, type MailRow } from './mail-messages.ts';
import { prepared } from './prepared.ts';
import { standsNowhere } from './stands-nowhere.ts';

/** Waits; as the partial indexes have it. */
const WAITS = sql<boolean>`state in ('held', 'queued', 'offered')`;

/** Nothing waits that was said to the same person about the same before. */
const IS_FIRST = sql<boolean>`not exists (
  select 1 from mail_messages e where e.home_id = m.home_id and e.uid = m.uid and e.recipient_key = m.recipient_key
    and e.key < m.key and e.state in ('held', 'queued', 'offered'))`;

const M_WAITS = sql<boolean>`m.state in ('held', 'queued', 'offered')`;

/** The first instant at which a message is due that no process has, and that waits for no other. */
export async function nextDue(db: Db, now: number): Promise<number | undefined> {
  const { rows } = await selectNext(db, { now });
  return rows[0]?.due_at;
}

const selectNext = prepared((db, { now }: { now: number }) =>
  db
    .selectFrom('mail_messages as m')
    .select('m.due_at')
    .where(M_WAITS)
    .where('m.lease_until', '<=', now)
    .where(IS_FIRST)
    .orderBy('m.due_at')
    .orderBy('m.key')
    .limit(sql.lit(1))
    .compile(),
);

export interface Taking {
  readonly now: number;
  readonly until: number;
  readonly limit: number;
  readonly exceptDomains: readonly string[];
}

export interface TakenMail extends MailRow {
  readonly octets: Uint8Array;
  readonly offered: Uint8Array | null;
  /** It could still be undone until now. */
  readonly wasHeld: boolean;
}

/**
 * Takes messages that are due and that nobody has, of one thread only the first: what is said later is not to be read
 * earlier.
 */
export async function takeMails(tx: Db, { now, until, limit, exceptDomains }: Taking): Promise<readonly TakenMail[]> {
  const due = await tx
    .selectFrom('mail_messages as m')
    .select(['m.id', 'm.state'])
    .where(M_WAITS)
    .where('m.due_at', '<=', now)
    .where('m.lease_until', '<=', now)
    .$if(exceptDomains.length > 0, (query) => query.where('m.domain', 'not in', textList(tx, exceptDomains)))
    .where(IS_FIRST)
    .orderBy('m.due_at')
    .orderBy('m.key')
    .limit(limit)
    .execute();
  if (due.length === 0) return [];
  const held = new Set(due.flatMap(({ id, state }) => (state === 'held' ? [id] : [])));
  const ids = textList(
    tx,
    due.map(({ id }) => id),
  );
  await tx
    .updateTable('mail_messages')
    .set({ lease_until: until, state: sql`case when state = 'held' then 'queued' else state end`, baseline: null })
    .where('id', 'in', ids)
    .execute();
  const rows = await tx
    .selectFrom('mail_messages')
    .innerJoin('shared_octets', 'shared_octets.key', 'mail_messages.shared_key')
    .select(ROW_COLUMNS.map((name) => `mail_messages.${name}` as const))
    .select(['mail_messages.offered', 'shared_octets.octets'])
    .where('mail_messages.id', 'in', ids)
    .orderBy('mail_messages.due_at')
    .orderBy('mail_messages.key')
    .execute();
  return rows.map((row) => ({ ...row, wasHeld: held.has(row.id) }));
}

/**
 * Writes down that it is offered now; the octets of the first time stay. Its row, and whether it was offered before; nothing
 * is done where the lease was lost.
 */
export async function markOffered(
  tx: Db,
  { id, leaseUntil }: Lease,
  octets: Uint8Array,
): Promise<(MailRow & { readonly isAgain: boolean }) | undefined> {
  const before = await tx.selectFrom('mail_messages').select('state').where('id', '=', id).executeTakeFirst();
  const row = await tx
    .updateTable('mail_messages')
    .set((eb) => ({
      state: 'offered',
      offers: eb('offers', '+', 1),
      offered: eb.fn.coalesce('offered', eb.val(octets)),
    }))
    .where('id', '=', id)
    .where('lease_until', '=', leaseUntil)
    .where(WAITS)
    .returning(ROW_COLUMNS)
    .executeTakeFirst();
  return row && { ...row, isAgain: before?.state === 'offered' };
}

/** How a lease ends. */
export type MailEnd =
  /** It is over; what it was made of is forgotten. */
  | { readonly state: 'sent' | 'failed'; readonly at: number; readonly outcome: string }
  /** It waits on. `attempts`: how often it was put off. */
  | { readonly state: 'queued'; readonly dueAt: number; readonly attempts: number; readonly outcome: string };

interface Lease {
  readonly id: string;
  readonly leaseUntil: number;
}

/** Makes a lease last longer; false, and nothing is done, where it was lost. */
export async function renewMailLease(tx: Db, { id, leaseUntil }: Lease, until: number): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('mail_messages')
    .set({ lease_until: until })
    .where('id', '=', id)
    .where('lease_until', '=', leaseUntil)
    .where(WAITS)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Ends a lease; false, and nothing is done, where it was lost meanwhile. */
export async function endMailLease(tx: Db, { id, leaseUntil }: Lease, end: MailEnd): Promise<boolean> {
  const over = end.state === 'queued' ? {} : { ended_at: end.at, shared_key: null, offered: null };
  const on = end.state === 'queued' ? { due_at: end.dueAt, attempts: end.attempts } : {};
  const { numUpdatedRows } = await tx
    .updateTable('mail_messages')
    .set({ state: end.state, outcome: end.outcome, lease_until: 0, ...over, ...on })
    .where('id', '=', id)
    .where('lease_until', '=', leaseUntil)
    .where(WAITS)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** What was sent turns out not to have arrived; false where it was not `sent`. */
export async function markBounced(tx: Db, id: string, outcome: string): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('mail_messages')
    .set({ state: 'failed', outcome })
    .where('id', '=', id)
    .where('state', '=', 'sent')
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** How many were sent to each of these domains since an instant, and when the first of them was. */
export async function sentSince(
  db: Db,
  domains: readonly string[],
  since: number,
): Promise<ReadonlyMap<string, { readonly count: number; readonly first: number }>> {
  const rows = await db
    .selectFrom('mail_messages')
    .select((eb) => ['domain', eb.fn.countAll().as('count'), eb.fn.min('ended_at').as('first')])
    .where('ended_at', '>', since)
    .where('state', '=', 'sent')
    .where('domain', 'in', textList(db, domains))
    .groupBy('domain')
    .execute();
  return new Map(rows.map(({ domain, count, first }) => [domain, { count: Number(count), first: first ?? since }]));
}

/** Forgets messages that ended before an instant, `limit` at most; returns how many. */
export async function forgetMails(tx: Db, before: number, limit: number): Promise<number> {
  const { numAffectedRows = 0n } = await sql`
    delete from mail_messages where key in (
      select key from mail_messages m where m.ended_at < ${before}
        and (
          m.state in ('undone', 'failed')
          or exists (select 1 from mail_messages l where l.home_id = m.home_id and l.uid = m.uid
            and l.recipient_key = m.recipient_key and l.key > m.key and l.state not in ('undone', 'failed'))
          or ${standsNowhere('m')}
        )
      order by m.ended_at limit ${limit})`.execute(tx);
  return Number(numAffectedRows);
}
