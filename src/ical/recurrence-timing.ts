import { Refusal } from '../base/refusal.ts';
import { propertyOf, type Component, type Property } from './component.ts';
import { P } from './names.ts';
import { parseDuration, type Duration } from './duration.ts';
import { timeOf, type Instant, type Period, type TimeValue, type WallTime } from './time-value.ts';
import { instantOf, zoneOfTime, type Zone, type ZoneContext } from './timezone.ts';

const DAY = 86_400_000;

/** In which form times are written: that of a value, without its time. */
export interface Form {
  readonly kind: TimeValue['kind'];
  readonly tzid: string | undefined;
  /** The zone in which the wall times are read; of dates and floating times the floating zone. */
  readonly zone: Zone;
}

export function formOf(value: TimeValue, context: ZoneContext): Form {
  return { kind: value.kind, tzid: value.kind === 'zoned' ? value.tzid : undefined, zone: zoneOfTime(value, context) };
}

export function valueIn({ kind, tzid }: Form, wall: WallTime): TimeValue {
  if (kind === 'zoned') return { kind, wall, tzid: tzid ?? '' };
  return kind === 'date' ? { kind, wall: Math.floor(wall / DAY) * DAY } : { kind, wall };
}

/** The time on the wall of a form's zone at an instant. */
export const wallAt = ({ zone }: Form, instant: Instant): WallTime => instant + zone.offsetAt(instant);

/**
 * How long the instances of a component are (RFC 5545 §3.8.5.3): DTEND gives all the same exact length, or for dates
 * the same number of days; DURATION gives the same nominal one, whose days keep the time on the wall.
 */
export type Length =
  | { readonly kind: 'none'; readonly days: number }
  | { readonly kind: 'days'; readonly days: number; readonly form: Form }
  | {
      readonly kind: 'exact';
      readonly exact: number;
      readonly form: Form;
      readonly first: Instant;
      readonly written: TimeValue;
    }
  | { readonly kind: 'nominal'; readonly duration: Duration };

/** Where a start stands, both ways. */
export interface Start {
  readonly wall: WallTime;
  readonly instant: Instant;
}

export interface End {
  readonly end: Instant;
  readonly endValue: TimeValue | undefined;
}

function unreadable(component: Component, { name, value, line }: Property): Refusal {
  const text = `${name} of ${component.name} cannot be read: ${value.slice(0, 60)} (line ${line})`;
  return new Refusal('valid-calendar-data', text);
}

/**
 * The time of a property; undefined when it is not there. Of several, which RFC 5545 §3.6 forbids, the first. Throws
 * Refusal('valid-calendar-data') when one cannot be read.
 */
export function readTime(component: Component, name: string): TimeValue | undefined {
  let first: TimeValue | undefined;
  for (const property of component.properties) {
    if (property.name !== name) continue;
    const value = timeOf(property);
    if (value === undefined) throw unreadable(component, property);
    first ??= value;
  }
  return first;
}

function readDuration(component: Component): Duration | undefined {
  const property = propertyOf(component, P.DURATION);
  if (property === undefined) return undefined;
  const duration = parseDuration(property.value);
  if (duration === undefined) throw unreadable(component, property);
  return duration;
}

/** Days that a date lasts by itself: an event or journal entry the whole day (RFC 5545 §3.6.1), a task no time. */
const ownDays = (component: Component, form: Form): number =>
  form.kind === 'date' && component.name !== 'VTODO' ? 1 : 0;

function lengthByEnd(component: Component, start: TimeValue, end: TimeValue, context: ZoneContext): Length {
  const form = formOf(start, context);
  if (start.kind === 'date' && end.kind === 'date') {
    const days = (end.wall - start.wall) / DAY;
    // A date that ends on itself is written for one day, and can mean nothing else.
    return { kind: 'days', days: Math.max(days, ownDays(component, form)), form };
  }
  // A date as the end of a time (a slip) is its midnight where the event starts.
  const written = end.kind === 'date' ? valueIn(form, end.wall) : end;
  const endForm = formOf(written, context);
  const first = form.zone.toUtc(start.wall);
  const isFloating = start.kind === 'floating' && written.kind === 'floating';
  const exact = isFloating ? written.wall - start.wall : instantOf(written, context) - first;
  return { kind: 'exact', exact: Math.max(0, exact), form: endForm, first, written };
}

/** The length that a component gives to instances which start like `start`; none for a start that is a DUE. */
export function lengthOf(component: Component, start: TimeValue, context: ZoneContext): Length {
  const end = readTime(component, component.name === 'VTODO' ? P.DUE : P.DTEND);
  if (end !== undefined) return lengthByEnd(component, start, end, context);
  const duration = readDuration(component);
  if (duration !== undefined) return { kind: 'nominal', duration };
  return { kind: 'none', days: ownDays(component, formOf(start, context)) };
}

function endOfDuration(duration: Duration, start: Start, form: Form): End {
  // Days first, on the wall, then the exact rest (RFC 5545 §3.3.6). A date has no time for the rest: a full day.
  const extra = form.kind === 'date' ? Math.ceil(duration.exact / DAY) : 0;
  const exact = form.kind === 'date' ? 0 : duration.exact;
  const days = duration.days + extra;
  const wall = start.wall + days * DAY;
  const end = (days === 0 ? start.instant : form.zone.toUtc(wall)) + exact;
  if (end < start.instant) return { end: start.instant, endValue: valueIn(form, start.wall) };
  return { end, endValue: valueIn(form, form.kind === 'date' ? wall : wallAt(form, end)) };
}

/** The end of an RDATE period, which is its own (RFC 5545 §3.8.5.2). */
export function endOfPeriod(period: Period, start: Start, form: Form, context: ZoneContext): End {
  if (period.duration !== undefined) return endOfDuration(period.duration, start, form);
  if (period.end === undefined) return { end: start.instant, endValue: undefined };
  return { end: Math.max(start.instant, instantOf(period.end, context)), endValue: period.end };
}

/** When an instance ends that starts there. */
export function endOf(length: Length, start: Start, form: Form): End {
  switch (length.kind) {
    case 'none': {
      const end = length.days === 0 ? start.instant : form.zone.toUtc(start.wall + length.days * DAY);
      return { end: Math.max(end, start.instant), endValue: undefined };
    }
    case 'days': {
      const wall = start.wall + length.days * DAY;
      return { end: Math.max(form.zone.toUtc(wall), start.instant), endValue: valueIn(form, wall) };
    }
    case 'nominal':
      return endOfDuration(length.duration, start, form);
    case 'exact': {
      if (form.kind === 'floating' && length.form.kind === 'floating') {
        const wall = start.wall + length.exact;
        return { end: Math.max(form.zone.toUtc(wall), start.instant), endValue: valueIn(form, wall) };
      }
      const end = start.instant + length.exact;
      // The first instance ends as it is written, also where that clock reading comes twice.
      const endValue = start.instant === length.first ? length.written : valueIn(length.form, wallAt(length.form, end));
      return { end, endValue };
    }
  }
}

/** No instance of this length ends later than so many milliseconds after its start. */
export function reachOf(length: Length): number {
  // What keeps the time on the wall is longer where the clock is put back: by a day at the date line.
  if (length.kind === 'exact') return length.exact + (length.form.kind === 'floating' ? DAY : 0);
  const days = length.kind === 'nominal' ? length.duration.days : length.days;
  const exact = length.kind === 'nominal' ? length.duration.exact : 0;
  return Math.max(0, days * DAY + exact + (days === 0 ? 0 : DAY));
}
