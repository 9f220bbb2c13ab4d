import { sql, type Selectable } from 'kysely';

import { asPrincipalId, type PrincipalId } from '../base/ids.ts';
import { textsOf, type Db } from './dialect.ts';
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

/** One query, because every request of a home asks it; a join of the two tables costs SQLite several times as much. */
export async function findPrincipal(db: Db, id: string): Promise<Principal | undefined> {
  const [row] = (await selectWithAddresses(db, { id })).rows;
  return row && toPrincipal(row, row.emails?.split('\n') ?? []);
}

const selectWithAddresses = prepared((db, { id }: { id: string }) =>
  db
    .selectFrom('principals')
    .selectAll()
    .select(
      sql<string | null>`(select string_agg(display, ${sql.lit('\n')} order by position)
        from addresses where principal_id = principals.id)`.as('emails'),
    )
    .where('id', '=', id)
    .compile(),
);

const selectAddresses = prepared((db, { id }: { id: string }) =>
  db
    .selectFrom('addresses')
    .select(['principal_id', 'display'])
    .where('principal_id', '=', id)
    .orderBy('position')
    .compile(),
);

const selectAddressesOf = prepared((db, { ids }: { ids: string }) =>
  db
    .selectFrom('addresses')
    .select(['principal_id', 'display'])
    .where('principal_id', 'in', textsOf(db, ids))
    .orderBy('position')
    .compile(),
);

/** Rows as principals, with their addresses. */
export async function withEmails(db: Db, rows: readonly Selectable<PrincipalTable>[]): Promise<Principal[]> {
  const [first] = rows;
  if (first === undefined) return [];
  const { rows: addresses } =
    rows.length === 1
      ? await selectAddresses(db, { id: first.id })
      : await selectAddressesOf(db, { ids: JSON.stringify(rows.map(({ id }) => id)) });
  const emails = new Map<string, string[]>(rows.map(({ id }) => [id, []]));
  for (const { principal_id: id, display } of addresses) emails.get(id)?.push(display);
  return rows.map((row) => toPrincipal(row, emails.get(row.id) ?? []));
}

function toPrincipal(row: Selectable<PrincipalTable>, emails: readonly string[]): Principal {
  return {
    id: asPrincipalId(row.id),
    kind: row.kind,
    guid: row.guid,
    name: row.name,
    emails,
    admin: row.admin === 1,
    adminReadOnly: row.admin_read_only === 1,
    timezone: row.timezone ?? undefined,
    locale: row.locale ?? undefined,
    autoSchedule: row.auto_schedule ?? undefined,
    autoAcceptGroup: row.auto_accept_group ?? undefined,
    capacity: row.capacity ?? undefined,
    // JSON of our own making.
    features: JSON.parse(row.features) as string[],
    version: row.version,
    createdAt: row.created_at,
    modifiedAt: row.modified_at,
  };
}
