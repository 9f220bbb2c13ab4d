import type { Selectable } from 'kysely';

import { asPrincipalId, type PrincipalId } from '../base/ids.ts';
import { textsOf, type Db } from './dialect.ts';
import { prepared } from './prepared.ts';
import { remembered } from './remembered.ts';
import type { AutoSchedule, PrincipalKind, PrincipalTable } from './principal-schema.ts';

export interface Principal {
  readonly id: PrincipalId;
  readonly kind: PrincipalKind;
  readonly guid: string;
  readonly name: string;
  /** As written, the preferred one first. */
  readonly emails: readonly string[];
  readonly admin: boolean;
  readonly adminReadOnly: boolean;
  /** IANA name. */
  readonly timezone: string | undefined;
  readonly locale: string | undefined;
  readonly autoSchedule: AutoSchedule | undefined;
  /** The group whose members are accepted without question. */
  readonly autoAcceptGroup: string | undefined;
  readonly capacity: number | undefined;
  /** What may be booked of a room, as JSON; undefined: nothing is forbidden. */
  readonly roomPolicy: string | undefined;
  readonly features: readonly string[];
  /** Grows with every change of the principal, its addresses, memberships or delegates. */
  readonly version: number;
  readonly createdAt: number;
  readonly modifiedAt: number;
}

export async function findPrincipal(db: Db, id: string): Promise<Principal | undefined> {
  return rememberedPrincipal(db, id);
}

const rememberedPrincipal = remembered((id: string) => id, readPrincipal);

async function readPrincipal(db: Db, id: string): Promise<Principal | undefined> {
  const [state] = (await selectState(db, { id })).rows;
  if (state === undefined) return undefined;
  const { version, guid, created_at } = state;
  const known = knownIn(db);
  const before = known.get(id);
  if (before?.version === version && before.guid === guid && before.createdAt === created_at) return before;
  const [row] = (await selectPrincipal(db, { id })).rows;
  const found = row && toPrincipal(row);
  if (known.size >= MOST_KNOWN) known.clear();
  if (found !== undefined) known.set(id, found);
  return found;
}

/**
 * Principals as they were last read: each request asks for the owner of a home, and to read all of a row costs five
 * times what it costs to see that it is the same. A transaction has its own, as it may read what is never committed.
 */
const knownPrincipals = new WeakMap<Db, Map<string, Principal>>();
const MOST_KNOWN = 10_000;

function knownIn(db: Db): Map<string, Principal> {
  const known = knownPrincipals.get(db) ?? new Map<string, Principal>();
  knownPrincipals.set(db, known);
  return known;
}

interface AtAddress {
  readonly address: string;
  readonly id: string;
  readonly version: number;
  readonly guid: string;
  readonly created_at: number;
}

/** Who has these addresses, which are folded; those that nobody has are left out. */
export async function principalsAt(db: Db, addresses: readonly string[]): Promise<ReadonlyMap<string, Principal>> {
  const { rows } = await selectAt(db, { addresses: JSON.stringify(addresses) });
  const known = knownIn(db);
  const isSame = ({ id, version, guid, created_at }: AtAddress): boolean => {
    const before = known.get(id);
    return before?.version === version && before.guid === guid && before.createdAt === created_at;
  };
  const others = rows.filter((row) => !isSame(row)).map(({ id }) => id);
  const read = others.length === 0 ? [] : (await selectPrincipals(db, { ids: JSON.stringify(others) })).rows;
  if (known.size + read.length >= MOST_KNOWN) known.clear();
  for (const row of read) known.set(row.id, toPrincipal(row));
  const found = new Map<string, Principal>();
  for (const { address, id } of rows) {
    const principal = known.get(id) ?? (await findPrincipal(db, id));
    if (principal !== undefined) found.set(address, principal);
  }
  return found;
}

const selectAt = prepared((db, { addresses }: { addresses: string }) =>
  db
    .selectFrom('addresses')
    .innerJoin('principals', 'principals.id', 'addresses.principal_id')
    .select(['addresses.address', 'principals.id', 'principals.version', 'principals.guid', 'principals.created_at'])
    .where('addresses.address', 'in', textsOf(db, addresses))
    .compile(),
);

const selectPrincipals = prepared((db, { ids }: { ids: string }) =>
  db.selectFrom('principals').selectAll().where('id', 'in', textsOf(db, ids)).compile(),
);

/** What a principal cannot change without: its version grows with everything, and one that was made anew is another. */
const selectState = prepared((db, { id }: { id: string }) =>
  db.selectFrom('principals').select(['version', 'guid', 'created_at']).where('id', '=', id).compile(),
);

const selectPrincipal = prepared((db, { id }: { id: string }) =>
  db.selectFrom('principals').selectAll().where('id', '=', id).compile(),
);

export function toPrincipal(row: Selectable<PrincipalTable>): Principal {
  return {
    id: asPrincipalId(row.id),
    kind: row.kind,
    guid: row.guid,
    name: row.name,
    // JSON of our own making, as are the features.
    emails: JSON.parse(row.emails) as string[],
    admin: row.admin === 1,
    adminReadOnly: row.admin_read_only === 1,
    timezone: row.timezone ?? undefined,
    locale: row.locale ?? undefined,
    autoSchedule: row.auto_schedule ?? undefined,
    autoAcceptGroup: row.auto_accept_group ?? undefined,
    capacity: row.capacity ?? undefined,
    roomPolicy: row.room_policy ?? undefined,
    features: JSON.parse(row.features) as string[],
    version: row.version,
    createdAt: row.created_at,
    modifiedAt: row.modified_at,
  };
}
