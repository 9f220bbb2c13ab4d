import { sql } from 'kysely';

import { textsOf, type Db } from './dialect.ts';
import { prepared } from './prepared.ts';
import type { ShareAccess } from './sharing-schema.ts';

/** Of whom an ACE speaks: a principal, or everybody who is logged in (DAV:authenticated). */
export type AcePrincipal = { readonly kind: 'principal'; readonly id: string } | { readonly kind: 'authenticated' };

/** One entry of an access control list (RFC 3744 §5.5). */
export interface Ace {
  readonly principal: AcePrincipal;
  readonly deny: boolean;
  /** By their names (auth/privileges.ts). */
  readonly privileges: readonly string[];
}

/** What decides of an actor in the home of somebody else. */
export interface AccessRow {
  /** null: in the whole home, as a delegate. */
  readonly collection_id: string | null;
  readonly deny: number;
  /** JSON list of privileges; null for a delegate. */
  readonly privileges: string | null;
  readonly delegation: 'read' | 'write' | null;
  /** Of a share that was accepted: its level; null for an entry of the list. */
  readonly shared: ShareAccess | null;
}

/** More than a list has entries. */
const AFTER_LIST = 1_000_000;

/**
 * All ACEs of a home that speak of a principal, by itself, by its groups or as one of all, in the order in which they
 * count; what is shared with it, behind them; and whether it is a delegate of the owner. Its own id is read from its row, as PostgreSQL wants one collation
 * of both halves.
 */
export const accessRows = prepared((db, { ownerId, actorId }: { ownerId: string; actorId: string }) =>
  sql<AccessRow>`
    with recursive identity (id) as (
      select id from principals where id = ${actorId}
      union
      select group_members.group_id from group_members join identity on group_members.member_id = identity.id
    )
    select collection_id, deny, privileges, null as delegation, null as shared, place from aces
    where home_id = ${ownerId} and (principal_id is null or principal_id in (select id from identity))
    union all
    select null, 0, null, access, null, 0 from delegates
    where principal_id = ${ownerId} and delegate_id in (select id from identity)
    union all
    select shares.collection_id, 0, null, null, shares.access, ${sql.lit(AFTER_LIST)}
    from shares join share_answers on share_answers.share_id = shares.id
    where shares.home_id = ${ownerId} and share_answers.member_id = ${actorId} and share_answers.status = 'accepted'
    order by place`.compile(db),
);

/** The ACEs of a collection, in the order in which they count. */
export async function acesOf(db: Db, collectionId: string): Promise<Ace[]> {
  const { rows } = await selectAces(db, { collectionId });
  return rows.map(({ principal_id: id, deny, privileges }) => ({
    principal: id === null ? { kind: 'authenticated' } : { kind: 'principal', id },
    deny: deny === 1,
    // Written below.
    privileges: JSON.parse(privileges) as string[],
  }));
}

const selectAces = prepared((db, { collectionId }: { collectionId: string }) =>
  db
    .selectFrom('aces')
    .select(['principal_id', 'deny', 'privileges'])
    .where('collection_id', '=', collectionId)
    .orderBy('place')
    .compile(),
);

/** Makes the access control list of a collection this one. */
export async function replaceAces(
  tx: Db,
  { id, homeId }: { readonly id: string; readonly homeId: string },
  aces: readonly Ace[],
): Promise<void> {
  await tx.deleteFrom('aces').where('collection_id', '=', id).execute();
  const rows = aces.map(({ principal, deny, privileges }, place) => ({
    home_id: homeId,
    collection_id: id,
    place,
    principal_id: principal.kind === 'principal' ? principal.id : null,
    deny: deny ? 1 : 0,
    privileges: JSON.stringify(privileges),
  }));
  for (const row of rows) await tx.insertInto('aces').values(row).execute();
}

/** Of these homes, those whose inbox denies anything to anybody. */
export async function homesDenying(db: Db, homeIds: readonly string[]): Promise<string[]> {
  const { rows } = await selectDenying(db, { homeIds: JSON.stringify(homeIds) });
  return rows.map(({ home_id: id }) => id);
}

const selectDenying = prepared((db, { homeIds }: { homeIds: string }) =>
  db
    .selectFrom('aces')
    .innerJoin('collections', 'collections.id', 'aces.collection_id')
    .select('aces.home_id')
    .distinct()
    .where('aces.home_id', 'in', textsOf(db, homeIds))
    .where('aces.deny', '=', 1)
    .where('collections.kind', '=', 'inbox')
    .compile(),
);
