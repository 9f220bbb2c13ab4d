import { removePrincipal as removeRows } from '../store/principals.ts';
import type { CalendarContext } from './context.ts';
import type { Principal } from './model.ts';

/** Removes a principal with its home and everything in it, its memberships and its delegations. */
export async function removePrincipal(context: CalendarContext, { id }: Pick<Principal, 'id'>): Promise<void> {
  await context.store.write((tx) => removeRows(tx, id, context.clock()));
}
