import { BadRequest } from '../base/refusal.ts';

/** RFC 4918 §10.2. */
export type Depth = 0 | 1 | 'infinity';

const DEPTHS: ReadonlyMap<string, Depth> = new Map<string, Depth>([
  ['0', 0],
  ['1', 1],
  ['infinity', 'infinity'],
]);

/** The Depth header; `absent` where there is none. Throws BadRequest for any other value. */
export function parseDepth(header: string | readonly string[] | undefined, absent: Depth): Depth {
  if (header === undefined) return absent;
  const depth = DEPTHS.get(String(header).trim().toLowerCase());
  if (depth === undefined) throw new BadRequest('The Depth header must be 0, 1 or infinity');
  return depth;
}
