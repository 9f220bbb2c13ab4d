import { property } from '../property.ts';
import { ALL_KINDS } from '../resource.ts';
import { dav } from '../xml/names.ts';
import { el } from '../xml/write.ts';

const NONE = el(dav('inherited-acl-set'));

/** DAV:inherited-acl-set, RFC 3744 §5.7: no resource shares the access control list of another one. */
export const inheritedAclSet = property({ name: dav('inherited-acl-set'), on: ALL_KINDS, get: () => NONE });
