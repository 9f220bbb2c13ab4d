import { propertyOf, type Component } from './component.ts';
import { P } from './names.ts';
import { unescapeText } from './text.ts';
import type { Instant, TimeValue } from './time-value.ts';
import { zoneByTzid } from './timezone-names.ts';
import { ZONE_NAMES, zoneByName } from './timezone-table.ts';
import { fixedZone, type Zone } from './timezone-transitions.ts';
import { zoneOfVtimezone } from './vtimezone.ts';

export type { Zone } from './timezone-transitions.ts';
export { zoneByTzid } from './timezone-names.ts';
export { tzdataRelease } from './timezone-table.ts';
export { zoneOfVtimezone } from './vtimezone.ts';

/** Coordinated universal time. */
export const UTC: Zone = fixedZone('UTC', 0);

/** How the times of one calendar object are read. */
export interface ZoneContext {
  /** The zone that a TZID names; undefined is read as floating time. */
  readonly zones: (tzid: string) => Zone | undefined;
  /** The zone of floating times and dates. */
  readonly floating: Zone;
}

/** Every name of IANA's zones and links that this program knows. */
export function zoneNames(): readonly string[] {
  return ZONE_NAMES;
}

/**
 * The zones of one calendar object. An exact IANA name is IANA's zone, whatever VTIMEZONE stands beside it (clients
 * send old or shortened ones); any other TZID is the resource's own VTIMEZONE as written (RFC 5545 §3.6.5); without
 * one, the zone that the name resembles. What a VTIMEZONE says stays with its resource.
 */
export function zonesOf(calendar: Component): (tzid: string) => Zone | undefined {
  const own = new Map<string, Zone | undefined>();
  return (tzid) => {
    const exact = zoneByName(tzid);
    if (exact !== undefined) return exact;
    if (own.has(tzid)) return own.get(tzid);
    const vtimezone = calendar.components.find(
      (component) => component.name === 'VTIMEZONE' && isNamed(propertyOf(component, P.TZID)?.value ?? '', tzid.trim()),
    );
    const zone = (vtimezone === undefined ? undefined : zoneOfVtimezone(vtimezone)) ?? zoneByTzid(tzid);
    own.set(tzid, zone);
    return zone;
  };
}

/** TZID is TEXT, but few programs escape the comma of `(UTC+01:00) Amsterdam, Berlin`. */
const isNamed = (value: string, tzid: string): boolean => value.trim() === tzid || unescapeText(value.trim()) === tzid;

/** The zone that a time is read in. */
export function zoneOfTime(value: TimeValue, { zones, floating }: ZoneContext): Zone {
  if (value.kind === 'utc') return UTC;
  return value.kind === 'zoned' ? (zones(value.tzid) ?? floating) : floating;
}

/** The instant of a time; a date is its midnight in the floating zone. */
export function instantOf(value: TimeValue, context: ZoneContext): Instant {
  return zoneOfTime(value, context).toUtc(value.wall);
}
