import { textList, type Db } from './dialect.ts';
import { prepared } from './prepared.ts';

/** An organizer's meeting, by the UID in the organizer's home. */
export interface GroupMeeting {
  readonly homeId: string;
  readonly uid: string;
}

/** Notes which groups a meeting invites: these and no others. */
export async function noteGroupMeeting(
  tx: Db,
  { homeId, uid }: GroupMeeting,
  groupIds: readonly string[],
): Promise<void> {
  await tx.deleteFrom('group_meetings').where('home_id', '=', homeId).where('uid', '=', uid).execute();
  for (const id of new Set(groupIds)) {
    await tx.insertInto('group_meetings').values({ group_id: id, home_id: homeId, uid }).execute();
  }
}

/** The meetings that invite one of these groups and are not over at an instant, in the order of homes and UIDs. */
export async function meetingsOfGroups(
  db: Db,
  groupIds: readonly string[],
  { now, after, limit }: { readonly now: number; readonly after?: GroupMeeting | undefined; readonly limit: number },
): Promise<GroupMeeting[]> {
  let query = db
    .selectFrom('group_meetings')
    .innerJoin('collections', 'collections.home_id', 'group_meetings.home_id')
    .innerJoin('objects', (join) =>
      join.onRef('objects.collection_id', '=', 'collections.id').onRef('objects.uid', '=', 'group_meetings.uid'),
    )
    .select(['group_meetings.home_id', 'group_meetings.uid'])
    .distinct()
    .where('group_meetings.group_id', 'in', textList(db, groupIds))
    .where('collections.kind', '=', 'calendar')
    .where('objects.schedule_tag', 'is not', null)
    .where((eb) => eb.or([eb('objects.last_at', 'is', null), eb('objects.last_at', '>', now)]))
    .orderBy('group_meetings.home_id')
    .orderBy('group_meetings.uid')
    .limit(limit);
  if (after !== undefined) {
    query = query.where((eb) =>
      eb.or([
        eb('group_meetings.home_id', '>', after.homeId),
        eb.and([eb('group_meetings.home_id', '=', after.homeId), eb('group_meetings.uid', '>', after.uid)]),
      ]),
    );
  }
  return (await query.execute()).map(({ home_id: homeId, uid }) => ({ homeId, uid }));
}

/** A group whose members, or those of a group in it, have changed; told from a later change by the version. */
export interface ChangedGroup {
  readonly groupId: string;
  readonly version: number;
}

/** In the transaction that changes the members of these groups. */
export async function noteChangedGroups(tx: Db, groupIds: Iterable<string>): Promise<void> {
  for (const groupId of new Set(groupIds)) await upsertChanged(tx, { groupId });
}

const upsertChanged = prepared((db, { groupId }: { groupId: string }) =>
  db
    .insertInto('changed_groups')
    .values({ group_id: groupId, version: 1 })
    .onConflict((conflict) =>
      conflict.column('group_id').doUpdateSet((eb) => ({ version: eb('changed_groups.version', '+', 1) })),
    )
    .compile(),
);

export async function changedGroups(db: Db): Promise<ChangedGroup[]> {
  const rows = await db.selectFrom('changed_groups').selectAll().orderBy('group_id').execute();
  return rows.map(({ group_id: groupId, version }) => ({ groupId, version }));
}

/** The meetings of a group have followed; where it has changed again meanwhile, they have to again. */
export async function forgetChangedGroup(tx: Db, { groupId, version }: ChangedGroup): Promise<void> {
  await tx.deleteFrom('changed_groups').where('group_id', '=', groupId).where('version', '=', version).execute();
}
