import { property } from '../property.ts';
import { ALL_KINDS } from '../resource.ts';
import { dav } from '../xml/names.ts';
import { el, text } from '../xml/write.ts';

const NAME = dav('getcontentlength');
/** What GET of a collection sends is made for each request: it has no length to be known before. */
const NONE = el(NAME, text('0'));

/** DAV:getcontentlength, RFC 4918 §15.4. */
export const getcontentlength = property({
  name: NAME,
  allprop: true,
  on: ALL_KINDS,
  get: (resource) => (resource.kind === 'object' ? el(NAME, text(String(resource.object.size))) : NONE),
});
