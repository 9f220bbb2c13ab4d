import {
  headByName,
  headByUid,
  headsByNames,
  objectByName,
  objectsByNames,
  pageOfHeads,
  pageOfObjects,
} from '../store/objects.ts';
import { BadRequest } from '../base/refusal.ts';
import type { CalendarContext } from './context.ts';
import type { CalendarObject, Collection, ObjectHead } from './model.ts';
import { isShaped, shownObjects, withoutOctets } from './shown-object.ts';

/** Members read at a time: small enough that one listing does not hold up other requests. */
const PAGE = 500;

export async function headAt(
  context: CalendarContext,
  collection: Collection,
  name: string,
): Promise<ObjectHead | undefined> {
  if (isShaped(collection)) {
    const object = await objectAt(context, collection, name);
    return object && withoutOctets(object);
  }
  return headByName(context.store.db, collection.id, name);
}

/** As it is shown to whom the collection is read for, like all of this file. */
export async function objectAt(
  context: CalendarContext,
  collection: Collection,
  name: string,
): Promise<CalendarObject | undefined> {
  const object = await objectByName(context.store.db, collection.id, name);
  if (object === undefined || !isShaped(collection)) return object;
  return (await shownObjects(context, collection, [object]))[0];
}

/** The name of what has a UID in a calendar. */
export const nameOfUid = async (
  { store }: CalendarContext,
  collection: Collection,
  uid: string,
): Promise<string | undefined> => (await headByUid(store.db, collection.id, uid))?.name;

/** The object with its octets: as it was read, or as it is now; 404 where it was removed meanwhile. */
export async function withOctets(
  context: CalendarContext,
  { collection, object }: { readonly collection: Collection; readonly object: ObjectHead | CalendarObject },
): Promise<CalendarObject> {
  if ('octets' in object) return object;
  const read = await objectAt(context, collection, object.name);
  if (read === undefined) throw new BadRequest('There is no such resource', { status: 404 });
  return read;
}

/** The members of a collection without their octets, page by page, in the order of names. */
export async function* listHeads(
  context: CalendarContext,
  collection: Collection,
): AsyncGenerator<readonly ObjectHead[], void> {
  if (isShaped(collection)) {
    for await (const page of listObjects(context, collection)) yield page.map(withoutOctets);
    return;
  }
  yield* pages((after) => pageOfHeads(context.store.db, collection.id, { ...after, limit: PAGE }));
}

/** The members with their octets, page by page. */
export async function* listObjects(
  context: CalendarContext,
  collection: Collection,
): AsyncGenerator<readonly CalendarObject[], void> {
  const stored = pages((after) => pageOfObjects(context.store.db, collection.id, { ...after, limit: PAGE }));
  for await (const page of stored) yield await shownObjects(context, collection, page);
}

async function* pages<T extends { readonly name: string }>(
  read: (after: { after?: string }) => Promise<readonly T[]>,
): AsyncGenerator<readonly T[], void> {
  let after: string | undefined;
  for (;;) {
    const page = await read(after === undefined ? {} : { after });
    if (page.length > 0) yield page;
    if (page.length < PAGE) return;
    after = page.at(-1)?.name;
  }
}

/** Members by name, without octets; names that do not exist are absent from the map. */
export async function headsByName(
  context: CalendarContext,
  collection: Collection,
  names: readonly string[],
): Promise<ReadonlyMap<string, ObjectHead>> {
  if (isShaped(collection)) {
    const objects = await objectsByName(context, collection, names);
    return new Map([...objects].map(([name, object]) => [name, withoutOctets(object)]));
  }
  const heads = await headsByNames(context.store.db, collection.id, names);
  return new Map(heads.map((head) => [head.name, head]));
}

/** Members by name, with octets. */
export async function objectsByName(
  context: CalendarContext,
  collection: Collection,
  names: readonly string[],
): Promise<ReadonlyMap<string, CalendarObject>> {
  const objects = await shownObjects(context, collection, await objectsByNames(context.store.db, collection.id, names));
  return new Map(objects.map((object) => [object.name, object]));
}
