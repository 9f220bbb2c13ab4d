import type { Privilege } from '../auth/privileges.ts';
import type { DirectoryState } from '../calendar/directory.ts';
import type { DelegateAccess } from '../calendar/delegates.ts';
import type { Attachment } from '../calendar/linked-attachments.ts';
import type { Collection, ObjectHead, Principal } from '../calendar/model.ts';

/**
 * What a URL names. `href` is the absolute, percent-encoded path, with a trailing slash for collections.
 *
 *   /                                       root
 *   /dav/                                   dav-root
 *   /dav/principals/                        principals
 *   /dav/principals/users/                  principal-kind (users, groups, rooms, resources)
 *   /dav/principals/users/ID/               principal
 *   /dav/principals/users/ID/calendar-proxy-read/   proxy (or -write)
 *   /dav/addressbooks/                      addressbooks
 *   /dav/addressbooks/directory/            addressbook
 *   /dav/addressbooks/directory/ID.vcf      card
 *   /dav/calendars/                         homes
 *   /dav/calendars/ID/                      home
 *   /dav/calendars/ID/NAME/                 calendar, inbox, outbox, notification, freebusy
 *   /dav/calendars/ID/NAME/RESOURCE.ics     object
 *   /dav/calendars/ID/attachments/          attachments
 *   /dav/calendars/ID/attachments/ID        attachment
 *   /dav/files/ID/, /dav/files/ID/A/B/      plain, where the configuration has files
 *   /dav/files/ID/A/B/RESOURCE              object
 */
/** What every resource has: its URL, and what the actor may do with it (RFC 3744 §5.4). */
interface Base {
  readonly href: string;
  readonly privileges: ReadonlySet<Privilege>;
}

/** One type for each kind, so that a list of kinds narrows to exactly those. */
type OfKind<K extends string, Fields = unknown> = { [Each in K]: Base & { readonly kind: Each } & Fields }[K];

interface InHome {
  readonly owner: Principal;
  readonly collection: Collection;
}

export type Resource =
  | OfKind<'root' | 'dav-root' | 'principals' | 'homes' | 'addressbooks'>
  | OfKind<'principal-kind', { readonly of: Principal['kind'] }>
  | OfKind<'principal', { readonly principal: Principal }>
  | OfKind<'proxy', { readonly owner: Principal; readonly access: DelegateAccess }>
  | OfKind<'addressbook', { readonly state: DirectoryState }>
  | OfKind<'card', { readonly principal: Principal }>
  | OfKind<'attachments', { readonly owner: Principal }>
  | OfKind<'attachment', { readonly attachment: Attachment }>
  | OfKind<CollectionResourceKind, InHome>
  | OfKind<'object', InHome & { readonly object: ObjectHead }>;

export type CollectionResourceKind = 'home' | 'calendar' | 'inbox' | 'outbox' | 'notification' | 'freebusy' | 'plain';
export type Kind = Resource['kind'];
export type ResourceOf<K extends Kind> = Extract<Resource, { kind: K }>;

/** The collections of a home, the home itself included. */
export const COLLECTION_KINDS = ['home', 'calendar', 'inbox', 'outbox', 'notification', 'freebusy', 'plain'] as const;
/** Managed attachments (RFC 8607): written by POST to the event that holds them. */
export const ATTACHMENT_KINDS = ['attachments', 'attachment'] as const;
/** The directory: read only, whoever asks. */
export const DIRECTORY_KINDS = ['addressbooks', 'addressbook', 'card'] as const;
export const ALL_KINDS = [
  'root',
  'dav-root',
  'principals',
  'homes',
  'principal-kind',
  'principal',
  'proxy',
  ...DIRECTORY_KINDS,
  ...COLLECTION_KINDS,
  ...ATTACHMENT_KINDS,
  'object',
] as const;

/** Narrows a resource to the kinds given. */
export function isKind<K extends Kind>(resource: Resource, on: readonly K[]): resource is ResourceOf<K> {
  // The one cast of this border: `includes` wants its own element type.
  return (on as readonly Kind[]).includes(resource.kind);
}
