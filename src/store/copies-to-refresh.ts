import type { Db } from './dialect.ts';
import { prepared } from './prepared.ts';

/** A meeting, by the home of its organizer. */
export interface OrganizedMeeting {
  readonly homeId: string;
  readonly uid: string;
}

/** Notes in the transaction of an answer that the other attendees have still to see it. */
export async function noteCopiesToRefresh(tx: Db, meeting: OrganizedMeeting, now: number): Promise<void> {
  await note(tx, { ...meeting, now });
}

const note = prepared((db, { homeId, uid, now }: OrganizedMeeting & { readonly now: number }) =>
  db
    .insertInto('copies_to_refresh')
    .values({ home_id: homeId, uid, noted_at: now })
    .onConflict((conflict) => conflict.columns(['home_id', 'uid']).doUpdateSet({ noted_at: now }))
    .compile(),
);

/** Those that were noted, in the order of homes and UIDs, by pages. */
export async function copiesToRefresh(
  db: Db,
  { after, limit }: { readonly after?: OrganizedMeeting | undefined; readonly limit: number },
): Promise<readonly OrganizedMeeting[]> {
  const { homeId = '', uid = '' } = after ?? {};
  const { rows } = await select(db, { homeId, uid, limit });
  return rows.map((row) => ({ homeId: row.home_id, uid: row.uid }));
}

const select = prepared((db, { homeId, uid, limit }: OrganizedMeeting & { readonly limit: number }) =>
  db
    .selectFrom('copies_to_refresh')
    .select(['home_id', 'uid'])
    .where((eb) => eb.or([eb('home_id', '>', homeId), eb.and([eb('home_id', '=', homeId), eb('uid', '>', uid)])]))
    .orderBy('home_id')
    .orderBy('uid')
    .limit(limit)
    .compile(),
);

/** Takes the note away, in the transaction that refreshes them; false: another has done so. */
export async function takeCopiesToRefresh(tx: Db, { homeId, uid }: OrganizedMeeting): Promise<boolean> {
  const { numDeletedRows } = await tx
    .deleteFrom('copies_to_refresh')
    .where('home_id', '=', homeId)
    .where('uid', '=', uid)
    .executeTakeFirst();
  return numDeletedRows > 0n;
}
