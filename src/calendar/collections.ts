import { BadRequest } from '../base/refusal.ts';
import { collectionById, collectionByUri, collectionsOfHome, homeCollection } from '../store/collections.ts';
import type { CalendarContext } from './context.ts';
import type { Collection } from './model.ts';

/** The home of a principal; 404 where it has none (groups). */
export async function homeOf(context: CalendarContext, ownerId: string): Promise<Collection> {
  const home = await homeCollection(context.store.db, ownerId);
  if (home === undefined) throw new BadRequest('There is no calendar home here', { status: 404 });
  return home;
}

/** The collections of a home, without the home itself, in the order of their names. */
export function collectionsOf(context: CalendarContext, ownerId: string): Promise<readonly Collection[]> {
  return collectionsOfHome(context.store.db, ownerId);
}

export function collectionAt(context: CalendarContext, ownerId: string, uri: string): Promise<Collection | undefined> {
  return collectionByUri(context.store.db, ownerId, uri);
}

export function collectionWithId(context: CalendarContext, id: string): Promise<Collection | undefined> {
  return collectionById(context.store.db, id);
}
