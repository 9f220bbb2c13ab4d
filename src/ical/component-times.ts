import { propertiesOf, propertyOf, type Component } from './component.ts';
import { parseDuration, type Duration } from './duration.ts';
import { P } from './names.ts';
import type { Instance } from './recurrence.ts';
import { eventOverlaps, freeBusyOverlaps, hull, instantInRange, periodOverlaps, todoOverlaps } from './time-range.ts';
import { periodsOf, timeOf, type Instant, type TimeRange, type TimeValue } from './time-value.ts';
import { instantOf, type ZoneContext } from './timezone.ts';

const DAY = 86_400_000;

/** Components whose times RFC 4791 §9.9 asks for each instance of their recurrence set, and AVAILABLE of RFC 7953. */
export const RECURRING_COMPONENTS: readonly string[] = ['VEVENT', 'VTODO', 'VJOURNAL', 'AVAILABLE'];

/**
 * The recurrence sets among the components of a calendar: a master and its overrides have one UID and one type
 * (RFC 4791 §4.1).
 */
export function recurrenceSets(components: readonly Component[]): readonly (readonly Component[])[] {
  const members = components.filter(({ name }) => RECURRING_COMPONENTS.includes(name));
  if (members.length < 2) return members.length === 0 ? [] : [members];
  return [...Map.groupBy(members, (member) => `${member.name} ${propertyOf(member, P.UID)?.value ?? ''}`).values()];
}

/** The instant of a DATE or DATE-TIME property; undefined where it is absent or cannot be read. */
export function instantOfProperty(component: Component, name: string, context: ZoneContext): Instant | undefined {
  const property = propertyOf(component, name);
  const value = property && timeOf(property);
  return value && instantOf(value, context);
}

/** Days are nominal: they keep the time on the wall (RFC 5545 §3.3.6). */
export function addDuration(value: TimeValue, { days, exact }: Duration, context: ZoneContext): Instant {
  return instantOf({ ...value, wall: value.wall + days * DAY }, context) + exact;
}

/** A VTODO with neither DTSTART nor DUE, and any other component without DTSTART: it has no place in time. */
export function isUndated(component: Component): boolean {
  const isDated = propertyOf(component, P.DTSTART) ?? (component.name === 'VTODO' && propertyOf(component, P.DUE));
  return !isDated;
}

/**
 * From start to end of a component by itself, its recurrence aside: DTSTART (or DUE) to DTEND, DUE or
 * DTSTART + DURATION, else a day for a DATE and nothing for a DATE-TIME (RFC 5545 §3.6.1).
 */
export function ownRange(component: Component, context: ZoneContext): TimeRange | undefined {
  const property = propertyOf(component, P.DTSTART);
  const value = property && timeOf(property);
  const end = instantOfProperty(component, component.name === 'VTODO' ? P.DUE : P.DTEND, context);
  if (value === undefined) return end === undefined ? undefined : { start: end, end };
  const start = instantOf(value, context);
  if (end !== undefined) return { start, end: Math.max(start, end) };
  const duration = parseDuration(propertyOf(component, P.DURATION)?.value ?? '');
  if (duration !== undefined) return { start, end: Math.max(start, addDuration(value, duration, context)) };
  const isDay = value.kind === 'date' && component.name !== 'VTODO';
  return { start, end: isDay ? addDuration(value, { days: 1, exact: 0 }, context) : start };
}

/** A component as one instance, its recurrence aside. */
export function ownInstance(component: Component, context: ZoneContext): Instance | undefined {
  const range = ownRange(component, context);
  const property = propertyOf(component, P.DTSTART);
  const id = propertyOf(component, P['RECURRENCE-ID']);
  return (
    range && {
      component,
      ...range,
      recurrenceId: id && timeOf(id),
      startValue: property && timeOf(property),
      endValue: undefined,
      isOverride: id !== undefined,
    }
  );
}

/** VEVENT, VTODO, VJOURNAL and AVAILABLE: one instance (RFC 4791 §9.9). */
export function instanceOverlaps(instance: Instance, range: TimeRange): boolean {
  const { component, start, end, startValue } = instance;
  if (component.name === 'VJOURNAL') {
    return startValue?.kind === 'date' ? eventOverlaps(range, start, end) : instantInRange(range, start);
  }
  if (component.name !== 'VTODO') return eventOverlaps(range, start, end);
  if (startValue === undefined) return todoOverlaps(range, { due: end });
  if (propertyOf(component, P.DUE)) return todoOverlaps(range, { dtstart: start, due: end });
  return todoOverlaps(range, { dtstart: start, dtend: propertyOf(component, P.DURATION) && end });
}

/** VEVENT, VTODO, VJOURNAL and AVAILABLE without a date: only a VTODO can overlap (RFC 4791 §9.9). */
export function undatedOverlaps(component: Component, range: TimeRange, context: ZoneContext): boolean {
  if (component.name !== 'VTODO') return false;
  const completed = instantOfProperty(component, P.COMPLETED, context);
  return todoOverlaps(range, { completed, created: instantOfProperty(component, P.CREATED, context) });
}

/** Components that do not recur: VFREEBUSY (RFC 4791 §9.9) and VAVAILABILITY, unbounded without DTSTART or DTEND. */
export function componentOverlaps(component: Component, range: TimeRange, context: ZoneContext): boolean {
  if (component.name === 'VAVAILABILITY') return periodOverlaps(range, availabilityRange(component, context));
  if (component.name !== 'VFREEBUSY') return false;
  const start = instantOfProperty(component, P.DTSTART, context);
  const end = instantOfProperty(component, P.DTEND, context);
  if (start !== undefined && end !== undefined) return freeBusyOverlaps(range, start, end);
  return freeBusyPeriods(component, context).some((period) => periodOverlaps(range, period));
}

/** RFC 7953 §3.1: the time for which a VAVAILABILITY speaks. */
function availabilityRange(component: Component, context: ZoneContext): TimeRange {
  const own = ownRange(component, context);
  const hasEnd = propertyOf(component, P.DTEND) ?? propertyOf(component, P.DURATION);
  const start = propertyOf(component, P.DTSTART) ? (own?.start ?? -Infinity) : -Infinity;
  return { start, end: hasEnd ? (own?.end ?? Infinity) : Infinity };
}

/** The periods of all FREEBUSY properties that can be read, in order. */
export function freeBusyPeriods(component: Component, context: ZoneContext): TimeRange[] {
  return propertiesOf(component, P.FREEBUSY).flatMap((property) => periodRanges(periodsOf(property), context));
}

/** Periods as ranges; one that cannot be read, or has neither end nor duration, is left out. */
export function periodRanges(periods: ReturnType<typeof periodsOf>, context: ZoneContext): TimeRange[] {
  return periods.flatMap((period) => {
    const end = period?.duration ? addDuration(period.start, period.duration, context) : period?.end;
    if (period === undefined || end === undefined) return [];
    return [{ start: instantOf(period.start, context), end: typeof end === 'number' ? end : instantOf(end, context) }];
  });
}

/** A range that a component which is found by no recurrence set can only overlap; undefined: any range. */
export function componentEnvelope(component: Component, context: ZoneContext): TimeRange | undefined {
  if (component.name === 'VAVAILABILITY') return availabilityRange(component, context);
  if (component.name === 'VFREEBUSY') {
    const start = instantOfProperty(component, P.DTSTART, context);
    const end = instantOfProperty(component, P.DTEND, context);
    if (start !== undefined && end !== undefined) return { start, end: Math.max(start, end) };
    const periods = freeBusyPeriods(component, context);
    return periods.length === 0 ? undefined : periods.reduce(hull);
  }
  if (component.name !== 'VTODO') return undefined;
  const completed = instantOfProperty(component, P.COMPLETED, context);
  const created = instantOfProperty(component, P.CREATED, context);
  if (completed === undefined) return created === undefined ? undefined : { start: created, end: Infinity };
  return { start: Math.min(completed, created ?? completed), end: Math.max(completed, created ?? completed) };
}
