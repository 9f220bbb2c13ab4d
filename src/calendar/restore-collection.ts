import type { Actor } from '../auth/actor.ts';
import { DAY } from '../base/clock.ts';
import { BadRequest, Refusal } from '../base/refusal.ts';
import { recordAct } from '../store/audit.ts';
import { insertCollection, refuseEarlierTokens } from '../store/collection-writes.ts';
import { collectionById, collectionByUri, countCollections } from '../store/collections.ts';
import { setDeadProperty } from '../store/dead-properties.ts';
import { headByName } from '../store/objects.ts';
import {
  leaveRemoved,
  removedCollection,
  removedCollections,
  type RemovedCollection,
} from '../store/removed-collections.ts';
import type { Db } from '../store/store.ts';
import type { VersionHead } from '../store/version-rows.ts';
import { currentVersions, namesNowAndAt, versionsAsOf, versionsRemovedWith } from '../store/versions.ts';
import { requireInHome, requireOn } from './access.ts';
import { authorOf, type Author } from './author.ts';
import type { CalendarContext } from './context.ts';
import type { Collection } from './model.ts';
import { restoreMembers, type Restored, type Wanted } from './restore-members.ts';
import { requireFewSubscriptions } from './subscription-change.ts';
import { claimSeq } from './write-object.ts';

export interface RestoreAsOf {
  readonly actor: Actor;
  readonly collection: Collection;
  /** UTC milliseconds: what was written at this instant counts. */
  readonly at: number;
  /** Only what has this UID; left out: all. */
  readonly uid?: string | undefined;
  /** As whom it is kept; left out: as the actor. */
  readonly by?: Author;
}

/**
 * Brings what a collection holds to what it held at an instant: what came since goes to the trash, what went or was
 * rewritten comes back, what is the same is not touched. Its properties stay. Throws BadRequest where the instant lies in
 * the future, or before what is kept; need-privileges.
 */
export async function restoreAsOf(context: CalendarContext, request: RestoreAsOf): Promise<Restored> {
  const { actor, collection, at, uid, by = authorOf(actor, 'restore') } = request;
  await requireOn(context, actor, collection, 'write');
  requireKept(context, at);
  const restored = await restorePages(context, collection, { at, uid, by });
  await context.store.write((tx) =>
    recordAct(tx, {
      ...{ act: 'restored-as-of', at: context.clock(), by, homeId: collection.homeId, subject: collection.id },
      detail: { as_of: at, ...countsOf(restored) },
    }),
  );
  return restored;
}

/** How many of each, for the audit log. */
export const countsOf = ({ restored, removed, left }: Restored) => ({
  restored: restored.length,
  removed: removed.length,
  left: left.length,
});

/** Throws BadRequest for an instant of which nobody knows any more, or not yet, what was there. */
export function requireKept({ clock, settings }: CalendarContext, at: number): void {
  const now = clock();
  if (at > now) throw new BadRequest('This time is still to come');
  const { historyDays } = settings;
  if (historyDays === undefined || at >= now - historyDays * DAY) return;
  throw new BadRequest(`Versions are kept for ${historyDays} days; this time is before that`);
}

/** Members that are looked at together: of a large calendar only the names are held at once. */
const PAGE = 2000;

type AsOf = Pick<RestoreAsOf, 'at' | 'uid'>;

async function restorePages(
  context: CalendarContext,
  collection: Collection,
  { by, ...asOf }: AsOf & { readonly by: Author },
): Promise<Restored> {
  const names = await namesNowAndAt(context.store.db, collection.id, asOf.at, asOf.uid);
  const restored: string[] = [];
  const removed = new Set<string>();
  const left = new Map<string, Restored['left'][number]>();
  // All that goes goes before the first comes back: its UID may be wanted at a name of another page.
  for (const isComing of [false, true]) {
    for (let from = 0; from < names.length; from += PAGE) {
      const page = await wantedAsOf(context, collection, asOf, names.slice(from, from + PAGE));
      const done = await restoreMembers(context, collection, isComing ? page.coming : page.going, by);
      restored.push(...done.restored);
      for (const name of done.removed) removed.add(name);
      for (const each of done.left) left.set(each.name, each);
    }
  }
  for (const name of restored) removed.delete(name);
  return { restored, removed: [...removed], left: [...left.values()] };
}

/** What is to come back, and what is to go before: what is there no more then, or with another UID. */
interface WantedAsOf {
  readonly coming: readonly Wanted[];
  readonly going: readonly Wanted[];
}

async function wantedAsOf(
  { store }: CalendarContext,
  { id }: Collection,
  { at, uid: only }: AsOf,
  names: readonly string[],
): Promise<WantedAsOf> {
  const isMeant = ({ uid }: VersionHead): boolean => only === undefined || uid === only;
  const current = (await currentVersions(store.db, id, names)).filter(isMeant);
  // Of two at one name the later: the clocks of two nodes may differ.
  const states = new Map<string, VersionHead>();
  for (const state of [...(await versionsAsOf(store.db, id, at, names)).filter(isMeant), ...current]) {
    const known = states.get(state.name);
    if (state.from.at <= at && (known === undefined || known.from.seq < state.from.seq)) states.set(state.name, state);
  }
  const coming: Wanted[] = [];
  for (const [name, state] of states) if (state.until !== undefined) coming.push({ name, state });
  const going = current.filter(({ name, uid }) => states.get(name)?.uid !== uid);
  return { coming, going: going.map(({ name }) => ({ name, state: 'gone' })) };
}

export interface RestoreCollection {
  readonly actor: Actor;
  /** Of the collection in the trash. */
  readonly id: string;
  readonly by?: Author;
}

/**
 * A collection from the trash, with its properties and what it held, at its URL, or where another stands there, at one like
 * it. It has its id again, so that its history goes on; sync tokens from before are refused, as its removals are forgotten.
 * Started again after a crash, it goes on. Throws BadRequest 404 where it is not in the trash; quota-not-exceeded,
 * need-privileges.
 */
export async function restoreCollection(
  context: CalendarContext,
  { actor, id, by = authorOf(actor, 'restore') }: RestoreCollection,
): Promise<{ readonly collection: Collection } & Restored> {
  const { db, write } = context.store;
  const removed = await removedCollection(db, id);
  if (removed === undefined) throw new BadRequest(`There is no calendar ${id} in the trash`, { status: 404 });
  await requireInHome(context, actor, removed.homeId, 'bind');
  const collection = await write((tx) => recreate(context, tx, removed));
  const versions = await versionsRemovedWith(db, id, removed.seq);
  const wanted = versions.map((state) => ({ name: state.name, state }));
  const restored = await restoreMembers(context, collection, wanted, by);
  const below = removed.kind === 'plain' ? await restoreBelow(context, { actor, removed, by }) : [];
  await write(async (tx) => {
    const { homeId, uri } = collection;
    await recordAct(tx, {
      ...{ act: 'calendar-restored', at: context.clock(), by, homeId, subject: id },
      detail: { uri, ...countsOf(restored) },
    });
    await leaveRemoved(tx, id);
  });
  return { collection, ...restored, left: [...restored.left, ...below] };
}

/** What stood in a plain collection that went with it; tells what could not be brought back. */
async function restoreBelow(
  context: CalendarContext,
  { actor, removed, by }: { readonly actor: Actor; readonly removed: RemovedCollection; readonly by: Author },
): Promise<Restored['left']> {
  const { homeId, seq, uri } = removed;
  const others = await removedCollections(context.store.db, homeId);
  const isDirectlyBelow = (each: RemovedCollection): boolean =>
    each.kind === 'plain' && each.seq === seq && each.uri.slice(0, each.uri.lastIndexOf('/')) === uri;
  const left: Restored['left'][number][] = [];
  for (const { id } of others.filter(isDirectlyBelow)) {
    left.push(...(await restoreCollection(context, { actor, id, by })).left);
  }
  return left;
}

async function recreate(context: CalendarContext, tx: Db, removed: RemovedCollection): Promise<Collection> {
  const { id, homeId, kind, fields, dead } = removed;
  const begun = await collectionById(tx, id);
  if (begun !== undefined) return begun;
  const most = context.limits.collectionsPerHome;
  if ((await countCollections(tx, homeId)) >= most) {
    throw new Refusal('quota-not-exceeded', `A home holds at most ${most} collections`);
  }
  const { source } = fields;
  await requireFewSubscriptions(context, tx, homeId, source === undefined ? {} : { source });
  const uri = kind === 'plain' ? await plainPlace(context, tx, removed) : await freeUri(tx, removed);
  const collection = await insertCollection(tx, { id, homeId, kind, uri, ...fields }, context.clock());
  await refuseEarlierTokens(tx, collection);
  for (const [name, xml] of Object.entries(dead[''] ?? {})) await setDeadProperty(tx, homeId, id, name, xml);
  context.hub.publish({ homeId, collectionId: id, seq: collection.homeSeq });
  return collection;
}

/** Below what else it would stand depends on its path: it comes back there, or not at all. */
async function plainPlace(context: CalendarContext, tx: Db, { homeId, uri }: RemovedCollection): Promise<string> {
  const at = uri.lastIndexOf('/');
  const parent = await collectionByUri(tx, homeId, uri.slice(0, at) || '/');
  if (parent === undefined) {
    throw new BadRequest('The folder that it was in is gone: restore that first', { status: 409 });
  }
  const holder = (await collectionByUri(tx, homeId, uri)) ?? (await headByName(tx, parent.id, uri.slice(at + 1)));
  if (holder !== undefined) throw new BadRequest('Something stands where it was: move that first', { status: 409 });
  await claimSeq(tx, parent, context.clock());
  return uri;
}

async function freeUri(tx: Db, { homeId, uri }: RemovedCollection): Promise<string> {
  for (let number = 1; ; number += 1) {
    const candidate = number === 1 ? uri : `${uri}-${number}`;
    if ((await collectionByUri(tx, homeId, candidate)) === undefined) return candidate;
  }
}
