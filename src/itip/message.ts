import { propertiesOf, propertyOf, type Component, type Property } from '../ical/component.ts';
import { P } from '../ical/names.ts';
import { parseComponent } from '../ical/parse.ts';
import { unescapeText } from '../ical/text.ts';
import { periodsOf } from '../ical/time-value.ts';
import { zoneByTzid } from '../ical/timezone.ts';
import { vtimezoneText } from '../ical/vtimezone-text.ts';
import { writeComponent } from '../ical/write.ts';
import { plain } from './component-edit.ts';
import { faultOf, METHODS, type Method } from './message-rules.ts';
import { revisionOf } from './revision.ts';
import { uidOf } from './series.ts';

export type { Method } from './message-rules.ts';

/** An iTIP message (RFC 5546 §3): what one method says of one UID. */
export interface ItipMessage {
  readonly method: Method;
  /** VEVENT, VTODO, VJOURNAL or VFREEBUSY; all components are of this kind. */
  readonly kind: string;
  readonly uid: string;
  /** The highest SEQUENCE of its components. */
  readonly sequence: number;
  /** The VCALENDAR: METHOD, PRODID, the VTIMEZONEs that are needed, the components. */
  readonly calendar: Component;
}

export type MessageReading = { readonly message: ItipMessage } | { readonly fault: string };

/** PRODID of what this program writes. */
export const PRODID = '-//Kalends//Kalends//EN';

/** Its components, without VTIMEZONEs. */
export const messageComponents = ({ calendar, kind }: ItipMessage): readonly Component[] =>
  calendar.components.filter(({ name }) => name === kind);

/**
 * Reads a VCALENDAR with METHOD as the tables of RFC 5546 §3.2 to §3.5 require. A fault says what is missing; what mail
 * programs are known to leave out though nothing hangs on it (SUMMARY, PRIORITY, DTSTAMP) is not asked for.
 *
 * @param method stands in for a METHOD property that is missing, as the Content-Type of a mail has it
 */
export function readMessage(calendar: Component, method?: string): MessageReading {
  const name = (propertyOf(calendar, P.METHOD)?.value ?? method ?? '').trim().toUpperCase();
  const known = METHODS.find((each) => each === name);
  if (known === undefined) return { fault: name === '' ? 'there is no METHOD' : `METHOD ${name} is not known` };
  const subjects = calendar.components.filter(({ name: kind }) => kind !== 'VTIMEZONE' && !kind.startsWith('X-'));
  const [first] = subjects;
  if (first === undefined) return { fault: 'there is no component' };
  const fault = faultOf(known, subjects);
  if (fault !== undefined) return { fault };
  return { message: messageOf(known, calendar, subjects, first) };
}

function messageOf(method: Method, calendar: Component, subjects: readonly Component[], first: Component): ItipMessage {
  const sequence = subjects.reduce((most, each) => Math.max(most, revisionOf(each).sequence), 0);
  return { method, kind: first.name, uid: uidOf(first), sequence, calendar };
}

/**
 * Makes a message of components, with only the VTIMEZONEs that they name.
 *
 * @param zones VCALENDARs in which these are looked for, the first that has it counts; a zone that none has is written
 *   as IANA knows it
 */
export function makeMessage(
  method: Method,
  components: readonly Component[],
  zones: readonly Component[],
): ItipMessage {
  const [first] = components;
  if (first === undefined) throw new TypeError('a message has at least one component');
  const head = [plain(P.VERSION, '2.0'), plain(P.PRODID, PRODID), plain(P.METHOD, method)];
  return messageOf(method, makeCalendar(head, components, zones), components, first);
}

/** A VCALENDAR with these components and the VTIMEZONEs that they name. */
export function makeCalendar(
  properties: readonly Property[],
  components: readonly Component[],
  zones: readonly Component[],
): Component {
  const parts = [...neededZones(components, zones), ...components];
  return { name: 'VCALENDAR', properties, components: parts, line: 0 };
}

/** The message as iCalendar text: CRLF, folded at 75 octets. */
export const messageText = ({ calendar }: ItipMessage): string => writeComponent(calendar);

function neededZones(components: readonly Component[], sources: readonly Component[]): readonly Component[] {
  const needed = new Map<string, number>();
  for (const component of components) gatherZones(component, needed);
  if (needed.size === 0) return [];
  const known = sources.map(zonesByName);
  return [...needed].flatMap(([tzid, first]) => {
    for (const zones of known) {
      const zone = zones.get(tzid);
      if (zone !== undefined) return [zone];
    }
    const zone = zoneByTzid(tzid);
    if (zone === undefined || !Number.isFinite(first)) return [];
    return [parseComponent(vtimezoneText(zone, tzid, { from: new Date(first).setUTCFullYear(yearOf(first), 0, 1) }))];
  });
}

const yearOf = (wall: number): number => new Date(wall).getUTCFullYear() - 1;

/** The VTIMEZONEs of a calendar by their TZIDs, also as these are without escapes; of two of one name the first. */
function zonesByName({ components }: Component): ReadonlyMap<string, Component> {
  const found = new Map<string, Component>();
  for (const part of components) {
    if (part.name !== 'VTIMEZONE') continue;
    const own = propertyOf(part, P.TZID)?.value.trim() ?? '';
    for (const name of [own, unescapeText(own)]) if (!found.has(name)) found.set(name, part);
  }
  return found;
}

function gatherZones(component: Component, needed: Map<string, number>): void {
  for (const property of component.properties) {
    const tzid = property.params.get('TZID')?.[0]?.trim();
    if (tzid === undefined || tzid === '') continue;
    const walls = periodsOf(property).map((period) => period?.start.wall ?? Infinity);
    needed.set(tzid, Math.min(needed.get(tzid) ?? Infinity, ...walls));
  }
  for (const child of component.components) gatherZones(child, needed);
}

/** The addresses that ATTENDEE of the message's components name. */
export const addressesIn = (message: ItipMessage): readonly string[] =>
  messageComponents(message).flatMap((component) => propertiesOf(component, P.ATTENDEE).map(({ value }) => value));
