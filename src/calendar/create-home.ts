import { BadRequest } from '../base/refusal.ts';
import type { Db } from '../store/store.ts';
import { insertCollection, updateCollection } from '../store/collection-writes.ts';
import { collectionsOfHome, homeCollection } from '../store/collections.ts';
import type { CollectionFields } from '../store/collection-rows.ts';
import type { Collection, CollectionKind, Principal } from './model.ts';
import type { CalendarSpec } from './principal-spec.ts';

/** Collections that stand in every home (RFC 6638 §2.1, §2.2; calendarserver's notification and freebusy). */
const FIXED: readonly CollectionKind[] = ['inbox', 'outbox', 'notification', 'freebusy'];

/**
 * Makes the home of a principal, the collections that every home has, and the calendars given; what stands there
 * already keeps its content, and a calendar gets the name and components given. Groups have no home.
 *
 * @returns the collections that were made or changed
 * @throws BadRequest where something else than a calendar stands at a calendar's name
 */
export async function ensureHome(
  tx: Db,
  principal: Principal,
  calendars: readonly CalendarSpec[],
  now: number,
): Promise<readonly Collection[]> {
  if (principal.kind === 'group') return [];
  const { id: homeId } = principal;
  const touched: Collection[] = [];
  if ((await homeCollection(tx, homeId)) === undefined) {
    touched.push(await insertCollection(tx, { homeId, kind: 'home', uri: '' }, now));
  }
  const present = new Map((await collectionsOfHome(tx, homeId)).map((collection) => [collection.uri, collection]));
  for (const kind of FIXED) {
    if (!present.has(kind)) touched.push(await insertCollection(tx, { homeId, kind, uri: kind }, now));
  }
  for (const calendar of calendars) {
    const saved = await saveCalendar(tx, { homeId, calendar, before: present.get(calendar.uri) }, now);
    if (saved !== undefined) touched.push(saved);
  }
  return touched;
}

interface SaveCalendar {
  readonly homeId: Principal['id'];
  readonly calendar: CalendarSpec;
  readonly before: Collection | undefined;
}

async function saveCalendar(
  tx: Db,
  { homeId, calendar: { uri, name, components }, before }: SaveCalendar,
  now: number,
): Promise<Collection | undefined> {
  if (before === undefined) {
    return insertCollection(tx, { homeId, kind: 'calendar', uri, displayname: name, components }, now);
  }
  if (before.kind !== 'calendar' || before.sharedId !== undefined)
    throw new BadRequest(`"${uri}" in the home of "${homeId}" is not a calendar`);
  const changes: CollectionFields = {
    ...(before.displayname !== name && { displayname: name }),
    ...(components !== undefined && !sameSet(components, before.components) && { components }),
  };
  return Object.keys(changes).length === 0 ? undefined : updateCollection(tx, before.id, changes, now);
}

const sameSet = (one: readonly string[], other: readonly string[] | undefined): boolean =>
  other !== undefined && one.length === other.length && one.every((element) => other.includes(element));
