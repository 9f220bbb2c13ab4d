import { asBuffer } from './content-line.ts';

const LF = 10;
const CR = 13;
/** Octets of a line that are looked at: enough for every BEGIN, END, UID and TZID of sense. */
const SNIFFED = 8192;
const MAX_DEPTH = 16;

/** Components that stand directly in a VCALENDAR: a BEGIN of one inside another means that an END is missing. */
const TOP_LEVEL = new Set(['VEVENT', 'VTODO', 'VJOURNAL', 'VFREEBUSY', 'VTIMEZONE', 'VAVAILABILITY', 'VPOLL']);

/** Where one component of a VCALENDAR lies in its source, in octets. */
export interface ComponentRange {
  readonly name: string;
  readonly start: number;
  /** After the line break of its END. */
  readonly end: number;
  /** One-based physical line of its BEGIN. */
  readonly line: number;
  /** Of a VTIMEZONE its TZID. */
  readonly uid: string | undefined;
  /** Ordinal of the VCALENDAR in the source. */
  readonly calendar: number;
  /** Its END is missing: `end` is where something else begins, or the source ends. */
  readonly isCut?: true;
}

/** A VCALENDAR line, and its own content lines by name, unfolded: PRODID, VERSION, CALSCALE, METHOD. */
export interface CalendarHeader {
  readonly line: number;
  readonly lines: ReadonlyMap<string, string>;
}

export interface RangeProblem {
  readonly line: number;
  readonly message: string;
}

export interface ComponentRanges {
  readonly calendars: readonly CalendarHeader[];
  readonly components: readonly ComponentRange[];
  /** Components without an END: they are in neither of the others. */
  readonly cut: readonly ComponentRange[];
  readonly problems: readonly RangeProblem[];
}

export interface RangeScanner {
  push(chunk: Uint8Array): void;
  /** Components and VCALENDARs found so far: what memory grows with. */
  count(): number;
  /** To be called once, after the last chunk. */
  finish(): ComponentRanges;
}

/** The components of a source that is at hand as a whole. */
export function rangesOf(octets: Uint8Array): ComponentRanges {
  const scanner = createRangeScanner();
  scanner.push(octets);
  return scanner.finish();
}

/**
 * Finds the components of a stream without keeping it: memory grows with their number, not with their size. It looks
 * only at nesting, UID and TZID; after a missing END it goes on with the next component that stands in a VCALENDAR.
 */
export function createRangeScanner(): RangeScanner {
  const tree = createRangeTree();
  let sniffed = '';
  let start = 0;
  let line = 0;
  let physical = 0;
  let offset = 0;
  let atLineStart = true;
  let wanted = false;

  const beginLine = (octet: number): void => {
    physical++;
    if (physical > 1 && (octet === 32 || octet === 9)) return;
    if (sniffed !== '') tree.line(sniffed, start, offset, line);
    sniffed = '';
    start = offset;
    line = physical;
    // A line of no interest is passed over without making a string of it.
    wanted = physical === 1 || tree.wants(octet);
  };

  const append = (piece: Buffer): void => {
    if (sniffed.length >= SNIFFED) return;
    let end = piece.length;
    while (end > 0 && (piece[end - 1] === LF || piece[end - 1] === CR)) end--;
    const fold = sniffed !== '' && (piece[0] === 32 || piece[0] === 9) && atLineStart ? 1 : 0;
    sniffed += piece.toString('latin1', fold, Math.min(end, SNIFFED));
  };

  return {
    push(chunk) {
      const octets = asBuffer(chunk);
      for (let at = 0; at < octets.length;) {
        const first = octets[at] ?? 0;
        if (atLineStart) beginLine(first);
        const lf = octets.indexOf(LF, at);
        const next = lf === -1 ? octets.length : lf + 1;
        if (wanted) append(octets.subarray(at, next));
        atLineStart = lf !== -1;
        offset += next - at;
        at = next;
      }
    },
    count: () => tree.count(),
    finish() {
      // Of a source that was cut off in a line, what stands there may be half of it: half a UID is another one.
      if (atLineStart || /^(?:\xef\xbb\xbf)?(?:BEGIN|END):/i.test(sniffed)) tree.line(sniffed, start, offset, line);
      return tree.finish(offset);
    },
  };
}

interface OpenComponent {
  readonly name: string;
  readonly start: number;
  readonly line: number;
  uid: string | undefined;
}

function createRangeTree() {
  const calendars: { line: number; lines: Map<string, string> }[] = [];
  const components: ComponentRange[] = [];
  const cut: ComponentRange[] = [];
  const problems: RangeProblem[] = [];
  /** Names of the open components below VCALENDAR. */
  const stack: string[] = [];
  let inCalendar = false;
  let open: OpenComponent | undefined;

  const problem = (line: number, message: string): void => {
    if (problems.length < 1000) problems.push({ line, message });
  };
  const drop = (end: number): void => {
    if (open !== undefined && cut.length < 1000)
      cut.push({ ...open, end, calendar: calendars.length - 1, isCut: true });
    open = undefined;
    stack.length = 0;
  };

  const begin = (name: string, start: number, line: number): void => {
    if (name === 'VCALENDAR') {
      drop(start);
      if (inCalendar) problem(line, 'BEGIN:VCALENDAR before the END of the one before');
      inCalendar = true;
      calendars.push({ line, lines: new Map() });
    } else if (!inCalendar) {
      if (TOP_LEVEL.has(name)) problem(line, `${name} outside VCALENDAR`);
    } else if (stack.length === 0 || (TOP_LEVEL.has(name) && !stack.includes('VPOLL'))) {
      drop(start);
      open = { name, start, line, uid: undefined };
      stack.push(name);
    } else if (stack.length < MAX_DEPTH) {
      stack.push(name);
    } else if (open !== undefined) {
      problem(open.line, `${open.name} is nested deeper than ${MAX_DEPTH}`);
      open = undefined;
    }
  };

  const end = (name: string, start: number, endOffset: number, line: number): void => {
    if (name === 'VCALENDAR') {
      if (!inCalendar) problem(line, 'END:VCALENDAR without its BEGIN');
      drop(start);
      inCalendar = false;
      return;
    }
    const at = stack.lastIndexOf(name);
    // An END that fits nothing stays inside its component, whose parsing will name it.
    if (at === -1) return;
    stack.length = at;
    if (at > 0) return;
    if (open !== undefined) components.push({ ...open, end: endOffset, calendar: calendars.length - 1 });
    open = undefined;
  };

  return {
    /** Whether a line that begins with this octet can matter here. */
    wants(octet: number): boolean {
      const upper = octet & 0xdf;
      if (upper === 0x42 || upper === 0x45) return true; // BEGIN, END
      if (stack.length === 1) return upper === 0x55 || upper === 0x54; // UID, TZID
      return stack.length === 0 && inCalendar && octet !== LF && octet !== CR;
    },
    line(text: string, start: number, endOffset: number, line: number): void {
      const match = /^(?:\xef\xbb\xbf)?([A-Za-z-]{3,12})(?:;[^:]*)?:(.*)$/s.exec(text);
      if (match === null) return;
      const name = match[1]?.toUpperCase() ?? '';
      const value = match[2] ?? '';
      if (name === 'BEGIN') begin(value.trim().toUpperCase(), start, line);
      else if (name === 'END') end(value.trim().toUpperCase(), start, endOffset, line);
      else if (stack.length === 0 && inCalendar) calendars.at(-1)?.lines.set(name, utf8(text));
      else if (stack.length === 1 && open !== undefined && name === (open.name === 'VTIMEZONE' ? 'TZID' : 'UID')) {
        open.uid ??= utf8(value).trim() || undefined;
      }
    },
    count: () => components.length + calendars.length,
    finish(size: number): ComponentRanges {
      drop(size);
      if (inCalendar) problem(calendars.at(-1)?.line ?? 1, 'VCALENDAR has no END');
      if (calendars.length === 0) problem(1, 'there is no VCALENDAR');
      return { calendars, components, cut, problems };
    },
  };
}

const utf8 = (latin1: string): string => Buffer.from(latin1, 'latin1').toString('utf8');
