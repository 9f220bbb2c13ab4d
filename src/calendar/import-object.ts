import { rangesOf } from '../ical/component-ranges.ts';
import { asBuffer } from '../ical/content-line.ts';
import { zoneByName } from '../ical/timezone-table.ts';
import { headByUid, objectByName } from '../store/objects.ts';
import { unnamed, type Origin } from './author.ts';
import type { CalendarContext } from './context.ts';
import type { Collection } from './model.ts';
import { publish } from './publish.ts';
import { readObject } from './read-object.ts';
import { quietScheduler } from './schedule.ts';
import { writeObject } from './write-object.ts';

export interface ImportObject {
  readonly collection: Collection;
  /** Resource name to use when the UID is new in this calendar. */
  readonly name: string;
  readonly octets: Uint8Array;
  /** By what way it comes in; left out: import. */
  readonly origin?: Origin;
}

/**
 * Stores one object of an imported file: an object with the same UID is replaced where it stands; one that says the
 * same keeps its octets. Quiet: no scheduling message ever leaves an import. Throws what readObject throws.
 */
export async function importObject(
  context: CalendarContext,
  { collection, name, octets, origin = 'import' }: ImportObject,
): Promise<'created' | 'updated' | 'unchanged'> {
  const object = await readObject(context, collection, octets);
  const written = await context.store.write(async (tx) => {
    const existing = await headByUid(tx, collection.id, object.uid);
    if (existing?.etag === object.etag) return undefined;
    const stored = existing && (await objectByName(tx, collection.id, existing.name));
    if (stored !== undefined && saysTheSame(stored.octets, octets)) return undefined;
    const target = { collection, name: existing?.name ?? name, check: () => undefined, by: unnamed(origin) };
    return writeObject(context, tx, { ...target, ...quietScheduler(tx, collection).target }, object);
  });
  if (written === undefined) return 'unchanged';
  publish(context, collection, written.seq);
  return written.outcome;
}

/**
 * Whether two objects have the same components, in any order. What stands over them differs in an export of our own:
 * PRODID is the program that wrote the file, not the one that wrote the object.
 */
function saysTheSame(one: Uint8Array, other: Uint8Array): boolean {
  const [ours, theirs] = [componentsOf(one), componentsOf(other)];
  return ours.length === theirs.length && ours.every((text, at) => text === theirs[at]);
}

/** As text with one kind of line break, sorted. A VTIMEZONE of IANA's name counts for nothing: the name decides. */
function componentsOf(octets: Uint8Array): readonly string[] {
  const source = asBuffer(octets);
  return rangesOf(octets)
    .components.filter(({ name, uid }) => name !== 'VTIMEZONE' || uid === undefined || zoneByName(uid) === undefined)
    .map(({ start, end }) => source.toString('latin1', start, end).trimEnd().replaceAll('\r\n', '\n'))
    .sort();
}
