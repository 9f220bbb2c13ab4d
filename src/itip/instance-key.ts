import type { Property } from '../ical/component.ts';
import { formOf, wallAt, type Form } from '../ical/recurrence-timing.ts';
import { formatTimeValue, timeOf, type TimeValue, type WallTime } from '../ical/time-value.ts';
import { instantOf, zoneOfTime, type ZoneContext } from '../ical/timezone.ts';

/**
 * What tells the instances of one series apart: the original start as an instant in UTC, in a series of dates as a date,
 * in one of floating times as such. Times of several zones that name the same instance have the same key.
 */
export type InstanceKey = string;

/** The key of the master. */
export const MASTER: InstanceKey = '';

const DAY = 86_400_000;
export const dayOf = (wall: WallTime): WallTime => Math.floor(wall / DAY) * DAY;

/** The key of a time beside a series whose times have this form; undefined: none is known, its own form counts. */
export function keyOfTime(value: TimeValue, known: Form | undefined, context: ZoneContext): InstanceKey {
  const form = known ?? formOf(value, context);
  if (form.kind === 'date' || value.kind === 'date') return formatTimeValue({ kind: 'date', wall: dayOf(value.wall) });
  const zone = value.kind === 'floating' ? form.zone : zoneOfTime(value, context);
  const instant = zone.toUtc(value.wall);
  if (form.kind !== 'floating') return formatTimeValue({ kind: 'utc', wall: instant });
  return formatTimeValue({ kind: 'floating', wall: value.kind === 'floating' ? value.wall : wallAt(form, instant) });
}

/** A key that no instance has, for a time that cannot be read. */
export const unreadableKey = (property: Property): InstanceKey => `?${property.value}`;

/** The form of the times of a property; undefined where it cannot be read. */
export function formOfProperty(property: Property | undefined, context: ZoneContext): Form | undefined {
  const value = property && timeOf(property);
  return value === undefined ? undefined : formOf(value, context);
}

/** The zone's midnight and the next, of the day that a date names in a series of times. */
export function dayAround(value: TimeValue, form: Form, context: ZoneContext): { from: number; to: number } {
  const from = form.zone.toUtc(dayOf(value.wall));
  return { from, to: Math.max(form.zone.toUtc(dayOf(value.wall) + DAY), instantOf(value, context) + 1) };
}
