import { delegatorsOf, groupsOf } from '../../calendar/principals.ts';
import { principalHref } from '../hrefs.ts';
import { property } from '../property.ts';
import { proxiesFor } from '../proxy.ts';
import { dav } from '../xml/names.ts';
import { el, href } from '../xml/write.ts';

const NAME = dav('group-membership');

/**
 * DAV:group-membership, RFC 3744 §4.4: the groups that it is a direct member of, and the proxies of those for whom it
 * acts, through groups too (caldav-proxy §5.2: how clients find them). A proxy is in no group.
 */
export const groupMembership = property({
  name: NAME,
  on: ['principal', 'proxy'],
  async get(resource, { calendar, actor }) {
    if (resource.kind === 'proxy') return el(NAME);
    const { id } = resource.principal;
    const groups = (await groupsOf(calendar, id)).map(principalHref);
    const proxies = proxiesFor(await delegatorsOf(calendar, id), { actor }).map((proxy) => proxy.href);
    return el(NAME, ...[...groups, ...proxies].map(href));
  },
});
