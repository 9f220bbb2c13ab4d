import { homeHref } from '../hrefs.ts';
import { property } from '../property.ts';
import { caldav } from '../xml/names.ts';
import { el, href } from '../xml/write.ts';

/** CALDAV:schedule-inbox-URL, RFC 6638 §2.2.1. */
export const scheduleInboxUrl = property({
  name: caldav('schedule-inbox-URL'),
  on: ['principal'],
  get: ({ principal }) =>
    principal.kind === 'group' ? undefined : el(caldav('schedule-inbox-URL'), href(`${homeHref(principal.id)}inbox/`)),
});
