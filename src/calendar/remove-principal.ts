import { recordAct } from '../store/audit.ts';
import { collectionsOfHome } from '../store/collections.ts';
import { removeInvitations } from '../store/mailed-invitations.ts';
import { removePrincipal as removeRows } from '../store/principals.ts';
import { groupsAround } from '../store/shares.ts';
import type { Db } from '../store/store.ts';
import type { Change } from '../base/hub.ts';
import { unnamed } from './author.ts';
import type { CalendarContext } from './context.ts';
import type { Principal } from './model.ts';
import { publishAll } from './publish.ts';
import { startScheduling } from './schedule.ts';
import { endSharesAround, followMembers } from './share-members.ts';

/**
 * Removes a principal with its home and everything in it, its memberships, its delegations and all shares. Its meetings are
 * cancelled, and those of others declined.
 */
export async function removePrincipal(context: CalendarContext, { id }: Pick<Principal, 'id'>): Promise<void> {
  const changes = await context.store.write(async (tx) => {
    const at = context.clock();
    const told = await endMeetings(context, tx, id);
    const ended = await endSharesAround(context, tx, id);
    const groups = await groupsAround(tx, [id]);
    const isThere = await removeRows(tx, id, at);
    await removeInvitations(tx, id);
    const act = { act: 'principal-removed', at, by: unnamed('provision'), homeId: id, subject: id } as const;
    if (isThere) await recordAct(tx, { ...act, detail: {} });
    return [...told, ...ended, ...(await followMembers(context, tx, groups))];
  });
  publishAll(context, changes);
}

async function endMeetings(context: CalendarContext, tx: Db, homeId: string): Promise<readonly Change[]> {
  const changes: Change[] = [];
  for (const collection of await collectionsOfHome(tx, homeId)) {
    if (collection.kind !== 'calendar' || collection.sharedId !== undefined) continue;
    const scheduler = startScheduling(context, tx, { by: unnamed('provision'), collection });
    await scheduler.removingAll();
    changes.push(...(await scheduler.finish()));
  }
  return changes.filter((change) => change.homeId !== homeId);
}
