import { BadRequest } from '../../base/refusal.ts';
import { property } from '../property.ts';
import { caldav } from '../xml/names.ts';
import type { XmlNode } from '../xml/node.ts';
import { el } from '../xml/write.ts';

const NAME = caldav('schedule-calendar-transp');
const OPAQUE = el(NAME, el(caldav('opaque')));
const TRANSPARENT = el(NAME, el(caldav('transparent')));

/** CALDAV:schedule-calendar-transp, RFC 6638 §9.1: whether the calendar counts in its owner's free-busy. */
export const scheduleCalendarTransp = property({
  name: NAME,
  on: ['calendar'],
  get: ({ collection }) => (collection.transparent ? TRANSPARENT : OPAQUE),
  change: (node) => ({ transparent: node !== undefined && isTransparent(node) }),
});

function isTransparent({ children }: XmlNode): boolean {
  const names = children.map(({ name }) => name);
  if (names.includes(caldav('transparent'))) return true;
  if (names.includes(caldav('opaque'))) return false;
  throw new BadRequest('schedule-calendar-transp must hold opaque or transparent', { status: 409 });
}
