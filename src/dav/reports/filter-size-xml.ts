import { BadRequest } from '../../base/refusal.ts';
import type { XmlNode } from '../xml/node.ts';

/** Elements of one filter. Each is asked of every object or card; what clients send has fewer than ten. */
const MOST_ELEMENTS = 500;

/** Throws BadRequest for a filter of too many elements. */
export function requireFilterSize(node: XmlNode, name: 'CALDAV:filter' | 'CARDDAV:filter'): void {
  if (countOf(node, MOST_ELEMENTS) > MOST_ELEMENTS) {
    throw new BadRequest(`${name} holds more than ${MOST_ELEMENTS} elements`);
  }
}

/** The elements inside, as far as there are not more than `most`. */
function countOf(node: XmlNode, most: number): number {
  let count = node.children.length;
  for (const child of node.children) {
    if (count > most) break;
    count += countOf(child, most - count);
  }
  return count;
}
