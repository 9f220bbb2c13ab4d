import { getPrincipal } from '../../calendar/principals.ts';
import { principalHref } from '../hrefs.ts';
import { property } from '../property.ts';
import { ALL_KINDS } from '../resource.ts';
import { dav } from '../xml/names.ts';
import { el, href } from '../xml/write.ts';

const NAME = dav('current-user-principal');
const UNAUTHENTICATED = el(NAME, el(dav('unauthenticated')));

/** DAV:current-user-principal, RFC 5397 §3: where every client begins. */
export const currentUserPrincipal = property({
  name: NAME,
  on: ALL_KINDS,
  get(resource, { actor, calendar }) {
    if (actor === undefined) return UNAUTHENTICATED;
    // In one's own home, as nearly always, the owner is at hand.
    if ('owner' in resource && resource.owner.id === actor.id) return el(NAME, href(principalHref(resource.owner)));
    return getPrincipal(calendar, actor.id).then((principal) =>
      principal === undefined ? UNAUTHENTICATED : el(NAME, href(principalHref(principal))),
    );
  },
});
