import type { Actor } from '../auth/actor.ts';
import { requireOnHome } from './access.ts';
import type { CalendarContext } from './context.ts';
import type { Collection, ObjectHead, Principal } from './model.ts';
import { refuseUnknownZones } from '../ical/validate.ts';
import { zoneByTzid } from '../ical/timezone.ts';
import { readObject } from './read-object.ts';
import { requireUnchanged, writeObject, type WrittenObject } from './write-object.ts';

export interface PutObject {
  readonly actor: Actor;
  readonly owner: Principal;
  readonly collection: Collection;
  readonly name: string;
  readonly octets: Uint8Array;
  /** The request's conditions: throws ConditionFailed. Called with what stands at the name when it is written. */
  readonly check: (current: ObjectHead | undefined) => void;
  /** Collections that must be as they were read: see requireUnchanged. */
  readonly unchanged: readonly Collection[];
}

/**
 * Creates or replaces a calendar object resource, RFC 4791 §5.3.2, in one transaction; the octets are kept as sent.
 * Throws what readObject and writeObject throw, and need-privileges.
 */
export async function putObject(context: CalendarContext, request: PutObject): Promise<WrittenObject> {
  const { actor, owner, collection, octets } = request;
  requireOnHome(context, actor, owner.id, 'write-content');
  const object = await readObject(context, collection, octets);
  // Only what a client stores is held to it: an import keeps what it finds, and says so.
  refuseUnknownZones(object.calendar, (tzid) => zoneByTzid(tzid) !== undefined);
  const written = await context.store.write(
    async (tx) => {
      await requireUnchanged(tx, request.unchanged);
      return writeObject(context, tx, request, object);
    },
    { lane: collection.homeId },
  );
  publish(context, collection, written.seq);
  return written;
}

/** Tells listeners of a committed change. */
export function publish(context: CalendarContext, collection: Collection, seq: number): void {
  context.hub.publish({ homeId: collection.homeId, collectionId: collection.id, seq });
}
