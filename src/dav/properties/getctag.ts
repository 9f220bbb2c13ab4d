import { collectionToken } from '../collection-token.ts';
import { property } from '../property.ts';
import { cs } from '../xml/names.ts';
import { el, text } from '../xml/write.ts';

/** CS:getctag, caldav-ctag §4.1: changes exactly when DAV:sync-token does. */
export const getctag = property({
  name: cs('getctag'),
  on: ['calendar', 'inbox', 'outbox', 'notification', 'plain', 'addressbook'],
  get: (resource, { calendar }) => el(cs('getctag'), text(collectionToken(resource, calendar))),
});
