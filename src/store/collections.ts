import { toCollection, toCollectionIfAny, type Collection } from './collection-rows.ts';
import type { Db } from './dialect.ts';
import { prepared } from './prepared.ts';
import { remembered } from './remembered.ts';

export async function collectionById(db: Db, id: string): Promise<Collection | undefined> {
  return toCollectionIfAny((await selectById(db, { id })).rows[0]);
}

export async function collectionByUri(db: Db, homeId: string, uri: string): Promise<Collection | undefined> {
  return rememberedByUri(db, { homeId, uri });
}

const rememberedByUri = remembered(
  ({ homeId, uri }: ByUri) => `${homeId}/${uri}`,
  async (db, asked) => toCollectionIfAny((await selectByUri(db, asked)).rows[0]),
);

interface ByUri {
  readonly homeId: string;
  readonly uri: string;
}

/** The collections of a calendar home without the home itself and plain ones, in the order of their order field, then of their uri. */
export async function collectionsOfHome(db: Db, homeId: string): Promise<Collection[]> {
  const { rows } = await selectOfHome(db, { homeId });
  return rows.map(toCollection).sort((a, b) => (a.order ?? Infinity) - (b.order ?? Infinity) || 0);
}

export function homeCollection(db: Db, homeId: string): Promise<Collection | undefined> {
  return collectionByUri(db, homeId, '');
}

/** How many collections a home has, without itself. */
export async function countCollections(db: Db, homeId: string): Promise<number> {
  const { count } = await db
    .selectFrom('collections')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('home_id', '=', homeId)
    .where('kind', '<>', 'home')
    .executeTakeFirstOrThrow();
  return count;
}

const selectById = prepared((db, { id }: { id: string }) =>
  db.selectFrom('collections').selectAll().where('id', '=', id).compile(),
);

const selectByUri = prepared((db, { homeId, uri }: ByUri) =>
  db.selectFrom('collections').selectAll().where('home_id', '=', homeId).where('uri', '=', uri).compile(),
);

const selectOfHome = prepared((db, { homeId }: { homeId: string }) =>
  db
    .selectFrom('collections')
    .selectAll()
    .where('home_id', '=', homeId)
    .where('kind', 'not in', ['home', 'plain'])
    .orderBy('uri')
    .compile(),
);
