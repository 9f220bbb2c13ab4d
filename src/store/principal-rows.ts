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
  const [row] = (await selectPrincipal(db, { id })).rows;
  return row && toPrincipal(row);
}

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
