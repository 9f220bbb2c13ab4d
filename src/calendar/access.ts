import type { Actor } from '../auth/actor.ts';
import { evaluate, type MatchingAce } from '../auth/acl.ts';
import { type Privilege, withContained } from '../auth/privileges.ts';
import { Refusal } from '../base/refusal.ts';
import { accessRows } from '../store/aces.ts';
import type { Db } from '../store/store.ts';
import type { CalendarContext } from './context.ts';
import type { Collection } from './model.ts';

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
const SEEING_BUSY = { deny: false, privileges: ['read-free-busy', 'read-current-user-privilege-set'] } as const;

export function privilegesOn(actor: Actor | undefined, target: Target): Privileges {
  if (actor === undefined) return NONE;
  if (target.kind === 'folder') return actor.admin ? FOLDER_OF_ADMIN : OTHER_PRINCIPAL;
  if (actor.admin) return ALL;
  return actor.id === target.principalId ? OWN_PRINCIPAL : OTHER_PRINCIPAL;
}

/** A collection, and whether its members are fetched. */
type Place = Pick<Collection, 'id'> & { readonly source?: string | undefined };

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

const everywhere = (privileges: Privileges): HomeAccess => ({
  home: privileges,
  on: (collection) => withinSource(collection, privileges),
});

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
  if (actor === undefined) return everywhere(NONE);
  if (actor.admin || actor.id === ownerId) return everywhere(ALL);
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
    const aces = entries.map(({ deny, privileges }) => ({ deny: deny === 1, privileges: readPrivileges(privileges) }));
    found.set(id, privilegesBy([...first, ...aces, ...last]));
  }
  return { home, on: (collection) => withinSource(collection, found.get(collection.id) ?? home) };
}

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
  if (privileges.has(privilege)) return;
  throw new Refusal('need-privileges', `The privilege ${privilege} is missing`, {
    privilege,
    ...(href === undefined ? {} : { href }),
  });
}

/** As requirePrivilege, on a home itself: asked by every use-case that adds or removes a collection. */
export async function requireInHome(
  context: CalendarContext,
  actor: Actor | undefined,
  ownerId: string,
  privilege: Privilege,
): Promise<void> {
  requirePrivilege((await accessIn(context, actor, ownerId)).home, privilege);
}

/** As requirePrivilege, on a collection: asked by every use-case that writes to it or to its members. */
export async function requireOn(
  context: CalendarContext,
  actor: Actor | undefined,
  collection: Place & Pick<Collection, 'homeId'>,
  privilege: Privilege,
): Promise<void> {
  const isFetched = collection.source !== undefined && privilege === 'unbind';
  const privileges = isFetched ? NONE : (await accessIn(context, actor, collection.homeId)).on(collection);
  requirePrivilege(privileges, privilege);
}
