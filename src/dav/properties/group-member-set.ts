import { membersOf } from '../../calendar/principals.ts';
import { principalHref } from '../hrefs.ts';
import { property } from '../property.ts';
import { dav } from '../xml/names.ts';
import { el, href } from '../xml/write.ts';

const NAME = dav('group-member-set');
const NONE = el(NAME);

/** DAV:group-member-set, RFC 3744 §4.3: the direct members; of a person, none. */
export const groupMemberSet = property({
  name: NAME,
  on: ['principal'],
  get({ principal }, { calendar }) {
    if (principal.kind !== 'group') return NONE;
    return membersOf(calendar, principal.id).then((members) =>
      el(NAME, ...members.map((member) => href(principalHref(member)))),
    );
  },
});
