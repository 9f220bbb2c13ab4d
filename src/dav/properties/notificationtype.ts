import { isNotification, notificationType } from '../notification.ts';
import { property } from '../property.ts';
import { cs } from '../xml/names.ts';
import { el } from '../xml/write.ts';

const NAME = cs('notificationtype');

/** CS:notificationtype, caldav-notifications §4.2.1: by which a client knows which notices it can handle. */
export const notificationtype = property({
  name: NAME,
  on: ['object'],
  get(resource) {
    const type = isNotification(resource) ? notificationType(resource) : undefined;
    return type && el(NAME, type);
  },
});
