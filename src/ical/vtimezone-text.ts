import { formatTimeValue, monthLength, type Instant, type WallTime } from './time-value.ts';
import type { Zone } from './timezone.ts';

const DAY = 86_400_000;
/** Years before and after the one asked about: older events keep their offsets, and a rule shows itself as one. */
const YEARS = 10;
const WEEKDAYS = ['SU', 'MO', 'TU', 'WE', 'TH', 'FR', 'SA'] as const;

/** A change of the offset, in milliseconds east of UTC. */
interface Change {
  readonly at: Instant;
  readonly from: number;
  readonly to: number;
}

/**
 * An iCalendar object with the VTIMEZONE (RFC 5545 §3.6.5) of a zone around a year. Changes that follow one rule in
 * every year become an RRULE, which also holds later; others are listed.
 */
export function vtimezoneText(zone: Zone, tzid: string, year: number): string {
  const observances = observancesOf(zone, year);
  const lines = ['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//Kalends//Kalends//EN', 'BEGIN:VTIMEZONE', `TZID:${tzid}`];
  return [...lines, ...observances, 'END:VTIMEZONE', 'END:VCALENDAR', ''].join('\r\n');
}

function observancesOf(zone: Zone, year: number): readonly string[] {
  const start = Date.UTC(year - YEARS, 0, 1);
  const changes = changesOf(zone, start, Date.UTC(year + YEARS + 1, 0, 1));
  if (changes.length === 0) {
    const offset = zone.offsetAt(start);
    return observance({ at: Date.UTC(1970, 0, 1) - offset, from: offset, to: offset }, []);
  }
  const groups = Map.groupBy(changes, ({ from, to }) => `${from} ${to}`);
  return [...groups.values()].flatMap((group) => {
    const [first, ...others] = group;
    if (first === undefined) return [];
    const rule = ruleOf(group.map(onset));
    return observance(first, rule ? [`RRULE:${rule}`] : others.map((other) => `RDATE:${wallText(onset(other))}`));
  });
}

/** DTSTART of an observance is the wall time of its change, as the wall was before it. */
const onset = ({ at, from }: Change): WallTime => at + from;

function observance(first: Change, more: readonly string[]): readonly string[] {
  const kind = first.to > first.from ? 'DAYLIGHT' : 'STANDARD';
  return [
    `BEGIN:${kind}`,
    `DTSTART:${wallText(onset(first))}`,
    ...more,
    `TZOFFSETFROM:${offsetText(first.from)}`,
    `TZOFFSETTO:${offsetText(first.to)}`,
    `END:${kind}`,
  ];
}

/** Looks once a day, which finds all but two changes that undo each other within it. */
function changesOf(zone: Zone, start: Instant, end: Instant): readonly Change[] {
  const found: Change[] = [];
  let from = zone.offsetAt(start);
  for (let day = start; day < end; day += DAY) {
    const to = zone.offsetAt(day + DAY);
    if (to !== from) found.push({ at: changeBetween(zone, day, day + DAY), from, to });
    from = to;
  }
  return found;
}

/** The first instant with the later offset, to the second. */
function changeBetween(zone: Zone, start: Instant, end: Instant): Instant {
  const before = zone.offsetAt(start);
  let [low, high] = [start / 1000, end / 1000];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (zone.offsetAt(middle * 1000) === before) low = middle;
    else high = middle;
  }
  return high * 1000;
}

/** The yearly rule that all of these follow, one in each of the years; undefined where there is none. */
function ruleOf(onsets: readonly WallTime[]): string | undefined {
  const dates = onsets.map((wall) => new Date(wall));
  const [first] = dates;
  if (first === undefined || dates.length <= 2 * YEARS) return undefined;
  const isAlike = dates.every(
    (date, index) =>
      date.getUTCFullYear() === first.getUTCFullYear() + index &&
      date.getUTCMonth() === first.getUTCMonth() &&
      date.getUTCDay() === first.getUTCDay() &&
      date.getTime() % DAY === first.getTime() % DAY,
  );
  const ordinal = isAlike ? ordinalOf(dates) : undefined;
  if (ordinal === undefined) return undefined;
  return `FREQ=YEARLY;BYMONTH=${first.getUTCMonth() + 1};BYDAY=${ordinal}${WEEKDAYS[first.getUTCDay()]}`;
}

/** Which of its month's days of that name each one is, from the end (-1) or from the beginning. */
function ordinalOf(dates: readonly Date[]): number | undefined {
  const isLast = (date: Date): boolean =>
    date.getUTCDate() + 7 > monthLength(date.getUTCFullYear(), date.getUTCMonth() + 1);
  if (dates.every(isLast)) return -1;
  const [nth, ...others] = new Set(dates.map((date) => Math.ceil(date.getUTCDate() / 7)));
  return others.length === 0 ? nth : undefined;
}

const wallText = (wall: WallTime): string => formatTimeValue({ kind: 'floating', wall });

/** RFC 5545 §3.3.14; the seconds only where there are some. */
function offsetText(offset: number): string {
  const digits = new Date(Math.abs(offset)).toISOString().slice(11, 19).replaceAll(':', '');
  return `${offset < 0 ? '-' : '+'}${digits.endsWith('00') ? digits.slice(0, 4) : digits}`;
}
