import { recordAct } from '../store/audit.ts';
import { removePrincipal as removeRows } from '../store/principals.ts';
import { groupsAround } from '../store/shares.ts';
import { unnamed } from './author.ts';
import type { CalendarContext } from './context.ts';
import type { Principal } from './model.ts';
import { publishAll } from './notifications.ts';
import { endSharesAround, followMembers } from './share-members.ts';

/** Removes a principal with its home and everything in it, its memberships, its delegations and all shares. */
export async function removePrincipal(context: CalendarContext, { id }: Pick<Principal, 'id'>): Promise<void> {
  const changes = await context.store.write(async (tx) => {
    const at = context.clock();
    const ended = await endSharesAround(context, tx, id);
    const groups = await groupsAround(tx, [id]);
    const isThere = await removeRows(tx, id, at);
    const act = { act: 'principal-removed', at, by: unnamed('provision'), homeId: id, subject: id } as const;
    if (isThere) await recordAct(tx, { ...act, detail: {} });
    return [...ended, ...(await followMembers(context, tx, groups))];
  });
  publishAll(context, changes);
}
