import { hash } from 'node:crypto';

import type { Actor } from '../auth/actor.ts';
import { createPasswords, passwordFault } from '../auth/passwords.ts';
import { DAY } from '../base/clock.ts';
import { newId } from '../base/ids.ts';
import { BadRequest, Refusal } from '../base/refusal.ts';
import { recordAct } from '../store/audit.ts';
import {
  countLinks,
  insertLink,
  linkByDigest,
  linkById,
  linksOfHome,
  publishedLink,
  publishedTokens,
  removeEndedLinks,
  removeLink,
  useLink,
  type Link,
  type LinkScope,
} from '../store/links.ts';
import type { Db } from '../store/store.ts';
import { accessIn, requirePrivilege, type HomeAccess } from './access.ts';
import { authorOf, type Author } from './author.ts';
import { collectionsOf, collectionWithId } from './collections.ts';
import type { CalendarContext } from './context.ts';
import { countsAsBusy } from './free-busy.ts';
import { readScope, type AskedScope } from './link-scope.ts';
import type { Collection, Principal } from './model.ts';
import { getPrincipal } from './principals.ts';

export type { Link } from '../store/links.ts';

/** A link with its token, which is told once: only its digest is kept. */
export interface CreatedLink {
  readonly link: Link;
  readonly token: string;
}

export interface CreateLink {
  /** By whose rights it opens, now and later. */
  readonly actor: Actor;
  /** A calendar, or a home for all calendars in it. */
  readonly collection: Collection;
  readonly scope: AskedScope;
  readonly password?: string | undefined;
  /** As whom it is recorded, where that is not the actor. */
  readonly by?: Author;
}

/**
 * Makes a link (docs/adr/0017). Whoever lets others in gives access to them: that needs the right to (DAV:write-acl)
 * beside the one to read. Throws need-privileges, quota-not-exceeded, and BadRequest for a scope that cannot be.
 */
export async function createLink(context: CalendarContext, request: CreateLink): Promise<CreatedLink> {
  const { collection, password } = request;
  if (collection.kind !== 'calendar' && collection.kind !== 'home') throw new BadRequest('This cannot have a link');
  const scope = { ...readScope(request.scope, context.clock()), passwordHash: await hashOf(password) };
  const token = newId();
  const link = await context.store.write((tx) => insert(context, tx, request, { scope, token, isPublished: false }));
  return { link, token };
}

async function hashOf(password: string | undefined): Promise<string | undefined> {
  if (password === undefined) return undefined;
  const fault = passwordFault(password);
  if (fault !== undefined) throw new BadRequest(`The password ${fault}`);
  return createPasswords({ concurrent: 1 }).hash(password);
}

interface Insertion {
  readonly scope: LinkScope;
  readonly token: string;
  /** Whether the token itself is kept, too. */
  readonly isPublished: boolean;
}

async function insert(
  context: CalendarContext,
  tx: Db,
  { actor, collection, by = authorOf(actor) }: Omit<CreateLink, 'scope'>,
  { scope, token, isPublished }: Insertion,
): Promise<Link> {
  requireGiving(await accessIn(context, actor, collection.homeId, tx), collection);
  await requireRoom(context, tx, collection.homeId);
  const place = { homeId: collection.homeId, collectionId: collection.id, creatorId: actor.id };
  const at = context.clock();
  const kept = { ...place, ...scope, token: isPublished ? token : undefined, digest: digestOf(token) };
  const link = await insertLink(tx, kept, at);
  const detail = { collection: collection.id, shows: shownBy(link) };
  await recordAct(tx, { act: 'link-created', at, by, homeId: link.homeId, subject: link.id, detail });
  return link;
}

/** Links that open nothing any more are kept as long as nobody needs their room. */
async function requireRoom({ limits, clock }: CalendarContext, tx: Db, homeId: string): Promise<void> {
  const most = limits.linksPerHome;
  if ((await countLinks(tx, homeId)) < most) return;
  if ((await removeEndedLinks(tx, { endedBy: clock(), homeId })) > 0) return;
  throw new Refusal('quota-not-exceeded', `A home has at most ${most} links`);
}

/** What bounds it, for the audit log: words of ours, never a category or a name. */
const shownBy = (link: Link): readonly string[] => [
  ...(link.token === undefined ? [] : ['published']),
  ...(link.busyOnly ? ['busy-only'] : []),
  ...(link.people ? ['people'] : []),
  ...(link.categories === undefined ? [] : ['categories']),
  ...((link.daysBack ?? link.daysAhead ?? link.from ?? link.until) === undefined ? [] : ['window']),
  ...(link.passwordHash === undefined ? [] : ['password']),
  ...(link.expiresAt === undefined ? [] : ['expiry']),
  ...(link.mostUses === undefined ? [] : ['uses']),
];

const digestOf = (token: string): string => hash('sha256', token, 'base64url');

const privilegesIn = (access: HomeAccess, collection: Collection) =>
  collection.kind === 'home' ? access.home : access.on(collection);

function requireGiving(access: HomeAccess, collection: Collection): void {
  for (const privilege of ['read', 'write-acl'] as const) requirePrivilege(privilegesIn(access, collection), privilege);
}

/** The links of a home that the actor made, or may end; the oldest first. */
export async function listLinks(context: CalendarContext, actor: Actor, homeId: string): Promise<readonly Link[]> {
  const links = await linksOfHome(context.store.db, homeId);
  const access = await accessIn(context, actor, homeId);
  const ends = await Promise.all(links.map((link) => mayEnd(context, actor, { link, access })));
  return links.filter((_, at) => ends[at]);
}

async function mayEnd(
  context: CalendarContext,
  actor: Actor,
  { link, access }: { readonly link: Link; readonly access: HomeAccess },
): Promise<boolean> {
  if (link.creatorId === actor.id) return true;
  const collection = await collectionWithId(context, link.collectionId);
  return collection !== undefined && privilegesIn(access, collection).has('write-acl');
}

/**
 * Ends a link, at once and for every process: each answer looks for it anew. By who made it, or may give access where
 * it leads; for anybody else it is 404.
 */
export async function revokeLink(
  context: CalendarContext,
  { actor, id, by = authorOf(actor) }: { readonly actor: Actor; readonly id: string; readonly by?: Author },
): Promise<Link> {
  const link = await linkById(context.store.db, id);
  const access = link && (await accessIn(context, actor, link.homeId));
  const isFound = link !== undefined && access !== undefined && (await mayEnd(context, actor, { link, access }));
  if (!isFound) throw new BadRequest('There is no such link', { status: 404 });
  await context.store.write((tx) => end(context, tx, { link, by }));
  return link;
}

async function end(
  { clock }: CalendarContext,
  tx: Db,
  { link, by }: { readonly link: Link; readonly by: Author },
): Promise<void> {
  if (!(await removeLink(tx, link.id))) return;
  const detail = { collection: link.collectionId };
  await recordAct(tx, { act: 'link-revoked', at: clock(), by, homeId: link.homeId, subject: link.id, detail });
}

/** The tokens of the links by which calendars of a home are published, by the ids of the calendars. */
export const publishedIn = ({ store }: CalendarContext, homeId: string): Promise<ReadonlyMap<string, string>> =>
  publishedTokens(store.db, homeId);

/** Publishes a calendar to everybody who knows its address; one that is published keeps it. Throws as createLink does. */
export async function publishCalendar(
  context: CalendarContext,
  request: { readonly actor: Actor; readonly collection: Collection },
): Promise<string> {
  const scope = { ...readScope({}, context.clock()), passwordHash: undefined };
  return context.store.write(async (tx) => {
    requireGiving(await accessIn(context, request.actor, request.collection.homeId, tx), request.collection);
    const before = await publishedLink(tx, request.collection.id);
    if (before?.token !== undefined) return before.token;
    const token = newId();
    await insert(context, tx, request, { scope, token, isPublished: true });
    return token;
  });
}

/** Ends what publishCalendar began; whoever published it, whoever may give access ends it. Throws need-privileges. */
export async function unpublishCalendar(
  context: CalendarContext,
  { actor, collection }: { readonly actor: Actor; readonly collection: Collection },
): Promise<void> {
  await context.store.write(async (tx) => {
    const access = await accessIn(context, actor, collection.homeId, tx);
    requirePrivilege(privilegesIn(access, collection), 'write-acl');
    const link = await publishedLink(tx, collection.id);
    if (link !== undefined) await end(context, tx, { link, by: authorOf(actor) });
  });
}

/** A link that opens, and what it leads to. */
export interface OpenLink {
  readonly link: Link;
  readonly owner: Principal;
  /** What it belongs to: a calendar or a home. */
  readonly place: Collection;
  /** The calendars, as somebody sees them who may read and not change them. */
  readonly calendars: readonly Collection[];
  /** Those that count in free-busy, and the inbox of a home for the hours in which its owner is available. */
  readonly busy: readonly Collection[];
}

/**
 * The link of a token; undefined where there is none, it has expired or is used up, or who made it may not give access
 * any more: nobody can tell one from the other.
 */
export async function openLink(context: CalendarContext, token: string): Promise<OpenLink | undefined> {
  const link = await linkByDigest(context.store.db, digestOf(token));
  if (link === undefined || !isOpen(link, context.clock())) return undefined;
  const creator = await getPrincipal(context, link.creatorId);
  const owner = await getPrincipal(context, link.homeId);
  const place = await collectionWithId(context, link.collectionId);
  if (creator === undefined || owner === undefined || place === undefined) return undefined;
  const { id, admin, adminReadOnly } = creator;
  const access = await accessIn(context, { id, admin, adminReadOnly, deviceId: undefined }, link.homeId);
  const privileges = privilegesIn(access, place);
  if (!privileges.has('read') || !privileges.has('write-acl')) return undefined;
  const all = place.kind === 'home' ? await collectionsOf(context, owner.id) : [place];
  // What others share with the owner is theirs to give on.
  const readable = all.filter((each) => each.homeId === owner.id && access.on(each).has('read'));
  const calendars = readable.filter(({ kind }) => kind === 'calendar').map((each) => ({ ...each, isVeiled: true }));
  const busy = place.kind === 'home' ? readable.filter(countsAsBusy) : calendars;
  return { link, owner, place, calendars, busy };
}

const isOpen = ({ expiresAt, mostUses, uses }: Link, now: number): boolean =>
  (expiresAt === undefined || now < expiresAt) && (mostUses === undefined || uses < mostUses);

/** Counts an answer of a link that has a most of them; false where it may not answer any more, or was revoked meanwhile. */
export async function countUse({ store, clock }: CalendarContext, { id, mostUses }: Link): Promise<boolean> {
  if (mostUses === undefined) return (await linkById(store.db, id)) !== undefined;
  return store.write((tx) => useLink(tx, id, clock()));
}

/** How long a list still tells why a link opens nothing any more. */
const KEPT_AFTER_END = 30 * DAY;

/** Removes links that ended long ago; returns how many. */
export const forgetEndedLinks = ({ store, clock }: CalendarContext): Promise<number> =>
  store.write((tx) => removeEndedLinks(tx, { endedBy: clock() - KEPT_AFTER_END }));

/** The hash of a link's password, by its id. */
export async function linkPassword({ store }: CalendarContext, id: string): Promise<string | undefined> {
  return (await linkById(store.db, id))?.passwordHash;
}
