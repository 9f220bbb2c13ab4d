import { getPrincipal } from '../../calendar/principals.ts';
import { shareOfMount, sharesOn } from '../../calendar/share-list.ts';
import { property, type DavContext } from '../property.ts';
import type { ResourceOf } from '../resource.ts';
import { organizerElement, userElement } from '../share-xml.ts';
import { cs } from '../xml/names.ts';
import type { Xml } from '../xml/node.ts';
import { el } from '../xml/write.ts';

const NAME = cs('invite');

/**
 * CS:invite, caldav-sharing §5.2.2: with whom a calendar is shared, for who may see who else has access (DAV:read-acl). A
 * sharee sees who shares it, and of the sharees itself.
 */
export const invite = property({
  name: NAME,
  on: ['calendar'],
  async get(resource, context) {
    const organizer = await organizerOf(resource, context);
    const users = await usersOf(resource, context);
    return organizer === undefined && users.length === 0 ? undefined : el(NAME, organizer, ...users);
  },
});

async function organizerOf(
  { collection: { mount, homeId } }: ResourceOf<'calendar'>,
  { calendar }: DavContext,
): Promise<Xml | undefined> {
  const sharer = mount === undefined ? undefined : await getPrincipal(calendar, homeId);
  return sharer && organizerElement({ ...sharer, email: sharer.emails[0] });
}

async function usersOf(
  { collection, owner, privileges }: ResourceOf<'calendar'>,
  { calendar }: DavContext,
): Promise<readonly Xml[]> {
  if (privileges.has('read-acl')) {
    return (await sharesOn(calendar, collection)).map(({ share: { id: uid, access }, sharee, status }) =>
      userElement({ uid, sharee, status, access }),
    );
  }
  const { mount } = collection;
  const share = mount && (await shareOfMount(calendar, mount));
  return share === undefined
    ? []
    : [userElement({ uid: share.id, sharee: owner, status: 'accepted', access: share.access })];
}
