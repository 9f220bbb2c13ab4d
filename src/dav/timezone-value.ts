import { Refusal } from '../base/refusal.ts';
import type { CollectionPatch } from '../calendar/collection-patch.ts';
import { propertyOf } from '../ical/component.ts';
import { P } from '../ical/names.ts';
import { parseCalendar } from '../ical/parse.ts';
import { zoneByTzid } from '../ical/timezone.ts';
import { vtimezoneObject } from '../ical/vtimezone-text.ts';
import { zoneOfIcalendar } from './reports/timezone-xml.ts';

/** What a client sets calendar-timezone to. Throws valid-calendar-data (RFC 4791 §5.2.2). */
export function timezoneTextIn(timezone: string): CollectionPatch {
  zoneOfIcalendar(timezone);
  const [vtimezone] = parseCalendar(timezone).components;
  const tzid = vtimezone && propertyOf(vtimezone, P.TZID)?.value.trim();
  return { timezone, timezoneId: tzid ?? null };
}

/** What a client sets calendar-timezone-id to. Throws valid-timezone (RFC 7809 §3.1.5). */
export function timezoneIdIn(value: string): CollectionPatch {
  const timezoneId = value.trim();
  if (zoneByTzid(timezoneId) !== undefined) return { timezone: null, timezoneId };
  throw new Refusal('valid-timezone', `The time zone ${timezoneId.slice(0, 80)} is not known`);
}

const MOST_TEXTS = 500;
const texts = new Map<string, string>();

/** An iCalendar object with the VTIMEZONE of a zone, its whole history; undefined for an unknown zone. */
export function vtimezoneText(tzid: string): string | undefined {
  const zone = zoneByTzid(tzid);
  if (zone === undefined) return undefined;
  let text = texts.get(tzid);
  if (text === undefined) {
    text = vtimezoneObject(zone, tzid);
    if (texts.size >= MOST_TEXTS) texts.clear();
    texts.set(tzid, text);
  }
  return text;
}
