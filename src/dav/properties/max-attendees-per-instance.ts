import { property } from '../property.ts';
import { caldav } from '../xml/names.ts';
import { el, text } from '../xml/write.ts';

/** CALDAV:max-attendees-per-instance, RFC 4791 §5.2.9. Apple Calendar asks the principal and the home too. */
export const maxAttendeesPerInstance = property({
  name: caldav('max-attendees-per-instance'),
  on: ['principal', 'home', 'calendar', 'inbox'],
  get: (_, { calendar }) =>
    el(caldav('max-attendees-per-instance'), text(String(calendar.limits.attendeesPerInstance))),
});
