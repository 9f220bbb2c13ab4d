import { vtimezoneText, timezoneTextIn } from '../timezone-value.ts';
import { property } from '../property.ts';
import { caldav } from '../xml/names.ts';
import { el, text } from '../xml/write.ts';

const NAME = caldav('calendar-timezone');

/**
 * CALDAV:calendar-timezone, RFC 4791 §5.2.2. It and calendar-timezone-id are one value: where only the identifier was
 * set, the VTIMEZONE is made from it (RFC 7809 §3.1.5).
 */
export const calendarTimezone = property({
  name: NAME,
  on: ['calendar'],
  get({ collection: { timezone, timezoneId } }, { calendar }) {
    const value = timezone ?? (timezoneId === undefined ? undefined : vtimezoneText(timezoneId, calendar.clock()));
    return value === undefined ? undefined : el(NAME, text(value));
  },
  change: (node) => (node === undefined ? { timezone: null, timezoneId: null } : timezoneTextIn(node.text)),
});
