import { paramOf, propertiesOf, type Component, type Property } from '../ical/component.ts';
import { P } from '../ical/names.ts';
import { addressKey, attendeeOf, isOneOf, isSameAddress, organizerOf, partstatOf } from './address.ts';
import { plain, withMore, withoutProperties, withParam, withProperties } from './component-edit.ts';

/** Steps of delegation that are followed. */
const MOST_STEPS = 10;

/** Addresses of DELEGATED-TO or DELEGATED-FROM. */
export const delegatesIn = (attendee: Property, param: 'DELEGATED-TO' | 'DELEGATED-FROM'): readonly string[] =>
  attendee.params.get(param) ?? [];

/** The attendee who has delegated to an address, as the organizer's component knows it (RFC 5546 §3.2.2.3). */
export const delegatorOf = (component: Component, address: string): Property | undefined =>
  propertiesOf(component, P.ATTENDEE).find(
    (attendee) =>
      partstatOf(attendee) === 'DELEGATED' &&
      delegatesIn(attendee, 'DELEGATED-TO').some((to) => isSameAddress(to, address)),
  );

/** People to whom one attendee may delegate: each is invited in the organizer's name. */
export const MOST_DELEGATES = 10;

/** Characters of what one parameter says: more than any address or name (RFC 5321 §4.5.3.1). */
const MOST_TEXT = 500;

/** Whether a parameter that somebody brings says more than there is to say: it would fill the organizer's object. */
export const isTooLong = (values: readonly string[]): boolean =>
  values.length > MOST_DELEGATES || values.some((value) => value.length > MOST_TEXT);

/** Why an attendee may not delegate to an address; undefined: he may. */
export function delegationFault(component: Component, from: string, to: string): string | undefined {
  if (isSameAddress(from, to)) return 'nobody delegates to himself';
  if (isSameAddress(organizerOf(component) ?? '', to)) return 'the organizer is no delegate';
  // Whoever has passed the invitation on, directly or not, does not get it back.
  let address = from;
  for (let step = 0; step < MOST_STEPS; step++) {
    const delegator = delegatorOf(component, address);
    if (delegator === undefined) return undefined;
    if (isSameAddress(delegator.value, to)) return 'the delegation goes in a circle';
    address = delegator.value;
  }
  return 'the delegation has too many steps';
}

/** An organizer's component with what a delegator says: DELEGATED, and the delegate as an attendee who is asked. */
export function withDelegation(component: Component, delegator: Property, delegates: readonly Property[]): Component {
  const named = delegatesIn(delegator, 'DELEGATED-TO');
  let made = component;
  for (const to of named) {
    const own = attendeeOf(made, isOneOf(to));
    // Whom the organizer has invited himself is not there for another, who could else take him out again.
    if (own !== undefined && delegatesIn(own, 'DELEGATED-FROM').length === 0) continue;
    const from = [...new Set([...(own === undefined ? [] : delegatesIn(own, 'DELEGATED-FROM')), delegator.value])];
    const sent = delegates.find(({ value }) => isSameAddress(value, to));
    const known = own ?? asked(sent ?? plain(P.ATTENDEE, to));
    const delegate = withDelegatedFrom(known, from);
    made = own === undefined ? withMore(made, [delegate]) : replaced(made, own, delegate);
  }
  return made;
}

const asked = (attendee: Property): Property => {
  const kept = new Map(
    [...attendee.params].filter(
      ([name, values]) => ['CN', 'CUTYPE', 'ROLE', 'LANGUAGE', 'EMAIL'].includes(name) && !isTooLong(values),
    ),
  );
  return withParam(withParam({ ...attendee, params: kept }, 'PARTSTAT', 'NEEDS-ACTION'), 'RSVP', 'TRUE');
};

const withDelegatedFrom = (attendee: Property, from: readonly string[]): Property => {
  const params = new Map(attendee.params);
  if (from.length === 0) params.delete('DELEGATED-FROM');
  else params.set('DELEGATED-FROM', from);
  return { ...attendee, params };
};

const replaced = (component: Component, old: Property, by: Property): Component =>
  withProperties(component, (property) => (property === old ? by : property));

/** A delegator has taken the invitation back: who takes part for nobody else is no attendee any more. */
export function withoutDelegation(component: Component, delegator: Property): Component {
  const gone = new Set<string>();
  const made = withProperties(component, (property) => {
    if (property.name !== P.ATTENDEE) return property;
    const from = delegatesIn(property, 'DELEGATED-FROM');
    if (!from.some((each) => isSameAddress(each, delegator.value))) return property;
    const left = from.filter((each) => !isSameAddress(each, delegator.value));
    if (left.length === 0) gone.add(addressKey(property.value));
    return withDelegatedFrom(property, left);
  });
  return withoutProperties(made, ({ name, value }) => name === P.ATTENDEE && gone.has(addressKey(value)));
}

/** Whether two answers name the same delegates. */
export const isSameDelegation = (one: Property, other: Property): boolean => delegateText(one) === delegateText(other);

const delegateText = (attendee: Property): string =>
  `${paramOf(attendee, 'PARTSTAT') === 'DELEGATED'} ${delegatesIn(attendee, 'DELEGATED-TO').map(addressKey).sort().join(' ')}`;
