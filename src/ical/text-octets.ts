import type { Steps } from '../base/steps.ts';

/**
 * Reads octets of UTF-8 and writes them changed; returns how many it wrote. Made anew for each text: it remembers what a
 * piece ended with, and is called without octets at the end of the last. It changes ASCII alone, so that no character is
 * torn.
 */
export type OctetMap = (octets: Uint8Array, out: Uint8Array) => number;

const NO_OCTETS = new Uint8Array(0);

/** UTF-16 code units that are changed between two breaks. */
const PIECE = 64 * 1024;

/** A text in pieces, none of which ends inside a character. */
export function* piecesOf(text: string, size = PIECE): Generator<string> {
  for (let from = 0; from < text.length;) {
    const code = text.charCodeAt(from + size - 1);
    const to = from + size - (code >= 0xd800 && code < 0xdc00 ? 1 : 0);
    yield text.slice(from, to);
    from = to;
  }
}

/**
 * A well-formed text with its ASCII changed, in time that grows with its length alone: a regular expression takes a
 * hundred nanoseconds for each match, which is a second for some megabytes of backslashes.
 *
 * @param growth octets that one octet can become
 */
export function* mappingOctets(text: string, map: OctetMap, growth: number): Steps<string> {
  const parts: string[] = [];
  const out = Buffer.alloc(Math.min(text.length, PIECE) * 3 * growth);
  for (const piece of piecesOf(text)) {
    const octets = Buffer.from(piece, 'utf8');
    parts.push(out.toString('utf8', 0, map(octets, out)));
    yield;
  }
  parts.push(out.toString('utf8', 0, map(NO_OCTETS, out)));
  return parts.join('');
}
