import { BadRequest, Refusal } from '../../base/refusal.ts';
import { CALENDAR_COMPONENTS } from '../../ical/component.ts';
import { componentSet } from '../component-set-xml.ts';
import { property } from '../property.ts';
import { caldav } from '../xml/names.ts';
import type { XmlNode } from '../xml/node.ts';

/**
 * CALDAV:supported-calendar-component-set, RFC 4791 §5.2.3. A calendar that was made without one takes every
 * component, and says so by naming them all.
 */
export const supportedCalendarComponentSet = property({
  name: caldav('supported-calendar-component-set'),
  on: ['calendar'],
  get: ({ collection }) => componentSet(collection.components ?? CALENDAR_COMPONENTS),
  change: (node) => ({ components: node === undefined ? null : componentsIn(node) }),
  createOnly: true,
});

function componentsIn(node: XmlNode): readonly string[] {
  const names = node.children
    .filter(({ name }) => name === caldav('comp'))
    .map(({ attributes }) => attributes.get('name')?.toUpperCase() ?? '');
  if (names.length === 0) throw new BadRequest('supported-calendar-component-set must name a component');
  const known: readonly string[] = CALENDAR_COMPONENTS;
  const unknown = names.find((name) => !known.includes(name));
  if (unknown === undefined) return [...new Set(names)];
  throw new Refusal('supported-calendar-component', `${unknown.slice(0, 40)} is none of ${known.join(', ')}`);
}
