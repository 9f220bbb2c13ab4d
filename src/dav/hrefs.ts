import type { Principal, PrincipalKind } from '../calendar/model.ts';

/** The layout of URLs: absolute paths, percent-encoded by segment, collections with a trailing slash. */
export const ROOT = '/';
export const DAV_ROOT = '/dav/';
export const PRINCIPALS = '/dav/principals/';
export const HOMES = '/dav/calendars/';

/** Path segment of each kind of principal. */
export const PRINCIPAL_FOLDERS = {
  user: 'users',
  group: 'groups',
  room: 'rooms',
  resource: 'resources',
} as const satisfies Record<PrincipalKind, string>;

/** Percent-encodes one path segment; what RFC 3986 §3.3 allows in a segment (`@`, `:`, `;`, `,`, `=` …) stays readable. */
export function encodeSegment(segment: string): string {
  return encodeURIComponent(segment).replaceAll(/%(40|3A|24|26|2B|2C|3B|3D)/g, (encoded) =>
    decodeURIComponent(encoded),
  );
}

export const principalKindHref = (kind: PrincipalKind): string => `${PRINCIPALS}${PRINCIPAL_FOLDERS[kind]}/`;

export const principalHref = (principal: Pick<Principal, 'id' | 'kind'>): string =>
  `${principalKindHref(principal.kind)}${encodeSegment(principal.id)}/`;

export const homeHref = (ownerId: string): string => `${HOMES}${encodeSegment(ownerId)}/`;

/** Where a collection stands: the principal id of its home, and its segment there ('' for the home itself). */
type Place = { readonly homeId: string; readonly uri: string };

export const collectionHref = (collection: Place): string =>
  collection.uri === ''
    ? homeHref(collection.homeId)
    : `${homeHref(collection.homeId)}${encodeSegment(collection.uri)}/`;

export const objectHref = (collection: Place, object: { readonly name: string }): string =>
  `${collectionHref(collection)}${encodeSegment(object.name)}`;
