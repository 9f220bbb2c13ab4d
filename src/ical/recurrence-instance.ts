import type { Component } from './component.ts';
import { P } from './names.ts';
import type { Id } from './recurrence-ids.ts';
import {
  endOf,
  endOfPeriod,
  formOf,
  lengthOf,
  readTime,
  valueIn,
  wallAt,
  type Form,
  type Length,
  type Start,
} from './recurrence-timing.ts';
import type { Instant, TimeValue, WallTime } from './time-value.ts';
import type { ZoneContext } from './timezone.ts';

/** One instance of a recurrence set (RFC 5545 §3.8.5). */
export interface Instance {
  /** The master, or the override that describes this instance. */
  readonly component: Component;
  /** The original start, in the form of the master's DTSTART; undefined for a component that does not recur. */
  readonly recurrenceId: TimeValue | undefined;
  /** DTSTART of this instance, in the form of its component; undefined for a VTODO without one. */
  readonly startValue: TimeValue | undefined;
  /** DTEND, DUE or start + DURATION; undefined when none is given. */
  readonly endValue: TimeValue | undefined;
  /** Of a VTODO without DTSTART, its DUE. */
  readonly start: Instant;
  /** Never before start: start itself without an end, the next day for a date (RFC 5545 §3.6.1). */
  readonly end: Instant;
  readonly isOverride: boolean;
}

/** What a component says of the time of its instances. */
export interface Timing {
  readonly component: Component;
  readonly isOverride: boolean;
  /** DTSTART, or DUE of a VTODO without it; an override without either stands at its RECURRENCE-ID. */
  readonly anchor: TimeValue;
  readonly form: Form;
  readonly length: Length;
  /** False for a VTODO that has only DUE. */
  readonly hasStart: boolean;
}

/**
 * Reads the times of a component; undefined when it has none. `fallback` gives those of an override that leaves them
 * out. Throws Refusal('valid-calendar-data') for a time that cannot be read.
 */
export function timingOf(component: Component, context: ZoneContext, fallback?: Timing): Timing | undefined {
  const isOverride = fallback !== undefined;
  const start = readTime(component, P.DTSTART);
  const due = component.name === 'VTODO' ? readTime(component, P.DUE) : undefined;
  const anchor = start ?? due ?? fallback?.anchor;
  if (anchor === undefined) return undefined;
  const form = formOf(anchor, context);
  if (start === undefined && due !== undefined) {
    return { component, isOverride, anchor, form, length: { kind: 'none', days: 0 }, hasStart: false };
  }
  const own = lengthOf(component, anchor, context);
  const length = start === undefined && own.kind === 'none' ? (fallback?.length ?? own) : own;
  return { component, isOverride, anchor, form, length, hasStart: start !== undefined || fallback?.hasStart !== false };
}

/** Whether the instants of a time depend on the floating zone: floating times, dates, and zones that nobody knows. */
export function dependsOnFloating({ kind, tzid }: Form, { zones }: ZoneContext): boolean {
  return kind === 'date' || kind === 'floating' || (kind === 'zoned' && zones(tzid ?? '') === undefined);
}

/** The instance of a timing at a start. */
export function instanceAt(timing: Timing, start: Start, recurrenceId: TimeValue | undefined): Instance {
  const { component, isOverride, form } = timing;
  const value = valueIn(form, start.wall);
  const common = { component, recurrenceId, start: start.instant, isOverride };
  if (!timing.hasStart) return { ...common, startValue: undefined, endValue: value, end: start.instant };
  const { end, endValue } = endOf(timing.length, start, form);
  return { ...common, startValue: value, endValue, end };
}

/** A timing that describes a run of ids: the master's, or that of an override with RANGE=THISANDFUTURE. */
export interface Segment {
  readonly timing: Timing;
  /** Ids from here up to the next segment. */
  readonly from: Instant;
  readonly to: Instant;
  /** How far starts are moved from their ids on the wall (RFC 5545 §3.2.13); undefined: the ids are the starts. */
  readonly shift: WallTime | undefined;
}

/** The wall time of an id in a form's zone; only where zones differ it goes by the instant. */
export function wallOfId(id: Id, idForm: Form, form: Form): WallTime {
  return form.zone === idForm.zone ? id.wall : wallAt(form, id.instant);
}

/** The instance that a segment makes of an id. */
export function describe(segment: Segment, id: Id, idForm: Form, context: ZoneContext): Instance {
  const { timing, shift } = segment;
  const recurrenceId = valueIn(idForm, id.wall);
  if (shift === undefined) {
    const instance = instanceAt(timing, id, recurrenceId);
    return id.period === undefined ? instance : { ...instance, ...endOfPeriod(id.period, id, timing.form, context) };
  }
  const moved = wallOfId(id, idForm, timing.form) + shift;
  const wall = valueIn(timing.form, moved).wall;
  return instanceAt(timing, { wall, instant: timing.form.zone.toUtc(wall) }, recurrenceId);
}
