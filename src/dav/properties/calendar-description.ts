import { property } from '../property.ts';
import { caldav } from '../xml/names.ts';
import { el, text } from '../xml/write.ts';

const NAME = caldav('calendar-description');

/** CALDAV:calendar-description, RFC 4791 §5.2.1. */
export const calendarDescription = property({
  name: NAME,
  on: ['calendar'],
  get: ({ collection: { description } }) => (description === undefined ? undefined : el(NAME, text(description))),
  change: (node) => ({ description: node?.text ?? null }),
});
