import type { Steps } from '../base/steps.ts';
import type { Component } from './component.ts';
import { asBuffer } from './content-line.ts';
import { parseComponent, parsingCalendar } from './parse.ts';

/** VTIMEZONEs by their text: of many objects that are read one after the other, most hold the same. */
export type SharedZones = Map<string, Component>;

/** Distinct texts that are kept; an object with another one is read by itself. */
const MOST = 100;

/**
 * As parsingCalendar, with one Component for all VTIMEZONEs of the same text, before the others. Lines are not those of the
 * source. Throws as parsingCalendar does.
 */
export function* parsingSharingZones(octets: Uint8Array, zones: SharedZones): Steps<Component> {
  const { texts, rest } = withoutZones(asBuffer(octets));
  const isKept = texts.length > 0 && texts.every((text) => zones.has(text) || zones.size + texts.length <= MOST);
  if (!isKept) return yield* parsingCalendar(octets);
  const calendar = yield* parsingCalendar(rest);
  return { ...calendar, components: [...texts.map((text) => zoneOf(text, zones)), ...calendar.components] };
}

function zoneOf(text: string, zones: SharedZones): Component {
  const zone = zones.get(text) ?? parseComponent(Buffer.from(text, 'latin1'));
  zones.set(text, zone);
  return zone;
}

/** A line begins after a line break, and a value is never at the beginning of one (RFC 5545 §3.1). */
const BEGIN = Buffer.from('\nBEGIN:VTIMEZONE\r\n');
const END = Buffer.from('\nEND:VTIMEZONE\r\n');

/** VTIMEZONEs as they are mostly written, in latin1 so that each octet stays, and what is around them. */
function withoutZones(whole: Buffer): { readonly texts: readonly string[]; readonly rest: Uint8Array } {
  const texts: string[] = [];
  const kept: Uint8Array[] = [];
  let from = 0;
  for (let begin = whole.indexOf(BEGIN); begin >= 0; begin = whole.indexOf(BEGIN, from - 1)) {
    const end = whole.indexOf(END, begin);
    if (end < 0) break;
    kept.push(whole.subarray(from, begin + 1));
    from = end + END.length;
    texts.push(whole.toString('latin1', begin + 1, from));
  }
  return { texts, rest: Buffer.concat([...kept, whole.subarray(from)]) };
}
