import type { Actor } from '../auth/actor.ts';
import { DAY } from '../base/clock.ts';
import { BadRequest, Refusal } from '../base/refusal.ts';
import { recordAct } from '../store/audit.ts';
import {
  collectionById,
  collectionByUri,
  countCollections,
  insertCollection,
  refuseEarlierTokens,
} from '../store/collections.ts';
import { setDeadProperty } from '../store/dead-properties.ts';
import { leaveRemoved, removedCollection, type RemovedCollection } from '../store/removed-collections.ts';
import type { Db } from '../store/store.ts';
import { currentVersions, versionsAsOf, versionsRemovedWith, type VersionHead } from '../store/versions.ts';
import { requireInHome, requireOn } from './access.ts';
import { authorOf, type Author } from './author.ts';
import type { CalendarContext } from './context.ts';
import type { Collection } from './model.ts';
import { restoreMembers, type Restored, type Wanted } from './restore-members.ts';

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
  const restored = await restoreMembers(context, collection, await wantedAsOf(context, collection, { at, uid }), by);
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

async function wantedAsOf(
  { store }: CalendarContext,
  { id }: Collection,
  { at, uid: only }: Pick<RestoreAsOf, 'at' | 'uid'>,
): Promise<readonly Wanted[]> {
  const isMeant = ({ uid }: VersionHead): boolean => only === undefined || uid === only;
  const current = (await currentVersions(store.db, id)).filter(isMeant);
  // Of two at one name the later: the clocks of two nodes may differ.
  const states = new Map<string, VersionHead>();
  for (const state of [...(await versionsAsOf(store.db, id, at)).filter(isMeant), ...current]) {
    const known = states.get(state.name);
    if (state.from.at <= at && (known === undefined || known.from.seq < state.from.seq)) states.set(state.name, state);
  }
  const wanted: Wanted[] = [];
  for (const [name, state] of states) if (state.until !== undefined) wanted.push({ name, state });
  for (const { name } of current) if (!states.has(name)) wanted.push({ name, state: 'gone' });
  return wanted;
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
  const wanted = versions.map((state) => ({ name: state.name, state, dead: removed.dead[state.name] }));
  const restored = await restoreMembers(context, collection, wanted, by);
  await write(async (tx) => {
    const { homeId, uri } = collection;
    await recordAct(tx, {
      ...{ act: 'calendar-restored', at: context.clock(), by, homeId, subject: id },
      detail: { uri, ...countsOf(restored) },
    });
    await leaveRemoved(tx, id);
  });
  return { collection, ...restored };
}

async function recreate(context: CalendarContext, tx: Db, removed: RemovedCollection): Promise<Collection> {
  const { id, homeId, kind, fields, dead } = removed;
  const begun = await collectionById(tx, id);
  if (begun !== undefined) return begun;
  const most = context.limits.collectionsPerHome;
  if ((await countCollections(tx, homeId)) >= most) {
    throw new Refusal('quota-not-exceeded', `A home holds at most ${most} collections`);
  }
  const uri = await freeUri(tx, removed);
  const collection = await insertCollection(tx, { id, homeId, kind, uri, ...fields }, context.clock());
  await refuseEarlierTokens(tx, collection);
  for (const [name, xml] of Object.entries(dead[''] ?? {})) await setDeadProperty(tx, homeId, id, name, xml);
  context.hub.publish({ homeId, collectionId: id, seq: collection.homeSeq });
  return collection;
}

async function freeUri(tx: Db, { homeId, uri }: RemovedCollection): Promise<string> {
  for (let number = 1; ; number += 1) {
    const candidate = number === 1 ? uri : `${uri}-${number}`;
    if ((await collectionByUri(tx, homeId, candidate)) === undefined) return candidate;
  }
}
