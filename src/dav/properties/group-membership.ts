import { groupsOf } from '../../calendar/principals.ts';
import { principalHref } from '../hrefs.ts';
import { property } from '../property.ts';
import { dav } from '../xml/names.ts';
import { el, href } from '../xml/write.ts';

const NAME = dav('group-membership');

/** DAV:group-membership, RFC 3744 §4.4: the groups that it is a direct member of. */
export const groupMembership = property({
  name: NAME,
  on: ['principal'],
  async get({ principal }, { calendar }) {
    const groups = await groupsOf(calendar, principal.id);
    return el(NAME, ...groups.map((group) => href(principalHref(group))));
  },
});
