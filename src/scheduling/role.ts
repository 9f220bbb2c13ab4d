import { Refusal } from '../base/refusal.ts';
import { propertiesOf, propertyOf, type Component } from '../ical/component.ts';
import { P } from '../ical/names.ts';
import { addressKey, attendeeOf, scheduleAgentOf, type IsMe } from '../itip/address.ts';
import { ITIP_COMPONENTS } from '../itip/series.ts';

/**
 * What an object is to the owner of the calendar it is in (RFC 6638 §3.1): of a `stranger` the organizer is another, and the
 * owner is not invited.
 */
export type Role = 'organizer' | 'attendee' | 'plain' | 'stranger';

export interface Part {
  readonly role: Role;
  /** The organizer's address; undefined where nobody is. */
  readonly organizer: string | undefined;
}

const PLAIN: Part = { role: 'plain', organizer: undefined };

/** The part that somebody has in an object; undefined stands for no object. */
export function partIn(calendar: Component | undefined, me: IsMe): Part {
  const components = scheduled(calendar);
  const line = components
    .map((component) => propertyOf(component, P.ORGANIZER))
    .find((organizer) => organizer !== undefined);
  if (line === undefined) return PLAIN;
  const organizer = line.value;
  if (me(organizer)) {
    const isMeeting = components.some((component) => propertyOf(component, P.ATTENDEE) !== undefined);
    return { role: isMeeting ? 'organizer' : 'plain', organizer };
  }
  if (scheduleAgentOf(line) !== 'SERVER') return { role: 'plain', organizer };
  const isInvited = components.some((component) => attendeeOf(component, me) !== undefined);
  return { role: isInvited ? 'attendee' : 'stranger', organizer };
}

const scheduled = (calendar: Component | undefined): readonly Component[] =>
  calendar?.components.filter(({ name }) => ITIP_COMPONENTS.has(name)) ?? [];

/** Every address that an object names as organizer or attendee, once each. */
export function addressesOf(...calendars: readonly (Component | undefined)[]): readonly string[] {
  const found = new Map<string, string>();
  for (const component of calendars.flatMap(scheduled)) {
    for (const { name, value } of component.properties) {
      if (name === P.ATTENDEE || name === P.ORGANIZER) found.set(addressKey(value), value);
    }
  }
  return [...found.values()];
}

/** Throws same-organizer-in-all-components (RFC 6638 §3.2.4.2) for a meeting of several. */
export function requireOneOrganizer(calendar: Component): void {
  const components = scheduled(calendar);
  if (components.every((component) => propertyOf(component, P.ATTENDEE) === undefined)) return;
  const organizers = components.flatMap((component) => propertiesOf(component, P.ORGANIZER));
  if (new Set(organizers.map(({ value }) => addressKey(value))).size <= 1) return;
  throw new Refusal('same-organizer-in-all-components', 'The components of an object have one organizer');
}
