import { Refusal } from '../base/refusal.ts';
import { paramOf, propertyOf, type Component } from './component.ts';
import { rangesOf } from './component-ranges.ts';
import { asBuffer } from './content-line.ts';
import { P } from './names.ts';
import { parseCalendar } from './parse.ts';
import { unescapeText } from './text.ts';
import { periodsOf, type Instant } from './time-value.ts';
import { zoneByTzid } from './timezone-names.ts';
import { zoneByName } from './timezone-table.ts';
import { vtimezoneText } from './vtimezone-text.ts';

const DAY = 86_400_000;

/**
 * A calendar without the VTIMEZONEs of zones that everybody has: those whose TZID is a name of IANA's (RFC 7809
 * §3.1.3). The others, and every other octet, stay.
 */
export function withoutStandardZones(octets: Uint8Array): Uint8Array {
  const whole = asBuffer(octets);
  if (!whole.includes('VTIMEZONE')) return octets;
  const kept: Uint8Array[] = [];
  let from = 0;
  for (const { name, uid, start, end } of rangesOf(octets).components) {
    if (name !== 'VTIMEZONE' || uid === undefined || zoneByName(uid.trim()) === undefined) continue;
    kept.push(whole.subarray(from, start));
    from = end;
  }
  return from === 0 ? octets : Buffer.concat([...kept, whole.subarray(from)]);
}

/**
 * A calendar with a VTIMEZONE for each TZID that its times name (RFC 7809 §3.1.3): one that is missing is made of
 * the zone that the name means, from the year of the first such time on. A name that means none stays without, and what
 * cannot be parsed stays as it is.
 */
export function withEveryZone(octets: Uint8Array): Uint8Array {
  const texts = [...missingZones(octets)].flatMap(([tzid, first]) => {
    const zone = zoneByTzid(tzid);
    return zone === undefined ? [] : vtimezoneText(zone, tzid, { from: startOfYear(first - DAY) });
  });
  const place = texts.length === 0 ? undefined : rangesOf(octets).components[0]?.start;
  if (place === undefined) return octets;
  return Buffer.concat([octets.subarray(0, place), Buffer.from(texts.join('')), octets.subarray(place)]);
}

/** Undefined for what is no instant. */
function startOfYear(instant: Instant): Instant | undefined {
  const start = new Date(instant).setUTCMonth(0, 1);
  return Number.isNaN(start) ? undefined : Math.floor(start / DAY) * DAY;
}

/** The TZIDs that have no VTIMEZONE, each with the first wall time that names it. */
function missingZones(octets: Uint8Array): ReadonlyMap<string, number> {
  const missing = new Map<string, number>();
  const calendar = parsed(octets);
  if (calendar === undefined) return missing;
  gather(calendar, missing);
  for (const zone of calendar.components.filter(({ name }) => name === 'VTIMEZONE')) {
    const tzid = propertyOf(zone, P.TZID)?.value.trim() ?? '';
    missing.delete(tzid);
    missing.delete(unescapeText(tzid));
  }
  return missing;
}

function gather(component: Component, missing: Map<string, number>): void {
  for (const property of component.properties) {
    const tzid = paramOf(property, 'TZID')?.trim();
    if (tzid === undefined || tzid === '') continue;
    const walls = periodsOf(property).map((period) => period?.start.wall ?? Infinity);
    missing.set(tzid, Math.min(missing.get(tzid) ?? Infinity, ...walls));
  }
  for (const child of component.components) gather(child, missing);
}

function parsed(octets: Uint8Array): Component | undefined {
  try {
    return parseCalendar(octets);
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}
