import type { Steps } from '../base/steps.ts';
import type { Property } from './component.ts';
import { asBuffer, createLineReader } from './content-line.ts';

/**
 * Personal parts of a calendar object (caldav-sharing §5.5.4): what each user of a shared calendar has for themselves.
 * The closed list: alarms, whether the time is taken, and what Thunderbird notes of alarms that it has shown.
 */
export const isPersonalComponent = (name: string): boolean => name === 'VALARM';
export const isPersonalProperty = (name: string): boolean =>
  PERSONAL_PROPERTIES.has(name) || name.startsWith('X-MOZ-SNOOZE-TIME');
const PERSONAL_PROPERTIES: ReadonlySet<string> = new Set([
  ...['TRANSP', 'X-MOZ-LASTACK', 'X-MOZ-GENERATION'],
  // Between an attendee and the organizer, whoever else has the calendar (caldav-privatecomments §3).
  ...['X-CALENDARSERVER-PRIVATE-COMMENT', 'X-CALENDARSERVER-ATTENDEE-COMMENT'],
]);

/** A stretch of octets: whole content lines. */
export interface Stretch {
  readonly start: number;
  readonly end: number;
}

/** Where a component of an object, its personal parts and its ends lie in the octets. */
export interface OutlinedComponent extends Stretch {
  /** Upper case; never VTIMEZONE. */
  readonly name: string;
  readonly recurrenceId: Property | undefined;
  /** Behind the own lines that stand before sub-components. */
  readonly linesEnd: number;
  /** Where its END begins. */
  readonly close: number;
  readonly personalLines: readonly Stretch[];
  readonly alarms: readonly Stretch[];
}

export interface Outline {
  readonly octets: Buffer;
  /** '\r\n' or '\n': of its first line. */
  readonly eol: string;
  readonly components: readonly OutlinedComponent[];
}

const LF = 10;
const CR = 13;
const SPACE = 32;
const TAB = 9;
/** Content lines between two breaks. */
const LINES = 5000;
/** Octets of a content line that are looked at. */
const SNIFFED = 2048;

type Open = { -readonly [Key in keyof OutlinedComponent]: OutlinedComponent[Key] } & {
  personalLines: Stretch[];
  alarms: Stretch[];
};

/**
 * The outline of octets, whether they can be parsed or not: it looks at BEGIN and END alone, so that an alarm is found
 * as one even where the rest is faulty; one without an END goes on to the end of what it is in.
 */
export function* outliningObject(source: Uint8Array): Steps<Outline> {
  const octets = asBuffer(source);
  const firstBreak = octets.indexOf(LF);
  const eol = firstBreak > 0 && octets[firstBreak - 1] !== CR ? '\n' : '\r\n';
  const tree = createTree();
  let count = 0;
  for (let start = 0; start < octets.length;) {
    if (++count % LINES === 0) yield;
    const end = endOfContentLine(octets, start);
    tree.line(sniff(octets, start, end), { start, end });
    start = end;
  }
  return { octets, eol, components: tree.finish(octets.length) };
}

function createTree() {
  const components: OutlinedComponent[] = [];
  /** Names of what is open below the object's component. */
  const below: string[] = [];
  let open: Open | undefined;
  let alarmFrom: number | undefined;
  let zoneDepth = 0;

  const endAlarm = (at: number): void => {
    if (alarmFrom !== undefined) open?.alarms.push({ start: alarmFrom, end: at });
    alarmFrom = undefined;
  };
  const close = (at: number, end: number): void => {
    if (open === undefined) return;
    endAlarm(at);
    if (below.length === 0 && open.linesEnd === 0) open.linesEnd = at;
    components.push({ ...open, close: at, end, linesEnd: open.linesEnd === 0 ? at : open.linesEnd });
    open = undefined;
    below.length = 0;
  };
  const begin = (name: string, { start, end }: Stretch): void => {
    if (name === 'VCALENDAR' || (open !== undefined && TOP_LEVEL.has(name) && open.name !== 'VPOLL')) {
      close(start, start);
    }
    if (name === 'VCALENDAR') return;
    if (open === undefined) {
      if (name === 'VTIMEZONE' || zoneDepth > 0) zoneDepth += 1;
      else open = { name, start, end, recurrenceId: undefined, linesEnd: 0, close: 0, personalLines: [], alarms: [] };
      return;
    }
    if (open.linesEnd === 0) open.linesEnd = start;
    if (below.length === 0 && isPersonalComponent(name)) alarmFrom = start;
    below.push(name);
  };
  const finishOne = (name: string, { start, end }: Stretch): void => {
    if (zoneDepth > 0) zoneDepth -= 1;
    if (open === undefined) return;
    const at = below.lastIndexOf(name);
    if (at !== -1) below.length = at;
    if (at === 0) endAlarm(end);
    else if (at === -1 && (name === open.name || name === 'VCALENDAR')) close(start, name === open.name ? end : start);
  };
  return {
    line(text: string, at: Stretch): void {
      const framed = /^(?:\xef\xbb\xbf)?(BEGIN|END)(?:;[^:]*)?:\s*([^\r\n]*?)\s*$/i.exec(text);
      if (framed !== null) {
        const name = (framed[2] ?? '').toUpperCase();
        if (framed[1]?.toUpperCase() === 'BEGIN') begin(name, at);
        else finishOne(name, at);
        return;
      }
      if (open === undefined || below.length > 0) return;
      const name = (/^[^;:\r\n]*/.exec(text)?.[0] ?? '').trim().toUpperCase();
      if (isPersonalProperty(name)) open.personalLines.push(at);
      else if (name === 'RECURRENCE-ID') open.recurrenceId = READER.read(text, 0, text.trimEnd().length, 1);
    },
    finish(length: number): readonly OutlinedComponent[] {
      close(length, length);
      return components;
    },
  };
}

const READER = createLineReader(() => undefined);

/** Components that stand directly in a VCALENDAR: a BEGIN of one inside another means that an END is missing. */
const TOP_LEVEL = new Set(['VEVENT', 'VTODO', 'VJOURNAL', 'VFREEBUSY', 'VTIMEZONE', 'VAVAILABILITY', 'VPOLL']);

function endOfContentLine(octets: Buffer, from: number): number {
  let end = from;
  do {
    const lf = octets.indexOf(LF, end);
    end = lf === -1 ? octets.length : lf + 1;
  } while (octets[end] === SPACE || octets[end] === TAB);
  return end;
}

/** The beginning of a content line, unfolded. */
function sniff(octets: Buffer, start: number, end: number): string {
  const text = octets.toString('latin1', start, Math.min(end, start + SNIFFED));
  const inner = text.indexOf('\n');
  return inner === -1 || inner === text.length - 1 ? text : text.replaceAll(/\r*\n[ \t]/g, '');
}
