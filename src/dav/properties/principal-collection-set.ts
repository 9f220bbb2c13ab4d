import { PRINCIPALS } from '../hrefs.ts';
import { property } from '../property.ts';
import { ALL_KINDS } from '../resource.ts';
import { dav } from '../xml/names.ts';
import { el, href } from '../xml/write.ts';

const SET = el(dav('principal-collection-set'), href(PRINCIPALS));

/** DAV:principal-collection-set, RFC 3744 §5.8: where clients search for people. */
export const principalCollectionSet = property({
  name: dav('principal-collection-set'),
  on: ALL_KINDS,
  get: () => SET,
});
