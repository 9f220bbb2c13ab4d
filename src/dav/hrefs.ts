import type { DelegateAccess } from '../calendar/delegates.ts';
import type { Principal, PrincipalKind } from '../calendar/model.ts';

/** The layout of URLs: absolute paths, percent-encoded by segment, collections with a trailing slash. */
export const ROOT = '/';
export const DAV_ROOT = '/dav/';
export const PRINCIPALS = '/dav/principals/';
export const HOMES = '/dav/calendars/';
export const FILES = '/dav/files/';
export const ADDRESSBOOKS = '/dav/addressbooks/';
export const ADDRESSBOOK = `${ADDRESSBOOKS}directory/`;

/** Path segment of each kind of principal. */
export const PRINCIPAL_FOLDERS = {
  user: 'users',
  group: 'groups',
  room: 'rooms',
  resource: 'resources',
} as const satisfies Record<PrincipalKind, string>;

const PLAIN = /^[\w.~-]*$/;

/** Percent-encodes one path segment; what RFC 3986 §3.3 allows in a segment (`@`, `:`, `;`, `,`, `=` …) stays readable. */
export function encodeSegment(segment: string): string {
  if (PLAIN.test(segment)) return segment;
  return encodeURIComponent(segment).replaceAll(/%(40|3A|24|26|2B|2C|3B|3D)/g, (encoded) =>
    decodeURIComponent(encoded),
  );
}

export const principalKindHref = (kind: PrincipalKind): string => `${PRINCIPALS}${PRINCIPAL_FOLDERS[kind]}/`;

export const principalHref = (principal: Pick<Principal, 'id' | 'kind'>): string =>
  `${principalKindHref(principal.kind)}${encodeSegment(principal.id)}/`;

/** The principal that stands for those who read, or write, for another (caldav-proxy §5.2). */
export const proxyHref = (principal: Pick<Principal, 'id' | 'kind'>, access: DelegateAccess): string =>
  `${principalHref(principal)}${PROXY_NAMES[access]}/`;

/** Path segments, and names in CS:, of the two below each principal that has calendars. */
export const PROXY_NAMES = {
  read: 'calendar-proxy-read',
  write: 'calendar-proxy-write',
} as const satisfies Record<DelegateAccess, string>;

/** The card of a principal in the directory. */
export const cardHref = (id: string): string => `${ADDRESSBOOK}${encodeSegment(`${id}.vcf`)}`;

export const homeHref = (ownerId: string): string => `${HOMES}${encodeSegment(ownerId)}/`;

/** Where a collection stands: the principal id of its home, and its segment there ('' for the home itself). */
type Place = { readonly homeId: string; readonly uri: string };
/** A shared calendar is named where it was found: in the home of the sharee. */
type Placed = Place & { readonly mount?: Place | undefined };

export function collectionHref(collection: Placed): string {
  const { homeId, uri } = collection.mount ?? collection;
  // A plain collection: its uri is a path (calendar/plain-collections.ts).
  if (uri.startsWith('/')) return `${FILES}${encodeSegment(homeId)}${plainPath(uri)}`;
  return uri === '' ? homeHref(homeId) : `${homeHref(homeId)}${encodeSegment(uri)}/`;
}

const plainPath = (uri: string): string => (uri === '/' ? '/' : `${uri.split('/').map(encodeSegment).join('/')}/`);

export const objectHref = (collection: Placed, object: { readonly name: string }): string =>
  `${collectionHref(collection)}${encodeSegment(object.name)}`;

/** Last segment of the collection of a home's managed attachments. */
export const ATTACHMENTS = 'attachments';

/** A managed attachment, in the home whose room it takes. */
export const attachmentHref = ({ homeId, id }: { readonly homeId: string; readonly id: string }): string =>
  `${homeHref(homeId)}${ATTACHMENTS}/${encodeSegment(id)}`;

/** Last segment of the Add-Member URI of a collection (RFC 5995 §3.1): a name that no client gives to an object. */
export const ADD_MEMBER = ';add-member';
