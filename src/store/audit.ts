import { newId } from '../base/ids.ts';
import { authorColumns, toAuthor, type Author } from './author.ts';
import type { Db } from './dialect.ts';

/** What is recorded besides the changes of objects, which their versions tell. */
export type Act =
  | 'principal-created'
  | 'principal-changed'
  | 'principal-removed'
  | 'password-set'
  | 'calendar-created'
  | 'calendar-changed'
  | 'calendar-renamed'
  | 'calendar-removed'
  | 'calendar-restored'
  | 'access-changed'
  | 'object-restored'
  | 'restored-as-of'
  | 'trash-emptied'
  | 'device-held'
  | 'device-released'
  | 'device-rolled-back'
  | 'shared'
  | 'unshared'
  | 'share-accepted'
  | 'share-declined'
  | 'link-created'
  | 'link-revoked'
  | 'booking-answered'
  | 'policy-changed'
  | 'tray-accepted'
  | 'tray-declined'
  | 'sender-trusted'
  | 'sender-untrusted'
  | 'invitation-resent';

/** Ids, names of properties and numbers: never a value of a property, text of an object, or a password. */
export type Detail = Readonly<Record<string, string | number | readonly string[]>>;

export interface RecordedAct {
  readonly act: Act;
  /** UTC milliseconds. */
  readonly at: number;
  readonly by: Author | undefined;
  /** Whose home it happened in, or whom it is about. */
  readonly homeId: string | undefined;
  /** The id of what was acted on: a collection, a principal, a version, a hold. */
  readonly subject: string | undefined;
  readonly detail: Detail;
}

/** Writes a line of the audit log, in the transaction of the act itself. It outlives whom it is about. */
export async function recordAct(tx: Db, { act, at, by, homeId, subject, detail }: RecordedAct): Promise<void> {
  await tx
    .insertInto('audit')
    .values({
      ...{ at, act, home_id: homeId ?? null, subject: subject ?? null, detail: JSON.stringify(bounded(detail)) },
      ...authorColumns('done', by),
    })
    .execute();
}

/** Of a list, and of a text in one. */
const MOST_ENTRIES = 100;
const MOST_OF_TEXT = 200;

/** Names of properties come from clients: a line is kept for long, and stays one. */
const bounded = (detail: Detail): Detail =>
  Object.fromEntries(
    Object.entries(detail).map(([name, value]) => {
      if (typeof value === 'number') return [name, value];
      if (typeof value === 'string') return [name, value.slice(0, MOST_OF_TEXT)];
      return [name, value.slice(0, MOST_ENTRIES).map((text) => text.slice(0, MOST_OF_TEXT))];
    }),
  );

export interface ActQuestion {
  /** Only what happened in this home, or was done by its owner. */
  readonly homeId?: string | undefined;
  /** From this instant on. */
  readonly since: number;
  /** The last key of the page before. */
  readonly after: number;
  readonly limit: number;
}

/** Acts in the order in which they were recorded, with their keys. */
export async function listActs(
  db: Db,
  { homeId, since, after, limit }: ActQuestion,
): Promise<readonly (RecordedAct & { readonly key: number })[]> {
  let query = db
    .selectFrom('audit')
    .selectAll()
    .where('at', '>=', since)
    .where('key', '>', after)
    .orderBy('key')
    .limit(limit);
  if (homeId !== undefined) {
    query = query.where((eb) => eb.or([eb('home_id', '=', homeId), eb('done_by', '=', homeId)]));
  }
  return (await query.execute()).map((row) => ({
    key: row.key,
    // Both written by recordAct.
    act: row.act as Act,
    detail: JSON.parse(row.detail) as Detail,
    at: row.at,
    by: toAuthor(row.done_by, row.done_device, row.done_origin),
    homeId: row.home_id ?? undefined,
    subject: row.subject ?? undefined,
  }));
}

/** Forgets acts from before an instant, `limit` at most; returns how many. */
export async function pruneActs(tx: Db, before: number, limit: number): Promise<number> {
  const old = tx.selectFrom('audit').select('key').where('at', '<', before).orderBy('at').limit(limit);
  const { numDeletedRows } = await tx.deleteFrom('audit').where('key', 'in', old).executeTakeFirst();
  return Number(numDeletedRows);
}

/** Something that the owner of a home is to be told. */
export interface Notice {
  readonly id: string;
  readonly homeId: string;
  readonly at: number;
  readonly kind: 'device-held';
  readonly detail: Detail;
}

export async function insertNotice(tx: Db, { homeId, at, kind, detail }: Omit<Notice, 'id'>): Promise<void> {
  await tx
    .insertInto('notices')
    .values({ id: newId(), home_id: homeId, at, kind, detail: JSON.stringify(detail), seen_at: null })
    .execute();
}

/** The notices of a home that nobody has seen, the oldest first. */
export async function unseenNotices(db: Db, homeId: string): Promise<Notice[]> {
  const rows = await db
    .selectFrom('notices')
    .selectAll()
    .where('home_id', '=', homeId)
    .where('seen_at', 'is', null)
    .orderBy('at')
    .orderBy('id')
    .execute();
  return rows.map(({ id, at, kind, detail }) => ({
    ...{ id, homeId, at },
    // Both written by insertNotice.
    kind: kind as Notice['kind'],
    detail: JSON.parse(detail) as Detail,
  }));
}

/** Forgets notices from before an instant, seen or not. */
export async function pruneNotices(tx: Db, before: number): Promise<void> {
  await tx.deleteFrom('notices').where('at', '<', before).execute();
}
