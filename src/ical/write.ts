import type { Component, Property } from './component.ts';
import { encodeParam } from './text.ts';

/** Octets of a physical line without its line break (RFC 5545 §3.1). */
const MAX_LINE_OCTETS = 75;

/** A component as iCalendar text: CRLF, folded, parameters quoted. For generated data; a client's own octets are kept. */
export function writeComponent(component: Component): string {
  const lines: string[] = [];
  appendComponent(component, lines);
  return lines.join('');
}

function appendComponent(component: Component, lines: string[]): void {
  lines.push(`BEGIN:${component.name}\r\n`);
  for (const property of component.properties) lines.push(writeProperty(property));
  for (const child of component.components) appendComponent(child, lines);
  lines.push(`END:${component.name}\r\n`);
}

/** One content line, folded, with its CRLF. Its value is taken as it is: escape TEXT before. */
export function writeProperty({ name, params, value }: Pick<Property, 'name' | 'params' | 'value'>): string {
  let line = name;
  for (const [param, values] of params) line += `;${param}=${values.map(writeParamValue).join(',')}`;
  return foldLine(`${line}:${value}`);
}

/** Quotes where RFC 5545 §3.1 asks for it (COLON, SEMICOLON, COMMA), encodes what quotes cannot hold (RFC 6868). */
function writeParamValue(value: string): string {
  const encoded = encodeParam(value);
  return /[:;,]/.test(encoded) ? `"${encoded}"` : encoded;
}

/** Folds a content line at 75 octets, never inside a character, and ends it with CRLF. */
export function foldLine(line: string): string {
  // A character has at most three octets for each UTF-16 code unit.
  if (line.length * 3 <= MAX_LINE_OCTETS) return `${line}\r\n`;
  const parts: string[] = [];
  let start = 0;
  let octets = 0;
  for (let at = 0; at < line.length;) {
    const code = line.codePointAt(at) ?? 0;
    const width = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    if (octets + width > MAX_LINE_OCTETS) {
      parts.push(line.slice(start, at));
      start = at;
      octets = 1; // the blank that begins a continuation line
    }
    octets += width;
    at += code >= 0x10000 ? 2 : 1;
  }
  parts.push(line.slice(start));
  return `${parts.join('\r\n ')}\r\n`;
}
