import { sql } from 'kysely';
import { newId } from '../base/ids.ts';
import type { Db } from './dialect.ts';
import type { InboundMailTable } from './mail-schema.ts';

/**
 * `taken`: dealt with; `tray`: it waits in the tray of its receiver; `refused`: it may not do what it says; `bounce`: a report
 * of another mail server; `unread`: it cannot be processed, and is kept for a person.
 */
export const INBOUND_STATES = ['taken', 'tray', 'refused', 'bounce', 'unread'] as const;
export type InboundState = (typeof INBOUND_STATES)[number];

/** A mail that came in, for one recipient. */
export interface InboundMail {
  readonly id: string;
  /** SHA-256 of the octets and the recipient. */
  readonly digest: string;
  readonly receivedAt: number;
  readonly source: string;
  readonly envelopeFrom: string;
  readonly envelopeTo: string;
  readonly messageId: string | undefined;
  readonly state: InboundState;
  /** One sentence for a person. */
  readonly reason: string;
  readonly homeId: string | undefined;
  readonly uid: string | undefined;
  /** The mail itself, where it is kept. */
  readonly octets: Uint8Array | undefined;
}

export type InboundHead = Omit<InboundMail, 'octets'> & { readonly key: number; readonly isKept: boolean };

/** Writes a mail down; false where it is there already, by its digest. */
export async function insertInboundMail(tx: Db, mail: Omit<InboundMail, 'id'>): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto('inbound_mails')
    .values({ ...valuesOf(mail), id: newId(), digest: mail.digest, received_at: mail.receivedAt })
    .onConflict((conflict) => conflict.column('digest').doNothing())
    .executeTakeFirst();
  return Number(numInsertedOrUpdatedRows ?? 0) > 0;
}

/** What another reading of a mail that was kept has come to. */
export async function updateInboundMail(
  tx: Db,
  {
    id,
    state,
    reason,
    homeId,
    uid,
    octets,
  }: Pick<InboundMail, 'id' | 'state' | 'reason' | 'homeId' | 'uid' | 'octets'>,
): Promise<void> {
  await tx
    .updateTable('inbound_mails')
    .set({ state, reason, home_id: homeId ?? null, uid: uid ?? null, octets: octets ?? null })
    .where('id', '=', id)
    .execute();
}

const valuesOf = (
  mail: Omit<InboundMail, 'id' | 'digest' | 'receivedAt'>,
): Omit<InboundMailTable, 'key' | 'id' | 'digest' | 'received_at'> => ({
  source: mail.source,
  envelope_from: mail.envelopeFrom,
  envelope_to: mail.envelopeTo,
  message_id: mail.messageId ?? null,
  state: mail.state,
  reason: mail.reason,
  home_id: mail.homeId ?? null,
  uid: mail.uid ?? null,
  octets: mail.octets ?? null,
});

/** What became of a mail that was handed in before. */
export async function inboundByDigest(
  db: Db,
  digest: string,
): Promise<Pick<InboundMail, 'id' | 'state' | 'reason'> | undefined> {
  const row = await db
    .selectFrom('inbound_mails')
    .select(['id', 'state', 'reason'])
    .where('digest', '=', digest)
    .executeTakeFirst();
  return row && { ...row, state: row.state as InboundState }; // written by insertInboundMail
}

export async function inboundMail(db: Db, id: string): Promise<InboundMail | undefined> {
  const row = await db.selectFrom('inbound_mails').selectAll().where('id', '=', id).executeTakeFirst();
  return row && { ...headOf({ ...row, kept: 0 }), octets: row.octets ?? undefined };
}

/** A page of mails, the newest first; `before`: the key of the last of the page before. */
export async function listInboundMails(
  db: Db,
  { states, before, limit }: { states?: readonly InboundState[] | undefined; before: number; limit: number },
): Promise<readonly InboundHead[]> {
  let query = db
    .selectFrom('inbound_mails')
    .select(['key', 'id', 'digest', 'received_at', 'source', 'envelope_from', 'envelope_to'])
    .select(['message_id', 'state', 'reason', 'home_id', 'uid'])
    .select((eb) => eb.case().when('octets', 'is', null).then(0).else(1).end().as('kept'))
    .where('key', '<', before)
    .orderBy('key', 'desc')
    .limit(limit);
  if (states !== undefined) query = query.where('state', 'in', states);
  return (await query.execute()).map((row) => ({ ...headOf(row), key: row.key, isKept: Number(row.kept) === 1 }));
}

type Row = Omit<InboundMailTable, 'key' | 'octets'> & { readonly kept: unknown };

const headOf = (row: Row): Omit<InboundMail, 'octets'> => ({
  id: row.id,
  digest: row.digest,
  receivedAt: row.received_at,
  source: row.source,
  envelopeFrom: row.envelope_from,
  envelopeTo: row.envelope_to,
  messageId: row.message_id ?? undefined,
  // Written by insertInboundMail.
  state: row.state as InboundState,
  reason: row.reason,
  homeId: row.home_id ?? undefined,
  uid: row.uid ?? undefined,
});

/** How many mails were kept with their octets since an instant, and how many octets these are. */
export async function keptMails(db: Db, since: number): Promise<{ readonly count: number; readonly octets: number }> {
  const { count, octets } = await db
    .selectFrom('inbound_mails')
    .select((eb) => eb.fn.countAll<number | string>().as('count'))
    .select(sql<number | string | null>`sum(length(octets))`.as('octets'))
    .where('received_at', '>=', since)
    .where('octets', 'is not', null)
    .executeTakeFirstOrThrow();
  return { count: Number(count), octets: Number(octets ?? 0) };
}

/** Forgets mails from before an instant, `limit` at most; returns how many. */
export async function pruneInboundMails(tx: Db, before: number, limit: number): Promise<number> {
  const old = tx
    .selectFrom('inbound_mails')
    .select('key')
    .where('received_at', '<', before)
    .orderBy('received_at')
    .limit(limit);
  const { numDeletedRows } = await tx.deleteFrom('inbound_mails').where('key', 'in', old).executeTakeFirst();
  return Number(numDeletedRows);
}
