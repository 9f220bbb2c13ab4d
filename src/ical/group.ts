import { createTurns, type Turns } from '../base/turns.ts';
import { Refusal } from '../base/refusal.ts';
import type { Property } from './component.ts';
import { type ComponentRange, type ComponentRanges, createRangeScanner, rangesOf } from './component-ranges.ts';
import { fullestZones, ownLines } from './fullest-zones.ts';
import { P } from './names.ts';
import { createSplitter, type Part, type SplitItem, type SplitOptions } from './splitter.ts';
import { escapeText } from './text.ts';
import { writeProperty } from './write.ts';

/** A source that can be read more than once, such as a file: the octets of a range. */
export interface SourceReader {
  readonly size: number;
  read(offset: number, length: number): Promise<Uint8Array>;
}

/**
 * Splits a calendar of any size into calendar objects (RFC 4791 §4.1): one for each UID, with just the VTIMEZONEs that
 * it references. The source is read twice; memory grows with the number of components, not with their size. What is
 * broken becomes a problem with its line, and the rest goes on.
 *
 * @throws Refusal max-resources, before the first item, where there are more than `maxComponents`
 */
export async function* splitCalendar(source: SourceReader, options: SplitOptions = {}): AsyncGenerator<SplitItem> {
  const { maxComponents = Infinity } = options;
  const scanner = createRangeScanner();
  for (let offset = 0; offset < source.size; offset += WINDOW) {
    scanner.push(await source.read(offset, Math.min(WINDOW, source.size - offset)));
    if (scanner.count() > maxComponents) {
      throw new Refusal('max-resources', `There are more than ${maxComponents} components`);
    }
  }
  const splitter = createSplitter(scanner.finish(), options);
  const read = windowed(source);
  yield* splitter.problems;
  for (const group of splitter.groups) {
    const parts: Part[] = [];
    for (const range of group) parts.push(splitter.part(range, await read(range)));
    const zones: Part[] = [];
    for (const range of splitter.zonesFor(parts)) zones.push(splitter.part(range, await read(range)));
    yield* splitter.assemble(parts, zones);
  }
}

/** The same for a source that is at hand as a whole. */
export function* groupByUid(octets: Uint8Array, options: SplitOptions = {}): Generator<SplitItem> {
  const splitter = createSplitter(rangesOf(octets), options);
  const read = ({ start, end }: ComponentRange): Uint8Array => octets.subarray(start, end);
  yield* splitter.problems;
  for (const group of splitter.groups) {
    const parts = group.map((range) => splitter.part(range, read(range)));
    const zones = splitter.zonesFor(parts).map((range) => splitter.part(range, read(range)));
    yield* splitter.assemble(parts, zones);
  }
}

const WINDOW = 256 * 1024;

/** Neighbours are read together: a file of 10,000 events is some forty reads, not 10,000. */
function windowed(source: SourceReader): (range: ComponentRange) => Promise<Uint8Array> {
  let from = 0;
  let held: Uint8Array = new Uint8Array(0);
  return async ({ start, end }) => {
    if (end - start > WINDOW) return source.read(start, end - start);
    if (start < from || end > from + held.length) {
      from = start;
      held = await source.read(start, Math.min(WINDOW, source.size - start));
    }
    return held.subarray(start - from, end - from);
  };
}

const CHUNK_OCTETS = 64 * 1024;

export interface MergeOptions {
  readonly prodId?: string;
  /** The calendar's name, for programs that subscribe to it. */
  readonly name?: string;
  /** Further properties of the VCALENDAR, such as COLOR. */
  readonly properties?: readonly Pick<Property, 'name' | 'params' | 'value'>[];
}

type Source = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/**
 * Many calendar objects as one iCalendar stream: their components as they are, each TZID once (RFC 5545 §3.6.5), VTIMEZONEs
 * first. Where VTIMEZONEs of one TZID differ, the one with the longer history is taken.
 *
 * @param open gives the objects' octets, and is called twice: once for the VTIMEZONEs, once for the rest
 */
export async function* mergeCalendars(open: () => Source, options: MergeOptions = {}): AsyncGenerator<Uint8Array> {
  const zones = await fullestZones(open());
  let chunk: Uint8Array[] = [Buffer.from(header(options)), ...[...zones.values()].map(({ octets }) => octets)];
  let size = 0;
  const sent = new Set(zones.keys());
  const turns = createTurns();
  for await (const octets of open()) {
    for (const range of (await rangesInTurns(octets, turns)).components) {
      if (turns.isDue()) await turns.take();
      // A VTIMEZONE that came after the gathering, or was too much for it, goes out beside its component.
      if (range.name === 'VTIMEZONE' && isSent(sent, range.uid ?? '')) continue;
      const own = ownLines(octets, range);
      chunk.push(own);
      size += own.length;
    }
    if (size < CHUNK_OCTETS) continue;
    yield Buffer.concat(chunk);
    chunk = [];
    size = 0;
  }
  yield Buffer.concat([...chunk, Buffer.from('END:VCALENDAR\r\n')]);
}

/** Octets that are scanned between two breaks. */
const SCANNED = 256 * 1024;

async function rangesInTurns(octets: Uint8Array, turns: Turns): Promise<ComponentRanges> {
  const scanner = createRangeScanner();
  for (let from = 0; from < octets.length; from += SCANNED) {
    scanner.push(octets.subarray(from, from + SCANNED));
    if (turns.isDue()) await turns.take();
  }
  return scanner.finish();
}

function isSent(sent: Set<string>, tzid: string): boolean {
  if (sent.has(tzid)) return true;
  sent.add(tzid);
  return false;
}

function header({ prodId = '-//Kalends//Kalends//EN', name, properties = [] }: MergeOptions): string {
  const own = [plain(P.VERSION, '2.0'), plain(P.PRODID, prodId)];
  // Read by every program; NAME (RFC 7986 §5.1) by few.
  if (name !== undefined) own.push(plain('X-WR-CALNAME', escapeText(name)));
  return `BEGIN:VCALENDAR\r\n${[...own, ...properties].map(writeProperty).join('')}`;
}

const plain = (name: string, value: string) => ({ name, params: new Map<string, string[]>(), value });
