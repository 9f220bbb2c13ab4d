import type { ShownInstance } from '../calendar/link-content.ts';
import type { Instant, WallTime } from '../ical/time-value.ts';
import type { Zone } from '../ical/timezone.ts';

const MINUTE = 60_000;
const DAY = 86_400_000;

/** `2026-03-02T09:00:00+01:00` (RFC 3339 §5.6): an instant on the wall of a zone. */
export function timeText(instant: Instant, zone: Zone): string {
  // RFC 3339 has no seconds of an offset.
  const minutes = Math.round(zone.offsetAt(instant) / MINUTE);
  const wall = new Date(instant + minutes * MINUTE).toISOString().slice(0, 19);
  if (minutes === 0) return `${wall}Z`;
  const two = (number: number): string => String(Math.floor(number)).padStart(2, '0');
  const size = Math.abs(minutes);
  return `${wall}${minutes < 0 ? '-' : '+'}${two(size / 60)}:${two(size % 60)}`;
}

export const dayText = (wall: WallTime): string => new Date(wall).toISOString().slice(0, 10);

/** Where an instance is on the wall of a zone: days that it fills, or times. */
export interface WallSpan {
  readonly allDay: boolean;
  readonly start: WallTime;
  /** Exclusive. */
  readonly end: WallTime;
}

export function wallSpan({ start, end, startValue, endValue }: ShownInstance, zone: Zone): WallSpan {
  if (startValue?.kind !== 'date') {
    return { allDay: false, start: start + zone.offsetAt(start), end: end + zone.offsetAt(end) };
  }
  const last = endValue?.kind === 'date' ? endValue.wall : startValue.wall + DAY;
  return { allDay: true, start: startValue.wall, end: Math.max(last, startValue.wall + DAY) };
}
