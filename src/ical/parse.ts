import { isUtf8 } from 'node:buffer';
import { Refusal } from '../base/refusal.ts';
import { atOnce, type Steps } from '../base/steps.ts';
import type { Component, Property } from './component.ts';
import { asBuffer, createLineReader, decodingOctets, lineWalk, moveFoldsOutOfCharacters } from './content-line.ts';

const LF = 10;
/** Levels of BEGIN inside BEGIN. RFC 5545, 9073 and 9074 need five. */
const MAX_DEPTH = 16;
/** Content lines of one calendar object: 10 MiB of the shortest lines would be three million. */
export const MAX_CONTENT_LINES = 200_000;
/** Problems that a tolerant reading keeps; a file with more is told so in the last one. */
const MAX_PROBLEMS = 1000;

export type ParseRule = 'utf-8' | 'control' | 'name' | 'colon' | 'param' | 'nesting' | 'outside' | 'size';

/** Why a source, or a part of it, cannot be read as iCalendar. */
export interface ParseProblem {
  /** One-based physical line. */
  readonly line: number;
  readonly rule: ParseRule;
  readonly message: string;
}

export interface ParseOptions {
  /** Number of the first line, where the source is a part of a file. */
  readonly firstLine?: number;
  /** Bound of the content lines. */
  readonly maxContentLines?: number;
}

/**
 * The one VCALENDAR of a calendar object (RFC 5545 §3.4). Octets are unfolded before they are decoded; CRLF and LF, a
 * BOM and empty lines are taken.
 *
 * @throws Refusal valid-calendar-data, with the line in its message
 */
export const parseCalendar = (source: string | Uint8Array, options: ParseOptions = {}): Component =>
  atOnce(parsingCalendar(source, options));

/** As parseCalendar; it may be interrupted between two lines. */
export function* parsingCalendar(source: string | Uint8Array, options: ParseOptions = {}): Steps<Component> {
  const [calendar, second] = yield* readingTree(source, options, refuse);
  if (calendar === undefined) throw new Refusal('valid-calendar-data', 'there is no VCALENDAR');
  if (second !== undefined) throw new Refusal('valid-calendar-data', `line ${second.line}: a second VCALENDAR`);
  return calendar;
}

/**
 * Every VCALENDAR of a source, as far as it can be read: what cannot be read is passed over and told as a problem.
 * For files of people (RFC 5545 §3.4 allows several iCalendar objects in a stream); it throws nothing.
 */
export const parseCalendars = (source: string | Uint8Array, options: ParseOptions = {}): ParsedCalendars =>
  atOnce(parsingCalendars(source, options));

export interface ParsedCalendars {
  readonly calendars: readonly Component[];
  readonly problems: readonly ParseProblem[];
}

/** As parseCalendars; it may be interrupted between two lines. */
export function* parsingCalendars(source: string | Uint8Array, options: ParseOptions = {}): Steps<ParsedCalendars> {
  const problems: ParseProblem[] = [];
  const calendars = yield* readingTree(source, { maxContentLines: 50 * MAX_CONTENT_LINES, ...options }, (problem) => {
    if (problems.length < MAX_PROBLEMS) problems.push(problem);
    else if (problems.length === MAX_PROBLEMS) problems.push({ ...problem, message: 'more problems follow' });
  });
  return { calendars, problems };
}

/**
 * One component that stands alone: a part of a file, a VALARM or VTIMEZONE of a property.
 *
 * @throws Refusal valid-calendar-data, with the line in its message
 */
export function parseComponent(source: string | Uint8Array, options: ParseOptions = {}): Component {
  const [component, second] = readTree(source, options, refuse, ANY_ROOT);
  if (component === undefined) throw new Refusal('valid-calendar-data', 'there is no component');
  if (second !== undefined) throw new Refusal('valid-calendar-data', `line ${second.line}: a second component`);
  return component;
}

const ANY_ROOT = '';

function refuse({ line, message }: ParseProblem): never {
  throw new Refusal('valid-calendar-data', `line ${line}: ${message}`);
}

type Report = (problem: ParseProblem) => void;

interface Open extends Component {
  readonly properties: Property[];
  readonly components: Component[];
}

/** Reads on after each problem, where `report` returns. */
const readTree = (source: string | Uint8Array, options: ParseOptions, report: Report, root?: string): Component[] =>
  atOnce(readingTree(source, options, report, root));

/** Physical lines that are read between two breaks. */
const LINES = 500;

function* readingTree(
  source: string | Uint8Array,
  options: ParseOptions,
  report: Report,
  root = 'VCALENDAR',
): Steps<Component[]> {
  const { firstLine = 1, maxContentLines = MAX_CONTENT_LINES } = options;
  const text = yield* readingText(source, firstLine, report);
  yield* reportingControls(text, firstLine, report);
  let lineNow = firstLine;
  let count = 0;
  const tree = createTree(report, root);
  const reader = createLineReader((message, rule) => report({ line: lineNow, rule, message }));
  const walk = lineWalk(
    text,
    (piece, start, end, line) => {
      lineNow = line;
      if (++count > maxContentLines) {
        if (count === maxContentLines + 1)
          report({ line, rule: 'size', message: `more than ${maxContentLines} lines` });
        return;
      }
      const property = reader.read(piece, start, end, line);
      if (property === undefined) return;
      if (property.name === 'BEGIN') tree.begin(property);
      else if (property.name === 'END') tree.end(property);
      else tree.add(property);
    },
    firstLine,
  );
  while (walk(LINES)) yield;
  return tree.finish();
}

function createTree(report: Report, root: string) {
  const roots: Component[] = [];
  const stack: Open[] = [];
  let top: Open | undefined;
  // Depth of what is passed over: not a VCALENDAR, or nested too deep.
  let skipped = 0;
  const nesting = (line: number, message: string): void => report({ line, rule: 'nesting', message });
  const close = (): void => {
    stack.pop();
    top = stack.at(-1);
  };

  return {
    begin({ value, line }: Property): void {
      const name = value.trim().toUpperCase();
      if (skipped > 0) {
        skipped++;
        return;
      }
      if (!/^[A-Z0-9-]+$/.test(name)) {
        nesting(line, 'BEGIN without the name of a component');
        skipped++;
        return;
      }
      if (top === undefined && root !== ANY_ROOT && name !== root) {
        report({ line, rule: 'outside', message: `BEGIN:${excerpt(name)} outside ${root}` });
        skipped++;
        return;
      }
      if (stack.length === MAX_DEPTH) {
        nesting(line, `components nested deeper than ${MAX_DEPTH}`);
        skipped++;
        return;
      }
      if (top !== undefined && name === 'VCALENDAR') {
        nesting(line, `BEGIN:VCALENDAR inside ${top.name}`);
        while (stack.length > 0) close();
      }
      const component: Open = { name, properties: [], components: [], line };
      if (top === undefined) roots.push(component);
      else top.components.push(component);
      stack.push(component);
      top = component;
    },

    end({ value, line }: Property): void {
      const name = value.trim().toUpperCase();
      if (skipped > 0) {
        skipped--;
        return;
      }
      if (top?.name === name) {
        close();
        return;
      }
      const open = stack.findLastIndex((component) => component.name === name);
      const inside = top === undefined ? 'without its BEGIN' : `inside ${excerpt(top.name)} of line ${top.line}`;
      nesting(line, `END:${excerpt(name)} ${inside}`);
      while (open !== -1 && stack.length > open) close();
    },

    add(property: Property): void {
      if (skipped > 0) return;
      if (top === undefined) {
        report({
          line: property.line,
          rule: 'outside',
          message: `${excerpt(property.name)} outside ${root || 'a component'}`,
        });
      } else {
        top.properties.push(property);
      }
    },

    finish(): Component[] {
      if (top !== undefined) nesting(top.line, `${excerpt(top.name)} has no END`);
      return roots;
    },
  };
}

/** Names come from the source: a message holds only a little of them. */
const excerpt = (text: string): string => (text.length > 40 ? `${text.slice(0, 40)}…` : text);

function* readingText(source: string | Uint8Array, firstLine: number, report: Report): Steps<string> {
  if (typeof source === 'string') {
    if (source.isWellFormed()) return source;
    report({ line: firstLine, rule: 'utf-8', message: 'half of a surrogate pair' });
    return source.toWellFormed();
  }
  const text = yield* decodingOctets(source);
  if (text !== undefined) return text;
  const octets = asBuffer(source);
  report({ line: firstLine + lineOfBadUtf8(octets), rule: 'utf-8', message: 'not UTF-8' });
  return octets.toString('utf8');
}

/** Zero-based line of the first octets that are not UTF-8; no character may go over a line break, but for a fold. */
function lineOfBadUtf8(octets: Buffer): number {
  const mended = moveFoldsOutOfCharacters(Buffer.from(octets));
  // By halves: what ends before a bad line is UTF-8, what ends behind it is not.
  let good = 0;
  let bad = mended.length;
  for (;;) {
    const cut = mended.indexOf(LF, good + ((bad - good) >> 1)) + 1;
    if (cut === 0 || cut >= bad) break;
    if (isUtf8(mended.subarray(good, cut))) good = cut;
    else bad = cut;
  }
  // One line is left, and before it perhaps shorter ones than half of the rest.
  for (let cut = mended.indexOf(LF, good) + 1; cut > 0 && cut < bad; cut = mended.indexOf(LF, good) + 1) {
    if (!isUtf8(mended.subarray(good, cut))) break;
    good = cut;
  }
  return countLines(mended.toString('latin1', 0, good));
}

const countLines = (text: string): number => text.split('\n').length - 1;

/**
 * CONTROL of RFC 5545 §3.1 may stand nowhere but as a line break or TAB. U+FFFE and U+FFFF cannot be sent in XML, so
 * no calendar-data could hold them (RFC 4791 §9.6).
 */
function* reportingControls(text: string, firstLine: number, report: Report): Steps<void> {
  let line = firstLine;
  let counted = 0;
  let told = 0;
  for (let from = 0; from < text.length && told < MOST_CONTROLS; from += PIECE) {
    if (from > 0) yield;
    // A character more: what follows a CR tells whether it is a line break.
    const piece = text.slice(from, from + PIECE + 1);
    for (const found of piece.matchAll(CONTROL)) {
      if (found.index === PIECE || told++ === MOST_CONTROLS) break;
      line += countLines(text.slice(counted, from + found.index));
      counted = from + found.index;
      const code = found[0].charCodeAt(0).toString(16).toUpperCase().padStart(4, '0');
      report({ line, rule: 'control', message: `the control character U+${code}` });
    }
  }
}

const CONTROL = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]|\r(?=[^\r\n])/g;
const MOST_CONTROLS = 100;

/** Whether a short text holds what may stand nowhere. */
export const holdsControl = (text: string): boolean => text.search(CONTROL) >= 0;
/** Characters that are looked at between two breaks. */
const PIECE = 1024 * 1024;
