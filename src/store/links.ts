import { sql, type Selectable } from 'kysely';

import { newId, type CollectionId, type PrincipalId } from '../base/ids.ts';
import type { Db } from './dialect.ts';
import { prepared } from './prepared.ts';
import type { LinkTable } from './sharing-schema.ts';

/** What a link shows of what it belongs to. Instants are UTC milliseconds. */
export interface LinkScope {
  /** What its owner calls it. */
  readonly name: string | undefined;
  /** Events that have one of these; undefined: all. */
  readonly categories: readonly string[] | undefined;
  readonly busyOnly: boolean;
  /** Whether organizers and attendees are shown. */
  readonly people: boolean;
  /** How many days before and after the present one it shows; undefined: all. */
  readonly daysBack: number | undefined;
  readonly daysAhead: number | undefined;
  readonly from: number | undefined;
  /** Exclusive. */
  readonly until: number | undefined;
  /** The forms in which it answers; undefined: all. */
  readonly formats: readonly string[] | undefined;
  readonly passwordHash: string | undefined;
  /** From this instant on it opens nothing. */
  readonly expiresAt: number | undefined;
  /** How often it answers; undefined: without end. */
  readonly mostUses: number | undefined;
}

/** A link to a collection: who knows its token sees what it shows. */
export interface Link extends LinkScope {
  readonly id: string;
  readonly homeId: PrincipalId;
  /** A calendar, or a home for all calendars in it. */
  readonly collectionId: CollectionId;
  /** By whose rights it opens. */
  readonly creatorId: PrincipalId;
  /** Of a published calendar alone, whose address stays readable; of others the digest is all that is kept. */
  readonly token: string | undefined;
  /** Answers so far; counted where there is a most. */
  readonly uses: number;
  readonly createdAt: number;
}

export interface NewLink extends LinkScope {
  readonly homeId: string;
  readonly collectionId: string;
  readonly creatorId: string;
  readonly token: string | undefined;
  /** SHA-256 of the token. */
  readonly digest: string;
}

export async function insertLink(tx: Db, link: NewLink, now: number): Promise<Link> {
  const row = await tx
    .insertInto('links')
    .values({
      ...{ id: newId(), home_id: link.homeId, collection_id: link.collectionId, creator_id: link.creatorId },
      ...{ digest: link.digest, token: link.token ?? null, name: link.name ?? null },
      ...{ uses: 0, used_at: null, created_at: now },
      ...{ busy_only: link.busyOnly ? 1 : 0, people: link.people ? 1 : 0 },
      categories: link.categories === undefined ? null : JSON.stringify(link.categories),
      formats: link.formats === undefined ? null : JSON.stringify(link.formats),
      ...{ days_back: link.daysBack ?? null, days_ahead: link.daysAhead ?? null },
      ...{ from_at: link.from ?? null, until_at: link.until ?? null },
      ...{ password_hash: link.passwordHash ?? null, expires_at: link.expiresAt ?? null },
      most_uses: link.mostUses ?? null,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  return toLink(row);
}

/** The link whose token has this digest. */
export async function linkByDigest(db: Db, digest: string): Promise<Link | undefined> {
  const [row] = (await selectByDigest(db, { digest })).rows;
  return row && toLink(row);
}

const selectByDigest = prepared((db, { digest }: { digest: string }) =>
  db.selectFrom('links').selectAll().where('digest', '=', digest).compile(),
);

export async function linkById(db: Db, id: string): Promise<Link | undefined> {
  const row = await db.selectFrom('links').selectAll().where('id', '=', id).executeTakeFirst();
  return row && toLink(row);
}

/** The links to what is in a home, the oldest first. */
export async function linksOfHome(db: Db, homeId: string): Promise<Link[]> {
  const query = db.selectFrom('links').selectAll().where('home_id', '=', homeId);
  return (await query.orderBy('created_at').orderBy('id').execute()).map(toLink);
}

export async function countLinks(db: Db, homeId: string): Promise<number> {
  const query = db
    .selectFrom('links')
    .select(sql<number>`count(*)`.as('count'))
    .where('home_id', '=', homeId);
  return Number((await query.executeTakeFirstOrThrow()).count);
}

/** The link by which a calendar is published. */
export async function publishedLink(db: Db, collectionId: string): Promise<Link | undefined> {
  const row = await db
    .selectFrom('links')
    .selectAll()
    .where('collection_id', '=', collectionId)
    .where('token', 'is not', null)
    .executeTakeFirst();
  return row && toLink(row);
}

/** The tokens by which calendars of a home are published, by their ids. */
export async function publishedTokens(db: Db, homeId: string): Promise<ReadonlyMap<string, string>> {
  const { rows } = await selectPublished(db, { homeId });
  return new Map(rows.map(({ collection_id: id, token }) => [id, token ?? '']));
}

const selectPublished = prepared((db, { homeId }: { homeId: string }) =>
  db
    .selectFrom('links')
    .select(['collection_id', 'token'])
    .where('home_id', '=', homeId)
    .where('token', 'is not', null)
    .compile(),
);

/**
 * Counts one answer; false where the link is gone, has expired or has answered as often as it may. One statement, so
 * that answers under way at once never are more than that.
 */
export async function useLink(tx: Db, id: string, now: number): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('links')
    .set({ uses: sql<number>`uses + 1`, used_at: now })
    .where('id', '=', id)
    .where((eb) => eb.or([eb('most_uses', 'is', null), eb('uses', '<', eb.ref('most_uses'))]))
    .where((eb) => eb.or([eb('expires_at', 'is', null), eb('expires_at', '>', now)]))
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

/** Whether there was one. */
export async function removeLink(tx: Db, id: string): Promise<boolean> {
  const { numDeletedRows } = await tx.deleteFrom('links').where('id', '=', id).executeTakeFirst();
  return numDeletedRows === 1n;
}

/** Removes links that expired or were used up by an instant: of one home, or of all; returns how many. */
export async function removeEndedLinks(
  tx: Db,
  { endedBy, homeId }: { readonly endedBy: number; readonly homeId?: string },
): Promise<number> {
  let query = tx
    .deleteFrom('links')
    .where((eb) =>
      eb.or([
        eb('expires_at', '<=', endedBy),
        eb.and([eb('uses', '>=', eb.ref('most_uses')), eb('used_at', '<=', endedBy)]),
      ]),
    );
  if (homeId !== undefined) query = query.where('home_id', '=', homeId);
  return Number((await query.executeTakeFirst()).numDeletedRows);
}

// Lists are written by insertLink, ids as they were given.
const listOf = (json: string | null): readonly string[] | undefined =>
  json === null ? undefined : (JSON.parse(json) as string[]);

function toLink(row: Selectable<LinkTable>): Link {
  return {
    id: row.id,
    homeId: row.home_id as PrincipalId,
    collectionId: row.collection_id as CollectionId,
    creatorId: row.creator_id as PrincipalId,
    token: row.token ?? undefined,
    name: row.name ?? undefined,
    categories: listOf(row.categories),
    busyOnly: row.busy_only === 1,
    people: row.people === 1,
    daysBack: row.days_back ?? undefined,
    daysAhead: row.days_ahead ?? undefined,
    from: row.from_at ?? undefined,
    until: row.until_at ?? undefined,
    formats: listOf(row.formats),
    passwordHash: row.password_hash ?? undefined,
    expiresAt: row.expires_at ?? undefined,
    mostUses: row.most_uses ?? undefined,
    uses: row.uses,
    createdAt: row.created_at,
  };
}
