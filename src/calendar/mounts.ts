import { mountedAt, mountStates, type Mounted } from '../store/mounts.ts';
import type { Collection as StoredCollection } from '../store/collection-rows.ts';
import { accessIn } from './access.ts';
import type { CollectionPatch } from './collection-patch.ts';
import type { CalendarContext } from './context.ts';
import type { Collection } from './model.ts';

/**
 * A shared calendar in the home of a sharee (caldav-sharing §5.4.1): the sharer's calendar, with its id, home and
 * members, under the sharee's own name, colour, order, transparency, zone, default alarms and dead properties (§5.5.3).
 * What is written to it goes to the sharer's calendar; what is done to the place itself concerns `mount` alone.
 */
export function mounted(place: StoredCollection, { calendar, shareId, access }: Mounted): Collection {
  const isColored = place.color !== undefined;
  const isZoned = place.timezone !== undefined || place.timezoneId !== undefined;
  return {
    ...calendar,
    displayname: place.displayname ?? calendar.displayname,
    description: place.description ?? calendar.description,
    color: isColored ? place.color : calendar.color,
    colorAttributes: isColored ? place.colorAttributes : calendar.colorAttributes,
    order: place.order,
    timezone: isZoned ? place.timezone : calendar.timezone,
    timezoneId: isZoned ? place.timezoneId : calendar.timezoneId,
    transparent: place.transparent,
    alarmVeventDatetime: place.alarmVeventDatetime,
    alarmVeventDate: place.alarmVeventDate,
    alarmVtodoDatetime: place.alarmVtodoDatetime,
    alarmVtodoDate: place.alarmVtodoDate,
    seq: Math.max(calendar.seq, place.seq),
    propertiesVersion: calendar.propertiesVersion + place.propertiesVersion,
    mount: {
      ...{ id: place.id, homeId: place.homeId, uri: place.uri, shareId, access },
      ...{ seq: calendar.seq, propertiesVersion: calendar.propertiesVersion, homeSeq: place.homeSeq },
    },
  };
}

/** Collections as they stand in a home: mounts as what is mounted there, without those of which nothing is left. */
export async function withMounts(
  context: CalendarContext,
  collections: readonly StoredCollection[],
): Promise<readonly Collection[]> {
  const places = collections.filter(({ sharedId }) => sharedId !== undefined);
  if (places.length === 0) return collections;
  const found = await mountedAt(
    context.store.db,
    places.map(({ id }) => id),
  );
  const all: Collection[] = [];
  for (const collection of collections) {
    const behind = found.get(collection.id);
    if (collection.sharedId === undefined) all.push(collection);
    else if (behind !== undefined) all.push(await allowing(context, mounted(collection, behind), behind));
  }
  return all;
}

/** What the calendar's own list denies to the sharee is denied where it is mounted, too (docs/adr/0016-sharing.md). */
async function allowing(
  context: CalendarContext,
  seen: Collection,
  { calendar, denies }: Mounted,
): Promise<Collection> {
  if (!denies || seen.mount === undefined) return seen;
  const sharee = { id: seen.mount.homeId, admin: false, adminReadOnly: false, deviceId: undefined };
  const access = await accessIn(context, sharee, calendar.homeId);
  return { ...seen, mount: { ...seen.mount, allowed: access.on(calendar) } };
}

/** A home with the state of what is mounted in it. */
export async function homeWithMounts({ store }: CalendarContext, home: StoredCollection): Promise<Collection> {
  const states = await mountStates(store.db, home.homeId);
  return states.length === 0 ? home : { ...home, mountStates: states };
}

/** What of a mounted calendar is the sharee's (caldav-sharing §5.5.3): all but what decides of the members. */
export const PERSONAL_PROPERTIES: ReadonlySet<keyof CollectionPatch> = new Set([
  'displayname',
  'description',
  'color',
  'colorAttributes',
  'order',
  'timezone',
  'timezoneId',
  'transparent',
  'alarmVeventDatetime',
  'alarmVeventDate',
  'alarmVtodoDatetime',
  'alarmVtodoDate',
]);
