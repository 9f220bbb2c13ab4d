import { paramOf, propertyOf, type Component } from './component.ts';
import { addDuration } from './component-times.ts';
import { parseDuration, type Duration } from './duration.ts';
import { P } from './names.ts';
import type { Instance } from './recurrence.ts';
import { alarmOverlaps, type Triggers } from './time-range.ts';
import { timeOf, type Instant, type TimeRange } from './time-value.ts';
import { instantOf, type ZoneContext } from './timezone.ts';

const DAY = 86_400_000;

/** What a VALARM says of its triggers (RFC 5545 §3.6.6, §3.8.6.3). */
export interface AlarmTrigger {
  /** The one instant of an absolute trigger. */
  readonly at: Instant | undefined;
  readonly offset: Duration;
  readonly relatedToEnd: boolean;
  readonly repeat: number;
  readonly every: number;
}

/** Undefined for a VALARM whose TRIGGER cannot be read: it never fires. */
export function alarmTrigger(alarm: Component, context: ZoneContext): AlarmTrigger | undefined {
  const trigger = propertyOf(alarm, P.TRIGGER);
  if (trigger === undefined) return undefined;
  const pause = parseDuration(propertyOf(alarm, P.DURATION)?.value ?? '');
  const every = pause ? pause.days * DAY + pause.exact : 0;
  const count = Number(propertyOf(alarm, P.REPEAT)?.value ?? 0);
  const repeat = every > 0 && Number.isInteger(count) ? Math.max(0, count) : 0;
  const relatedToEnd = paramOf(trigger, 'RELATED')?.toUpperCase() === 'END';
  const offset = parseDuration(trigger.value);
  if (offset) return { at: undefined, offset, relatedToEnd, repeat, every };
  const value = timeOf(trigger);
  if (value === undefined) return undefined;
  return { at: instantOf(value, context), offset: { days: 0, exact: 0 }, relatedToEnd, repeat, every };
}

/** The triggers of an alarm for one instance; undefined for a relative trigger of an undated component. */
export function triggersOf(
  { at, offset, relatedToEnd, repeat, every }: AlarmTrigger,
  instance: Instance | undefined,
  context: ZoneContext,
): Triggers | undefined {
  if (at !== undefined) return { first: at, repeat, every };
  if (instance === undefined) return undefined;
  const { startValue, endValue, start, end } = instance;
  const anchor = relatedToEnd ? endValue : (startValue ?? endValue);
  const first = anchor
    ? addDuration(anchor, offset, context)
    : (relatedToEnd ? end : start) + offset.days * DAY + offset.exact;
  return { first, repeat, every };
}

/** Whether an alarm fires in the range for this instance. */
export function alarmFires(
  trigger: AlarmTrigger,
  instance: Instance | undefined,
  range: TimeRange,
  context: ZoneContext,
): boolean {
  const triggers = triggersOf(trigger, instance, context);
  return triggers !== undefined && alarmOverlaps(range, triggers);
}
