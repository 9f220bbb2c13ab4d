import { sql } from 'kysely';

import type { Db } from './dialect.ts';
import { prepared } from './prepared.ts';

/** A place in the order of a home's changes: by sequence, then by URL, so that an answer may end anywhere. */
export interface HomePlace {
  readonly seq: number;
  /** Path segment of a collection below the home. */
  readonly uri: string;
  /** Path segment of a member below that, '' for the collection itself. */
  readonly name: string;
}

export interface HomeQuestion {
  readonly home: { readonly id: string; readonly homeId: string };
  /** The last place that is known already; what comes after it is told. */
  readonly after: HomePlace;
  /** Change sequence after which removals count; undefined: none does, as nothing was told yet. */
  readonly removedSince: number | undefined;
  /** Whether the members of the collections are told too. */
  readonly members: boolean;
  /** Most changes to give. */
  readonly limit: number;
}

export interface HomeChange extends HomePlace {
  readonly kind: 'changed' | 'removed';
  /** The collection itself, or the one that the member is or was in; null for one that is gone. */
  readonly collectionId: string | null;
  /** Of a collection: whether its coming to this URL is what is told. */
  readonly isNew: boolean;
}

export interface HomeChanges {
  /** In order: a collection that is new at its URL stands before its members. */
  readonly changes: readonly HomeChange[];
  readonly more: boolean;
  /** The home's change sequence at that moment; undefined where there is no change. */
  readonly seq: number | undefined;
}

/** The place after every change up to a sequence. No collection has an empty segment. */
export const endOf = (seq: number): HomePlace => ({ seq: seq + 1, uri: '', name: '' });

/**
 * What changed in a home after a place. A collection is changed when it comes to its URL, and when its properties or
 * its members change; with `members`, also each object that was changed, or whose collection came to another URL.
 * Removed are collections without another at their URL, and members of those that are there; where another collection
 * stands at the URL, also what had been below it (RFC 6578 §3.5.2). One statement, so that it sees one state.
 */
export async function homeChangesSince(db: Db, question: HomeQuestion): Promise<HomeChanges> {
  const { home, after, removedSince, members, limit } = question;
  const select =
    selections[`${members ? 'all' : 'collections'} ${removedSince === undefined ? 'kept' : 'and removed'}`];
  const { rows } = await select(db, {
    ...{ id: home.id, homeId: home.homeId, seq: after.seq, uri: after.uri, name: after.name },
    ...{ removedSince: removedSince ?? 0, limit: limit + 1 },
  });
  return {
    changes: rows.slice(0, limit).map(({ seq, uri, name, change, collection_id: collectionId }) => ({
      ...{ seq, uri, name, collectionId },
      kind: change === REMOVED ? 'removed' : 'changed',
      isNew: change === NEW,
    })),
    more: rows.length > limit,
    seq: rows[0]?.home_seq,
  };
}

// What `change` says of a row.
const CHANGED = 0;
const REMOVED = 1;
const NEW = 2;

interface Row {
  readonly seq: number;
  readonly uri: string;
  readonly name: string;
  readonly change: number;
  readonly collection_id: string | null;
  readonly home_seq: number;
}

interface Parameters {
  readonly id: string;
  readonly homeId: string;
  readonly seq: number;
  readonly uri: string;
  readonly name: string;
  readonly removedSince: number;
  readonly limit: number;
}

const selection = (wanted: { readonly members: boolean; readonly removed: boolean }) =>
  prepared((db, slots: Parameters) => {
    const parts = [
      CHANGED_COLLECTIONS,
      ...(wanted.members ? [changedMembers(slots)] : []),
      ...(wanted.removed ? [removedCollections(slots)] : []),
      ...(wanted.members && wanted.removed ? [removedMembers(slots), unmappedMembers(slots)] : []),
    ];
    const { id, seq, uri, name, limit } = slots;
    return sql<Row>`
      with ${children(slots)}
      select seq, uri, name, change, collection_id, (select seq from collections where id = ${id}) as home_seq
      from (${sql.join(parts, sql` union all `)}) as changes
      where (seq, uri, name) > (${seq}, ${uri}, ${name})
      order by seq, uri, name
      limit ${limit}`.compile(db);
  });

/**
 * Collections with a change at the place or after it. One that is new at its URL has the place of its coming, before
 * its members; told there already, that of its last change.
 */
const children = ({ homeId, seq, uri, name }: Parameters) => sql`
  child as (
    select id, uri, mapped_seq, home_seq,
      case when (mapped_seq, uri, '') > (${seq}, ${uri}, ${name}) then ${sql.lit(NEW)} else ${sql.lit(CHANGED)} end as change
    from collections where home_id = ${homeId} and kind not in ('home', 'plain') and home_seq >= ${seq}
  )`;

const CHANGED_COLLECTIONS = sql`
  select case when change = ${sql.lit(NEW)} then mapped_seq else home_seq end as seq, uri, cast('' as text) as name,
    change, id as collection_id
  from child`;

/** Of a collection that is new at its URL, every member is. */
const changedMembers = ({ seq }: Parameters) => sql`
  select case when o.seq > c.mapped_seq then o.seq else c.mapped_seq end, c.uri, o.name, ${sql.lit(CHANGED)}, c.id
  from child c join objects o on o.collection_id = c.id
  where o.seq >= case when c.mapped_seq >= ${seq} then 0 else cast(${seq} as bigint) end`;

const removedCollections = ({ id, seq, removedSince }: Parameters) => sql`
  select seq, name, '', ${sql.lit(REMOVED)}, null from tombstones
  where collection_id = ${id} and seq >= ${seq} and seq > ${removedSince}`;

const removedMembers = ({ seq, removedSince }: Parameters) => sql`
  select t.seq, c.uri, t.name, ${sql.lit(REMOVED)}, c.id
  from child c join tombstones t on t.collection_id = c.id
  where t.seq > c.mapped_seq and t.seq >= ${seq} and t.seq > ${removedSince}`;

const unmappedMembers = ({ homeId, seq, removedSince }: Parameters) => sql`
  select u.seq, c.uri, u.name, ${sql.lit(REMOVED)}, c.id
  from child c join unmapped_members u on u.home_id = ${homeId} and u.uri = c.uri
  where u.seq >= ${seq} and u.seq > ${removedSince}
    and not exists (select 1 from objects o where o.collection_id = c.id and o.name = u.name)
    and not exists (
      select 1 from tombstones t where t.collection_id = c.id and t.name = u.name and t.seq > c.mapped_seq
    )`;

const selections = {
  'collections kept': selection({ members: false, removed: false }),
  'collections and removed': selection({ members: false, removed: true }),
  'all kept': selection({ members: true, removed: false }),
  'all and removed': selection({ members: true, removed: true }),
} as const;
