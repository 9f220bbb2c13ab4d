import { accessControlList, principalsIn } from '../../calendar/access-control.ts';
import { requirePrivilege } from '../../calendar/access.ts';
import { aceXml } from '../acl-xml.ts';
import { homeHref } from '../hrefs.ts';
import { property } from '../property.ts';
import { dav } from '../xml/names.ts';
import { el } from '../xml/write.ts';

const NAME = dav('acl');

/** DAV:acl, RFC 3744 §5.5: needs DAV:read-acl. What a collection grants is granted on its members, too. */
export const acl = property({
  name: NAME,
  on: ['calendar', 'inbox', 'outbox', 'object'],
  async get({ collection, privileges, href }, { calendar }) {
    requirePrivilege(privileges, 'read-acl', href);
    const aces = await accessControlList(calendar, collection);
    const principals = await principalsIn(calendar, aces);
    const home = homeHref(collection.homeId);
    return el(NAME, ...aces.map((ace) => aceXml(ace, { principalOf: (id) => principals.get(id), home })));
  },
});
