import { Refusal } from '../base/refusal.ts';
import { paramOf, propertyOf, type Component } from './component.ts';
import { recurrenceSets } from './component-times.ts';
import { mergeByStart } from './merge-by-start.ts';
import { P } from './names.ts';
import { recurrenceSet, type Instance } from './recurrence.ts';
import { unescapeText } from './text.ts';
import type { Instant, TimeValue, WallTime } from './time-value.ts';
import { instantOf, UTC, zoneOfTime, zonesOf, type Zone, type ZoneContext } from './timezone.ts';

const MINUTE = 60_000;
const DAY = 86_400_000;

/** One line of an expansion: an instance in words that any program reads. */
export interface ExpandedInstance {
  readonly uid: string | null;
  /** The original start, written like `start`; null for what does not recur. */
  readonly recurrenceId: string | null;
  /** RFC 3339 with offset; a date alone for an all-day instance; no offset for floating time. */
  readonly start: string;
  /** Where it ends, which is outside of it: also of a date. */
  readonly end: string;
  /** Zone of start; null for floating time and dates. */
  readonly zone: string | null;
  readonly allDay: boolean;
  readonly summary: string | null;
  readonly status: string | null;
}

export interface ExpandOptions {
  readonly from: Instant;
  readonly to: Instant;
  /** Where it is given, all times are shown in it, floating ones too. */
  readonly displayZone: Zone | undefined;
  /** Told what could not be read: a sentence with the UID and the reason. */
  onProblem(message: string): void;
}

/** How the times of an instance are shown: as dates, in a zone, or on the wall of no zone. */
type Show =
  | { readonly kind: 'date' }
  | { readonly kind: 'zone'; readonly zone: Zone }
  | { readonly kind: 'floating'; readonly zone: Zone };

const dateText = (wall: WallTime): string => new Date(wall).toISOString().slice(0, 10);
const wallText = (wall: WallTime): string => new Date(wall).toISOString().slice(0, 19);

/** `2026-03-02T09:00:00+01:00` (RFC 3339 §5.6); an offset with seconds is rounded, and the wall time with it. */
function offsetText(instant: Instant, zone: Zone): string {
  if (zone === UTC) return `${wallText(instant)}Z`;
  const minutes = Math.round(zone.offsetAt(instant) / MINUTE);
  const size = Math.abs(minutes);
  const two = (number: number): string => String(number).padStart(2, '0');
  const offset = `${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`;
  return wallText(instant + minutes * MINUTE) + offset;
}

function showOf(value: TimeValue, context: ZoneContext, displayZone: Zone | undefined): Show {
  if (value.kind === 'date') return { kind: 'date' };
  if (displayZone !== undefined) return { kind: 'zone', zone: displayZone };
  const known = value.kind === 'utc' || (value.kind === 'zoned' && context.zones(value.tzid) !== undefined);
  return known ? { kind: 'zone', zone: zoneOfTime(value, context) } : { kind: 'floating', zone: context.floating };
}

function shownInstant(instant: Instant, show: Show): string {
  if (show.kind === 'zone') return offsetText(instant, show.zone);
  return wallText(instant + (show.kind === 'floating' ? show.zone.offsetAt(instant) : 0));
}

function endText({ startValue, endValue, end }: Instance, show: Show): string {
  if (show.kind !== 'date') return shownInstant(end, show);
  if (endValue !== undefined) return dateText(endValue.wall);
  return dateText((startValue?.wall ?? 0) + DAY);
}

function textOf(component: Component, name: string): string | null {
  const property = propertyOf(component, name);
  return property === undefined ? null : unescapeText(property.value);
}

/** An instance as a line. Of a VTODO without DTSTART, its DUE is both start and end. */
function lineOf(instance: Instance, context: ZoneContext, displayZone: Zone | undefined): ExpandedInstance | undefined {
  const { component, recurrenceId, start } = instance;
  const value = instance.startValue ?? instance.endValue;
  if (value === undefined) return undefined;
  const show = showOf(value, context, displayZone);
  const idShow = recurrenceId === undefined ? show : showOf(recurrenceId, context, displayZone);
  const isDate = recurrenceId?.kind === 'date';
  const id =
    recurrenceId === undefined
      ? null
      : isDate
        ? dateText(recurrenceId.wall)
        : shownInstant(instantOf(recurrenceId, context), idShow);
  return {
    uid: propertyOf(component, P.UID)?.value ?? null,
    recurrenceId: id,
    start: show.kind === 'date' ? dateText(value.wall) : shownInstant(start, show),
    end: endText(instance, show),
    zone: show.kind === 'zone' ? show.zone.id : null,
    allDay: show.kind === 'date',
    summary: textOf(component, P.SUMMARY),
    status: propertyOf(component, P.STATUS)?.value ?? null,
  };
}

const uidOf = (components: readonly Component[]): string => {
  const uid = components[0] && propertyOf(components[0], P.UID)?.value;
  return uid === undefined ? `component at line ${components[0]?.line}` : `UID ${uid}`;
};

/** TZIDs of a group that no zone answers to. */
function unknownZones(components: readonly Component[], { zones }: ZoneContext): ReadonlySet<string> {
  const unknown = new Set<string>();
  for (const component of components) {
    for (const property of component.properties) {
      const tzid = paramOf(property, P.TZID);
      if (tzid !== undefined && zones(tzid) === undefined) unknown.add(tzid);
    }
  }
  return unknown;
}

/** The instances of one group; what refuses it is told, and ends it. */
function* instancesOf(
  components: readonly Component[],
  context: ZoneContext,
  options: ExpandOptions,
): Generator<Instance> {
  const tell = (what: string): void => options.onProblem(`${uidOf(components)}: ${what}`);
  for (const tzid of unknownZones(components, context)) {
    tell(`the time zone ${tzid} is not known, its times are read as floating`);
  }
  try {
    yield* recurrenceSet(components, context).instances(options);
  } catch (error) {
    // What a client wrote wrong concerns its own lines only; anything else is a bug, and goes up.
    if (!(error instanceof Refusal)) throw error;
    tell(error.message);
  }
}

/**
 * All instances of a calendar that touch the range, in order of start. Lazy: a consumer with a limit stops, and nothing
 * beyond is worked out. A UID that cannot be read is told to `onProblem`, and the rest goes on.
 */
export function* expandLines(calendar: Component, options: ExpandOptions): Generator<ExpandedInstance> {
  const context: ZoneContext = { zones: zonesOf(calendar), floating: options.displayZone ?? UTC };
  const groups = recurrenceSets(calendar.components);
  const streams = groups.map((components) => instancesOf(components, context, options));
  for (const instance of mergeByStart(streams)) {
    const line = lineOf(instance, context, options.displayZone);
    if (line !== undefined) yield line;
  }
}
