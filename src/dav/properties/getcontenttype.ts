import { fileType } from '../../calendar/plain-collections.ts';
import { cardContentType } from '../card.ts';
import { property } from '../property.ts';
import { CALENDAR_TYPE } from '../representation.ts';
import { ALL_KINDS } from '../resource.ts';
import { dav } from '../xml/names.ts';
import { el, text } from '../xml/write.ts';

const NAME = dav('getcontenttype');

// A collection is not said to be text/calendar, though its GET is: clients that list a calendar with Depth: 1 or a
// sync-collection (Thunderbird, Apple Calendar) take what has that type for an object.
const COLLECTION = el(NAME, text('httpd/unix-directory'));
const OBJECT = el(NAME, text(CALENDAR_TYPE));
const CARD = el(NAME, text(cardContentType('3.0')));
const OTHER = el(NAME, text('application/xml; charset=utf-8'));

/** DAV:getcontenttype, RFC 4918 §15.5: what GET of the resource says. A file: as it was sent. */
export const getcontenttype = property({
  name: NAME,
  allprop: true,
  on: ALL_KINDS,
  get: (resource, { calendar }) => {
    if (resource.kind === 'card') return CARD;
    if (resource.kind === 'attachment') return el(NAME, text(resource.attachment.contentType));
    if (resource.kind !== 'object') return COLLECTION;
    if (resource.collection.kind === 'plain') {
      return fileType(calendar, resource.object).then((type) => el(NAME, text(type)));
    }
    return resource.object.component === '' ? OTHER : OBJECT;
  },
});
