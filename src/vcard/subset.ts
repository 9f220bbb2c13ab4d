import type { Card, CardProperty } from './card.ts';

/** A property named in a request; `X-ABC.TEL` is TEL of the group X-ABC alone (RFC 6352 §10.4.2). */
export interface PropertyName {
  readonly group: string | undefined;
  readonly name: string;
}

/** CARDDAV:prop of CARDDAV:address-data. */
export interface WantedProperty extends PropertyName {
  readonly noValue: boolean;
}

/** Whether a property is meant; the cards of the directory have no groups. */
export const isNamed = ({ name }: CardProperty, wanted: PropertyName): boolean =>
  wanted.group === undefined && wanted.name === name;

/** The lines that were asked for and no others (RFC 6352 §10.4: what is left need not be a valid vCard). */
export function subsetOf(card: Card, wanted: readonly WantedProperty[]): Card {
  return card.flatMap((property) => {
    const found = wanted.find((each) => isNamed(property, each));
    if (found === undefined) return [];
    return [found.noValue ? { ...property, value: '' } : property];
  });
}
