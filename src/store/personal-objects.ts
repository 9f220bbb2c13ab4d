import { sql } from 'kysely';

import type { CollectionId, ObjectId, PrincipalId } from '../base/ids.ts';
import { createTurns } from '../base/turns.ts';
import { firstOf, removalsIn, type Change, type Changes, type SinceQuestion } from './changes.ts';
import { textsOf, type Db } from './dialect.ts';
import { HEAD_COLUMNS, toHead, type HeadRow, type ObjectHead } from './object-rows.ts';
import { prepared } from './prepared.ts';
import { octetsIn } from './shared-octets.ts';

/** What others see of an object: the object itself, or what it was before its owner changed what is the owner's own. */
export interface SharedForm {
  /** Names it: of two equal ones it is the same. */
  readonly etag: string;
  /** The change sequence of when it last changed. */
  readonly seq: number;
  /** undefined: those of the object. */
  readonly octets: Uint8Array | undefined;
}

/** What a sharee wrote of an object for themselves. */
export interface OwnForm {
  /** The shared form that it was written for. */
  readonly sharedEtag: string;
  readonly etag: string;
  readonly seq: number;
  readonly modifiedAt: number;
  readonly octets: Uint8Array;
}

/** An object as it concerns a sharee. */
export interface PersonalState {
  readonly shared: SharedForm;
  readonly own: OwnForm | undefined;
}

/** Rows that one query reads. */
const CHUNK = 200;

/** Of objects, by their ids, what a sharee sees of them where a calendar is mounted; any number of ids. */
export async function personalStates(
  db: Db,
  mountId: string,
  objectIds: readonly string[],
): Promise<ReadonlyMap<string, PersonalState>> {
  const found = new Map<string, PersonalState>();
  for (let from = 0; from < objectIds.length; from += CHUNK) {
    const ids = JSON.stringify(objectIds.slice(from, from + CHUNK));
    const { rows } = await selectStates(db, { mountId, ids });
    for (const row of rows) found.set(row.id, toState(row));
  }
  return found;
}

interface StateRow {
  readonly id: string;
  readonly base_etag: string;
  readonly base_seq: number;
  readonly shared_etag: string | null;
  readonly shared_seq: number | null;
  readonly shared_octets: Uint8Array | null;
  readonly own_shared_etag: string | null;
  readonly own_etag: string | null;
  readonly own_seq: number | null;
  readonly own_modified_at: number | null;
  readonly own_octets: Uint8Array | null;
}

function toState(row: StateRow): PersonalState {
  return {
    shared: {
      etag: row.shared_etag ?? row.base_etag,
      seq: row.shared_seq ?? row.base_seq,
      octets: row.shared_octets ?? undefined,
    },
    own:
      row.own_octets === null
        ? undefined
        : {
            sharedEtag: row.own_shared_etag ?? '',
            etag: row.own_etag ?? '',
            seq: row.own_seq ?? 0,
            modifiedAt: row.own_modified_at ?? 0,
            octets: row.own_octets,
          },
  };
}

const selectStates = prepared((db, { mountId, ids }: { mountId: string; ids: string }) =>
  sql<StateRow>`
    select o.id, o.etag as base_etag, o.seq as base_seq,
      f.shared_etag, f.seq as shared_seq, f.octets as shared_octets,
      p.shared_etag as own_shared_etag, p.etag as own_etag, p.seq as own_seq, p.modified_at as own_modified_at,
      p.octets as own_octets
    from objects o
    left join shared_forms f on f.object_id = o.id and f.base_etag = o.etag and f.base_seq = o.seq
    left join personal_objects p on p.object_id = o.id and p.mount_id = ${mountId}
    where o.id in ${textsOf(db, ids)}`.compile(db),
);

export interface NewOwnForm extends OwnForm {
  readonly objectId: ObjectId;
  readonly mountId: CollectionId;
  /** Of the sharee. */
  readonly homeId: PrincipalId;
}

/** Keeps what a sharee wrote of an object, in the place of what that was before. */
export async function keepOwnForm(tx: Db, form: NewOwnForm): Promise<void> {
  const changed = {
    shared_etag: form.sharedEtag,
    etag: form.etag,
    size: form.octets.byteLength,
    seq: form.seq,
    modified_at: form.modifiedAt,
    octets: form.octets,
  };
  await tx
    .insertInto('personal_objects')
    .values({ object_id: form.objectId, mount_id: form.mountId, home_id: form.homeId, ...changed })
    .onConflict((conflict) => conflict.columns(['object_id', 'mount_id']).doUpdateSet(changed))
    .execute();
}

/** What all sharees wrote of an object for themselves, for an object that takes its place. */
export async function ownFormsOf(tx: Db, objectId: string): Promise<readonly NewOwnForm[]> {
  const rows = await tx.selectFrom('personal_objects').selectAll().where('object_id', '=', objectId).execute();
  return rows.map((row) => ({
    // Rows hold the ids as they were given.
    objectId: row.object_id as ObjectId,
    mountId: row.mount_id as CollectionId,
    homeId: row.home_id as PrincipalId,
    ...{ sharedEtag: row.shared_etag, etag: row.etag, seq: row.seq },
    ...{ modifiedAt: row.modified_at, octets: row.octets },
  }));
}

/** As headByName, for who writes there: `isShared` where the calendar stands in other homes, too. */
export async function headToReplace(
  tx: Db,
  collectionId: string,
  name: string,
): Promise<{ readonly head: ObjectHead | undefined; readonly isShared: boolean }> {
  const [row] = (await selectToReplace(tx, { collectionId, name })).rows;
  return { head: row && toHead(row), isShared: row !== undefined && Number(row.mounts) > 0 };
}

const selectToReplace = prepared((db, { collectionId, name }: { collectionId: string; name: string }) =>
  db
    .selectFrom('objects')
    .select(HEAD_COLUMNS)
    .select(
      sql<number | string>`(select count(*) from collections m where m.shared_id = objects.collection_id)`.as('mounts'),
    )
    .where('collection_id', '=', collectionId)
    .where('name', '=', name)
    .compile(),
);

/** An object before it is written anew, and what others see of it. */
export interface Shareable {
  readonly octets: Uint8Array;
  readonly shared: SharedForm;
}

/** An object, and what others see of it; undefined where there is none. */
export async function sharedBefore(tx: Db, objectId: string): Promise<Shareable | undefined> {
  const [row] = (await selectShared(tx, { objectId })).rows;
  return row && { octets: row.octets, shared: toState({ ...row, ...NO_OWN }).shared };
}

const NO_OWN = {
  own_shared_etag: null,
  own_etag: null,
  own_seq: null,
  own_modified_at: null,
  own_octets: null,
} as const;

const selectShared = prepared((db, { objectId }: { objectId: string }) =>
  sql<Omit<StateRow, keyof typeof NO_OWN> & { readonly octets: Uint8Array }>`
    select o.id, o.etag as base_etag, o.seq as base_seq, ${octetsIn('o')} as octets,
      f.shared_etag, f.seq as shared_seq, f.octets as shared_octets
    from objects o
    left join shared_forms f on f.object_id = o.id and f.base_etag = o.etag and f.base_seq = o.seq
    where o.id = ${objectId}`.compile(db),
);

/** What others see of an object stays what it was, though the object is another. */
export async function keepSharedForm(
  tx: Db,
  head: Pick<ObjectHead, 'id' | 'homeId' | 'etag' | 'seq'>,
  { etag, seq, octets }: SharedForm & { readonly octets: Uint8Array },
): Promise<void> {
  const changed = { base_etag: head.etag, base_seq: head.seq, shared_etag: etag, seq, octets };
  await tx
    .insertInto('shared_forms')
    .values({ object_id: head.id, home_id: head.homeId, ...changed })
    .onConflict((conflict) => conflict.column('object_id').doUpdateSet(changed))
    .execute();
}

/**
 * As changesSince, of what a sharee sees where a calendar is mounted: changes for all, and those of the sharee's own.
 * What its owner changes of the owner's own is none.
 */
export function changesOfMount(
  db: Db,
  { collectionId, mountId }: { readonly collectionId: string; readonly mountId: string },
  question: SinceQuestion,
): Promise<Changes<Change>> {
  let all: Promise<Change[]> | undefined;
  return firstOf<Change>(question, {
    changed: async ({ since, upTo, limit }) => {
      // What is new of an object may be past the end of the question, and what others see of it within.
      all ??= changedOfMount(db, { collectionId, mountId, since: question.since });
      return (await all).filter(({ seq }) => seq > since && seq <= upTo).slice(0, limit);
    },
    removed: (part) => removalsIn(db, collectionId, part),
  });
}

const PAGE = 1000;

interface OfMount {
  readonly collectionId: string;
  readonly mountId: string;
  readonly since: number;
}

async function changedOfMount(db: Db, asked: OfMount): Promise<Change[]> {
  const turns = createTurns();
  const found: Change[] = [];
  for (let after = '', isMore = true; isMore;) {
    const { rows } = await selectChanged(db, { ...asked, after, limit: PAGE });
    for (const { told, ...row } of rows) found.push({ kind: 'changed', seq: told, head: toHead(row) });
    after = rows.at(-1)?.name ?? after;
    isMore = rows.length === PAGE;
    if (turns.isDue()) await turns.take();
  }
  return found.sort((one, other) => one.seq - other.seq);
}

const heads = sql.join(HEAD_COLUMNS.map((column) => sql.ref(column)));

const selectChanged = prepared(
  (db, { collectionId, mountId, since, after, limit }: OfMount & { readonly after: string; readonly limit: number }) =>
    sql<HeadRow & { readonly told: number }>`
    select ${heads},
      case
        when p.seq > coalesce(f.seq, objects.seq) then p.seq
        else coalesce(f.seq, objects.seq)
      end as told
    from objects
    left join shared_forms f
      on f.object_id = objects.id and f.base_etag = objects.etag and f.base_seq = objects.seq
    left join personal_objects p on p.object_id = objects.id and p.mount_id = ${mountId}
    where objects.collection_id = ${collectionId} and objects.name > ${after}
      and objects.id in (
        select id from objects where collection_id = ${collectionId} and seq > ${since}
        union all
        select object_id from personal_objects where mount_id = ${mountId} and seq > ${since}
      )
    order by objects.name limit ${limit}`.compile(db),
);
