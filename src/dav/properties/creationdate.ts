import { property } from '../property.ts';
import { COLLECTION_KINDS } from '../resource.ts';
import { dav } from '../xml/names.ts';
import { el, text } from '../xml/write.ts';

const NAME = dav('creationdate');

/** DAV:creationdate, RFC 4918 §15.1, in the form of RFC 3339. */
export const creationdate = property({
  name: NAME,
  allprop: true,
  on: [...COLLECTION_KINDS, 'object'],
  get(resource) {
    const { createdAt } = resource.kind === 'object' ? resource.object : resource.collection;
    return el(NAME, text(new Date(createdAt).toISOString().replace(/\.\d+Z$/, 'Z')));
  },
});
