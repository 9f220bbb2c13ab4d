import { Refusal } from '../../base/refusal.ts';
import { propertyOf } from '../../ical/component.ts';
import { P } from '../../ical/names.ts';
import { parseCalendar } from '../../ical/parse.ts';
import { zoneByTzid, zoneOfVtimezone, type Zone } from '../../ical/timezone.ts';
import { caldav } from '../xml/names.ts';
import type { XmlNode } from '../xml/node.ts';

/**
 * The zone in which a report reads floating times: CALDAV:timezone (RFC 4791 §9.8) or CALDAV:timezone-id
 * (RFC 7809 §6.2).
 *
 * @throws Refusal valid-calendar-data for a timezone that is not a valid iCalendar object with exactly one VTIMEZONE
 * (RFC 4791 §7.8), valid-timezone for a timezone-id that is not known (RFC 7809 §3.1.6)
 */
export function parseTimezone(node: XmlNode): Zone {
  const text = node.text.trim();
  return node.name === caldav('timezone-id') ? zoneOfId(text) : zoneOfIcalendar(text);
}

function zoneOfId(tzid: string): Zone {
  const zone = zoneByTzid(tzid);
  if (zone === undefined) throw new Refusal('valid-timezone', `The time zone ${tzid.slice(0, 80)} is not known`);
  return zone;
}

/** Also for CALDAV:calendar-timezone (RFC 4791 §5.2.2), whose value is the same. */
export function zoneOfIcalendar(text: string): Zone {
  const calendar = parseCalendar(text);
  // RFC 5545 §3.6: both are REQUIRED.
  if (propertyOf(calendar, P.VERSION)?.value.trim() !== '2.0' || propertyOf(calendar, P.PRODID) === undefined) {
    throw new Refusal('valid-calendar-data', 'The time zone is no iCalendar object: VERSION:2.0 or PRODID is missing');
  }
  const [vtimezone, second] = calendar.components;
  if (vtimezone?.name !== 'VTIMEZONE' || second !== undefined) {
    throw new Refusal('valid-calendar-data', 'The time zone must be an iCalendar object with exactly one VTIMEZONE');
  }
  const zone = zoneOfVtimezone(vtimezone);
  if (zone === undefined)
    throw new Refusal('valid-calendar-data', 'The VTIMEZONE has no STANDARD or DAYLIGHT that can be read');
  return zone;
}
