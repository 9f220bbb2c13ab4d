import { collectionToken } from '../collection-token.ts';
import { property } from '../property.ts';
import { dav } from '../xml/names.ts';
import { el, text } from '../xml/write.ts';

/** DAV:sync-token, RFC 6578 §4: wherever sync-collection is. */
export const syncToken = property({
  name: dav('sync-token'),
  on: ['home', 'calendar', 'inbox', 'outbox', 'notification', 'addressbook'],
  get: (resource, { calendar }) => el(dav('sync-token'), text(collectionToken(resource, calendar))),
});
