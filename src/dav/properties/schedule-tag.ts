import { property } from '../property.ts';
import { caldav } from '../xml/names.ts';
import { el, text } from '../xml/write.ts';

/** CALDAV:schedule-tag, RFC 6638 §9.3. Present on scheduling object resources only. */
export const scheduleTag = property({
  name: caldav('schedule-tag'),
  on: ['object'],
  get: ({ object }) =>
    object.scheduleTag === undefined ? undefined : el(caldav('schedule-tag'), text(`"${object.scheduleTag}"`)),
});
