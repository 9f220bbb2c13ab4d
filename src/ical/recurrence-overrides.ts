import { Refusal } from '../base/refusal.ts';
import { paramOf, propertyOf, type Component } from './component.ts';
import { P } from './names.ts';
import type { Id } from './recurrence-ids.ts';
import { instanceAt, timingOf, wallOfId, type Instance, type Segment, type Timing } from './recurrence-instance.ts';
import { formOf, readTime, valueIn, wallAt, type Form } from './recurrence-timing.ts';
import type { Instant, TimeValue, WallTime } from './time-value.ts';
import { instantOf, zoneOfTime, type ZoneContext } from './timezone.ts';

const DAY = 86_400_000;

/** A component with RECURRENCE-ID. */
export interface Override {
  readonly id: Id;
  /** Set where RECURRENCE-ID is a date in a series of times: the override is for the instance of that day. */
  readonly wholeDay: WallTime | undefined;
  readonly timing: Timing;
  readonly instance: Instance;
  /** RANGE=THISANDFUTURE (RFC 5545 §3.2.13). */
  readonly isRange: boolean;
}

/** The id that RECURRENCE-ID names; its value type should be DTSTART's (RFC 5545 §3.8.4.4), and often is not. */
function idOf(value: TimeValue, form: Form, context: ZoneContext): Id {
  if (form.kind === 'date' || value.kind === 'date') {
    const wall = Math.floor(value.wall / DAY) * DAY;
    return { instant: form.zone.toUtc(wall), wall, period: undefined };
  }
  const zone = value.kind === 'floating' ? form.zone : zoneOfTime(value, context);
  const instant = zone.toUtc(value.wall);
  return { instant, wall: zone === form.zone ? value.wall : wallAt(form, instant), period: undefined };
}

/**
 * Reads an override. `master` gives the form of its RECURRENCE-ID and the times that it leaves out. Throws
 * Refusal('valid-calendar-data') for a time that cannot be read.
 */
export function overrideOf(component: Component, master: Timing | undefined, context: ZoneContext): Override {
  const written = readTime(component, P['RECURRENCE-ID']);
  if (written === undefined) throw new Refusal('valid-calendar-data', 'RECURRENCE-ID is missing');
  const form = master?.form ?? formOf(written, context);
  const id = idOf(written, form, context);
  const wholeDay = written.kind === 'date' && form.kind !== 'date' ? id.wall : undefined;
  const recurrenceId = wholeDay === undefined ? valueIn(form, id.wall) : written;
  const standsAt: Timing = {
    component,
    isOverride: true,
    anchor: recurrenceId,
    form,
    length: master?.length ?? { kind: 'none', days: form.kind === 'date' && component.name !== 'VTODO' ? 1 : 0 },
    hasStart: master?.hasStart ?? true,
  };
  const timing = timingOf(component, context, standsAt) ?? standsAt;
  const start = { wall: timing.anchor.wall, instant: instantOf(timing.anchor, context) };
  const range = propertyOf(component, P['RECURRENCE-ID']);
  return {
    id,
    wholeDay,
    timing,
    instance: instanceAt(timing, start, recurrenceId),
    isRange: range !== undefined && paramOf(range, 'RANGE')?.toUpperCase() === 'THISANDFUTURE',
  };
}

/** The runs of ids: the master's from the beginning, and each range from its own id on until the next. */
export function segmentsOf(master: Timing, overrides: readonly Override[]): readonly Segment[] {
  const ranges = overrides.filter(({ isRange }) => isRange).sort((a, b) => a.id.instant - b.id.instant);
  const toOf = (index: number): Instant => ranges[index]?.id.instant ?? Infinity;
  const segments: Segment[] = [{ timing: master, from: -Infinity, to: toOf(0), shift: undefined }];
  for (const [i, { id, timing }] of ranges.entries()) {
    const shift = timing.anchor.wall - wallOfId(id, master.form, timing.form);
    segments.push({ timing, from: id.instant, to: toOf(i + 1), shift });
  }
  return segments;
}
