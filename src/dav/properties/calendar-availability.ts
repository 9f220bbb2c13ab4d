import { Refusal } from '../../base/refusal.ts';
import type { CollectionPatch } from '../../calendar/collection-patch.ts';
import { readAvailability } from '../../ical/availability-object.ts';
import { property } from '../property.ts';
import { caldav, cs, type ClarkName } from '../xml/names.ts';
import type { XmlNode } from '../xml/node.ts';
import { el, text } from '../xml/write.ts';

/** The hours in which the owner of the inbox can be met; one value under both names. */
const availabilityNamed = (name: ClarkName) =>
  property({
    name,
    on: ['inbox'],
    get: ({ collection: { availability } }) => (availability === undefined ? undefined : el(name, text(availability))),
    change: (node) => ({ availability: node === undefined ? null : textIn(node) }),
  });

/** CALDAV:calendar-availability, RFC 7953: VAVAILABILITY components, which count in free-busy of the home. */
export const calendarAvailability = availabilityNamed(caldav('calendar-availability'));

/** The same by the name of the drafts before it, under which Apple Calendar sets it. */
export const calendarserverAvailability = availabilityNamed(cs('calendar-availability'));

/** Throws valid-calendar-data (CALDAV) where a part of it could not be evaluated. */
function textIn({ text: value, children }: XmlNode): NonNullable<CollectionPatch['availability']> {
  if (children.length > 0) throw new Refusal('valid-calendar-data', 'calendar-availability holds text');
  readAvailability(value);
  return value;
}
