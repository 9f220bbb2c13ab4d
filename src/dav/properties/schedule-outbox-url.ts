import { homeHref } from '../hrefs.ts';
import { property } from '../property.ts';
import { caldav } from '../xml/names.ts';
import { el, href } from '../xml/write.ts';

/** CALDAV:schedule-outbox-URL, RFC 6638 §2.1.1. */
export const scheduleOutboxUrl = property({
  name: caldav('schedule-outbox-URL'),
  on: ['principal'],
  get: ({ principal }) =>
    principal.kind === 'group'
      ? undefined
      : el(caldav('schedule-outbox-URL'), href(`${homeHref(principal.id)}outbox/`)),
});
