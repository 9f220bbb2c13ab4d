import { createTurns, inTurns, type Turns } from '../base/turns.ts';
import { busyForm, isPublic } from '../ical/busy-form.ts';
import type { Component } from '../ical/component.ts';
import { parsingCalendar } from '../ical/parse.ts';
import { writingComponent } from '../ical/write.ts';
import type { Privileges } from './access.ts';
import { isFault } from './fault.ts';
import type { CalendarObject, Collection, ObjectHead } from './model.ts';
import { etagOf } from './read-object.ts';

/**
 * A collection as who has these privileges sees it: details of what is not public are for those who may change it
 * (docs/adr/0015-private-objects.md). Members of a veiled collection are read in the form in which they are shown.
 */
export function seenWith(collection: Collection, privileges: Privileges): Collection {
  if (collection.kind !== 'calendar' && collection.kind !== 'inbox') return collection;
  // Nobody writes the members of a calendar that the server fetches: who may set its properties stands for them.
  const needed = collection.source === undefined ? 'write-content' : 'write-properties';
  return privileges.has(needed) ? collection : { ...collection, isVeiled: true };
}

/** Objects of a collection as they are shown to whom it is read for; `turns` are taken between them. */
export async function shownObjects(
  { isVeiled }: Collection,
  objects: readonly CalendarObject[],
): Promise<readonly CalendarObject[]> {
  if (isVeiled !== true) return objects;
  const turns = createTurns();
  const shown: CalendarObject[] = [];
  for (const object of objects) {
    if (turns.isDue()) await turns.take();
    shown.push(await shownObject(object, turns));
  }
  return shown;
}

/** Whether others see times alone; of what cannot be read (any more) not even these. */
export async function isHidden({ octets }: Pick<CalendarObject, 'octets'>): Promise<boolean> {
  const calendar = await maybePrivate(octets, createTurns());
  return calendar !== undefined;
}

export const withoutOctets = ({ octets: _, ...head }: CalendarObject): ObjectHead => head;

/** A form of its own has a tag and a size of its own: of those of the object, something could be concluded. */
async function shownObject(object: CalendarObject, turns: Turns): Promise<CalendarObject> {
  const calendar = await maybePrivate(object.octets, turns);
  if (calendar === undefined) return object;
  const octets = Buffer.from(
    calendar === 'faulty' ? NOTHING : await inTurns(writingComponent(busyForm(calendar)), turns),
  );
  return { ...object, octets, size: octets.byteLength, etag: etagOf(octets), isBusyOnly: true };
}

const NOTHING = 'BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Kalends//Kalends//EN\r\nEND:VCALENDAR\r\n';

/** undefined: it is public. */
async function maybePrivate(octets: Uint8Array, turns: Turns): Promise<Component | 'faulty' | undefined> {
  // Most objects are public, and do not even say so; the name of the property may be folded.
  const text = Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength).toString('latin1');
  if (!/^CLASS[;:]/im.test(text.replaceAll(/\r?\n[ \t]/g, ''))) return undefined;
  try {
    const calendar = await inTurns(parsingCalendar(octets), turns);
    return isPublic(calendar) ? undefined : calendar;
  } catch (error) {
    if (isFault(error)) return 'faulty';
    throw error;
  }
}
