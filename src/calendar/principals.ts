import { createTurns } from '../base/turns.ts';
import {
  allGroupsOf,
  credentialsByLogin,
  delegatesOf,
  delegatorsOf as delegatorRows,
  directGroupsOf,
  findPrincipal,
  endOfStretch,
  findPrincipals,
  listPrincipals,
  membersOf as memberRows,
  searchPrincipals as searchRows,
  type PrincipalSearch,
} from '../store/principals.ts';
import { fold } from '../store/fold.ts';
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

/** Principals read between two turns of the event loop: what is asked of them may be questions to the database. */
const PAGE = 100;

/** Every principal of a kind by pages, in the order of ids. */
export async function* principalPages(
  { store }: CalendarContext,
  kind: PrincipalKind,
): AsyncGenerator<readonly Principal[], void> {
  const turns = createTurns();
  for (let after: string | undefined; ;) {
    const page = await listPrincipals(store.db, { kind, limit: PAGE, ...(after === undefined ? {} : { after }) });
    if (page.length > 0) yield page;
    if (page.length < PAGE) return;
    after = page.at(-1)?.id;
    if (turns.isDue()) await turns.take();
  }
}

/** Every principal of a kind, in the order of ids. */
export async function principalsOf(context: CalendarContext, kind: PrincipalKind): Promise<readonly Principal[]> {
  return (await Array.fromAsync(principalPages(context, kind))).flat();
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

/** Texts that a database compares between two turns of the event loop: some milliseconds, in SQLite. */
const COMPARED = 2500;
const FEWEST = 250;

/** Principals that a database looks at in one question of so many texts. */
export const spanFor = (texts: number): number => Math.max(FEWEST, Math.ceil(COMPARED / Math.max(1, texts)));

/** Principals by name, address or id, without regard to case, the first `limit` of them in the order of names. */
export async function searchPrincipals(
  { store }: CalendarContext,
  search: PrincipalSearch,
): Promise<readonly Principal[]> {
  const turns = createTurns();
  const span = spanFor(search.clauses.length);
  let found: readonly Named[] = [];
  for (let after: string | undefined; ;) {
    const upTo = await endOfStretch(store.db, { after, span });
    const page = (await searchRows(store.db, search, { after, upTo })).map(named);
    if (page.length > 0) found = [...found, ...page].sort(byName).slice(0, search.limit);
    if (upTo === undefined) return found.map(({ principal }) => principal);
    after = upTo;
    if (turns.isDue()) await turns.take();
  }
}

interface Named {
  readonly principal: Principal;
  readonly folded: string;
}

const named = (principal: Principal): Named => ({ principal, folded: fold(principal.name) });

function byName(one: Named, other: Named): number {
  if (one.folded !== other.folded) return one.folded < other.folded ? -1 : 1;
  return one.principal.id < other.principal.id ? -1 : 1;
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
