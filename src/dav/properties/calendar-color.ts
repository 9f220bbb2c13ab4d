import type { CollectionPatch } from '../../calendar/collection-patch.ts';
import { property } from '../property.ts';
import { apple } from '../xml/names.ts';
import type { XmlNode } from '../xml/node.ts';
import { elWith, text } from '../xml/write.ts';

const NAME = apple('calendar-color');
const CLEARED = { color: null, colorAttributes: null } as const;

/** A:calendar-color: `#RRGGBB` or `#RRGGBBAA` by custom, kept as it was set, with Apple's symbolic-color. */
export const calendarColor = property({
  name: NAME,
  on: ['calendar', 'inbox', 'home', 'plain'],
  get: ({ collection: { color, colorAttributes } }) =>
    color === undefined ? undefined : elWith(NAME, colorAttributes ?? {}, text(color)),
  change: (node) => (node === undefined ? CLEARED : colorIn(node)),
});

function colorIn({ text: value, attributes }: XmlNode): CollectionPatch {
  const color = value.trim();
  if (color === '') return CLEARED;
  // Attributes of other namespaces have the form {namespace}name here.
  const plain = [...attributes].filter(([name]) => !name.startsWith('{'));
  return { color, colorAttributes: plain.length === 0 ? null : Object.fromEntries(plain) };
}
