import type { Actor } from '../auth/actor.ts';
import { accessOn, requirePrivilege } from './access.ts';
import { authorOf, type Author } from './author.ts';
import type { CalendarContext } from './context.ts';
import { writeGuarded } from './guard.ts';
import { grantedTo, type Attachment } from './linked-attachments.ts';
import type { LockHolder } from './locks.ts';
import type { Collection, ObjectHead, Principal } from './model.ts';
import { refusePartsOfOthers, refuseUnknownZones } from '../ical/validate.ts';
import { zoneByTzid } from '../ical/timezone.ts';
import { hasOwnParts, putThroughMount } from './put-through-mount.ts';
import { readObject } from './read-object.ts';
import { publish, publishAll } from './publish.ts';
import { schedulerFor } from './schedule.ts';
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
  /** As whom it is kept; left out: as the actor. */
  readonly by?: Author;
  readonly locks?: LockHolder | undefined;
  /** An attachment that was sent for it, and that it names. */
  readonly attachment?: Attachment | undefined;
  /** See PutPlanning: the server's with If-Schedule-Tag-Match. */
  readonly attendeeState?: 'client' | 'server';
}

/**
 * Creates or replaces a calendar object resource, RFC 4791 §5.3.2, in one transaction; the octets are kept as sent.
 * Throws what readObject and writeObject throw, need-privileges and valid-managed-id.
 */
export async function putObject(context: CalendarContext, request: PutObject): Promise<WrittenObject> {
  const { actor, collection, octets, by = authorOf(actor) } = request;
  const privileges = await accessOn(context, actor, collection);
  // Who may do neither need not be read; a sharee has alarms, whatever else (caldav-sharing §5.5.4).
  if (!privileges.has('bind'))
    requirePrivilege(privileges, hasOwnParts(collection) ? 'write-properties' : 'write-content');
  const object = await readObject(context, collection, octets);
  // Only what a client stores is held to it: an import keeps what it finds, and says so.
  refuseUnknownZones(object.calendar, (tzid) => zoneByTzid(tzid) !== undefined);
  refusePartsOfOthers(object.calendar);
  const mayHold = await grantedTo(context, request, object);
  if (collection.mount !== undefined) {
    return putThroughMount(context, { ...request, by, privileges, mount: collection.mount, mayHold }, object);
  }
  const { written, changes } = await writeGuarded(
    context,
    async (tx) => {
      await requireUnchanged(tx, request.unchanged);
      const check = (current: ObjectHead | undefined): void => {
        // RFC 3744 appendix B: a new member is one of the collection's, another body one of its own.
        requirePrivilege(privileges, current === undefined ? 'bind' : 'write-content');
        request.check(current);
      };
      const scheduler = schedulerFor(context, tx, { ...request, by });
      const written = await writeObject(context, tx, { ...request, by, check, mayHold, ...scheduler.target }, object);
      return { written, changes: await scheduler.finish() };
    },
    { lane: collection.homeId },
  );
  publish(context, collection, written.seq);
  publishAll(context, changes);
  return written;
}
