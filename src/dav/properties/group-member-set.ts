import type { Principal } from '../../calendar/model.ts';
import { delegationsOf, membersOf } from '../../calendar/principals.ts';
import { principalHref } from '../hrefs.ts';
import { property } from '../property.ts';
import { dav } from '../xml/names.ts';
import type { Xml } from '../xml/node.ts';
import { el, href } from '../xml/write.ts';

const NAME = dav('group-member-set');
const NONE = el(NAME);

/** DAV:group-member-set, RFC 3744 §4.3: the direct members; of a person, none; of a proxy, delegates (caldav-proxy §5.2). */
export const groupMemberSet = property({
  name: NAME,
  on: ['principal', 'proxy'],
  onProxies: true,
  get(resource, { calendar }) {
    if (resource.kind === 'proxy') {
      return delegationsOf(calendar, resource.owner.id).then((delegations) => hrefs(delegations[resource.access]));
    }
    const { principal } = resource;
    return principal.kind === 'group' ? membersOf(calendar, principal.id).then(hrefs) : NONE;
  },
});

const hrefs = (members: readonly Principal[]): Xml => el(NAME, ...members.map((member) => href(principalHref(member))));
