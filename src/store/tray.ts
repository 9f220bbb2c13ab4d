import { newId } from '../base/ids.ts';
import type { Db } from './dialect.ts';
import type { TrayItemTable } from './mail-schema.ts';

export type TrayState = 'pending' | 'accepted' | 'declined' | 'refused';

/** A message that waits for a person's word, or was refused: see TrayItemTable. */
export interface TrayItem {
  readonly id: string;
  readonly homeId: string;
  readonly uid: string;
  readonly method: string;
  readonly receivedAt: number;
  /** Address of From; '' where there is none. */
  readonly sender: string;
  /** As which calendar user it was sent. */
  readonly sentAs: string;
  readonly state: TrayState;
  readonly reason: string;
  /** JSON, as it was saved. */
  readonly verdict: string;
  readonly octets: Uint8Array;
}

/** What is known of it without reading it. */
export type TrayHead = Pick<TrayItem, 'id' | 'sender' | 'sentAs'>;

type Row = Pick<TrayItemTable, Exclude<keyof TrayItemTable, 'key'>>;

const toItem = (row: Row): TrayItem => ({
  ...{ id: row.id, homeId: row.home_id, uid: row.uid, method: row.method, receivedAt: row.received_at },
  ...{ sender: row.sender, sentAs: row.sent_as, reason: row.reason, verdict: row.verdict, octets: row.octets },
  // Written by insertTrayItem and setTrayState.
  state: row.state as TrayState,
});

export async function insertTrayItem(tx: Db, item: Omit<TrayItem, 'id'>): Promise<string> {
  const id = newId();
  await tx
    .insertInto('tray_items')
    .values({
      ...{ id, home_id: item.homeId, uid: item.uid, method: item.method, received_at: item.receivedAt },
      ...{ sender: item.sender, sent_as: item.sentAs, state: item.state, reason: item.reason },
      ...{ verdict: item.verdict, octets: item.octets },
    })
    .execute();
  return id;
}

export async function trayItem(db: Db, id: string): Promise<TrayItem | undefined> {
  const row = await db.selectFrom('tray_items').selectAll().where('id', '=', id).executeTakeFirst();
  return row && toItem(row);
}

/** The items of a home, or of all, in the order in which they came; of a UID alone where one is given. */
export async function trayItems(
  db: Db,
  { homeId, uid, states }: { homeId?: string | undefined; uid?: string; states: readonly TrayState[] },
): Promise<readonly TrayItem[]> {
  let query = db.selectFrom('tray_items').selectAll().where('state', 'in', states).orderBy('key');
  if (homeId !== undefined) query = query.where('home_id', '=', homeId);
  if (uid !== undefined) query = query.where('uid', '=', uid);
  return (await query.execute()).map(toItem);
}

/** What waits in a home of a UID: there may be hundreds of the largest messages, of which few are of one sender. */
export async function pendingHeads(db: Db, homeId: string, uid: string): Promise<readonly TrayHead[]> {
  const rows = await db
    .selectFrom('tray_items')
    .select(['id', 'sender', 'sent_as'])
    .where('state', '=', 'pending')
    .where('home_id', '=', homeId)
    .where('uid', '=', uid)
    .orderBy('key')
    .execute();
  return rows.map((row) => ({ id: row.id, sender: row.sender, sentAs: row.sent_as }));
}

export async function setTrayState(tx: Db, id: string, state: TrayState): Promise<void> {
  await tx.updateTable('tray_items').set({ state }).where('id', '=', id).execute();
}

export async function removeTrayItems(tx: Db, ids: readonly string[]): Promise<void> {
  if (ids.length > 0) await tx.deleteFrom('tray_items').where('id', 'in', ids).execute();
}

/** The ids of a home's items in these states beyond the newest so many; of one sender where one is given. */
export async function trayItemsBeyond(
  db: Db,
  { homeId, states, most, sender }: { homeId: string; states: readonly TrayState[]; most: number; sender?: string },
): Promise<readonly string[]> {
  let query = db.selectFrom('tray_items').select('id').where('home_id', '=', homeId).where('state', 'in', states);
  if (sender !== undefined) query = query.where('sender', '=', sender);
  const rows = await query.orderBy('key', 'desc').limit(BATCH).offset(most).execute();
  return rows.map(({ id }) => id);
}

const BATCH = 100;

/** Whom a home trusts: mail addresses in lower case, and @domain. */
export async function trustedSenders(db: Db, homeId: string): Promise<readonly string[]> {
  const rows = await db
    .selectFrom('trusted_senders')
    .select('sender')
    .where('home_id', '=', homeId)
    .orderBy('sender')
    .execute();
  return rows.map(({ sender }) => sender);
}

export async function trustSender(tx: Db, homeId: string, sender: string, now: number): Promise<void> {
  await tx
    .insertInto('trusted_senders')
    .values({ home_id: homeId, sender, created_at: now })
    .onConflict((conflict) => conflict.columns(['home_id', 'sender']).doNothing())
    .execute();
}

/** Whether it was trusted. */
export async function untrustSender(tx: Db, homeId: string, sender: string): Promise<boolean> {
  const { numDeletedRows } = await tx
    .deleteFrom('trusted_senders')
    .where('home_id', '=', homeId)
    .where('sender', '=', sender)
    .executeTakeFirst();
  return Number(numDeletedRows) > 0;
}
