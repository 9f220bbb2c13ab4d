import type { Selectable } from 'kysely';

import { asPrincipalId, type PrincipalId } from '../base/ids.ts';
import type { Db } from './dialect.ts';
import { prepared } from './prepared.ts';
import type { AutoSchedule, PrincipalKind, PrincipalTable } from './schema.ts';

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
  readonly features: readonly string[];
  /** Grows with every change of the principal, its addresses, memberships or delegates. */
  readonly version: number;
  readonly createdAt: number;
  readonly modifiedAt: number;
}

export async function findPrincipal(db: Db, id: string): Promise<Principal | undefined> {
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
    features: JSON.parse(row.features) as string[],
    version: row.version,
    createdAt: row.created_at,
    modifiedAt: row.modified_at,
  };
}
