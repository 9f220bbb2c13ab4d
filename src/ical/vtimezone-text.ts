import { formatTimeValue, type Instant, type WallTime } from './time-value.ts';
import { isDaylightBefore, type Change, type Zone } from './timezone-transitions.ts';
import { yearlyRuns, type YearlyRun } from './vtimezone-runs.ts';
import { escapeText } from './text.ts';
import { foldLine } from './write.ts';

/** Which part of a zone's history a VTIMEZONE holds, and what else it says. */
export interface VtimezoneSpan {
  /** From this instant on; without it, from the first change that is known. */
  readonly from?: Instant | undefined;
  /** Up to this instant, exclusive, which TZUNTIL then says (RFC 7808 §7.1); without it, for ever. */
  readonly to?: Instant | undefined;
  /** The identifier that `tzid` is another name of: TZID-ALIAS-OF (RFC 7808 §7.2). */
  readonly aliasOf?: string | undefined;
}

/** Rules without an end show themselves as such up to here: the dates that Gaza lists one by one end in 2086. */
const HORIZON = 2130;
/** Over so many years a rule shows every date that it makes. */
const YEARS = 44;

/** The year before which changes are looked at. */
const horizonOf = (from: Instant): number => Math.max(HORIZON, new Date(from).getUTCFullYear() + YEARS);

/** An iCalendar object with nothing but the VTIMEZONE of a zone. */
export function vtimezoneObject(zone: Zone, tzid: string, span: VtimezoneSpan = {}): string {
  const head = ['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//Kalends//Kalends//EN', ''].join('\r\n');
  return `${head}${vtimezoneText(zone, tzid, span)}END:VCALENDAR\r\n`;
}

/**
 * The VTIMEZONE (RFC 5545 §3.6.5) of a zone: every change of the span. Changes that follow one rule year after year
 * become an RRULE, with UNTIL where it ended; the others are listed as RDATE. Before its first observance it holds what
 * TZOFFSETFROM of that says, or, where the span has a beginning, an observance that begins there.
 */
export function vtimezoneText(zone: Zone, tzid: string, span: VtimezoneSpan = {}): string {
  const { from, to, aliasOf } = span;
  const horizon = horizonOf(from ?? 0);
  const end = Date.UTC(horizon, 0, 1);
  const isEndless = to === undefined || to > end;
  const changes = zone.transitions(from ?? -Infinity, isEndless ? end : to);
  const groups = Map.groupBy(changes, ({ before, offset, daylight }) => `${before} ${offset} ${daylight}`);
  const observances = [...groups.values()].flatMap((group) =>
    observancesOf(group, isEndless ? horizon - 1 : undefined),
  );
  if (changes[0] === undefined || (from !== undefined && changes[0].at > from)) observances.push(initial(zone, from));
  const lines = [
    'BEGIN:VTIMEZONE',
    `TZID:${escapeText(tzid)}`,
    ...(aliasOf === undefined ? [] : [`TZID-ALIAS-OF:${escapeText(aliasOf)}`]),
    ...(to === undefined ? [] : [`TZUNTIL:${utcText(to)}`]),
    ...observances.sort((a, b) => a.start - b.start).flatMap(observanceLines),
    'END:VTIMEZONE',
  ];
  return lines.map(foldLine).join('');
}

/** A STANDARD or DAYLIGHT part. DTSTART is the wall time of its first change, as the wall was before it. */
interface Observance {
  readonly start: WallTime;
  readonly before: number;
  readonly offset: number;
  readonly daylight: boolean;
  /** RRULE or RDATE. */
  readonly more: readonly string[];
}

/** What is in force where the span begins; for a zone that never changes, where clocks begin to count. */
function initial(zone: Zone, from: Instant | undefined): Observance {
  const at = from ?? 0;
  const offset = zone.offsetAt(at);
  const daylight = from !== undefined && isDaylightBefore(zone, from);
  return { start: from === undefined ? 0 : at + offset, before: offset, offset, daylight, more: [] };
}

/**
 * Changes from one offset to another as observances: one for each rule, and one for all that follow none. A rule that
 * holds in `lastYear` holds for ever.
 */
function observancesOf(group: readonly Change[], lastYear: number | undefined): Observance[] {
  const [first] = group;
  if (first === undefined) return [];
  const { before, offset, daylight } = first;
  const observance = (start: WallTime, more: readonly string[]): Observance => {
    return { start, before, offset, daylight, more };
  };
  const { runs, singles } = yearlyRuns(group.map(({ at }) => at + before));
  const found = runs.map((run) => observance(run.first, [`RRULE:${ruleText(run, before, lastYear)}`]));
  const [start, ...others] = singles;
  if (start === undefined) return found;
  return [...found, observance(start, others.length > 0 ? [`RDATE:${others.map(wallText).join(',')}`] : [])];
}

/** UNTIL stands in UTC (RFC 5545 §3.3.10). */
function ruleText({ rule, last }: YearlyRun, before: number, lastYear: number | undefined): string {
  if (new Date(last).getUTCFullYear() === lastYear) return `FREQ=YEARLY;${rule}`;
  return `FREQ=YEARLY;UNTIL=${utcText(last - before)};${rule}`;
}

function observanceLines({ start, before, offset, daylight, more }: Observance): readonly string[] {
  const kind = daylight ? 'DAYLIGHT' : 'STANDARD';
  return [
    `BEGIN:${kind}`,
    `DTSTART:${wallText(start)}`,
    ...more,
    `TZOFFSETFROM:${offsetText(before)}`,
    `TZOFFSETTO:${offsetText(offset)}`,
    `END:${kind}`,
  ];
}

const wallText = (wall: WallTime): string => formatTimeValue({ kind: 'floating', wall });
const utcText = (instant: Instant): string => formatTimeValue({ kind: 'utc', wall: instant });

/** RFC 5545 §3.3.14; the seconds only where there are some. */
function offsetText(offset: number): string {
  const digits = new Date(Math.abs(offset)).toISOString().slice(11, 19).replaceAll(':', '');
  return `${offset < 0 ? '-' : '+'}${digits.endsWith('00') ? digits.slice(0, 4) : digits}`;
}
