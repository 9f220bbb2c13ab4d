import {
  allGroupsOf,
  credentialsByLogin,
  delegatesOf,
  delegatorsOf as delegatorRows,
  directGroupsOf,
  findPrincipal,
  findPrincipals,
  listPrincipals,
  membersOf as memberRows,
  searchPrincipals as searchRows,
  type PrincipalSearch,
} from '../store/principals.ts';
import type { CalendarContext } from './context.ts';
import type { Principal, PrincipalKind } from './model.ts';

export type { PrincipalSearch };

/** Delegates by what they may do (calendarserver's calendar-proxy-read and calendar-proxy-write). */
export interface Delegation {
  readonly read: readonly Principal[];
  readonly write: readonly Principal[];
}

export function getPrincipal(context: CalendarContext, id: string): Promise<Principal | undefined> {
  return findPrincipal(context.store.db, id);
}

/** The principals with these ids; those that do not exist are left out. */
export function principalsById(context: CalendarContext, ids: readonly string[]): Promise<readonly Principal[]> {
  return findPrincipals(context.store.db, ids);
}

/** Who logs in by this name: the id or any address, without regard to case. */
export async function principalOfLogin(context: CalendarContext, login: string): Promise<Principal | undefined> {
  return (await credentialsByLogin(context.store.db, login))?.principal;
}

/** Every principal of a kind, in the order of ids. */
export async function principalsOf(context: CalendarContext, kind: PrincipalKind): Promise<readonly Principal[]> {
  const all: Principal[] = [];
  for (;;) {
    const after = all.at(-1)?.id;
    const page = await listPrincipals(context.store.db, {
      kind,
      limit: 1000,
      ...(after === undefined ? {} : { after }),
    });
    all.push(...page);
    if (page.length < 1000) return all;
  }
}

/** The groups that have this principal as a direct member. */
export async function groupsOf(context: CalendarContext, id: string): Promise<readonly Principal[]> {
  return findPrincipals(context.store.db, await directGroupsOf(context.store.db, id));
}

/** The groups that have this principal as a member, directly or through other groups. */
export async function allGroups(context: CalendarContext, id: string): Promise<readonly Principal[]> {
  return findPrincipals(context.store.db, await allGroupsOf(context.store.db, id));
}

/** The direct members of a group. */
export async function membersOf(context: CalendarContext, id: string): Promise<readonly Principal[]> {
  return findPrincipals(context.store.db, await memberRows(context.store.db, id));
}

/** Who may act for this principal. */
export async function delegationsOf(context: CalendarContext, id: string): Promise<Delegation> {
  return byAccess(context, await delegatesOf(context.store.db, id));
}

/** For whom this principal may act, by itself or through groups: in both lists where one way reads and another writes. */
export async function delegatorsOf(context: CalendarContext, id: string): Promise<Delegation> {
  return byAccess(context, await delegatorRows(context.store.db, id));
}

export function searchPrincipals(context: CalendarContext, search: PrincipalSearch): Promise<readonly Principal[]> {
  return searchRows(context.store.db, search);
}

async function byAccess(
  context: CalendarContext,
  rows: readonly { readonly id: string; readonly access: 'read' | 'write' }[],
): Promise<Delegation> {
  const idsWith = (access: 'read' | 'write'): string[] =>
    rows.filter((row) => row.access === access).map(({ id }) => id);
  return {
    read: await findPrincipals(context.store.db, idsWith('read')),
    write: await findPrincipals(context.store.db, idsWith('write')),
  };
}
