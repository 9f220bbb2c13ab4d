import { privilegesShown } from '../privilege-xml.ts';
import { property } from '../property.ts';
import { ALL_KINDS } from '../resource.ts';
import { dav } from '../xml/names.ts';
import { el } from '../xml/write.ts';

/** DAV:current-user-privilege-set, RFC 3744 §5.4: granted privileges and all that they contain. */
export const currentUserPrivilegeSet = property({
  name: dav('current-user-privilege-set'),
  on: ALL_KINDS,
  get: ({ kind, privileges }) => el(dav('current-user-privilege-set'), privilegesShown(kind, privileges)),
});
