import { Refusal } from '../base/refusal.ts';
import { propertyOf, type Component, type Property } from './component.ts';
import { recurrenceSets } from './component-times.ts';
import { P } from './names.ts';
import { parseCalendar } from './parse.ts';
import { recurrenceSet } from './recurrence.ts';
import { UTC, zoneByTzid, zonesOf } from './timezone.ts';
import { isReadable, refuseUnknownZones, saysTheSame, SINGLE } from './validate.ts';

/**
 * The value of CALDAV:calendar-availability (RFC 7953): an iCalendar object of VAVAILABILITY components, with the
 * VTIMEZONEs that they need and nothing else, whose times can all be evaluated.
 *
 * @throws Refusal valid-calendar-data, valid-timezone
 */
export function readAvailability(text: string): Component {
  const calendar = parseCalendar(text);
  if (propertyOf(calendar, P.VERSION)?.value.trim() !== '2.0') refuse(calendar, 'VERSION is not 2.0');
  if (propertyOf(calendar, P.METHOD) !== undefined) refuse(calendar, 'METHOD is for messages');
  const subjects = calendar.components.filter(({ name }) => name !== 'VTIMEZONE');
  const other = subjects.find(({ name }) => name !== 'VAVAILABILITY');
  if (other !== undefined) refuse(other, `${other.name} beside VAVAILABILITY`);
  if (subjects.length === 0) refuse(calendar, 'there is no VAVAILABILITY');
  refuseUnknownZones(calendar, (tzid) => zoneByTzid(tzid) !== undefined);
  for (const subject of subjects) requireReadable(calendar, subject);
  return calendar;
}

function refuse({ line }: { readonly line: number }, message: string): never {
  throw new Refusal('valid-calendar-data', `line ${line}: ${message}`);
}

function requireReadable(calendar: Component, subject: Component): void {
  if ((propertyOf(subject, P.UID)?.value.trim() ?? '') === '') refuse(subject, 'VAVAILABILITY has no UID');
  requireTimes(subject);
  const available = subject.components.filter(({ name }) => name === 'AVAILABLE');
  for (const component of available) {
    if (propertyOf(component, P.DTSTART) === undefined) refuse(component, 'AVAILABLE has no DTSTART');
    requireTimes(component);
  }
  // A rule that can be read may still match nothing, which the first instance tells.
  for (const members of recurrenceSets(available)) {
    const set = recurrenceSet(members, { floating: UTC, zones: zonesOf(calendar) });
    set.instances({ from: -Infinity, to: Infinity }).next();
  }
}

function requireTimes(component: Component): void {
  const firsts = new Map<string, Property>();
  for (const property of component.properties) {
    if (!isReadable(property)) refuse(property, `${property.name} cannot be read: ${property.value.slice(0, 60)}`);
    const first = firsts.get(property.name);
    if (first === undefined) firsts.set(property.name, property);
    else if ((SINGLE as readonly string[]).includes(property.name) && !saysTheSame(property, first)) {
      refuse(property, `a second ${property.name} in ${component.name}`);
    }
  }
  const duration = firsts.get(P.DURATION);
  if (duration !== undefined && firsts.has(P.DTEND)) refuse(duration, `DTEND and DURATION in one ${component.name}`);
}
