import { supportedPrivileges } from '../privilege-xml.ts';
import { property } from '../property.ts';
import { ALL_KINDS } from '../resource.ts';
import { dav } from '../xml/names.ts';
import { el } from '../xml/write.ts';

/** DAV:supported-privilege-set, RFC 3744 §5.3. */
export const supportedPrivilegeSet = property({
  name: dav('supported-privilege-set'),
  on: ALL_KINDS,
  get: ({ kind }) => el(dav('supported-privilege-set'), supportedPrivileges(kind)),
});
