import { recordAct } from '../store/audit.ts';
import { removePrincipal as removeRows } from '../store/principals.ts';
import { unnamed } from './author.ts';
import type { CalendarContext } from './context.ts';
import type { Principal } from './model.ts';

/** Removes a principal with its home and everything in it, its memberships and its delegations. */
export async function removePrincipal(context: CalendarContext, { id }: Pick<Principal, 'id'>): Promise<void> {
  await context.store.write(async (tx) => {
    const at = context.clock();
    const isThere = await removeRows(tx, id, at);
    const act = { act: 'principal-removed', at, by: unnamed('provision'), homeId: id, subject: id } as const;
    if (isThere) await recordAct(tx, { ...act, detail: {} });
  });
}
