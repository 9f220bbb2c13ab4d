import { createHash } from 'node:crypto';

import { Refusal } from '../base/refusal.ts';
import type { Steps } from '../base/steps.ts';
import { createTurns, inTurns } from '../base/turns.ts';
import { propertiesOf, propertyOf, type Component } from '../ical/component.ts';
import { findingIndexEntry, type IndexEntry } from '../ical/index-entry.ts';
import { parsingCalendar } from '../ical/parse.ts';
import { searchText } from '../ical/search-text.ts';
import { validatingObject } from '../ical/validate.ts';
import { writeComponent, writingComponent } from '../ical/write.ts';
import { DAY } from '../base/clock.ts';
import type { CalendarContext } from './context.ts';
import type { Collection } from './model.ts';
import { rememberParsed } from './parsed.ts';

/** Octets that may be stored in a calendar, with what SQL has to know of them. */
export interface ReadObject {
  readonly uid: string;
  readonly component: string;
  readonly etag: string;
  readonly octets: Uint8Array;
  readonly calendar: Component;
  readonly index: IndexEntry;
}

/** Most occurrence rows of one object; past them the engine expands on the fly. */
const MOST_OCCURRENCES = 600;

/**
 * Parses, validates and indexes one calendar object resource: the preconditions of RFC 4791 §5.3.2.1 that depend on
 * the octets and the calendar alone. Throws Refusal: max-resource-size, valid-calendar-data,
 * valid-calendar-object-resource, supported-calendar-component, max-instances, max-attendees-per-instance.
 */
export function* readingObject(
  context: CalendarContext,
  collection: Collection,
  octets: Uint8Array,
): Steps<ReadObject> {
  requireSize(context, octets);
  const calendar = yield* parsingCalendar(octets);
  return yield* readingCalendar(context, collection, { octets, calendar });
}

/** As readingObject, of a calendar that was made here, of what was read before. */
export function* writingObject(
  context: CalendarContext,
  collection: Collection,
  calendar: Component,
): Steps<ReadObject> {
  const octets = Buffer.from(yield* writingComponent(calendar));
  requireSize(context, octets);
  const object = yield* readingCalendar(context, collection, { octets, calendar });
  rememberParsed(object);
  return object;
}

/** An object whose calendar says something else, but the same of times, rules and zones. */
export function withCalendar(object: ReadObject, calendar: Component): ReadObject {
  const octets = Buffer.from(writeComponent(calendar));
  const index = { ...object.index, searchText: searchText(calendar) };
  return { ...object, calendar, octets, index, etag: etagOf(octets) };
}

function* readingCalendar(
  context: CalendarContext,
  collection: Collection,
  { octets, calendar }: Pick<ReadObject, 'octets' | 'calendar'>,
): Steps<ReadObject> {
  requireFewOverrides(context, calendar);
  const { uid, component } = yield* validatingObject(calendar);
  requireIndexableUid(uid);
  requireComponent(collection, component);
  requireAttendees(context, calendar);
  const index = yield* indexing(context, calendar);
  yield;
  return { uid, component, etag: etagOf(octets), octets, calendar, index };
}

/** As readingObject, with a break wherever one is due: a large object takes hundreds of milliseconds. */
export const readObject = (context: CalendarContext, collection: Collection, octets: Uint8Array): Promise<ReadObject> =>
  inTurns(readingObject(context, collection, octets), createTurns());

/** The strong entity tag of octets, without quotes: equal exactly when the octets are (RFC 9110 §8.8.1). */
export function etagOf(octets: Uint8Array): string {
  return createHash('sha256').update(octets).digest('base64url').slice(0, 27);
}

/** The index columns and occurrence rows of an object as of an instant. */
export function indexing(context: CalendarContext, calendar: Component, now = context.clock()): Steps<IndexEntry> {
  const { settings, limits } = context;
  return findingIndexEntry(calendar, {
    horizon: {
      from: now - settings.indexPastDays * DAY,
      until: now + settings.indexFutureDays * DAY,
      maxInstances: MOST_OCCURRENCES,
      now,
    },
    budget: { steps: limits.recurrenceSteps },
  });
}

function requireSize({ limits }: CalendarContext, octets: Uint8Array): void {
  if (octets.length <= limits.resourceOctets) return;
  throw new Refusal('max-resource-size', `${octets.length} octets; at most ${limits.resourceOctets} are accepted`);
}

/** RFC 4791 §5.2.8: they are instances that are written out, each as large as an event. */
function requireFewOverrides({ limits }: CalendarContext, calendar: Component): void {
  const overrides = calendar.components.filter((component) => propertyOf(component, 'RECURRENCE-ID')).length;
  if (overrides <= limits.overridesPerResource) return;
  throw new Refusal(
    'max-instances',
    `${overrides} overridden instances; at most ${limits.overridesPerResource} are accepted`,
  );
}

/** A key of an index: PostgreSQL refuses those of more than 2,700 octets. */
const MOST_OF_UID = 2000;

function requireIndexableUid(uid: string): void {
  if (Buffer.byteLength(uid) <= MOST_OF_UID) return;
  throw new Refusal('valid-calendar-object-resource', `The UID is longer than ${MOST_OF_UID} octets`);
}

/** Throws Refusal: supported-calendar-component. */
export function requireComponent(collection: Collection, component: string): void {
  if (collection.components === undefined || collection.components.includes(component)) return;
  throw new Refusal(
    'supported-calendar-component',
    `${component} is not accepted here, only ${collection.components.join(', ')}`,
  );
}

/** RFC 4791 §5.2.9: counted in each component, and once for each calendar user. */
function requireAttendees({ limits }: CalendarContext, calendar: Component): void {
  for (const component of calendar.components) {
    const attendees = propertiesOf(component, 'ATTENDEE');
    if (attendees.length <= limits.attendeesPerInstance) continue;
    const users = new Set(attendees.map((attendee) => attendee.value.toLowerCase()));
    if (users.size <= limits.attendeesPerInstance) continue;
    throw new Refusal(
      'max-attendees-per-instance',
      `${users.size} attendees in one instance; at most ${limits.attendeesPerInstance} are accepted`,
    );
  }
}
