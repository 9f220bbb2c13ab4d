import type { Principal, ShareAccess, ShareStatus } from '../calendar/model.ts';
import { collectionHref, principalHref } from './hrefs.ts';
import { cs, kalends } from './xml/names.ts';
import type { Xml, XmlNode } from './xml/node.ts';
import { childOf } from './xml/parse.ts';
import { el, href, text } from './xml/write.ts';

/**
 * The two levels that caldav-sharing §5.5.1 has not are elements of our own. They stand behind one that it has, and that
 * tells a client which does not know ours what it can count on.
 */
const ACCESS: Readonly<Record<ShareAccess, readonly Xml[]>> = {
  'free-busy': [el(cs('read')), el(kalends('free-busy'))],
  read: [el(cs('read'))],
  'read-write': [el(cs('read-write'))],
  manage: [el(cs('read-write')), el(kalends('manage'))],
};

/** CS:access, caldav-sharing §6.11. */
export const accessElement = (access: ShareAccess): Xml => el(cs('access'), ...ACCESS[access]);

/** The level that a CS:set asks for; undefined where it names none. */
export function accessIn(node: XmlNode): ShareAccess | undefined {
  if (childOf(node, kalends('free-busy')) !== undefined) return 'free-busy';
  if (childOf(node, kalends('manage')) !== undefined) return 'manage';
  if (childOf(node, cs('read-write')) !== undefined) return 'read-write';
  return childOf(node, cs('read')) === undefined ? undefined : 'read';
}

/** CS:invite-noresponse and its like, caldav-sharing §6.6 to §6.9. */
export const statusElement = (status: ShareStatus | 'deleted'): Xml => el(cs(`invite-${status}`));

type Person = Pick<Principal, 'id' | 'kind' | 'name'> & { readonly email: string | undefined };

/** DAV:href with the calendar user address of a sharee: an e-mail address before all, as clients know people by it. */
export const addressElement = (sharee: Person): Xml =>
  href(sharee.email === undefined ? principalHref(sharee) : `mailto:${sharee.email}`);

/** CS:organizer, caldav-sharing §6.18. */
export const organizerElement = (sharer: Person): Xml =>
  el(cs('organizer'), href(principalHref(sharer)), el(cs('common-name'), text(sharer.name)));

interface Place {
  readonly homeId: string;
  readonly uri: string;
}

/** DAV:href of a calendar without the last slash, as Apple's server writes it here and clients go on from it. */
export const bareHref = (calendar: Place): Xml => href(collectionHref(calendar).slice(0, -1));

/** CS:hosturl, caldav-sharing §6.17. */
export const hostUrl = (calendar: Place): Xml => el(cs('hosturl'), bareHref(calendar));

/** One CS:user of CS:invite, caldav-sharing §6.5, with the uid that Apple's server adds. */
export function userElement(user: {
  readonly uid: string;
  readonly sharee: Principal;
  readonly status: ShareStatus;
  readonly access: ShareAccess;
}): Xml {
  const { uid, sharee, status, access } = user;
  return el(
    cs('user'),
    el(cs('uid'), text(uid)),
    addressElement({ ...sharee, email: sharee.emails[0] }),
    el(cs('common-name'), text(sharee.name)),
    statusElement(status),
    accessElement(access),
  );
}
