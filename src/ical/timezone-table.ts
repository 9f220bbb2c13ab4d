import tzdata from 'tzdata/timezone-data.json' with { type: 'json' };
import { weekdayOf } from './rrule-days.ts';
import { dayNumber, monthLength, type Instant } from './time-value.ts';
import { untilOf } from './timezone-repairs.ts';
import { zoneOfTransitions, type Transition, type TransitionSource, type Zone } from './timezone-transitions.ts';

const MINUTE = 60_000;
const DAY = 86_400_000;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
/** Up to here a zone's transitions are worked out at once; later ones follow from the rules that never end. */
const HISTORY_UNTIL = 2037;

/**
 * The lines of IANA's files as the package holds them. A zone is a list of [minutes WEST of UTC, rule, format, until],
 * or the name of the zone that it is another name of. A rule line is [from, to, '-', month, day, [hour, minute,
 * second, 's' standard | 'u' universal | null wall], minutes saved, letters].
 */
interface Tables {
  readonly version: string;
  readonly zones: Readonly<Record<string, string | readonly ZoneLine[]>>;
  readonly rules: Readonly<Record<string, readonly RuleLine[]>>;
}
type ZoneLine = readonly [minutesWest: string, rule: string, format: string, until: string | null];
type RuleLine = readonly [
  from: string,
  to: string,
  type: string,
  month: string,
  day: string,
  time: readonly (string | null)[],
  save: string,
  ...letters: string[],
];

// The border to the package: its JSON is inferred as a type of thousands of literals.
const { version, zones, rules } = tzdata as unknown as Tables;

/** The release of IANA's time zone database that the table was made from, such as 2026d. */
export const tzdataRelease: string = version;

/** What a clock time counts in: the wall's, standard time, or UTC (zic(8), suffixes w, s and u). */
export type ClockKind = 'w' | 's' | 'u';

interface Occurrence {
  readonly wall: number;
  readonly kind: ClockKind;
  readonly save: number;
}

/** The day of a month that `lastSun`, `Sun>=8`, `Sun<=25` or a number names; it may lie in the next or last month. */
function dayOfRule(year: number, month: number, text: string): number {
  const weekday = WEEKDAYS.indexOf(text.startsWith('last') ? text.slice(4) : text.slice(0, 3));
  if (weekday < 0) return dayNumber(year, month, Number(text));
  const backward = (day: number): number => day - ((weekdayOf(day) - weekday + 7) % 7);
  if (text.startsWith('last')) return backward(dayNumber(year, month, monthLength(year, month)));
  const day = dayNumber(year, month, Number(text.slice(5)));
  return text[3] === '<' ? backward(day) : day + ((weekday - weekdayOf(day) + 7) % 7);
}

function occurrenceOf(line: RuleLine, year: number): Occurrence {
  const [hour, minute, second, kind] = line[5];
  const day = dayOfRule(year, MONTHS.indexOf(line[3]) + 1, line[4]);
  return {
    wall: day * DAY + (Number(hour) * 3600 + Number(minute) * 60 + Number(second)) * 1000,
    kind: kind === 's' || kind === 'u' ? kind : 'w',
    save: Number(line[6]) * MINUTE,
  };
}

/** Every change that a rule makes in these years, in order. */
function occurrencesOf(rule: string, from: number, to: number): Occurrence[] {
  const found: Occurrence[] = [];
  for (const line of rules[rule] ?? []) {
    const first = Number(line[0]);
    const last = line[1] === 'only' ? first : line[1] === 'max' ? to : Number(line[1]);
    for (let year = Math.max(first, from); year <= Math.min(last, to); year++) found.push(occurrenceOf(line, year));
  }
  return found.sort((a, b) => a.wall - b.wall);
}

/** The last year of a zone's history: some rules (Ramadan) are listed one by one for decades to come. */
function lastYearOf(rule: string): number {
  const years = (rules[rule] ?? []).map(([from, to]) => Number(to === 'only' || to === 'max' ? from : to));
  return Math.max(HISTORY_UNTIL, ...years);
}

const clockToUtc = (wall: number, kind: ClockKind, standard: number, save: number): Instant =>
  wall - (kind === 'u' ? 0 : standard) - (kind === 'w' ? save : 0);

/** The save of a zone line without named rule: `-` or `1:00`. */
function fixedSave(rule: string): number | undefined {
  if (rule === '-') return 0;
  const match = /^(-?)(\d+):(\d\d)$/.exec(rule);
  return match === null ? undefined : (match[1] === '-' ? -1 : 1) * (Number(match[2]) * 60 + Number(match[3])) * MINUTE;
}

interface History {
  readonly initial: number;
  readonly transitions: Transition[];
  /** The line that never ends, and the last year that `transitions` hold. */
  readonly tail: { readonly standard: number; readonly rule: string; readonly lastYear: number };
}

type Add = (at: Instant, offset: number, daylight: boolean) => void;

/**
 * Whether a change begins daylight saving time. A rule that takes an hour away in winter (Europe/Dublin) has its
 * standard time in summer by law; in iCalendar, as everywhere else, that is the daylight part.
 */
const isDaylight = (save: number, saveBefore: number): boolean => save > 0 || (save === 0 && saveBefore < 0);

/** One zone line's transitions from `start` on; gives the instant at which the line ends. */
function addLine(name: string, line: ZoneLine, start: Instant, add: Add): Instant {
  const standard = Math.round(-Number(line[0]) * 60) * 1000;
  const until = line[3] === null ? undefined : untilOf(name, Number(line[3]));
  const endWith = (save: number): Instant =>
    until === undefined ? Infinity : clockToUtc(until.wall, until.kind, standard, save);
  let save = fixedSave(line[1]);
  if (save !== undefined) {
    add(start, standard + save, save > 0);
    return endWith(save);
  }
  save = 0;
  let begun = false;
  for (const occurrence of occurrencesOf(line[1], 0, lastYearOf(line[1]))) {
    const at = clockToUtc(occurrence.wall, occurrence.kind, standard, save);
    if (at >= endWith(save)) break;
    if (at > start) {
      if (!begun) add(start, standard + save, save > 0);
      begun = true;
      add(at, standard + occurrence.save, isDaylight(occurrence.save, save));
    }
    save = occurrence.save;
  }
  if (!begun) add(start, standard + save, save > 0);
  return endWith(save);
}

/**
 * Adds a transition as zic(8) does: one whose wall time is not later than that of the transition before takes its
 * place (a zone that leaves summer time and its old rules at once does not pass through a third offset).
 */
function append(transitions: Transition[], initial: number, next: Transition): void {
  const last = transitions.at(-1);
  const before = transitions.at(-2)?.offset ?? initial;
  if (last !== undefined && next.at + last.offset <= last.at + before) {
    transitions.pop();
    if (next.offset !== before) transitions.push({ ...next, at: last.at });
  } else if (next.offset !== (last?.offset ?? initial)) {
    transitions.push(next);
  }
}

function historyOf(name: string, lines: readonly ZoneLine[]): History {
  const transitions: Transition[] = [];
  let initial = 0;
  const add: Add = (at, offset, daylight) => {
    if (at === -Infinity) initial = offset;
    else append(transitions, initial, { at, offset, daylight });
  };
  let start = -Infinity;
  for (const line of lines) start = addLine(name, line, start, add);
  const last = lines.at(-1) ?? ['0', '-', '', null];
  const standard = Math.round(-Number(last[0]) * 60) * 1000;
  return { initial, transitions, tail: { standard, rule: last[1], lastYear: lastYearOf(last[1]) } };
}

/** Transitions after the last year of the history: each year by the rules that never end. */
function tailBetween({ tail, transitions }: History, from: Instant, to: Instant): Transition[] {
  const years = [
    Math.max(tail.lastYear, new Date(from).getUTCFullYear() - 1),
    new Date(to).getUTCFullYear() + 1,
  ] as const;
  const found: Transition[] = [];
  let save: number | undefined;
  let offset = transitions.at(-1)?.offset;
  for (const occurrence of occurrencesOf(tail.rule, ...years)) {
    const at = clockToUtc(occurrence.wall, occurrence.kind, tail.standard, save ?? 0);
    // The first only says which save the next one is counted in.
    const known = save !== undefined;
    const daylight = isDaylight(occurrence.save, save ?? 0);
    save = occurrence.save;
    const isChange = offset !== tail.standard + save;
    offset = tail.standard + save;
    if (known && isChange && at >= from && at < to) found.push({ at, offset, daylight });
  }
  return found;
}

function sourceOf(history: History): TransitionSource {
  const { transitions, initial, tail } = history;
  const end = Date.UTC(tail.lastYear + 1, 0, 1);
  const lastOf = (list: readonly Transition[], at: Instant): Transition | undefined =>
    list.findLast((transition) => transition.at < at);
  const endless = fixedSave(tail.rule) === undefined;
  return {
    between(from, to) {
      const known = transitions.filter(({ at }) => at >= from && at < to && (at < end || !endless));
      return to > end && endless ? [...known, ...tailBetween(history, Math.max(from, end), to)] : known;
    },
    offsetBefore(at) {
      const year = at > end && endless ? lastOf(tailBetween(history, at - 800 * DAY, at), at) : undefined;
      return (year ?? lastOf(transitions, at))?.offset ?? initial;
    },
  };
}

const known = new Map<string, Zone>();

/** The name that a zone's rules stand under: links of IANA's `backward` lead there. */
export function canonicalName(name: string): string | undefined {
  const entry = Object.hasOwn(zones, name) ? zones[name] : undefined;
  return typeof entry === 'string' ? canonicalName(entry) : entry === undefined ? undefined : name;
}

/** A zone by its exact IANA name, links included; worked out when it is first asked for. */
export function zoneByName(name: string): Zone | undefined {
  const found = known.get(name);
  if (found !== undefined) return found;
  const canonical = canonicalName(name);
  const lines = canonical === undefined ? undefined : zones[canonical];
  if (canonical === undefined || lines === undefined || typeof lines === 'string') return undefined;
  const zone = zoneOfTransitions(name, sourceOf(historyOf(canonical, lines)));
  known.set(name, zone);
  return zone;
}

/** What the table says of a zone, as text that changes when and only when IANA changes it; undefined for no zone. */
export function zoneSource(name: string): string | undefined {
  const canonical = canonicalName(name);
  const lines = canonical === undefined ? undefined : zones[canonical];
  if (lines === undefined || typeof lines === 'string') return undefined;
  return JSON.stringify([lines, lines.map((line) => rules[line[1]])]);
}

/** Every name that the table knows, in order: zones and links. */
export const ZONE_NAMES: readonly string[] = Object.keys(zones)
  .filter((name) => name !== 'Factory' && canonicalName(name) !== undefined)
  .sort();
