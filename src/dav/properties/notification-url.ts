import { homeHref } from '../hrefs.ts';
import { property } from '../property.ts';
import { cs } from '../xml/names.ts';
import { el, href } from '../xml/write.ts';

/** CS:notification-URL, caldav-notifications §4.1.1. */
export const notificationUrl = property({
  name: cs('notification-URL'),
  on: ['principal'],
  get: ({ principal }) =>
    principal.kind === 'group' ? undefined : el(cs('notification-URL'), href(`${homeHref(principal.id)}notification/`)),
});
