import { BadRequest } from '../../base/refusal.ts';
import { parseDuration } from '../../ical/duration.ts';
import { property } from '../property.ts';
import { apple } from '../xml/names.ts';
import { el, text } from '../xml/write.ts';

const NAME = apple('refreshrate');

/** A:refreshrate: how often a subscribed calendar is fetched, a duration such as P1D; kept as it was set. */
export const refreshrate = property({
  name: NAME,
  on: ['calendar'],
  get: ({ collection: { refreshRate } }) => (refreshRate === undefined ? undefined : el(NAME, text(refreshRate))),
  change: (node) => ({ refreshRate: node === undefined ? null : rateIn(node.text.trim()) }),
});

function rateIn(value: string): string | null {
  if (value === '') return null;
  if (parseDuration(value) !== undefined && value.length <= 100) return value;
  throw new BadRequest('refreshrate must be a duration such as P1D or PT1H', { status: 409 });
}
