import { withEveryZone, withoutStandardZones } from '../ical/timezone-reference.ts';
import type { Preferences } from './prefer.ts';

/**
 * Calendar data with the VTIMEZONEs that CalDAV-Timezones asks for (RFC 7809 §3.1.3). Without the header it is as it was
 * sent. The entity tag is that of the resource all the same: it is what If-Match of a later PUT needs.
 */
export function withZonesAsked(octets: Uint8Array, { timezones }: Pick<Preferences, 'timezones'>): Uint8Array {
  if (timezones === undefined) return octets;
  return timezones === 'every' ? withEveryZone(octets) : withoutStandardZones(octets);
}
