import { collectionsOf } from '../../calendar/collections.ts';
import { defaultCalendar } from '../../calendar/default-calendar.ts';
import { collectionHref } from '../hrefs.ts';
import { property } from '../property.ts';
import { caldav } from '../xml/names.ts';
import { el, href } from '../xml/write.ts';

const NAME = caldav('schedule-default-calendar-URL');

/** CALDAV:schedule-default-calendar-URL, RFC 6638 §9.2: empty where there is no calendar for events. */
export const scheduleDefaultCalendarUrl = property({
  name: NAME,
  on: ['inbox'],
  async get({ owner }, { calendar }) {
    const chosen = defaultCalendar(await collectionsOf(calendar, owner.id));
    return el(NAME, chosen && href(collectionHref(chosen)));
  },
});
