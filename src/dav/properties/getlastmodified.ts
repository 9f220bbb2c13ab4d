import { property } from '../property.ts';
import { COLLECTION_KINDS } from '../resource.ts';
import { dav } from '../xml/names.ts';
import { el, text } from '../xml/write.ts';

const NAME = dav('getlastmodified');

/** DAV:getlastmodified, RFC 4918 §15.7, in the form of RFC 9110 §5.6.7. */
export const getlastmodified = property({
  name: NAME,
  allprop: true,
  on: [...COLLECTION_KINDS, 'object'],
  get(resource) {
    const { modifiedAt } = resource.kind === 'object' ? resource.object : resource.collection;
    return el(NAME, text(new Date(modifiedAt).toUTCString()));
  },
});
