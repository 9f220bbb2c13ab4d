import type { Tell } from './check-problem.ts';
import { asBuffer } from './content-line.ts';

const MAX_LINE_OCTETS = 75;
const LF = 10;
const CR = 13;

/** What the octets of the lines themselves break (RFC 5545 §3.1): length, line breaks, empty lines, a BOM. */
export function checkLines(source: Uint8Array | string, tell: Tell): void {
  const octets = typeof source === 'string' ? Buffer.from(source) : asBuffer(source);
  const section = 'RFC 5545 §3.1';
  if (octets[0] === 0xef && octets[1] === 0xbb && octets[2] === 0xbf) {
    tell({ line: 1, property: '', rule: 'bom', message: 'a byte order mark at the beginning', section });
  }
  let toldBreak = false;
  for (let line = 1, at = 0; at < octets.length; line++) {
    const lf = octets.indexOf(LF, at);
    const stop = lf === -1 ? octets.length : lf;
    const isCrlf = octets[stop - 1] === CR && octets[stop - 2] !== CR;
    const end = stop > at && octets[stop - 1] === CR ? stop - 1 : stop;
    const property = nameAt(octets, at, end);
    if (end - at > MAX_LINE_OCTETS) {
      tell({ line, property, rule: 'line-length', message: `${end - at} octets in one line; 75 at most`, section });
    }
    if (end === at) tell({ line, property: '', rule: 'empty-line', message: 'an empty line', section });
    // A whole file of such lines is one slip.
    if ((lf === -1 || !isCrlf) && !toldBreak) {
      toldBreak = true;
      const what = lf === -1 ? 'no line break at the end' : 'a line that does not end with CRLF (and perhaps more)';
      tell({ line, property, rule: 'line-break', message: what, section });
    }
    at = stop + 1;
  }
}

/** The name that the line begins with; empty on a continuation line. */
function nameAt(octets: Buffer, at: number, end: number): string {
  const name = /^[A-Za-z0-9-]+(?=[;:])/.exec(octets.toString('latin1', at, Math.min(end, at + 64)));
  return name?.[0].toUpperCase() ?? '';
}
