import { Refusal } from '../../base/refusal.ts';
import { collectionsOf } from '../../calendar/collections.ts';
import { canBeDefault, defaultCalendar } from '../../calendar/default-calendar.ts';
import { collectionHref } from '../hrefs.ts';
import { property } from '../property.ts';
import { caldav, dav } from '../xml/names.ts';
import { childrenOf } from '../xml/parse.ts';
import { el, href } from '../xml/write.ts';

const NAME = caldav('schedule-default-calendar-URL');

/**
 * CALDAV:schedule-default-calendar-URL, RFC 6638 §9.2: empty where there is no calendar for events. Removed, or set to
 * nothing, it is the server's choice again. Can raise: valid-schedule-default-calendar-URL.
 */
export const scheduleDefaultCalendarUrl = property({
  name: NAME,
  on: ['inbox'],
  async get({ owner }, { calendar }) {
    const chosen = defaultCalendar(await collectionsOf(calendar, owner.id));
    return el(NAME, chosen && href(collectionHref(chosen)));
  },
  change(node, { collectionAt }) {
    const [asked, ...more] = node === undefined ? [] : childrenOf(node, dav('href'));
    if (asked === undefined) return { defaultCalendar: null };
    const chosen = more.length > 0 ? undefined : collectionAt(asked.text.trim());
    if (chosen !== undefined && canBeDefault(chosen)) return { defaultCalendar: chosen.id };
    throw new Refusal(
      'valid-schedule-default-calendar-URL',
      'It is no calendar for events of this home: neither a shared nor a subscribed one takes invitations',
    );
  },
});
