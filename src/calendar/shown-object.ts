import { createTurns, inTurns, type Turns } from '../base/turns.ts';
import { busyForm, isPublic } from '../ical/busy-form.ts';
import type { Component } from '../ical/component.ts';
import { parsingCalendar } from '../ical/parse.ts';
import { writingComponent } from '../ical/write.ts';
import type { Db } from '../store/store.ts';
import type { Privileges } from './access.ts';
import type { CalendarContext } from './context.ts';
import { isFault } from './fault.ts';
import type { CalendarObject, Collection, ObjectHead } from './model.ts';
import { personalForms } from './personal-forms.ts';
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

/** Whether members of a collection are shown in another form than they are stored in. */
export const isShaped = ({ isVeiled, mount }: Collection): boolean => isVeiled === true || mount !== undefined;

/** Objects of a collection as they are shown to whom it is read for; `turns` are taken between them. */
export async function shownObjects(
  context: CalendarContext,
  collection: Collection,
  objects: readonly CalendarObject[],
  db: Db = context.store.db,
): Promise<readonly CalendarObject[]> {
  if (!isShaped(collection) || objects.length === 0) return objects;
  const { isVeiled, mount } = collection;
  const turns = createTurns();
  const isBusy = mount?.access === 'free-busy';
  const personal =
    mount === undefined || isBusy ? objects : await personalForms(context, { db, mount, turns }, objects);
  if (!isBusy && isVeiled !== true) return personal;
  const shown: CalendarObject[] = [];
  for (const object of personal) {
    if (turns.isDue()) await turns.take();
    shown.push(await shownObject(object, { isBusy, turns }));
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
async function shownObject(
  object: CalendarObject,
  { isBusy, turns }: { readonly isBusy: boolean; readonly turns: Turns },
): Promise<CalendarObject> {
  const calendar = await (isBusy ? parsedOrFaulty : maybePrivate)(object.octets, turns);
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
  const calendar = await parsedOrFaulty(octets, turns);
  return calendar !== 'faulty' && isPublic(calendar) ? undefined : calendar;
}

async function parsedOrFaulty(octets: Uint8Array, turns: Turns): Promise<Component | 'faulty'> {
  try {
    return await inTurns(parsingCalendar(octets), turns);
  } catch (error) {
    if (isFault(error)) return 'faulty';
    throw error;
  }
}
