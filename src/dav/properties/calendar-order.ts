import { BadRequest } from '../../base/refusal.ts';
import { property } from '../property.ts';
import { apple } from '../xml/names.ts';
import { el, text } from '../xml/write.ts';

const NAME = apple('calendar-order');

/** A:calendar-order: an integer by which clients sort their calendars. */
export const calendarOrder = property({
  name: NAME,
  on: ['calendar', 'inbox', 'home', 'plain'],
  get: ({ collection: { order } }) => (order === undefined ? undefined : el(NAME, text(String(order)))),
  change: (node) => ({ order: node === undefined ? null : orderIn(node.text.trim()) }),
});

function orderIn(value: string): number | null {
  if (value === '') return null;
  if (!/^[+-]?\d{1,15}$/.test(value)) throw new BadRequest('calendar-order must be an integer', { status: 409 });
  return Number(value);
}
