import { homeHref } from '../hrefs.ts';
import { property } from '../property.ts';
import { caldav } from '../xml/names.ts';
import { el, href } from '../xml/write.ts';

/** CALDAV:calendar-home-set, RFC 4791 §6.2.1. Groups have no home. */
export const calendarHomeSet = property({
  name: caldav('calendar-home-set'),
  on: ['principal'],
  get: ({ principal }) =>
    principal.kind === 'group' ? undefined : el(caldav('calendar-home-set'), href(homeHref(principal.id))),
});
