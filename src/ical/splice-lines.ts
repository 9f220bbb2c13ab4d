import type { Steps } from '../base/steps.ts';
import { asBuffer } from './content-line.ts';

/** A change at a content line: other text in its place ('' removes it), or text behind it. Text with CRLF line breaks. */
export interface LineEdit {
  /** One-based number of the physical line where the content line begins. */
  readonly line: number;
  readonly how: 'replace' | 'behind';
  readonly text: string;
}

const LF = 10;
const CR = 13;
const SPACE = 32;
const TAB = 9;
/** Physical lines that are passed between two breaks. */
const LINES = 50_000;

/**
 * Octets of iCalendar with some content lines changed, and all others octet for octet as they were (docs/adr/0004); new
 * text gets the line breaks of the source. One edit a line.
 */
export function* splicingLines(octets: Uint8Array, edits: readonly LineEdit[]): Steps<Uint8Array> {
  const source = asBuffer(octets);
  const firstBreak = source.indexOf(LF);
  const ending = firstBreak > 0 && source[firstBreak - 1] !== CR ? '\n' : '\r\n';
  const parts: Buffer[] = [];
  let kept = 0;
  let start = 0;
  let line = 1;
  for (const edit of edits.toSorted((one, other) => one.line - other.line)) {
    for (; line < edit.line; line += 1) {
      start = endOfLine(source, start);
      if (line % LINES === 0) yield;
    }
    const end = endOfContentLine(source, start);
    parts.push(source.subarray(kept, edit.how === 'replace' ? start : end));
    parts.push(Buffer.from(ending === '\n' ? edit.text.replaceAll('\r\n', '\n') : edit.text));
    kept = end;
  }
  parts.push(source.subarray(kept));
  return Buffer.concat(parts);
}

function endOfLine(source: Buffer, start: number): number {
  const lf = source.indexOf(LF, start);
  return lf === -1 ? source.length : lf + 1;
}

function endOfContentLine(source: Buffer, start: number): number {
  let end = endOfLine(source, start);
  while (source[end] === SPACE || source[end] === TAB) end = endOfLine(source, end);
  return end;
}
