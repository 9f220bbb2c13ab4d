import { timezoneIdIn } from '../timezone-value.ts';
import { property } from '../property.ts';
import { caldav } from '../xml/names.ts';
import { el, text } from '../xml/write.ts';

const NAME = caldav('calendar-timezone-id');

/** CALDAV:calendar-timezone-id, RFC 7809 §5.2: always the TZID of calendar-timezone (§3.1.5). */
export const calendarTimezoneId = property({
  name: NAME,
  on: ['calendar'],
  get: ({ collection: { timezoneId } }) => (timezoneId === undefined ? undefined : el(NAME, text(timezoneId))),
  change: (node) => (node === undefined ? { timezone: null, timezoneId: null } : timezoneIdIn(node.text)),
});
