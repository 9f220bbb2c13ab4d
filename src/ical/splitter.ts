import { createHash } from 'node:crypto';

import { LIMITS } from '../base/limits.ts';
import { Refusal } from '../base/refusal.ts';
import { type Component, paramOf, type Property, propertyOf } from './component.ts';
import type { CalendarHeader, ComponentRange, ComponentRanges } from './component-ranges.ts';
import { asBuffer } from './content-line.ts';
import { P } from './names.ts';
import { holdsControl, parseComponent } from './parse.ts';
import { validateObject } from './validate.ts';
import { foldLine } from './write.ts';

/** One calendar object made of all components of a UID, or what could not be made one. */
export type SplitItem =
  | {
      readonly kind: 'object';
      readonly uid: string;
      /** VEVENT, VTODO, … */
      readonly component: string;
      /** The components' own lines with their VTIMEZONEs, in a VCALENDAR with the source's PRODID; CRLF. */
      readonly octets: Uint8Array;
      /** What `octets` parse to, validated. Lines are those of the source. */
      readonly calendar: Component;
      /** One-based line of its first component in the source. */
      readonly line: number;
      /** What was changed: a UID that was made up, a VTIMEZONE that was left out. */
      readonly notes: readonly string[];
    }
  | {
      readonly kind: 'problem';
      readonly problem: string;
      readonly line: number;
      readonly uid?: string;
      /** All components of its UID as one object, to be repaired; told with the first problem of a UID only. */
      readonly octets?: Uint8Array;
      /** It has no END: what came after it in the source may be lost. */
      readonly isCut?: true;
    };

export interface SplitOptions {
  /** PRODID for a source that has none. */
  readonly prodId?: string;
  /** Bound of one component and of one object, octets. */
  readonly maxOctets?: number;
  /** Most components of a source; left out: any number. */
  readonly maxComponents?: number;
}

/** A component of the source: parsed, or the reason why not. */
export interface Part {
  readonly range: ComponentRange;
  readonly octets: Buffer;
  readonly component: Component | undefined;
  readonly problem: string | undefined;
}

/** Makes the calendar objects of a source whose components were found; the caller reads their octets. */
export function createSplitter({ calendars, components, cut, problems }: ComponentRanges, options: SplitOptions) {
  const { prodId = '-//Kalends//Kalends//EN', maxOctets = LIMITS.resourceOctets.default } = options;
  const zones = zoneTable(components);
  const told: SplitItem[] = problems.map(({ line, message }) => ({ kind: 'problem', problem: message, line }));
  for (const { name, line } of cut) {
    if (name === 'VTIMEZONE') told.push({ kind: 'problem', problem: 'VTIMEZONE has no END', line });
  }
  const usable = new Set<number>();
  for (const [index, header] of calendars.entries()) {
    if (!/:\s*1\.0\s*$/.test(header.lines.get(P.VERSION) ?? '')) usable.add(index);
    else
      told.push({ kind: 'problem', problem: 'VERSION:1.0 is vCalendar, which is another format', line: header.line });
  }
  const kept = new Map<ComponentRange, Part>();

  return {
    problems: told,
    groups: groupRanges(inOrder(components, cut).filter(({ calendar }) => usable.has(calendar))),

    part(range: ComponentRange, octets: Uint8Array): Part {
      const known = kept.get(range);
      if (known !== undefined) return known;
      const part = readPart(range, octets, maxOctets);
      // VTIMEZONEs serve many objects; a source may hold any number of them.
      if (range.name === 'VTIMEZONE' && kept.size < 64) kept.set(range, { ...part, octets: Buffer.from(part.octets) });
      return part;
    },

    /** The VTIMEZONEs of what the parts reference, the one of the same VCALENDAR first. */
    zonesFor(parts: readonly Part[]): ComponentRange[] {
      const tzids = new Set<string>();
      for (const { component, octets } of parts) {
        if (component !== undefined) collectTzids(component, tzids);
        else for (const [, tzid = ''] of octets.toString().matchAll(/;TZID="?([^":;\r\n]+)/gi)) tzids.add(tzid);
      }
      const calendar = parts[0]?.range.calendar;
      return [...tzids].flatMap((tzid) => {
        const candidates = zones.get(tzid) ?? [];
        const zone = candidates.find((range) => range.calendar === calendar) ?? candidates[0];
        return zone === undefined ? [] : [zone];
      });
    },

    *assemble(parts: readonly Part[], zoneParts: readonly Part[]): Generator<SplitItem> {
      const good = parts.filter(({ problem }) => problem === undefined);
      let octets: Buffer | undefined;
      for (const part of parts) {
        if (part.problem === undefined) continue;
        const { problem, range } = part;
        const told = { kind: 'problem', problem, line: range.line, ...uidOf(part), ...cutOf(part) } as const;
        // A part that is too large was not kept.
        const isWhole = octets === undefined && parts.every((each) => each.octets.length > 0);
        if (isWhole)
          octets = wrap([...zoneParts, ...cutLast(parts)], headerLines(calendars[part.range.calendar], prodId));
        yield isWhole && octets !== undefined ? { ...told, octets } : told;
      }
      const [first] = good;
      if (first === undefined) return;
      const { best, dropped } = withoutDuplicates(good);
      for (const part of dropped) {
        const problem = `${part.range.name} with the same UID and RECURRENCE-ID as another one, which is kept`;
        yield { kind: 'problem', problem, line: part.range.line, ...uidOf(part) };
      }
      yield buildObject(best, zoneParts, calendars[first.range.calendar], prodId);
    },
  };
}

const inOrder = (one: readonly ComponentRange[], other: readonly ComponentRange[]): readonly ComponentRange[] =>
  other.length === 0 ? one : [...one, ...other].sort((a, b) => a.start - b.start);

const cutLast = (parts: readonly Part[]): readonly Part[] => [
  ...parts.filter(({ range }) => !range.isCut),
  ...parts.filter(({ range }) => range.isCut),
];

const uidOf = ({ range }: Part): { uid?: string } => (range.uid === undefined ? {} : { uid: range.uid });
const cutOf = ({ range }: Part): { isCut?: true } => (range.isCut === undefined ? {} : { isCut: true });

function zoneTable(components: readonly ComponentRange[]): ReadonlyMap<string, ComponentRange[]> {
  const zones = new Map<string, ComponentRange[]>();
  for (const range of components) {
    if (range.name !== 'VTIMEZONE' || range.uid === undefined) continue;
    const list = zones.get(range.uid);
    if (list === undefined) zones.set(range.uid, [range]);
    else list.push(range);
  }
  return zones;
}

/** In the order of the first component of each; a component without a UID is alone. */
function groupRanges(components: readonly ComponentRange[]): ComponentRange[][] {
  const groups = new Map<string, ComponentRange[]>();
  for (const range of components) {
    if (range.name === 'VTIMEZONE') continue;
    const key = range.uid === undefined ? `@${range.start}` : `${range.name}:${range.uid}`;
    const list = groups.get(key);
    if (list === undefined) groups.set(key, [range]);
    else list.push(range);
  }
  return [...groups.values()];
}

function readPart(range: ComponentRange, octets: Uint8Array, maxOctets: number): Part {
  if (octets.length > maxOctets) {
    const problem = `${range.name} is larger than ${maxOctets} octets`;
    return { range, octets: Buffer.alloc(0), component: undefined, problem };
  }
  const own = withCrlf(asBuffer(octets));
  if (range.isCut) return { range, octets: own, component: undefined, problem: `${range.name} has no END` };
  try {
    return { range, octets: own, component: parseComponent(own, { firstLine: range.line }), problem: undefined };
  } catch (error) {
    if (error instanceof Refusal) return { range, octets: own, component: undefined, problem: error.message };
    throw error;
  }
}

/** The octets with CRLF at the end of each line (RFC 5545 §3.1); files of people often have LF. */
function withCrlf(octets: Buffer): Buffer {
  const text = octets.toString('latin1');
  if (text.endsWith('\r\n') && !/(?<!\r)\n/.test(text)) return octets;
  return Buffer.from(`${text.replace(/\r?\n$/, '')}\n`.replace(/\r?\n/g, '\r\n'), 'latin1');
}

function collectTzids(component: Component, tzids: Set<string>): void {
  for (const property of component.properties) {
    const tzid = paramOf(property, 'TZID');
    if (tzid !== undefined) tzids.add(tzid);
  }
  for (const child of component.components) collectTzids(child, tzids);
}

/** Of components with the same RECURRENCE-ID, or none, the newest by SEQUENCE and then DTSTAMP (RFC 5546 §2.1.5). */
function withoutDuplicates(parts: readonly Part[]): { best: readonly Part[]; dropped: readonly Part[] } {
  const best = new Map<string, Part>();
  const dropped: Part[] = [];
  for (const part of parts) {
    const id = part.component && propertyOf(part.component, P['RECURRENCE-ID']);
    const key = id === undefined ? '' : `${paramOf(id, 'TZID') ?? ''}:${id.value}`;
    const other = best.get(key);
    const isNewer = other === undefined || revision(part) >= revision(other);
    if (other !== undefined) dropped.push(isNewer ? other : part);
    if (isNewer) best.set(key, part);
  }
  return { best: [...best.values()], dropped };
}

/** Sorts as text: SEQUENCE, then DTSTAMP. */
function revision({ component }: Part): string {
  const value = (name: string): string => (component && propertyOf(component, name)?.value.trim()) ?? '';
  return `${value(P.SEQUENCE).padStart(12, '0')} ${value(P.DTSTAMP)}`;
}

function buildObject(
  parts: readonly Part[],
  zoneParts: readonly Part[],
  header: CalendarHeader | undefined,
  prodId: string,
): SplitItem {
  const notes: string[] = [];
  const zones = zoneParts.filter(({ problem, range }) => {
    if (problem !== undefined) notes.push(`VTIMEZONE ${range.uid ?? ''} was left out: ${problem}`);
    return problem === undefined;
  });
  const named = parts.map((part) => withUid(part, notes));
  const lines = headerLines(header, prodId);
  const components = [...zones, ...named].flatMap(({ component }) => (component === undefined ? [] : [component]));
  const calendar: Component = {
    name: 'VCALENDAR',
    properties: lines.map((line) => headerProperty(line, header?.line ?? 1)),
    components,
    line: header?.line ?? 1,
  };
  const line = parts[0]?.range.line ?? 1;
  const octets = wrap([...zones, ...named], lines);
  try {
    const { uid, component } = validateObject(calendar);
    return { kind: 'object', uid, component, octets, calendar, line, notes };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return {
      kind: 'problem',
      problem: error.message,
      line,
      octets,
      ...(parts[0] === undefined ? {} : uidOf(parts[0])),
    };
  }
}

const wrap = (parts: readonly Part[], lines: readonly string[]): Buffer =>
  Buffer.concat([
    Buffer.from(`BEGIN:VCALENDAR\r\n${lines.map(foldLine).join('')}`),
    ...parts.map((part) => part.octets),
    // What is open cannot be closed before what is in it.
    ...(parts.some(({ range }) => range.isCut) ? [] : [Buffer.from('END:VCALENDAR\r\n')]),
  ]);

/** METHOD is not for a stored object (RFC 4791 §4.1), and X-WR-CALNAME is the calendar's, not the object's. */
function headerLines(header: CalendarHeader | undefined, prodId: string): string[] {
  // A control character in it must not make every object of the file unreadable.
  const lineOf = (name: string): string | undefined => {
    const line = header?.lines.get(name);
    return line === undefined || holdsControl(line) ? undefined : line;
  };
  const calscale = lineOf(P.CALSCALE);
  return ['VERSION:2.0', lineOf(P.PRODID) ?? `PRODID:${prodId}`, ...(calscale === undefined ? [] : [calscale])];
}

function headerProperty(line: string, at: number): Property {
  const [name = '', value = ''] = line.split(/:(.*)/s);
  return { name: name.split(';')[0]?.toUpperCase() ?? '', params: new Map(), value, line: at };
}

/**
 * A component without UID gets one made from its content lines, all but DTSTAMP, which some programs set to the time
 * of the export: importing the same file again finds the same object.
 */
function withUid(part: Part, notes: string[]): Part {
  const { component, octets, range } = part;
  if (component === undefined || propertyOf(component, P.UID)?.value.trim()) return part;
  const lines = octets
    .toString('utf8')
    .replace(/\r?\n[ \t]/g, '')
    .split('\r\n');
  const digest = createHash('sha256');
  for (const line of lines) if (!/^DTSTAMP[;:]/i.test(line)) digest.update(`${line}\n`);
  const uid = `${digest.digest('hex').slice(0, 32)}@import.invalid`;
  notes.push(`${range.name} had no UID: it got ${uid}`);
  const property: Property = { name: P.UID, params: new Map(), value: uid, line: component.line };
  const begin = `BEGIN:${range.name}\r\nUID:${uid}\r\n`;
  const body = octets.toString('latin1').replace(/^(?:[^\r\n]|\r\n[ \t])*\r\n/, '');
  return {
    ...part,
    component: { ...component, properties: [property, ...component.properties] },
    octets: Buffer.concat([Buffer.from(begin), Buffer.from(body, 'latin1')]),
  };
}
