import { atOnce, type Steps } from '../base/steps.ts';
import type { Component, Property } from './component.ts';
import { encodeParam } from './text.ts';
import { piecesOf } from './text-octets.ts';

/** Octets of a physical line without its line break (RFC 5545 §3.1). */
const MAX_LINE_OCTETS = 75;

/** A component as iCalendar text: CRLF, folded, parameters quoted. For generated data; a client's own octets are kept. */
export const writeComponent = (component: Component): string => atOnce(writingComponent(component));

/** As writeComponent; it may be interrupted between two properties, and within a long line. */
export function* writingComponent(component: Component): Steps<string> {
  const lines: string[] = [];
  yield* appending(component, lines);
  return lines.join('');
}

/** Lines that are written between two breaks. */
const LINES = 500;

function* appending(component: Component, lines: string[]): Steps<void> {
  lines.push(`BEGIN:${component.name}\r\n`);
  for (const property of component.properties) {
    if (lines.length % LINES === 0) yield;
    if (property.name === 'ATTENDEE') lines.push(guestLine(property));
    else {
      const line = unfolded(property);
      lines.push(line.length > LONG ? yield* folding(line) : foldLine(line));
    }
  }
  for (const child of component.components) yield* appending(child, lines);
  lines.push(`END:${component.name}\r\n`);
}

/** Guests are written with each revision and in each copy of a meeting, and few of them differ from before. */
const GUESTS = new WeakMap<Property, string>();

function guestLine(property: Property): string {
  const known = GUESTS.get(property);
  if (known !== undefined) return known;
  const line = writeProperty(property);
  GUESTS.set(property, line);
  return line;
}

/** One content line, folded, with its CRLF. Its value is taken as it is: escape TEXT before. */
export const writeProperty = (property: Pick<Property, 'name' | 'params' | 'value'>): string =>
  foldLine(unfolded(property));

/** A content line before it is folded. Its value is taken as it is. */
export function unfolded({ name, params, value }: Pick<Property, 'name' | 'params' | 'value'>): string {
  let line = name;
  for (const [param, values] of params) line += `;${param}=${values.map(writeParamValue).join(',')}`;
  return `${line}:${value}`;
}

/** Quotes where RFC 5545 §3.1 asks for it (COLON, SEMICOLON, COMMA), encodes what quotes cannot hold (RFC 6868). */
function writeParamValue(value: string): string {
  const encoded = encodeParam(value);
  return /[:;,]/.test(encoded) ? `"${encoded}"` : encoded;
}

/** Characters of a line that is folded without a break. */
const LONG = 64 * 1024;

/** Folds a content line at 75 octets, never inside a character, and ends it with CRLF. */
export function foldLine(line: string): string {
  // A character has at most three octets for each UTF-16 code unit.
  if (line.length * 3 <= MAX_LINE_OCTETS) return `${line}\r\n`;
  if (line.length > LONG) return atOnce(folding(line));
  const parts: string[] = [];
  foldPiece(line, 0, parts);
  return `${parts.join('')}\r\n`;
}

/** As foldLine; it may be interrupted. */
function* folding(line: string): Steps<string> {
  const parts: string[] = [];
  let octets = 0;
  for (const piece of piecesOf(line, LONG)) {
    octets = foldPiece(piece, octets, parts);
    yield;
  }
  return `${parts.join('')}\r\n`;
}

/** Appends a piece of a line whose last physical line has so many octets; returns how many it has then. */
function foldPiece(piece: string, before: number, parts: string[]): number {
  let start = 0;
  let octets = before;
  for (let at = 0; at < piece.length;) {
    const code = piece.codePointAt(at) ?? 0;
    const width = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    if (octets + width > MAX_LINE_OCTETS) {
      parts.push(piece.slice(start, at), '\r\n ');
      start = at;
      octets = 1; // the blank that begins a continuation line
    }
    octets += width;
    at += code >= 0x10000 ? 2 : 1;
  }
  parts.push(piece.slice(start));
  return octets;
}
