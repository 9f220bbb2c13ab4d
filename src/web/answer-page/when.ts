import { DAY } from '../../base/clock.ts';
import type { InvitedTime } from '../../calendar/open-invitation.ts';
import type { TimeValue, WallTime } from '../../ical/time-value.ts';
import type { Zone } from '../../ical/timezone.ts';

/** A time as the page tells it: on the wall of a zone, of whole days, or of whatever clock hangs there. */
export interface ToldTime {
  readonly kind: 'days' | 'floating' | 'zoned';
  readonly start: WallTime;
  /** Of days the last one; of others when it ends. */
  readonly end: WallTime;
}

/** Where an instance is when it is told in a zone. */
export function toldIn({ start, end, startValue, endValue }: InvitedTime, zone: Zone): ToldTime {
  const value = startValue ?? endValue;
  if (value?.kind === 'date') {
    const last = startValue === undefined ? value.wall : lastDay(startValue, endValue);
    return { kind: 'days', start: value.wall, end: last };
  }
  if (value?.kind === 'floating') {
    return { kind: 'floating', start: value.wall, end: value.wall + Math.max(0, end - start) };
  }
  return { kind: 'zoned', start: start + zone.offsetAt(start), end: end + zone.offsetAt(end) };
}

const lastDay = (start: TimeValue, end: TimeValue | undefined): WallTime =>
  Math.max(start.wall, (end?.kind === 'date' ? end.wall : start.wall + DAY) - DAY);

/** Makers of text are costly, and there are as many as languages and regions. */
const FORMATS = new Map<string, Intl.DateTimeFormat>();
const MOST_FORMATS = 200;

function formatIn(locale: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${locale} ${JSON.stringify(options)}`;
  const known = FORMATS.get(key);
  if (known !== undefined) return known;
  if (FORMATS.size >= MOST_FORMATS) FORMATS.clear();
  // The wall is read as though it were UTC: what the clocks do is in the wall already.
  const made = new Intl.DateTimeFormat(locale, { ...options, timeZone: 'UTC' });
  FORMATS.set(key, made);
  return made;
}

const LONG = { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' } as const;
const SHORT = { weekday: 'short', day: 'numeric', month: 'short', year: 'numeric' } as const;
const CLOCK = { hour: 'numeric', minute: '2-digit' } as const;

/** `Monday, 2 March 2026, 09:00 – 10:00`. */
export function timeText({ kind, start, end }: ToldTime, locale: string, length: 'long' | 'short' = 'long'): string {
  const day = length === 'long' ? LONG : SHORT;
  const format = formatIn(locale, kind === 'days' ? day : { ...day, ...CLOCK });
  return end > start ? format.formatRange(start, end) : format.format(start);
}

/** The parts of a leaf of a calendar. */
export function leafOf(wall: WallTime, locale: string) {
  const part = (options: Intl.DateTimeFormatOptions): string => formatIn(locale, options).format(wall);
  return {
    month: part({ month: 'short' }),
    day: String(new Date(wall).getUTCDate()),
    weekday: part({ weekday: 'short' }),
  };
}

/** `2026-03-02` and `09:00`, as inputs of a form have them. */
export const dateInput = (wall: WallTime): string => new Date(wall).toISOString().slice(0, 10);
export const timeInput = (wall: WallTime): string => new Date(wall).toISOString().slice(11, 16);
