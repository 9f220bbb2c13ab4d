import type { Actor } from '../auth/actor.ts';
import { evaluate, type MatchingAce } from '../auth/acl.ts';
import { PRIVILEGES, type Privilege, withContained } from '../auth/privileges.ts';
import { Refusal } from '../base/refusal.ts';
import { accessRows } from '../store/aces.ts';
import type { Db } from '../store/store.ts';
import type { CalendarContext } from './context.ts';
import type { Collection, Mount, ShareAccess } from './model.ts';

/**
 * What an actor may do: the one place that decides it, for every door.
 * RFC 3744 §3 for the names, RFC 4791 §6.1.1 for read-free-busy.
 */
export type Target =
  | { readonly kind: 'principal'; readonly principalId: string }
  /** The root and the folders above homes and principals: they hold nothing of anybody's. */
  | { readonly kind: 'folder' };

export type Privileges = ReadonlySet<Privilege>;

const NONE: Privileges = new Set();
const ALL = withContained(['all']);
/** What comes with being logged in: on principals and folders, and more on what is oneself. */
export const OUTSIDE_HOMES = {
  self: ['read', 'read-acl', 'read-current-user-privilege-set', 'write-properties'],
  everybody: ['read', 'read-current-user-privilege-set'],
} as const;
const OWN_PRINCIPAL = withContained(OUTSIDE_HOMES.self);
const OTHER_PRINCIPAL = withContained(OUTSIDE_HOMES.everybody);
const FOLDER_OF_ADMIN = withContained([...OUTSIDE_HOMES.everybody, 'read-acl']);

const READING = { deny: false, privileges: ['read', 'read-acl', 'read-current-user-privilege-set'] } as const;
/** What delegates of a home's owner may do in it (caldav-proxy §5.4): to read, or all but who else may do what. */
export const DELEGATED = {
  read: ['read', 'read-current-user-privilege-set'],
  write: [...READING.privileges, 'write', 'unlock', 'schedule-deliver', 'schedule-send'],
} as const;
/** What a sharee may do with a calendar (caldav-sharing §5.5.1), and two levels more than Apple has. */
export const SHARED = {
  'free-busy': ['read-free-busy', 'read-current-user-privilege-set'],
  read: ['read', 'read-current-user-privilege-set'],
  'read-write': ['read', 'read-current-user-privilege-set', 'write-content', 'bind', 'unbind', 'unlock'],
  manage: ['read', 'read-current-user-privilege-set', 'write', 'unlock', 'read-acl', 'write-acl'],
} as const satisfies Record<ShareAccess, readonly Privilege[]>;
const SEEING_BUSY = { deny: false, privileges: ['read-free-busy', 'read-current-user-privilege-set'] } as const;

export function privilegesOn(actor: Actor | undefined, target: Target): Privileges {
  if (actor === undefined) return NONE;
  if (target.kind === 'folder') return actor.admin ? FOLDER_OF_ADMIN : OTHER_PRINCIPAL;
  if (actor.admin) return ALL;
  return actor.id === target.principalId ? OWN_PRINCIPAL : OTHER_PRINCIPAL;
}

/** A collection, and whether its members are fetched. */
type Place = Pick<Collection, 'id'> & {
  readonly source?: string | undefined;
  /** Where it is somebody else's, mounted in the home in question. */
  readonly mount?: Pick<Mount, 'homeId' | 'access' | 'allowed'>;
};

/** What an actor may do in one home. */
export interface HomeAccess {
  /** On the home itself. */
  readonly home: Privileges;
  /** On a collection of it, and on what that holds: those on the home, and what was granted there. */
  on(collection: Place): Privileges;
}

/** A calendar whose members the server fetches is written by nobody else; its properties are as any calendar's. */
function withinSource({ source }: Place, privileges: Privileges): Privileges {
  if (source === undefined) return privileges;
  const known = readOnly.get(privileges) ?? new Set([...privileges].filter((privilege) => !WRITING.has(privilege)));
  readOnly.set(privileges, known);
  return known;
}

// By unbind, clients and DELETE mean the calendar itself; of its members, requireOn knows.
const WRITING: Privileges = new Set(['all', 'write', 'write-content', 'bind']);
/** One set for each set, as listings compare them. */
const readOnly = new WeakMap<Privileges, Privileges>();

const everywhere = (ownerId: string, privileges: Privileges): HomeAccess => ({
  home: privileges,
  on: (collection) => withinSource(collection, mountedIn(ownerId, collection, privileges) ?? privileges),
});

/**
 * On a calendar mounted in a home: what its sharee may do with it, as far as the actor may do it in that home. A busy
 * one is read as busy time (shown-object.ts); the place's own properties are the sharee's (caldav-sharing §5.5.3).
 */
function mountedIn(ownerId: string, { mount }: Place, home: Privileges): Privileges | undefined {
  if (mount?.homeId !== ownerId) return undefined;
  const granted = () => new Set(mountPrivileges(mount).filter((each) => home.has(each)));
  if (mount.allowed !== undefined) return granted();
  const known = mountedWith.get(home) ?? new Map<ShareAccess, Privileges>();
  mountedWith.set(home, known);
  const found = known.get(mount.access) ?? granted();
  known.set(mount.access, found);
  return found;
}

function mountPrivileges({ access, allowed }: Pick<Mount, 'access' | 'allowed'>): readonly Privilege[] {
  const shared = new Set([...withContained(SHARED[access])].filter((each) => allowed?.has(each) !== false));
  shared.add('write-properties');
  if (access === 'free-busy' && shared.has('read-free-busy')) shared.add('read');
  if (PRIVILEGES.write.every((each) => shared.has(each))) shared.add('write');
  else shared.delete('write');
  return [...shared];
}

/** One set for each set and level, as listings compare them. */
const mountedWith = new WeakMap<Privileges, Map<ShareAccess, Privileges>>();

/**
 * What an actor may do in the home of `ownerId`. Owners and administrators cost no question to the database, others
 * one. Of the entries that speak of it, those that come with the home count first (delegates), then the collection's own
 * (RFC 3744 §5.5), then what the configuration lets everybody see.
 */
export async function accessIn(
  { store, settings }: CalendarContext,
  actor: Actor | undefined,
  ownerId: string,
  db: Db = store.db,
): Promise<HomeAccess> {
  if (actor === undefined) return everywhere(ownerId, NONE);
  if (actor.admin || actor.id === ownerId) return everywhere(ownerId, ALL);
  const { rows } = await accessRows(db, { ownerId, actorId: actor.id });
  const first: MatchingAce[] = actor.adminReadOnly ? [READING] : [];
  for (const { delegation } of rows)
    if (delegation !== null) first.push({ deny: false, privileges: DELEGATED[delegation] });
  const last: readonly MatchingAce[] = settings.freeBusyForAll ? [SEEING_BUSY] : [];
  const home = privilegesBy([...first, ...last]);
  const own = Map.groupBy(rows, ({ collection_id: id }) => id ?? '');
  const found = new Map<string, Privileges>();
  for (const [id, entries] of own) {
    if (id === '') continue;
    const aces = entries.map(({ deny, privileges, shared }) => ({
      deny: deny === 1,
      privileges: shared === null ? readPrivileges(privileges) : SHARED[shared],
    }));
    found.set(id, privilegesBy([...first, ...aces, ...last]));
  }
  const on = (collection: Place): Privileges =>
    mountedIn(ownerId, collection, home) ?? found.get(collection.id) ?? home;
  return { home, on: (collection) => withinSource(collection, on(collection)) };
}

/** What decides of an actor on one collection of a home, the delegations of its owner first. */
async function entriesOn(db: Db, { actorId, id, ownerId }: EntriesOn): Promise<readonly AccessEntry[]> {
  const { rows } = await accessRows(db, { ownerId, actorId });
  const entries = rows.flatMap(({ collection_id: on, delegation, deny, privileges, shared }): AccessEntry[] => {
    if (delegation !== null)
      return [{ on: undefined, shared: undefined, deny: false, privileges: DELEGATED[delegation] }];
    if (shared !== null) return [{ on: on ?? undefined, shared, deny: false, privileges: SHARED[shared] }];
    return on === id ? [{ on, shared: undefined, deny: deny === 1, privileges: readPrivileges(privileges) }] : [];
  });
  return [...entries.filter(({ on }) => on === undefined), ...entries.filter(({ on }) => on !== undefined)];
}

interface EntriesOn {
  readonly actorId: string;
  readonly ownerId: string;
  readonly id: string | undefined;
}

interface AccessEntry extends MatchingAce {
  /** undefined: the whole home. */
  readonly on: string | undefined;
  readonly shared: ShareAccess | undefined;
}

/**
 * In whose name a change of a meeting is told, is the owner of the calendar; what of that an actor may do who changes it
 * there (RFC 6638 §6.2). It is a matter of the owner's outbox, but with whom a calendar is shared to write, it is shared as
 * what it is.
 */
export async function maySend(
  db: Db,
  {
    actor,
    calendar,
    outbox,
  }: {
    readonly actor: Actor;
    readonly calendar: Place & { readonly homeId: string };
    readonly outbox: Place | undefined;
  },
): Promise<Privileges> {
  if (actor.admin || actor.id === calendar.homeId) return ALL;
  const entries = await entriesOn(db, { actorId: actor.id, ownerId: calendar.homeId, id: outbox?.id });
  const aces = entries.flatMap(({ on, shared, ...ace }): MatchingAce[] => {
    if (shared === undefined) return [ace];
    const isWriter = on === calendar.id && SHARED_TO_WRITE.has(shared);
    return isWriter ? [{ deny: false, privileges: ['schedule-send'] }] : [];
  });
  return privilegesBy(aces);
}

const SHARED_TO_WRITE: ReadonlySet<ShareAccess> = new Set(['read-write', 'manage']);

/** Whether a message may be put into an inbox: everybody here may, but where its list denies it (RFC 6638 §6.1). */
export async function mayDeliver(
  db: Db,
  asked: {
    readonly senderId: string;
    readonly inbox: Pick<Collection, 'id' | 'homeId'>;
    readonly privilege: Privilege;
  },
): Promise<boolean> {
  const { senderId, inbox, privilege } = asked;
  if (senderId === inbox.homeId) return true;
  const entries = await entriesOn(db, { actorId: senderId, ownerId: inbox.homeId, id: inbox.id });
  const aces = entries
    .filter(({ shared }) => shared === undefined)
    .map(({ deny, privileges }) => ({ deny, privileges }));
  return privilegesBy([...aces, DELIVERING]).has(privilege);
}

/** What everybody who is logged in may do with an inbox, where its own list does not say otherwise. */
export const DELIVERING = { deny: false, privileges: ['schedule-deliver-invite', 'schedule-deliver-reply'] } as const;

// Written from privileges, by access-control.ts.
const readPrivileges = (json: string | null): Privilege[] => (json === null ? [] : (JSON.parse(json) as Privilege[]));

/** Few lists occur: each has one set, by which listings know what they have shown (dav/privilege-xml.ts). */
const known = new Map<string, Privileges>();

function privilegesBy(aces: readonly MatchingAce[]): Privileges {
  const key = JSON.stringify(aces);
  const found = known.get(key);
  if (found !== undefined) return found;
  const privileges = evaluate(aces);
  if (known.size < 1000) known.set(key, privileges);
  return privileges;
}

/** Throws need-privileges (RFC 3744 §7.1.1) where the privilege is missing; `href` names the resource for the answer. */
export function requirePrivilege(privileges: Privileges, privilege: Privilege, href?: string): void {
  if (!privileges.has(privilege)) throw missingPrivilege(privilege, href);
}

/** need-privileges, as requirePrivilege throws it. */
export const missingPrivilege = (privilege: Privilege, href?: string): Refusal =>
  new Refusal('need-privileges', `The privilege ${privilege} is missing`, {
    privilege,
    ...(href === undefined ? {} : { href }),
  });

/** As requirePrivilege, on a home itself: asked by every use-case that adds or removes a collection. */
export async function requireInHome(
  context: CalendarContext,
  actor: Actor | undefined,
  ownerId: string,
  privilege: Privilege,
): Promise<void> {
  requirePrivilege((await accessIn(context, actor, ownerId)).home, privilege);
}

/** What an actor may do with a collection where it was found: in its home, or mounted in that of a sharee. */
export async function accessOn(
  context: CalendarContext,
  actor: Actor | undefined,
  collection: Place & Pick<Collection, 'homeId'>,
): Promise<Privileges> {
  return (await accessIn(context, actor, collection.mount?.homeId ?? collection.homeId)).on(collection);
}

/** As requirePrivilege, on a collection: asked by every use-case that writes to it or to its members. */
export async function requireOn(
  context: CalendarContext,
  actor: Actor | undefined,
  collection: Place & Pick<Collection, 'homeId'>,
  privilege: Privilege,
): Promise<void> {
  const isFetched = collection.source !== undefined && privilege === 'unbind';
  const privileges = isFetched ? NONE : await accessOn(context, actor, collection);
  requirePrivilege(privileges, privilege);
}
