import type { Component } from '../ical/component.ts';
import { parseCalendars } from '../ical/parse.ts';
import type { CalendarObject } from './model.ts';

/** Octets whose calendars are remembered, and those of one of them at most. */
const MOST_OCTETS = 1024 * 1024;
const MOST_OF_ONE = 256 * 1024;

interface Known {
  readonly calendar: Component;
  readonly size: number;
}

/** By entity tags, which are digests of the octets; who was asked for last comes last. */
const known = new Map<string, Known>();
let octets = 0;

/**
 * The calendar of a stored object; undefined: its octets are none. Everybody who answers an invitation meets the same few
 * objects, so that those of late are remembered: calendars are never changed. Throws what parseCalendars throws.
 */
export function parsedObject(object: Pick<CalendarObject, 'etag' | 'octets'>): Component | undefined {
  const { etag } = object;
  const found = known.get(etag);
  if (found !== undefined) {
    known.delete(etag);
    known.set(etag, found);
    return found.calendar;
  }
  const [calendar] = parseCalendars(object.octets).calendars;
  if (calendar !== undefined) rememberParsed({ etag, octets: object.octets, calendar });
  return calendar;
}

/** Remembers what octets are that have just been written. */
export function rememberParsed(made: Pick<CalendarObject, 'etag' | 'octets'> & { readonly calendar: Component }): void {
  const size = made.octets.byteLength;
  if (size > MOST_OF_ONE || known.has(made.etag)) return;
  known.set(made.etag, { calendar: made.calendar, size });
  octets += size;
  for (const [etag, oldest] of known) {
    if (octets <= MOST_OCTETS) break;
    known.delete(etag);
    octets -= oldest.size;
  }
}
