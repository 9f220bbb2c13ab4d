import { hash } from 'node:crypto';
import { Refusal } from '../base/refusal.ts';
import { parseCalendar } from '../ical/parse.ts';
import { UTC, zoneByTzid, zoneOfVtimezone, type Zone } from '../ical/timezone.ts';
import type { CalendarContext } from './context.ts';
import type { Collection, Principal } from './model.ts';

// A calendar-timezone text is parsed once; a handful of texts serve a whole installation. By digest, as a client may
// set long ones.
const parsed = new Map<string, Zone | undefined>();
const MOST_TEXTS = 500;

/**
 * The zone in which floating and all-day times of a calendar are understood (RFC 4791 §5.2.2): calendar-timezone,
 * calendar-timezone-id, the owner's zone, the server's.
 */
export function floatingZoneOf(context: CalendarContext, collection: Collection, owner?: Principal): Zone {
  return (
    zoneOfText(collection.timezone) ??
    zoneNamed(collection.timezoneId) ??
    zoneNamed(owner?.timezone) ??
    zoneNamed(context.settings.timezone) ??
    UTC
  );
}

const zoneNamed = (tzid: string | undefined): Zone | undefined => (tzid === undefined ? undefined : zoneByTzid(tzid));

function zoneOfText(text: string | undefined): Zone | undefined {
  if (text === undefined) return undefined;
  const digest = hash('sha256', text, 'base64');
  if (parsed.has(digest)) return parsed.get(digest);
  if (parsed.size >= MOST_TEXTS) parsed.clear();
  const zone = readZone(text);
  parsed.set(digest, zone);
  return zone;
}

function readZone(text: string): Zone | undefined {
  try {
    const vtimezone = parseCalendar(text).components.find((component) => component.name === 'VTIMEZONE');
    return vtimezone === undefined ? undefined : zoneOfVtimezone(vtimezone);
  } catch (error) {
    // It was valid when it was set; a later, stricter version falls back to the next zone in line.
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}
