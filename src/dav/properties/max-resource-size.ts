import { property } from '../property.ts';
import { caldav } from '../xml/names.ts';
import { el, text } from '../xml/write.ts';

/** CALDAV:max-resource-size, RFC 4791 §5.2.5, in octets. */
export const maxResourceSize = property({
  name: caldav('max-resource-size'),
  on: ['calendar', 'inbox'],
  get: (_, { calendar }) => el(caldav('max-resource-size'), text(String(calendar.limits.resourceOctets))),
});
