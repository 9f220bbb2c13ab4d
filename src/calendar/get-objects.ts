import {
  headByName,
  headsByNames,
  objectByName,
  objectsByNames,
  pageOfHeads,
  pageOfObjects,
} from '../store/objects.ts';
import { BadRequest } from '../base/refusal.ts';
import type { CalendarContext } from './context.ts';
import type { CalendarObject, Collection, ObjectHead } from './model.ts';

/** Members read at a time: small enough that one listing does not hold up other requests. */
const PAGE = 500;

export function headAt(
  context: CalendarContext,
  collection: Collection,
  name: string,
): Promise<ObjectHead | undefined> {
  return headByName(context.store.db, collection.id, name);
}

export function objectAt(
  context: CalendarContext,
  collection: Collection,
  name: string,
): Promise<CalendarObject | undefined> {
  return objectByName(context.store.db, collection.id, name);
}

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
  yield* pages((after) => pageOfHeads(context.store.db, collection.id, { ...after, limit: PAGE }));
}

/** The members with their octets, page by page. */
export async function* listObjects(
  context: CalendarContext,
  collection: Collection,
): AsyncGenerator<readonly CalendarObject[], void> {
  yield* pages((after) => pageOfObjects(context.store.db, collection.id, { ...after, limit: PAGE }));
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
  const heads = await headsByNames(context.store.db, collection.id, names);
  return new Map(heads.map((head) => [head.name, head]));
}

/** Members by name, with octets. */
export async function objectsByName(
  context: CalendarContext,
  collection: Collection,
  names: readonly string[],
): Promise<ReadonlyMap<string, CalendarObject>> {
  const objects = await objectsByNames(context.store.db, collection.id, names);
  return new Map(objects.map((object) => [object.name, object]));
}
