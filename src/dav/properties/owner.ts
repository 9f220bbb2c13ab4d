import type { Principal } from '../../calendar/model.ts';
import { getPrincipal } from '../../calendar/principals.ts';
import { principalHref } from '../hrefs.ts';
import { property } from '../property.ts';
import { COLLECTION_KINDS } from '../resource.ts';
import { dav } from '../xml/names.ts';
import { el, href } from '../xml/write.ts';

const ownedBy = (principal: Principal) => el(dav('owner'), href(principalHref(principal)));

/**
 * DAV:owner, RFC 3744 §5.1: the principal whose home it is in, or whose delegates it stands for; of a shared calendar, who
 * shares it (caldav-sharing §5.5.5).
 */
export const owner = property({
  name: dav('owner'),
  on: [...COLLECTION_KINDS, 'proxy', 'object'],
  get(resource, { calendar }) {
    if (resource.kind === 'proxy' || resource.collection.mount === undefined) return ownedBy(resource.owner);
    return getPrincipal(calendar, resource.collection.homeId).then((sharer) => sharer && ownedBy(sharer));
  },
});
