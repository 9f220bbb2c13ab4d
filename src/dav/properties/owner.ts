import { principalHref } from '../hrefs.ts';
import { property } from '../property.ts';
import { COLLECTION_KINDS } from '../resource.ts';
import { dav } from '../xml/names.ts';
import { el, href } from '../xml/write.ts';

/** DAV:owner, RFC 3744 §5.1: the principal whose home it is in, or whose delegates it stands for. */
export const owner = property({
  name: dav('owner'),
  on: [...COLLECTION_KINDS, 'proxy', 'object'],
  get: (resource) => el(dav('owner'), href(principalHref(resource.owner))),
});
