import { asPrincipalId } from '../base/ids.ts';
import { textList, type Db } from './dialect.ts';
import { fold } from './fold.ts';
import { prepared } from './prepared.ts';
import { withEmails, type Principal } from './principal-rows.ts';
import type { PrincipalKind } from './schema.ts';

export { StoreConflict } from './errors.ts';
export {
  allGroupsOf,
  delegatesOf,
  delegatorsOf,
  directGroupsOf,
  membersOf,
  setDelegates,
  setMembers,
  type Delegate,
} from './memberships.ts';
export { findPrincipal, type Principal } from './principal-rows.ts';
export { searchPrincipals, type PrincipalSearch, type SearchClause } from './principal-search.ts';
export { removePrincipal, savePrincipal, setPasswordHash, type PrincipalSpec } from './save-principal.ts';

/** The principals with these ids, in the order of the list; those that do not exist are left out. */
export async function findPrincipals(db: Db, ids: readonly string[]): Promise<Principal[]> {
  if (ids.length === 0) return [];
  const rows = await db.selectFrom('principals').selectAll().where('id', 'in', textList(db, ids)).execute();
  const found = new Map((await withEmails(db, rows)).map((principal) => [principal.id, principal]));
  return ids.flatMap((id) => found.get(asPrincipalId(id)) ?? []);
}

/** The principal that has this e-mail address, without regard to case. */
export async function principalByAddress(db: Db, email: string): Promise<Principal | undefined> {
  const [found] = await withEmails(db, (await selectByAddress(db, { address: fold(email) })).rows);
  return found;
}

export async function principalByGuid(db: Db, guid: string): Promise<Principal | undefined> {
  const rows = await db.selectFrom('principals').selectAll().where('guid', '=', guid).execute();
  const [found] = await withEmails(db, rows);
  return found;
}

export interface Credentials {
  readonly principal: Principal;
  /** argon2id in PHC form; undefined: no log-in. */
  readonly passwordHash: string | undefined;
}

/** By a log-in name: the id, or else any address, without regard to case. */
export async function credentialsByLogin(db: Db, login: string): Promise<Credentials | undefined> {
  const folded = fold(login);
  const { rows: byId } = await selectByLogin(db, { login: folded });
  const rows = byId.length > 0 ? byId : (await selectByAddress(db, { address: folded })).rows;
  const [principal] = await withEmails(db, rows);
  return principal && { principal, passwordHash: rows[0]?.password_hash ?? undefined };
}

const selectByLogin = prepared((db, { login }: { login: string }) =>
  db.selectFrom('principals').selectAll().where('login', '=', login).compile(),
);

const selectByAddress = prepared((db, { address }: { address: string }) =>
  db
    .selectFrom('principals')
    .selectAll('principals')
    .innerJoin('addresses', 'addresses.principal_id', 'principals.id')
    .where('addresses.address', '=', address)
    .compile(),
);

export interface PrincipalPage {
  readonly kind?: PrincipalKind;
  /** The last id of the page before. */
  readonly after?: string;
  readonly limit: number;
}

/** Principals in the order of their ids. */
export async function listPrincipals(db: Db, { kind, after, limit }: PrincipalPage): Promise<Principal[]> {
  let query = db.selectFrom('principals').selectAll().orderBy('id').limit(limit);
  if (kind !== undefined) query = query.where('kind', '=', kind);
  if (after !== undefined) query = query.where('id', '>', after);
  return withEmails(db, await query.execute());
}
