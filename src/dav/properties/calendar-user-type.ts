import { property } from '../property.ts';
import { caldav } from '../xml/names.ts';
import { el, text } from '../xml/write.ts';

const TYPES = { user: 'INDIVIDUAL', group: 'GROUP', room: 'ROOM', resource: 'RESOURCE' } as const;

/** CALDAV:calendar-user-type, RFC 6638 §2.4.2: the values of CUTYPE (RFC 5545 §3.2.3). */
export const calendarUserType = property({
  name: caldav('calendar-user-type'),
  on: ['principal'],
  get: ({ principal }) => el(caldav('calendar-user-type'), text(TYPES[principal.kind])),
});
