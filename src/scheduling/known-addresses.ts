import { paramOf, type Component, type Property } from '../ical/component.ts';
import { P } from '../ical/names.ts';
import { addressKey } from '../itip/address.ts';
import { withParam, withProperties } from '../itip/component-edit.ts';
import { ITIP_COMPONENTS } from '../itip/series.ts';
import type { CalendarUser, Directory } from './directory.ts';

const PERSON: ReadonlySet<string | undefined> = new Set([undefined, 'INDIVIDUAL']);
const NAMED: ReadonlySet<string> = new Set([P.ORGANIZER, P.ATTENDEE]);

/**
 * An object in which everybody of this server is named as before: who is known by several addresses (RFC 6638 §2.4.1) is the
 * same person by each, and some clients write another than they were given. Who was not named before is named by mail
 * address, and a room or resource is said to be one. The same value where nothing has to be done.
 */
export function withKnownAddresses(before: Component | undefined, after: Component, directory: Directory): Component {
  const known = new Map<string, string>();
  let isOther = false;
  /** The address by which the person has been named first. */
  const settled = (name: string, value: string): string => {
    const user = directory.find(value);
    if (user === undefined) return value;
    const first = known.get(`${name} ${user.id}`) ?? mailOf(user, value);
    known.set(`${name} ${user.id}`, first);
    if (addressKey(first) === addressKey(value)) return value;
    isOther = true;
    return first;
  };
  /** A room is one whether or not the client knows: people are counted, and rooms shown, by it (RFC 5545 §3.2.3). */
  const asPlace = (property: Property, address: string): Property => {
    const place = property.name === P.ATTENDEE ? directory.find(address)?.place : undefined;
    if (place === undefined || !PERSON.has(paramOf(property, 'CUTYPE')?.toUpperCase())) return property;
    isOther = true;
    return withParam(property, 'CUTYPE', place);
  };
  for (const component of before?.components.filter(isScheduled) ?? []) {
    for (const { name, value } of component.properties) {
      const user = NAMED.has(name) ? directory.find(value) : undefined;
      if (user !== undefined && !known.has(`${name} ${user.id}`)) known.set(`${name} ${user.id}`, value);
    }
  }
  const components = after.components.map((component) =>
    isScheduled(component)
      ? withProperties(component, (each) =>
          NAMED.has(each.name) ? asPlace(withValue(each, settled(each.name, each.value)), each.value) : each,
        )
      : component,
  );
  return isOther ? { ...after, components } : after;
}

/** By which everybody knows him, also those elsewhere: a URL or a URN of this server says nothing to them. */
const mailOf = ({ mail }: CalendarUser, value: string): string =>
  mail === undefined || addressKey(value).startsWith('mailto:') ? value : mail;

const isScheduled = ({ name }: Component): boolean => ITIP_COMPONENTS.has(name);

const withValue = (each: Property, value: string): Property => (each.value === value ? each : { ...each, value });
