import { property } from '../property.ts';
import { caldav, carddav } from '../xml/names.ts';
import { el, text } from '../xml/write.ts';

/** CALDAV:max-resource-size, RFC 4791 §5.2.5, in octets. */
export const maxResourceSize = property({
  name: caldav('max-resource-size'),
  on: ['calendar', 'inbox'],
  get: (_, { calendar }) => el(caldav('max-resource-size'), text(String(calendar.limits.resourceOctets))),
});

/** CARDDAV:max-resource-size, RFC 6352 §6.2.3: what would be accepted, were the address book not read only. */
export const addressbookMaxResourceSize = property({
  name: carddav('max-resource-size'),
  on: ['addressbook'],
  get: (_, { calendar }) => el(carddav('max-resource-size'), text(String(calendar.limits.resourceOctets))),
});
