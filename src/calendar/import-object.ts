import { readObject } from './read-object.ts';
import type { CalendarContext } from './context.ts';
import type { Collection } from './model.ts';
import { publish } from './put-object.ts';
import { writeObject } from './write-object.ts';
import { headByUid } from '../store/objects.ts';

export interface ImportObject {
  readonly collection: Collection;
  /** Resource name to use when the UID is new in this calendar. */
  readonly name: string;
  readonly octets: Uint8Array;
}

/**
 * Stores one object of an imported file: an object with the same UID is replaced where it stands, equal octets
 * change nothing. Quiet: no scheduling message ever leaves an import. Throws what readObject throws.
 */
export async function importObject(
  context: CalendarContext,
  { collection, name, octets }: ImportObject,
): Promise<'created' | 'updated' | 'unchanged'> {
  const object = readObject(context, collection, octets);
  const written = await context.store.write(
    async (tx) => {
      const existing = await headByUid(tx, collection.id, object.uid);
      if (existing?.etag === object.etag) return undefined;
      const target = { collection, name: existing?.name ?? name, check: () => undefined };
      return writeObject(context, tx, target, object);
    },
    { lane: collection.homeId },
  );
  if (written === undefined) return 'unchanged';
  publish(context, collection, written.seq);
  return written.outcome;
}
