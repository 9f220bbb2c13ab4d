import { collectionsOf } from '../../calendar/collections.ts';
import { collectionHref } from '../hrefs.ts';
import { property } from '../property.ts';
import { caldav } from '../xml/names.ts';
import { el, href } from '../xml/write.ts';

const NAME = caldav('schedule-default-calendar-URL');

/** CALDAV:schedule-default-calendar-URL, RFC 6638 §9.2: the oldest calendar that takes events, from others than a feed; empty without one. */
export const scheduleDefaultCalendarUrl = property({
  name: NAME,
  on: ['inbox'],
  async get({ owner }, { calendar }) {
    const collections = await collectionsOf(calendar, owner.id);
    const [oldest] = collections
      .filter(({ kind, components }) => kind === 'calendar' && components?.includes('VEVENT') !== false)
      // Nor is it one that somebody else shares (caldav-sharing §5.5.5).
      .filter(({ source, mount }) => source === undefined && mount === undefined)
      .toSorted((one, other) => one.createdAt - other.createdAt);
    return el(NAME, oldest && href(collectionHref(oldest)));
  },
});
