import { sql, type Selectable } from 'kysely';

import { newId, type CollectionId, type PrincipalId } from '../base/ids.ts';
import { removeCollection } from './collection-writes.ts';
import { textList, textsOf, type Db } from './dialect.ts';
import { prepared } from './prepared.ts';
import type { ShareAccess, ShareAnswerTable, ShareStatus, ShareTable } from './sharing-schema.ts';

/** A calendar offered to a person or a group (caldav-sharing §5.3). */
export interface Share {
  /** The uid of the invitation. */
  readonly id: string;
  /** Of the sharer. */
  readonly homeId: PrincipalId;
  readonly collectionId: CollectionId;
  readonly shareeId: PrincipalId;
  readonly access: ShareAccess;
  /** As the sharer wrote them. */
  readonly commonName: string | undefined;
  readonly summary: string | undefined;
  readonly createdAt: number;
  readonly modifiedAt: number;
}

/** What a person who is offered a calendar made of it. */
export interface ShareAnswer {
  readonly shareId: string;
  readonly memberId: PrincipalId;
  readonly status: ShareStatus;
  /** Where it stands in the home of the member. */
  readonly mountId: CollectionId | undefined;
}

/** The shares of a calendar, the oldest first. */
export async function sharesOf(db: Db, collectionId: string): Promise<readonly Share[]> {
  return (await selectOfCollection(db, { collectionId })).rows.map(toShare);
}

export async function shareById(db: Db, id: string): Promise<Share | undefined> {
  const row = await db.selectFrom('shares').selectAll().where('id', '=', id).executeTakeFirst();
  return row && toShare(row);
}

/** The calendars of a home that are shared. */
export async function sharedCalendars(db: Db, homeId: string): Promise<ReadonlySet<string>> {
  return new Set((await selectSharedOf(db, { homeId })).rows.map(({ collection_id: id }) => id));
}

/** What is shared with one of these principals by name, the oldest first. */
export async function sharesWith(db: Db, shareeIds: readonly string[]): Promise<readonly Share[]> {
  if (shareeIds.length === 0) return [];
  const { rows } = await selectWith(db, { ids: JSON.stringify(shareeIds) });
  return rows.map(toShare);
}

/** A person's share with its answer. */
export interface Offered {
  readonly share: Share;
  readonly answer: ShareAnswer;
}

/** What a person is offered, the oldest first. */
export async function offeredTo(db: Db, memberId: string): Promise<readonly Offered[]> {
  const rows = await db.selectFrom('share_answers').selectAll().where('member_id', '=', memberId).execute();
  const shares = await db
    .selectFrom('shares')
    .selectAll()
    .where(
      'id',
      'in',
      textList(
        db,
        rows.map((row) => row.share_id),
      ),
    )
    .orderBy('created_at')
    .orderBy('sharee_id')
    .execute();
  const answers = new Map(rows.map((row) => [row.share_id, toAnswer(row)]));
  return shares.flatMap((row) => {
    const answer = answers.get(row.id);
    return answer === undefined ? [] : [{ share: toShare(row), answer }];
  });
}

/** Offers a calendar anew, or changes what is offered. */
export async function saveShare(
  tx: Db,
  { homeId, id: collectionId }: { readonly homeId: string; readonly id: string },
  shareeId: string,
  {
    access,
    commonName = null,
    summary = null,
    now,
  }: {
    readonly access: ShareAccess;
    readonly commonName?: string | null | undefined;
    readonly summary?: string | null | undefined;
    readonly now: number;
  },
): Promise<Share> {
  const content = { access, common_name: commonName, summary, modified_at: now };
  const row = await tx
    .insertInto('shares')
    .values({
      id: newId(),
      home_id: homeId,
      collection_id: collectionId,
      sharee_id: shareeId,
      ...content,
      created_at: now,
    })
    .onConflict((conflict) => conflict.columns(['collection_id', 'sharee_id']).doUpdateSet(content))
    .returningAll()
    .executeTakeFirstOrThrow();
  return toShare(row);
}

/** Ends a share: what is left of its mounts goes as well, and their homes' sync tells of it. */
export async function removeShare(tx: Db, shareId: string, now: number): Promise<void> {
  await removeMountsOf(tx, await mountIds(tx, [shareId]), now);
  await tx.deleteFrom('shares').where('id', '=', shareId).execute();
}

export async function answersOf(db: Db, shareId: string): Promise<readonly ShareAnswer[]> {
  const rows = await db
    .selectFrom('share_answers')
    .selectAll()
    .where('share_id', '=', shareId)
    .orderBy('member_id')
    .execute();
  return rows.map(toAnswer);
}

/** The answers to all shares of a calendar. */
export async function answersTo(db: Db, collectionId: string): Promise<readonly ShareAnswer[]> {
  const shares = db.selectFrom('shares').select('id').where('collection_id', '=', collectionId);
  const rows = await db
    .selectFrom('share_answers')
    .selectAll()
    .where('share_id', 'in', shares)
    .orderBy('share_id')
    .orderBy('member_id')
    .execute();
  return rows.map(toAnswer);
}

/** How many people are asked by the shares of a calendar, without one of them. */
export async function countAsked(db: Db, collectionId: string, exceptShareId: string): Promise<number> {
  const shares = db.selectFrom('shares').select('id').where('collection_id', '=', collectionId);
  const { count } = await db
    .selectFrom('share_answers')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('share_id', 'in', shares)
    .where('share_id', '<>', exceptShareId)
    .executeTakeFirstOrThrow();
  return count;
}

export async function answerOf(db: Db, shareId: string, memberId: string): Promise<ShareAnswer | undefined> {
  const row = await db
    .selectFrom('share_answers')
    .selectAll()
    .where('share_id', '=', shareId)
    .where('member_id', '=', memberId)
    .executeTakeFirst();
  return row && toAnswer(row);
}

export async function answerOfMount(db: Db, mountId: string): Promise<ShareAnswer | undefined> {
  const row = await db.selectFrom('share_answers').selectAll().where('mount_id', '=', mountId).executeTakeFirst();
  return row && toAnswer(row);
}

/** What a member says now; `at` is when, undefined of who was only asked. */
export async function saveAnswer(
  tx: Db,
  { shareId, memberId, status, mountId }: ShareAnswer,
  at: number | undefined,
): Promise<void> {
  const said = { status, mount_id: mountId ?? null, answered_at: at ?? null };
  await tx
    .insertInto('share_answers')
    .values({ share_id: shareId, member_id: memberId, ...said })
    .onConflict((conflict) => conflict.columns(['share_id', 'member_id']).doUpdateSet(said))
    .execute();
}

/** A member who is asked no more. */
export async function removeAnswer(tx: Db, shareId: string, memberId: string): Promise<void> {
  await tx.deleteFrom('share_answers').where('share_id', '=', shareId).where('member_id', '=', memberId).execute();
}

/** How many calendars of others a home has. */
export async function countMounts(db: Db, homeId: string): Promise<number> {
  const { count } = await db
    .selectFrom('collections')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('home_id', '=', homeId)
    .where('shared_id', 'is not', null)
    .executeTakeFirstOrThrow();
  return count;
}

/**
 * The people behind a sharee, in the order of their ids: itself, or the members of a group at any depth; `limit` at most.
 * Groups that contain each other do no harm.
 */
export async function peopleBehind(db: Db, shareeId: string, limit: number): Promise<readonly PrincipalId[]> {
  const { rows } = await selectPeople(db, { id: shareeId, limit });
  return rows.map(({ id }) => id);
}

/** The groups themselves, and those above them at any depth. */
export async function groupsAround(db: Db, ids: readonly string[]): Promise<readonly PrincipalId[]> {
  const { rows } = await selectAround(db, { ids: JSON.stringify(ids) });
  return rows.map(({ id }) => id);
}

/** Takes what is shared with a principal, and what it shares, out of all homes, whose sync tells of it. */
export async function removeMountsAround(tx: Db, principalId: string, now: number): Promise<void> {
  const shares = await tx
    .selectFrom('shares')
    .select('id')
    .where((eb) => eb.or([eb('home_id', '=', principalId), eb('sharee_id', '=', principalId)]))
    .execute();
  await removeMountsOf(
    tx,
    await mountIds(
      tx,
      shares.map(({ id }) => id),
    ),
    now,
  );
}

async function mountIds(tx: Db, ids: readonly string[]): Promise<readonly string[]> {
  if (ids.length === 0) return [];
  const rows = await tx
    .selectFrom('share_answers')
    .innerJoin('collections', 'collections.id', 'share_answers.mount_id')
    .select('collections.id')
    .where('share_id', 'in', textList(tx, ids))
    // In one order, so that two who do it at once do not wait for each other.
    .orderBy('collections.home_id')
    .execute();
  return rows.map(({ id }) => id);
}

async function removeMountsOf(tx: Db, ids: readonly string[], now: number): Promise<void> {
  for (const id of ids) await removeCollection(tx, id, now);
}

// Rows hold ids as they were given: these two give them their types back.
const toShare = (row: Selectable<ShareTable>): Share => ({
  id: row.id,
  homeId: row.home_id as PrincipalId,
  collectionId: row.collection_id as CollectionId,
  shareeId: row.sharee_id as PrincipalId,
  access: row.access,
  commonName: row.common_name ?? undefined,
  summary: row.summary ?? undefined,
  createdAt: row.created_at,
  modifiedAt: row.modified_at,
});

const toAnswer = (row: Selectable<ShareAnswerTable>): ShareAnswer => ({
  shareId: row.share_id,
  memberId: row.member_id as PrincipalId,
  status: row.status,
  mountId: (row.mount_id ?? undefined) as CollectionId | undefined,
});

const selectOfCollection = prepared((db, { collectionId }: { collectionId: string }) =>
  db
    .selectFrom('shares')
    .selectAll()
    .where('collection_id', '=', collectionId)
    .orderBy('created_at')
    .orderBy('sharee_id')
    .compile(),
);

const selectSharedOf = prepared((db, { homeId }: { homeId: string }) =>
  db.selectFrom('shares').select('collection_id').distinct().where('home_id', '=', homeId).compile(),
);

const selectWith = prepared((db, { ids }: { ids: string }) =>
  db
    .selectFrom('shares')
    .selectAll()
    .where('sharee_id', 'in', textsOf(db, ids))
    .orderBy('created_at')
    .orderBy('sharee_id')
    .compile(),
);

/** PostgreSQL wants one collation of both halves of the union: the id is read from its row. */
const selectPeople = prepared((db, { id, limit }: { id: string; limit: number }) =>
  sql<{ id: PrincipalId }>`
    with recursive below (id) as (
      select id from principals where id = ${id}
      union
      select group_members.member_id from group_members join below on group_members.group_id = below.id
    )
    select principals.id from below join principals on principals.id = below.id
    where principals.kind = 'user' order by principals.id limit ${limit}`.compile(db),
);

const selectAround = prepared((db, { ids }: { ids: string }) =>
  sql<{ id: PrincipalId }>`
    with recursive around (id) as (
      select id from principals where id in ${textsOf(db, ids)}
      union
      select group_members.group_id from group_members join around on group_members.member_id = around.id
    )
    select id from around order by id`.compile(db),
);
