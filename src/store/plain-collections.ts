import { sql } from 'kysely';

import { newObjectId, type PrincipalId } from '../base/ids.ts';
import { toCollection, type Collection } from './collection-rows.ts';
import { traitsOf, type Db } from './dialect.ts';
import { prepared } from './prepared.ts';

/**
 * Plain collections (docs/adr/0010): the uri of one is its path below the home, `/` for the first of them, so that no
 * segment of a calendar's URL is ever the same, and what is below a collection is a range of the index.
 */
const FOLLOWS_SLASH = '0';

/** What the uris of all below a plain collection begin with. */
export const prefixBelow = (uri: string): string => (uri === '/' ? '/' : `${uri}/`);

/** The collections below a plain collection at any depth, without itself, in the order of their uris. */
export async function plainBelow(db: Db, homeId: string, uri: string): Promise<Collection[]> {
  const prefix = prefixBelow(uri);
  const { rows } = await selectBetween(db, { homeId, after: prefix, before: `${prefix.slice(0, -1)}${FOLLOWS_SLASH}` });
  return rows.map(toCollection);
}

const selectBetween = prepared((db, { homeId, after, before }: { homeId: string; after: string; before: string }) =>
  db
    .selectFrom('collections')
    .selectAll()
    .where('home_id', '=', homeId)
    .where('uri', '>', after)
    .where('uri', '<', before)
    .orderBy('uri')
    .compile(),
);

/** How many resources the collections hold, and their octets together. */
export async function contentsOf(
  db: Db,
  ids: readonly string[],
): Promise<{ readonly members: number; readonly octets: number }> {
  const rows = await db.selectFrom('collections').select(['members', 'used']).where('id', 'in', ids).execute();
  return rows.reduce((sum, { members, used }) => ({ members: sum.members + members, octets: sum.octets + used }), {
    members: 0,
    octets: 0,
  });
}

/** Removes plain collections with what they hold. */
export async function removePlain(tx: Db, ids: readonly string[]): Promise<void> {
  const members = tx.selectFrom('objects').select('id').where('collection_id', 'in', ids);
  await tx.deleteFrom('dead_properties').where('resource_id', 'in', members).execute();
  await tx.deleteFrom('dead_properties').where('resource_id', 'in', ids).execute();
  // Objects, locks and the rest go with their collection: foreign keys cascade.
  await tx.deleteFrom('collections').where('id', 'in', ids).execute();
}

/** Gives plain collections other uris. */
export async function relocatePlain(
  tx: Db,
  moves: readonly { readonly id: string; readonly uri: string }[],
): Promise<void> {
  for (const { id, uri } of moves) {
    await tx.updateTable('collections').set({ uri }).where('id', '=', id).execute();
  }
}

/** Type of a file as it was sent; undefined for what is none. */
export async function contentTypeOf(db: Db, objectId: string): Promise<string | undefined> {
  return (await selectContentType(db, { objectId })).rows[0]?.content_type;
}

const selectContentType = prepared((db, { objectId }: { objectId: string }) =>
  db.selectFrom('content_types').select('content_type').where('object_id', '=', objectId).compile(),
);

export async function setContentType(
  tx: Db,
  { id, homeId }: { readonly id: string; readonly homeId: string },
  contentType: string,
): Promise<void> {
  await tx
    .insertInto('content_types')
    .values({ object_id: id, home_id: homeId, content_type: contentType })
    .onConflict((conflict) => conflict.column('object_id').doUpdateSet({ content_type: contentType }))
    .execute();
}

/** One file that is copied, and its name there. */
export interface CopiedFile {
  readonly source: { readonly id: string; readonly size: number };
  readonly name: string;
}

/** Where copies go. */
export interface CopyTo {
  readonly homeId: PrincipalId;
  readonly collectionId: string;
  readonly seq: number;
  readonly now: number;
}

/**
 * Files with their types and dead properties into a collection, where their names must be free. A statement for all of
 * them, and the octets stay in the database: other writers wait for it.
 */
export async function copyFiles(tx: Db, files: readonly CopiedFile[], to: CopyTo): Promise<void> {
  const { homeId, collectionId, seq, now } = to;
  const json = JSON.stringify(files.map(({ source, name }) => ({ id: newObjectId(), from: source.id, name })));
  const copies = sql`(
    select value->>'id' as copy_id, value->>'from' as source_id, value->>'name' as copy_name
    from ${traitsOf(tx).jsonRows(json)}) as copies`;
  const home = sql`cast(${homeId} as text)`;
  const at = sql`cast(${now} as bigint)`;
  const change = sql`cast(${seq} as bigint)`;
  await sql`
    insert into objects (id, home_id, collection_id, name, uid, component, etag, octets, size, schedule_tag, seq,
      created_seq, first_at, last_at, floating, exact, indexed_from, indexed_until, created_at, modified_at)
    select copy_id, ${home}, cast(${collectionId} as text), copy_name, copy_name, component, etag, octets, size, null,
      ${change}, ${change}, null, null, floating, exact, null, null, ${at}, ${at}
    from ${copies} join objects o on o.id = source_id`.execute(tx);
  await sql`
    insert into content_types (object_id, home_id, content_type)
    select copy_id, ${home}, content_type from ${copies} join content_types t on t.object_id = source_id`.execute(tx);
  await sql`
    insert into dead_properties (home_id, resource_id, name, xml)
    select ${home}, copy_id, d.name, d.xml from ${copies} join dead_properties d on d.resource_id = source_id`.execute(
    tx,
  );
  await sql`
    delete from tombstones where collection_id = ${collectionId} and name in (select copy_name from ${copies})`.execute(
    tx,
  );
  const octets = files.reduce((sum, { source }) => sum + source.size, 0);
  await tx
    .updateTable('collections')
    .set((eb) => ({ members: eb('members', '+', files.length), used: eb('used', '+', octets) }))
    .where('id', '=', collectionId)
    .execute();
}
