import { collectionTag } from '../entity-tag.ts';
import { property } from '../property.ts';
import { COLLECTION_KINDS } from '../resource.ts';
import { dav } from '../xml/names.ts';
import { el, text } from '../xml/write.ts';

const NAME = dav('getetag');

/** DAV:getetag, RFC 4918 §15.6: the ETag of GET, strong. */
export const getetag = property({
  name: NAME,
  allprop: true,
  on: [...COLLECTION_KINDS, 'object'],
  get: (resource, { calendar }) =>
    el(
      NAME,
      text(`"${resource.kind === 'object' ? resource.object.etag : collectionTag(calendar, resource.collection)}"`),
    ),
});
