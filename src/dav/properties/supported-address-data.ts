import { CARD_VERSIONS } from '../../vcard/card.ts';
import { CARD_TYPE } from '../card.ts';
import { property } from '../property.ts';
import { carddav } from '../xml/names.ts';
import { el, elWith } from '../xml/write.ts';

const DATA = el(
  carddav('supported-address-data'),
  ...CARD_VERSIONS.map((version) => elWith(carddav('address-data-type'), { 'content-type': CARD_TYPE, version })),
);

/** CARDDAV:supported-address-data, RFC 6352 §6.2.2. */
export const supportedAddressData = property({
  name: carddav('supported-address-data'),
  on: ['addressbook'],
  get: () => DATA,
});
