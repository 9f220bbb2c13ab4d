import { textList, type Db } from './dialect.ts';
import { fold } from './fold.ts';
import { prepared } from './prepared.ts';
import { principalsAt, toPrincipal, type Principal } from './principal-rows.ts';
import type { PrincipalKind } from './principal-schema.ts';

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
export { endOfStretch, searchPrincipals, type PrincipalSearch, type SearchClause } from './principal-search.ts';
export { removePrincipal, savePrincipal, setPasswordHash, type PrincipalSpec } from './save-principal.ts';

/** The principals with these ids, in the order of the list; those that do not exist are left out. */
export async function findPrincipals(db: Db, ids: readonly string[]): Promise<Principal[]> {
  if (ids.length === 0) return [];
  const rows = await db.selectFrom('principals').selectAll().where('id', 'in', textList(db, ids)).execute();
  const found = new Map(rows.map((row) => [row.id, toPrincipal(row)]));
  return ids.flatMap((id) => found.get(id) ?? []);
}

/** The principal that has this e-mail address, without regard to case. */
export async function principalByAddress(db: Db, email: string): Promise<Principal | undefined> {
  const [row] = (await selectByAddress(db, { address: fold(email) })).rows;
  return row && toPrincipal(row);
}

/** As principalByAddress, of any number of addresses; those that nobody has are left out. */
export async function principalsByAddresses(
  db: Db,
  emails: readonly string[],
): Promise<ReadonlyMap<string, Principal>> {
  const found = new Map<string, Principal>();
  for (let from = 0; from < emails.length; from += CHUNK) {
    const some = emails.slice(from, from + CHUNK);
    const principals = await principalsAt(db, some.map(fold));
    for (const email of some) {
      const principal = principals.get(fold(email));
      if (principal !== undefined) found.set(email, principal);
    }
  }
  return found;
}

/** Addresses that one query looks up. */
const CHUNK = 500;

export async function principalByGuid(db: Db, guid: string): Promise<Principal | undefined> {
  const row = await db.selectFrom('principals').selectAll().where('guid', '=', guid).executeTakeFirst();
  return row && toPrincipal(row);
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
  const [row] = byId.length > 0 ? byId : (await selectByAddress(db, { address: folded })).rows;
  return row && { principal: toPrincipal(row), passwordHash: row.password_hash ?? undefined };
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
  return (await query.execute()).map(toPrincipal);
}
