import { collectionsOf } from '../../calendar/collections.ts';
import { collectionHref } from '../hrefs.ts';
import { property } from '../property.ts';
import { caldav } from '../xml/names.ts';
import { el, href } from '../xml/write.ts';

const NAME = caldav('calendar-free-busy-set');

/**
 * CALDAV:calendar-free-busy-set, from the drafts before RFC 6638, where schedule-calendar-transp took its place. Apple
 * Calendar still asks for it.
 */
export const calendarFreeBusySet = property({
  name: NAME,
  on: ['inbox'],
  async get({ owner }, { calendar }) {
    const collections = await collectionsOf(calendar, owner.id);
    const counted = collections.filter(({ kind, transparent }) => kind === 'calendar' && !transparent);
    return el(NAME, ...counted.map((collection) => href(collectionHref(collection))));
  },
});
