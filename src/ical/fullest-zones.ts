import { Refusal } from '../base/refusal.ts';
import { type Component, propertiesOf, propertyOf } from './component.ts';
import { type ComponentRange, rangesOf } from './component-ranges.ts';
import { asBuffer } from './content-line.ts';
import { P } from './names.ts';
import { parseComponent } from './parse.ts';
import { splitValue } from './text.ts';
import { timeOf } from './time-value.ts';

/** Octets of VTIMEZONEs that are gathered; what is beyond is left to stand beside its object. */
const GATHERED_OCTETS = 16 * 1024 * 1024;

/** The component's own lines; the last one gets a line break where the object ended without. */
export function ownLines(octets: Uint8Array, { start, end }: ComponentRange): Uint8Array {
  const own = octets.subarray(start, end);
  return own.at(-1) === 10 ? own : Buffer.concat([own, Buffer.from('\r\n')]);
}

interface GatheredZone {
  readonly octets: Uint8Array;
  /** Every text of this TZID that was looked at: most objects of one client hold the same. */
  readonly seen: Set<string>;
  readonly history: History;
}

/** The VTIMEZONEs of calendar objects by TZID: of several the one with the longer history. */
export async function fullestZones(
  objects: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<ReadonlyMap<string, GatheredZone>> {
  const zones = new Map<string, GatheredZone>();
  let gathered = 0;
  for await (const octets of objects) {
    if (!asBuffer(octets).includes('VTIMEZONE')) continue;
    for (const range of rangesOf(octets).components) {
      if (range.name !== 'VTIMEZONE' || range.uid === undefined) continue;
      const own = Buffer.from(ownLines(octets, range));
      const text = own.toString('latin1');
      const other = zones.get(range.uid);
      if (other?.seen.has(text) === true || gathered + own.length > GATHERED_OCTETS) continue;
      gathered += own.length;
      const history = historyOf(own);
      const seen = other?.seen.add(text) ?? new Set([text]);
      const isFuller = other === undefined || isLonger(history, other.history);
      zones.set(range.uid, isFuller ? { octets: own, seen, history } : other);
    }
  }
  return zones;
}

/** How much a VTIMEZONE tells: the number of its changes as written, and the first of them. */
interface History {
  readonly onsets: number;
  readonly first: number;
}

const isLonger = (one: History, other: History): boolean =>
  one.onsets === other.onsets ? one.first < other.first : one.onsets > other.onsets;

function historyOf(octets: Uint8Array): History {
  let zone: Component;
  try {
    zone = parseComponent(octets);
  } catch (error) {
    if (error instanceof Refusal) return { onsets: 0, first: Infinity };
    throw error;
  }
  let onsets = 0;
  let first = Infinity;
  for (const observance of zone.components) {
    onsets++;
    for (const rdate of propertiesOf(observance, P.RDATE)) onsets += splitValue(rdate.value).length;
    const start = propertyOf(observance, P.DTSTART);
    first = Math.min(first, (start && timeOf(start)?.wall) ?? Infinity);
  }
  return { onsets, first };
}
