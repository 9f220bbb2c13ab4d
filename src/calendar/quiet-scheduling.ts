import { newId } from '../base/ids.ts';
import { propertyOf } from '../ical/component.ts';
import { P } from '../ical/names.ts';
import { partIn } from '../scheduling/role.ts';
import { findPrincipal } from '../store/principals.ts';
import { objectsOfUid } from '../store/scheduling.ts';
import type { Db } from '../store/store.ts';
import { calendarUser } from './calendar-users.ts';
import type { Collection, ObjectHead } from './model.ts';
import type { ReadObject } from './read-object.ts';

/**
 * The schedule tag of what comes into a calendar without a word to anybody: by an import, a restore or a repair. A meeting
 * is a scheduling object there as everywhere (RFC 6638 §3.1), so that the next change of it reaches the others; but for one
 * that another calendar of its owner has already (§3.2.4.1). null: it is none any more; undefined: it stays as it is.
 */
export async function quietTag(
  tx: Db,
  collection: Collection,
  { current, object }: { readonly current: ObjectHead | undefined; readonly object: ReadObject },
): Promise<string | null | undefined> {
  if (collection.kind !== 'calendar' || collection.source !== undefined) return undefined;
  const none = current?.scheduleTag === undefined ? undefined : null;
  if (object.calendar.components.every((component) => propertyOf(component, P.ORGANIZER) === undefined)) return none;
  const principal = await findPrincipal(tx, collection.homeId);
  const role = principal && partIn(object.calendar, calendarUser(principal).me).role;
  if (role !== 'organizer' && role !== 'attendee') return none;
  const others = await objectsOfUid(tx, collection.homeId, object.uid);
  const isTaken = others.some(
    ({ collectionId, scheduleTag }) => collectionId !== collection.id && scheduleTag !== undefined,
  );
  return isTaken ? none : newId();
}
