import { property } from '../property.ts';
import { ALL_KINDS } from '../resource.ts';
import { dav } from '../xml/names.ts';
import { el } from '../xml/write.ts';

const RESTRICTIONS = el(dav('acl-restrictions'), el(dav('no-invert')));

/** DAV:acl-restrictions, RFC 3744 §5.6: entries count in their order, whether they grant or deny. */
export const aclRestrictions = property({
  name: dav('acl-restrictions'),
  on: ALL_KINDS,
  get: () => RESTRICTIONS,
});
