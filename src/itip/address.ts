import { paramOf, propertiesOf, propertyOf, type Component, type Property } from '../ical/component.ts';
import { P } from '../ical/names.ts';

/** Whether an address is one of those of the calendar user in question, who may have several. */
export type IsMe = (address: string) => boolean;

/**
 * A calendar user address as it is compared (RFC 5545 §3.3.3): `mailto:` in any case and without what follows `?`, a bare
 * address as though it had the scheme, of other URIs the scheme in any case.
 */
export function addressKey(address: string): string {
  const known = KEYS.get(address);
  if (known !== undefined) return known;
  const key = keyOf(address);
  if (address.length > LONGEST_KEPT) return key;
  if (KEYS.size >= MOST_KEYS) KEYS.clear();
  KEYS.set(address, key);
  return key;
}

/** Each address of a meeting is compared with many. */
const KEYS = new Map<string, string>();
const MOST_KEYS = 10_000;
/** Longer than any address of mail (RFC 5321 §4.5.3.1): what outlives a request is not as large as somebody likes. */
const LONGEST_KEPT = 500;

function keyOf(address: string): string {
  const text = address.trim();
  const colon = text.indexOf(':');
  if (colon < 0) return text.includes('@') ? `mailto:${text.toLowerCase()}` : text.toLowerCase();
  const scheme = text.slice(0, colon).toLowerCase();
  const rest = text.slice(colon + 1);
  if (scheme === 'mailto') return `mailto:${decoded(rest.split('?')[0] ?? '').toLowerCase()}`;
  return scheme === 'urn' ? text.toLowerCase() : `${scheme}:${rest}`;
}

/** RFC 6068 §2 lets an address stand percent-encoded; what is not well encoded stays as it is. */
function decoded(text: string): string {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** A predicate for these addresses. */
export function isOneOf(...addresses: readonly string[]): IsMe {
  const keys = new Set(addresses.map(addressKey));
  const isMe: IsMe = (address) => keys.has(addressKey(address));
  const [only] = keys;
  if (only !== undefined && keys.size === 1) ONLY_KEYS.set(isMe, only);
  return isMe;
}

/** Of predicates for one address, its key: so that one of very many is found without asking each. */
const ONLY_KEYS = new WeakMap<IsMe, string>();

export const isSameAddress = (one: string, other: string): boolean => addressKey(one) === addressKey(other);

/** ATTENDEE of a person in a component; of two lines for one person the first. */
export function attendeeOf(component: Component, isMe: IsMe): Property | undefined {
  const key = ONLY_KEYS.get(isMe);
  if (key !== undefined) return attendeesOf(component).get(key);
  return propertiesOf(component, P.ATTENDEE).find(({ value }) => isMe(value));
}

/** All ATTENDEE properties by the address as it is compared; of two of one address the first. */
export function attendeesOf(component: Component): ReadonlyMap<string, Property> {
  const known = ATTENDEES.get(component);
  if (known !== undefined) return known;
  const found = new Map<string, Property>();
  for (const property of propertiesOf(component, P.ATTENDEE)) {
    const key = addressKey(property.value);
    if (!found.has(key)) found.set(key, property);
  }
  ATTENDEES.set(component, found);
  return found;
}

const ATTENDEES = new WeakMap<Component, ReadonlyMap<string, Property>>();

/** All ATTENDEE properties of a person in a component, in their order. */
export function attendeeLinesOf(component: Component, isMe: IsMe): readonly Property[] {
  const key = ONLY_KEYS.get(isMe);
  if (key === undefined) return propertiesOf(component, P.ATTENDEE).filter(({ value }) => isMe(value));
  const known =
    LINES.get(component) ?? Map.groupBy(propertiesOf(component, P.ATTENDEE), ({ value }) => addressKey(value));
  LINES.set(component, known);
  return known.get(key) ?? [];
}

const LINES = new WeakMap<Component, ReadonlyMap<string, readonly Property[]>>();

export const organizerOf = (component: Component): string | undefined => propertyOf(component, P.ORGANIZER)?.value;

/** PARTSTAT, RFC 5545 §3.2.12: NEEDS-ACTION where it says nothing. */
export const partstatOf = (attendee: Property): string =>
  paramOf(attendee, 'PARTSTAT')?.toUpperCase() ?? 'NEEDS-ACTION';

/**
 * Who tells this calendar user (RFC 6638 §7.1): the server where nothing is said; a value that is not known counts as
 * NONE.
 */
export function scheduleAgentOf(property: Property): 'SERVER' | 'CLIENT' | 'NONE' {
  const agent = paramOf(property, 'SCHEDULE-AGENT')?.toUpperCase() ?? 'SERVER';
  return agent === 'SERVER' || agent === 'CLIENT' ? agent : 'NONE';
}

/** Whether an address stands in SENT-BY of a property, RFC 5545 §3.2.18. */
export const isSentBy = (property: Property | undefined, address: string): boolean => {
  const by = property && paramOf(property, 'SENT-BY');
  return by !== undefined && isSameAddress(by, address);
};
