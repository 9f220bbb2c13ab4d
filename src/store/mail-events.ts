import type { Selectable } from 'kysely';

import { traitsOf, type Db } from './dialect.ts';
import type { MailEventTable } from './mail-schema.ts';
import { prepared } from './prepared.ts';
import { sql } from 'kysely';

/** A line of the flight recorder, as it is kept. */
export interface MailEventRow {
  readonly homeId: string;
  readonly uid: string;
  /** A calendar user address. */
  readonly recipient: string;
  /** addressKey of it. */
  readonly recipientKey: string;
  /** mail_messages.id. */
  readonly messageId: string | undefined;
  readonly at: number;
  readonly what: string;
  readonly detail: string;
}

/** Keeps lines, in their order. */
export async function insertMailEvents(tx: Db, events: readonly MailEventRow[]): Promise<void> {
  if (events.length > 0) await insertAll(tx, { rows: JSON.stringify(events) });
}

const insertAll = prepared((db, { rows }: { rows: string }) =>
  sql`
    insert into mail_events (home_id, uid, recipient_key, recipient, message_id, at, what, detail)
    select value ->> 'homeId', value ->> 'uid', value ->> 'recipientKey', value ->> 'recipient', value ->> 'messageId',
      cast(value ->> 'at' as bigint), value ->> 'what', value ->> 'detail'
    from ${traitsOf(db).jsonRows(rows)}`.compile(db),
);

/** The lines of one object, the oldest first. */
export async function mailEventsOf(
  db: Db,
  { homeId, uid, limit }: { readonly homeId: string; readonly uid: string; readonly limit: number },
): Promise<readonly MailEventRow[]> {
  const rows = await db
    .selectFrom('mail_events')
    .selectAll()
    .where('home_id', '=', homeId)
    .where('uid', '=', uid)
    .orderBy('key', 'desc')
    .limit(limit)
    .execute();
  return rows.map(toEvent).reverse();
}

/** Whether a line of this kind is there about a message. */
export async function hasMailEvent(
  db: Db,
  {
    homeId,
    uid,
    messageId,
    what,
  }: Pick<MailEventRow, 'homeId' | 'uid' | 'messageId'> & { readonly what: readonly string[] },
): Promise<boolean> {
  const row = await db
    .selectFrom('mail_events')
    .select('key')
    .where('home_id', '=', homeId)
    .where('uid', '=', uid)
    .where('message_id', '=', messageId ?? null)
    .where('what', 'in', what)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

/** Forgets lines from before an instant, `limit` at most; returns how many. */
export async function forgetMailEvents(tx: Db, before: number, limit: number): Promise<number> {
  const { numAffectedRows = 0n } = await sql`
    delete from mail_events where key in (select key from mail_events where at < ${before} order by at limit ${limit})`.execute(
    tx,
  );
  return Number(numAffectedRows);
}

const toEvent = (row: Selectable<MailEventTable>): MailEventRow => ({
  ...{ homeId: row.home_id, uid: row.uid, recipient: row.recipient, recipientKey: row.recipient_key },
  ...{ messageId: row.message_id ?? undefined, at: row.at, what: row.what, detail: row.detail },
});
