import { DAY } from '../../base/clock.ts';
import { DateTime } from 'luxon';

import { Refusal } from '../../base/refusal.ts';
import type { Component } from '../../ical/component.ts';
import { P } from '../../ical/names.ts';
import { recurrenceSet, type Instance } from '../../ical/recurrence.ts';
import type { Instant, TimeValue, WallTime } from '../../ical/time-value.ts';
import { zoneByTzid, zoneOfTime, type Zone, type ZoneContext } from '../../ical/timezone.ts';
import type { Words } from './words.ts';

/** For whom times are written. */
export interface Reader {
  readonly words: Words;
  readonly zone: Zone;
}

/** Luxon only formats: walls come from our own zones, and are handed to it as though they were of UTC. */
const formatted = (wall: WallTime, format: string, { locale }: Words): string =>
  DateTime.fromMillis(wall, { zone: 'utc', locale }).toFormat(format);

export const dateText = (wall: WallTime, words: Words): string => formatted(wall, words.dateFormat, words);

const dayOf = (wall: WallTime): WallTime => Math.floor(wall / DAY) * DAY;

/** `09:30`, of any day: the year may be past 9999. */
const clockText = (wall: WallTime): string => new Date(wall - dayOf(wall)).toISOString().slice(11, 16);

const wallIn = (zone: Zone, instant: Instant): WallTime => instant + zone.offsetAt(instant);

/** `UTC+05:30`, `UTC-8`, `UTC`. */
function offsetText(offset: number): string {
  const minutes = Math.round(Math.abs(offset) / 60_000);
  if (minutes === 0) return 'UTC';
  const rest = minutes % 60 === 0 ? '' : `:${String(minutes % 60).padStart(2, '0')}`;
  return `UTC${offset < 0 ? '-' : '+'}${Math.floor(minutes / 60)}${rest}`;
}

/** A zone as a person knows it: IANA's name, and its offset then; the name of one that only the sender knows says nothing. */
function zoneText(zone: Zone, at: Instant): string {
  const offset = offsetText(zone.offsetAt(at));
  const known = zoneByTzid(zone.id);
  return known === undefined || known.id === offset ? offset : `${known.id.replaceAll('_', ' ')}, ${offset}`;
}

const OF_THE_SERIES: ReadonlySet<string> = new Set([P.RRULE, P.RDATE, P.EXDATE, P.EXRULE, P['RECURRENCE-ID']]);

/** The first instance of a component, or the one that it is; undefined where it has no time, or none that can be read. */
function onlyInstance(component: Component, context: ZoneContext): Instance | undefined {
  const properties = component.properties.filter(({ name }) => !OF_THE_SERIES.has(name));
  try {
    const [first] = recurrenceSet([{ ...component, components: [], properties }], context).instances({
      ...{ from: -Infinity, to: Infinity },
    });
    return first;
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}

/** When a component is, or the first time of a series, as its reader has it on the wall; undefined: nobody can tell. */
export function whenText(component: Component, context: ZoneContext, reader: Reader): string | undefined {
  const instance = onlyInstance(component, context);
  const start = instance?.startValue ?? instance?.endValue;
  if (instance === undefined || start === undefined) return undefined;
  if (start.kind === 'date') return daysText(start, instance.endValue, reader.words);
  const { words, zone } = reader;
  const end = instance.endValue === undefined ? instance.start : instance.end;
  if (start.kind === 'floating') {
    return `${spanText(start.wall, start.wall + (end - instance.start), words)} (${words.floating})`;
  }
  const own = zoneOfTime(start, context);
  const span = { start: instance.start, end };
  const here = `${spanIn(zone, span, words)} (${zoneText(zone, span.start)})`;
  const isSame = [span.start, span.end].every((at) => own.offsetAt(at) === zone.offsetAt(at));
  if (start.kind === 'utc' || isSame) return here;
  return `${here}; ${words.elsewhere(elsewhereText(own, zone, { span, words }), zoneText(own, span.start))}`;
}

interface Span {
  readonly start: Instant;
  readonly end: Instant;
}

const spanIn = (zone: Zone, { start, end }: Span, words: Words): string =>
  spanText(wallIn(zone, start), wallIn(zone, end), words);

/** The same in the zone in which it was planned: hours alone, where the day is the same. */
function elsewhereText(own: Zone, zone: Zone, { span, words }: { readonly span: Span; readonly words: Words }): string {
  const { start, end } = span;
  const isSameDay = [start, end].every((at) => dayOf(wallIn(own, at)) === dayOf(wallIn(zone, at)));
  if (!isSameDay || dayOf(wallIn(own, start)) !== dayOf(wallIn(own, end))) return spanIn(own, span, words);
  const [from, to] = [clockText(wallIn(own, start)), clockText(wallIn(own, end))];
  return from === to ? from : `${from} – ${to}`;
}

function spanText(start: WallTime, end: WallTime, words: Words): string {
  const from = `${dateText(start, words)}, ${clockText(start)}`;
  if (end <= start) return from;
  return `${from} – ${dayOf(start) === dayOf(end) ? '' : `${dateText(end, words)}, `}${clockText(end)}`;
}

function daysText(start: TimeValue, end: TimeValue | undefined, words: Words): string {
  const last = end?.kind === 'date' ? end.wall - DAY : start.wall;
  if (last <= start.wall) return `${dateText(start.wall, words)} (${words.allDay})`;
  return `${dateText(start.wall, words)} – ${dateText(last, words)}`;
}

/** The day of a time, such as of RECURRENCE-ID, as its reader calls it. */
export function dayText(value: TimeValue, context: ZoneContext, { words, zone }: Reader): string {
  if (value.kind === 'date' || value.kind === 'floating') return dateText(value.wall, words);
  return dateText(wallIn(zone, zoneOfTime(value, context).toUtc(value.wall)), words);
}

/** Whether a time is on another day for its reader than where it was planned. */
export function isOtherDay(value: TimeValue, context: ZoneContext, zone: Zone): boolean {
  if (value.kind === 'date' || value.kind === 'floating') return false;
  return dayOf(wallIn(zone, zoneOfTime(value, context).toUtc(value.wall))) !== dayOf(value.wall);
}
