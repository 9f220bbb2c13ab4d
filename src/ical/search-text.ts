import type { Component } from './component.ts';
import { P } from './names.ts';
import { unescapeText } from './text.ts';
import { foldLoosely } from './text-match.ts';

/**
 * Properties whose texts are kept beside an object, the first ones first: what people search for. A name more, or another
 * form of the text, is a change of the engine (see engine-version.ts).
 */
export const SEARCHED: readonly string[] = [P.SUMMARY, P.LOCATION, P.CATEGORIES, P.DESCRIPTION];

/** Octets that are kept of one object: with them an entry of SQLite's index is not longer than a page has room for. */
const LONGEST = 800;

/** Around the name of a property whose texts are not kept. No content line may hold it, and all that they may sorts after it. */
const LEFT_OUT = '\u0001';

/** What the search text of an object holds where the texts of a property did not fit in. */
export const leftOutMark = (name: string): string => LEFT_OUT + name + LEFT_OUT;

/** A search text that leaves nothing out sorts after this. */
export const AFTER_MARKS = '\u0002';

/**
 * The texts of an object that people search for, folded so that a text-match (RFC 4791 §9.7.5) of any collation finds its
 * own folded text in it, wherever it matches: of all components of the object, each text once. A property whose texts
 * would make it too long is left out as a whole, and its mark stands at the beginning.
 */
export function searchText(calendar: Component): string {
  const marks: string[] = [];
  const texts: string[] = [];
  let octets = 0;
  for (const name of SEARCHED) {
    const found = textsOf(calendar, name);
    const size = found?.reduce((sum, text) => sum + Buffer.byteLength(text) + 1, 0) ?? Infinity;
    if (found === undefined || octets + size > LONGEST) {
      marks.push(leftOutMark(name));
      continue;
    }
    texts.push(...found);
    octets += size;
  }
  return marks.join('') + texts.join('\n');
}

/** Each text of a property once; undefined where they are longer than is ever kept. */
function textsOf(calendar: Component, name: string): readonly string[] | undefined {
  const values = new Set<string>();
  for (const { properties } of calendar.components) {
    for (const property of properties) if (property.name === name) values.add(property.value);
  }
  let length = 0;
  // No escape halves a text, and few characters take less room folded.
  for (const value of values) if ((length += value.length) > 2 * LONGEST) return undefined;
  return [...values].map((value) => foldLoosely(unescapeText(value)));
}
