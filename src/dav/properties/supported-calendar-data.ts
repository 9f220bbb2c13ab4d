import { FORMATS } from '../calendar-format.ts';
import { property } from '../property.ts';
import { caldav } from '../xml/names.ts';
import { el, elWith } from '../xml/write.ts';

const DATA = el(
  caldav('supported-calendar-data'),
  ...FORMATS.map(({ mediaType }) => elWith(caldav('calendar-data'), { 'content-type': mediaType, version: '2.0' })),
);

/** CALDAV:supported-calendar-data, RFC 4791 §5.2.4. */
export const supportedCalendarData = property({
  name: caldav('supported-calendar-data'),
  on: ['calendar', 'inbox'],
  get: () => DATA,
});
