import { Refusal } from '../base/refusal.ts';
import { accessIn } from '../calendar/access.ts';
import { homeOf } from '../calendar/collections.ts';
import type { Collection } from '../calendar/model.ts';
import { readDefaultAlarms } from '../ical/default-alarms.ts';
import { property, type DavContext, type Property } from './property.ts';
import { caldav } from './xml/names.ts';
import type { XmlNode } from './xml/node.ts';
import { el, text } from './xml/write.ts';

type Field = 'alarmVeventDatetime' | 'alarmVeventDate' | 'alarmVtodoDatetime' | 'alarmVtodoDate';

/**
 * A property with the alarms that a client gives to new components of one kind: those of the calendar or, where none
 * were set there, of the home. An empty value is one, too: no alarm. The server adds alarms to nothing (ADR 4), so that
 * `calendar-default-alarms`, by which clients would leave it to the server, is not in the DAV header.
 */
export const defaultAlarm = (local: string, field: Field): Property => {
  const name = caldav(local);
  return property({
    name,
    on: ['home', 'calendar'],
    async get({ collection }, context) {
      const value = collection[field] ?? (await homeOfReader(collection, context))?.[field];
      return value === undefined ? undefined : el(name, text(value));
    },
    change: (node) => ({ [field]: node === undefined ? null : alarmsIn(node) }),
  });
};

/** Throws valid-calendar-data (CALDAV). */
function alarmsIn({ name, text: value, children }: XmlNode): string {
  if (children.length > 0) throw new Refusal('valid-calendar-data', `${name} holds text`);
  readDefaultAlarms(value);
  return value;
}

/** The homes that were looked for in one request: a listing asks for each of its calendars. */
const homes = new WeakMap<DavContext, Map<string, Promise<Collection | undefined>>>();

/** The home above a calendar, for whoever may read it: a grant on the calendar is none on the home. */
function homeOfReader(
  { kind, homeId: ofCalendar, mount }: Collection,
  context: DavContext,
): Promise<Collection | undefined> {
  if (kind === 'home') return Promise.resolve(undefined);
  const homeId = mount?.homeId ?? ofCalendar;
  const known = homes.get(context) ?? new Map<string, Promise<Collection | undefined>>();
  homes.set(context, known);
  const found = known.get(homeId) ?? readHome(homeId, context);
  known.set(homeId, found);
  return found;
}

async function readHome(homeId: string, { actor, calendar }: DavContext): Promise<Collection | undefined> {
  const { home } = await accessIn(calendar, actor, homeId);
  return home.has('read') ? homeOf(calendar, homeId) : undefined;
}
