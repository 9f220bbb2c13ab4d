import { BadRequest } from '../base/refusal.ts';
import { collectionById, collectionByUri, collectionsOfHome, homeCollection } from '../store/collections.ts';
import type { CalendarContext } from './context.ts';
import type { Collection } from './model.ts';
import { homeWithMounts, withMounts } from './mounts.ts';

/** The home of a principal; 404 where it has none (groups). */
export async function homeOf(context: CalendarContext, ownerId: string): Promise<Collection> {
  const home = await homeCollection(context.store.db, ownerId);
  if (home === undefined) throw new BadRequest('There is no calendar home here', { status: 404 });
  return homeWithMounts(context, home);
}

/** The collections of a home, without the home itself, in the order of their names; shared ones as mounted there. */
export async function collectionsOf(context: CalendarContext, ownerId: string): Promise<readonly Collection[]> {
  return withMounts(context, await collectionsOfHome(context.store.db, ownerId));
}

/** A collection of a home; a shared calendar as mounted there. */
export async function collectionAt(
  context: CalendarContext,
  ownerId: string,
  uri: string,
): Promise<Collection | undefined> {
  const found = await collectionByUri(context.store.db, ownerId, uri);
  return found?.sharedId === undefined ? found : (await withMounts(context, [found]))[0];
}

export function collectionWithId(context: CalendarContext, id: string): Promise<Collection | undefined> {
  return collectionById(context.store.db, id);
}
