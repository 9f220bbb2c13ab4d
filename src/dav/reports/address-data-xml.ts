import { BadRequest, Refusal } from '../../base/refusal.ts';
import { CARD_VERSIONS, type CardVersion } from '../../vcard/card.ts';
import type { PropertyName, WantedProperty } from '../../vcard/subset.ts';
import { carddav } from '../xml/names.ts';
import type { XmlNode } from '../xml/node.ts';
import { childOf, childrenOf } from '../xml/parse.ts';

export interface AddressDataRequest {
  readonly version: CardVersion;
  /** undefined: all. */
  readonly wanted: readonly WantedProperty[] | undefined;
}

/**
 * CARDDAV:address-data of a report's DAV:prop, RFC 6352 §10.4.
 *
 * @throws Refusal supported-address-data for another media type or version (§8.6)
 * @throws BadRequest for what the element's definition forbids
 */
export function parseAddressData(node: XmlNode): AddressDataRequest {
  const type = (node.attributes.get('content-type') ?? 'text/vcard').split(';')[0]?.trim().toLowerCase();
  const asked = (node.attributes.get('version') ?? CARD_VERSIONS[0]).trim();
  const version = CARD_VERSIONS.find((known) => known === asked);
  if (type !== 'text/vcard' || version === undefined) {
    throw new Refusal('supported-address-data', 'address-data is text/vcard in the version 3.0 or 4.0');
  }
  const props = childrenOf(node, carddav('prop'));
  if (props.length > MOST_PROPS)
    throw new BadRequest(`At most ${MOST_PROPS} vCard properties can be asked for at once`);
  const isWhole = props.length === 0 || childOf(node, carddav('allprop')) !== undefined;
  return { version, wanted: isWhole ? undefined : props.map(wantedIn) };
}

/** vCard has about fifty; each is looked for in every line of every card. */
const MOST_PROPS = 200;

function wantedIn(node: XmlNode): WantedProperty {
  const noValue = node.attributes.get('novalue') ?? 'no';
  if (noValue !== 'yes' && noValue !== 'no') throw new BadRequest('novalue must be yes or no');
  return { ...propertyNameOf(node), noValue: noValue === 'yes' };
}

/** The `name` of a CARDDAV:prop or prop-filter, with the group before a dot (§10.4.2). Throws BadRequest. */
export function propertyNameOf(node: XmlNode): PropertyName {
  const [, group, name] = /^(?:([A-Za-z0-9-]{1,255})\.)?([A-Za-z0-9-]{1,255})$/.exec(nameAttribute(node)) ?? [];
  if (name === undefined) throw new BadRequest('The name of a vCard property is missing or none');
  return { group: group?.toUpperCase(), name: name.toUpperCase() };
}

export const nameAttribute = (node: XmlNode): string => node.attributes.get('name') ?? '';
