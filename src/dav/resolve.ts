import type { Actor } from '../auth/actor.ts';
import type { Privilege } from '../auth/privileges.ts';
import { accessIn, privilegesOn } from '../calendar/access.ts';
import { collectionAt, homeOf } from '../calendar/collections.ts';
import type { CalendarContext } from '../calendar/context.ts';
import { canDelegate } from '../calendar/delegates.ts';
import { directoryPrivileges, directoryState } from '../calendar/directory.ts';
import { fetchableAttachment } from '../calendar/invited-attachments.ts';
import { headAt, objectAt } from '../calendar/get-objects.ts';
import type { Collection, Principal, PrincipalKind } from '../calendar/model.ts';
import { makePlainRoot, plainAt } from '../calendar/plain-collections.ts';
import { getPrincipal } from '../calendar/principals.ts';
import { seenWith } from '../calendar/shown-object.ts';
import { cardResource, idOfCardName } from './card.ts';
import {
  ADDRESSBOOK,
  ADDRESSBOOKS,
  attachmentHref,
  ATTACHMENTS,
  collectionHref,
  encodeSegment,
  homeHref,
  objectHref,
  principalHref,
  PRINCIPAL_FOLDERS,
} from './hrefs.ts';
import { accessOfProxyName, proxyResource } from './proxy.ts';
import type { Resource, ResourceOf } from './resource.ts';
import type { CollectionResourceKind } from './resource.ts';

/** Where nothing is yet. `parent` is the collection that would hold it; without one, a PUT there is 409. */
export interface Missing {
  readonly kind: 'missing';
  readonly href: string;
  /** The decoded last segment. */
  readonly name: string;
  readonly parent: ResourceOf<CollectionResourceKind> | undefined;
  /** What the actor may do in the home that the URL is in. */
  readonly privileges: ReadonlySet<Privilege>;
}

export type Target = Resource | Missing;

interface Question {
  readonly calendar: CalendarContext;
  readonly actor: Actor | undefined;
  /** Whether an object is wanted with its octets, because the method is going to send them. */
  readonly octets?: boolean;
}

/**
 * The resource that the decoded segments of a path name. In a home that the actor may not read, an existing and a
 * missing resource carry the same privileges, so that the answer to both is the same 403.
 */
export async function resolve(question: Question, segments: readonly string[]): Promise<Target> {
  const folder = privilegesOn(question.actor, { kind: 'folder' });
  if (segments.length === 0) return { kind: 'root', href: '/', privileges: folder };
  const [root, area, ...rest] = segments;
  if (root === 'dav') {
    if (area === undefined) return { kind: 'dav-root', href: '/dav/', privileges: folder };
    if (area === 'principals') return resolvePrincipal(question, rest, folder);
    if (area === 'calendars') return resolveHome(question, rest, folder);
    if (area === 'files' && question.calendar.settings.files) return resolveFile(question, rest, folder);
    if (area === 'addressbooks') return resolveDirectory(question, rest, folder);
  }
  return missing(segments, folder);
}

function missing(segments: readonly string[], privileges: ReadonlySet<Privilege>, parent?: Missing['parent']): Missing {
  const href = `/${segments.map(encodeSegment).join('/')}`;
  return { kind: 'missing', href, name: segments.at(-1) ?? '', parent, privileges };
}

async function resolvePrincipal(
  { calendar, actor }: Question,
  [folder, id, ...more]: readonly string[],
  privileges: ReadonlySet<Privilege>,
): Promise<Target> {
  if (folder === undefined) return { kind: 'principals', href: '/dav/principals/', privileges };
  const kind = kindOfFolder(folder);
  const segments = ['dav', 'principals', folder, ...(id === undefined ? [] : [id]), ...more];
  if (kind === undefined) return missing(segments, privileges);
  if (id === undefined) return { kind: 'principal-kind', href: `/dav/principals/${folder}/`, of: kind, privileges };
  const principal = more.length > 1 ? undefined : await getPrincipal(calendar, id);
  if (principal?.kind !== kind) return missing(segments, privileges);
  const [below] = more;
  if (below !== undefined) {
    const access = canDelegate(principal) ? accessOfProxyName(below) : undefined;
    return access === undefined ? missing(segments, privileges) : proxyResource(principal, access, { actor });
  }
  return {
    kind: 'principal',
    href: principalHref(principal),
    principal,
    privileges: privilegesOn(actor, { kind: 'principal', principalId: principal.id }),
  };
}

function kindOfFolder(folder: string): PrincipalKind | undefined {
  // The keys of the table are the kinds.
  const kinds = Object.keys(PRINCIPAL_FOLDERS) as PrincipalKind[];
  return kinds.find((kind) => PRINCIPAL_FOLDERS[kind] === folder);
}

async function resolveDirectory(
  { calendar, actor }: Question,
  rest: readonly string[],
  folder: ReadonlySet<Privilege>,
): Promise<Target> {
  const privileges = directoryPrivileges(calendar, actor);
  const [book, name, ...more] = rest;
  if (privileges === undefined || more.length > 0 || (book !== undefined && book !== 'directory')) {
    return missing(['dav', 'addressbooks', ...rest], folder);
  }
  if (book === undefined) return { kind: 'addressbooks', href: ADDRESSBOOKS, privileges };
  if (name === undefined) {
    return { kind: 'addressbook', href: ADDRESSBOOK, state: await directoryState(calendar), privileges };
  }
  const id = idOfCardName(name);
  const principal = id === undefined ? undefined : await getPrincipal(calendar, id);
  if (principal === undefined) return missing(['dav', 'addressbooks', ...rest], privileges);
  return cardResource(principal, { privileges });
}

async function resolveHome(
  question: Question,
  [ownerId, uri, name, ...more]: readonly string[],
  folder: ReadonlySet<Privilege>,
): Promise<Target> {
  if (ownerId === undefined) return { kind: 'homes', href: '/dav/calendars/', privileges: folder };
  const { calendar, actor, octets = false } = question;
  const access = await accessIn(calendar, actor, ownerId);
  const { home: privileges } = access;
  const segments = ['dav', 'calendars', ownerId, ...[uri, name].filter((part) => part !== undefined), ...more];
  const owner = await getPrincipal(calendar, ownerId);
  if (owner === undefined || owner.kind === 'group' || more.length > 0) return missing(segments, privileges);
  if (uri === undefined) return homeResource(question, owner, privileges);
  const collection = await collectionAt(calendar, owner.id, uri);
  if (collection === undefined) {
    if (uri === ATTACHMENTS) return resolveAttachment(question, { owner, id: name, privileges }, segments);
    const parent = name === undefined ? await homeResource(question, owner, privileges) : undefined;
    return missing(segments, privileges, parent);
  }
  const parent = collectionResource(owner, collection, access.on(collection));
  if (name === undefined) return parent;
  const object = await (octets ? objectAt : headAt)(calendar, parent.collection, name);
  if (object === undefined && uri === ATTACHMENTS) {
    // A calendar had this name before there were attachments.
    const found = await resolveAttachment(question, { owner, id: name, privileges }, segments);
    if (found.kind !== 'missing') return found;
  }
  if (object === undefined) return missing(segments, parent.privileges, parent);
  return {
    ...{ kind: 'object', href: objectHref(collection, object), owner, collection: parent.collection, object },
    privileges: parent.privileges,
  };
}

interface AttachmentPlace {
  readonly owner: Principal;
  readonly id: string | undefined;
  /** Those in the home. */
  readonly privileges: ReadonlySet<Privilege>;
}

const TO_READ = ['read', 'read-acl', 'read-current-user-privilege-set'] as const;
const READABLE: ReadonlySet<Privilege> = new Set(['read', 'read-current-user-privilege-set']);
const UNREADABLE: ReadonlySet<Privilege> = new Set();

/**
 * The managed attachments of a home, and one of them. Whoever may read an object that names an attachment may read it, and
 * who is invited to it; where there is no such object nobody may, so that those which exist and those which do not answer
 * alike.
 */
async function resolveAttachment(
  { calendar, actor }: Question,
  { owner, id, privileges }: AttachmentPlace,
  segments: readonly string[],
): Promise<Target> {
  if (id === undefined) {
    const held: ReadonlySet<Privilege> = new Set(TO_READ.filter((each) => privileges.has(each)));
    return { kind: 'attachments', href: `${homeHref(owner.id)}${ATTACHMENTS}/`, owner, privileges: held };
  }
  const attachment = await fetchableAttachment(calendar, actor, id);
  if (attachment?.homeId !== owner.id) return missing(segments, UNREADABLE);
  return { kind: 'attachment', href: attachmentHref(attachment), attachment, privileges: READABLE };
}

/** Below `/dav/files/ID/`, where collections stand in each other: see calendar/plain-collections.ts. */
async function resolveFile(
  question: Question,
  [ownerId, ...path]: readonly string[],
  folder: ReadonlySet<Privilege>,
): Promise<Target> {
  const { calendar, actor, octets = false } = question;
  const segments = ['dav', 'files', ...(ownerId === undefined ? [] : [ownerId]), ...path];
  const owner = ownerId === undefined ? undefined : await getPrincipal(calendar, ownerId);
  if (ownerId === undefined) return missing(segments, folder);
  const access = await accessIn(calendar, actor, ownerId);
  if (owner === undefined || owner.kind === 'group') return missing(segments, access.home);
  const found = await plainAt(calendar, owner.id, path);
  if (found !== undefined) return collectionResource(owner, found, access.on(found));
  const root = path.length < 2 ? await plainRoot(calendar, owner, access.home) : undefined;
  if (path.length === 0) {
    return root === undefined ? missing(segments, access.home) : collectionResource(owner, root, access.on(root));
  }
  const collection = root ?? (await plainAt(calendar, owner.id, path.slice(0, -1)));
  if (collection === undefined) return missing(segments, access.home);
  const parent = collectionResource(owner, collection, access.on(collection));
  const { privileges } = parent;
  const object = await (octets ? objectAt : headAt)(calendar, collection, path.at(-1) ?? '');
  if (object === undefined) return missing(segments, privileges, parent);
  return { kind: 'object', href: objectHref(collection, object), owner, collection, object, privileges };
}

/** It is made when somebody comes who may add to it. */
async function plainRoot(
  calendar: CalendarContext,
  owner: Principal,
  privileges: ReadonlySet<Privilege>,
): Promise<Collection | undefined> {
  const root = await plainAt(calendar, owner.id, []);
  if (root !== undefined || !privileges.has('bind')) return root;
  return makePlainRoot(calendar, await homeOf(calendar, owner.id));
}

async function homeResource(
  { calendar }: Question,
  owner: Principal,
  privileges: ReadonlySet<Privilege>,
): Promise<ResourceOf<'home'>> {
  return { kind: 'home', href: homeHref(owner.id), owner, collection: await homeOf(calendar, owner.id), privileges };
}

/** A collection as a resource, as who has the privileges sees it. */
export function collectionResource(
  owner: Principal,
  collection: Collection,
  privileges: ReadonlySet<Privilege>,
): ResourceOf<CollectionResourceKind> {
  const seen = seenWith(collection, privileges);
  return { kind: collection.kind, href: collectionHref(collection), owner, collection: seen, privileges };
}
