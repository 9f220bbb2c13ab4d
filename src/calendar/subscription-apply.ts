import { createTurns, type Turns } from '../base/turns.ts';
import { BadRequest, Refusal } from '../base/refusal.ts';
import { splitCalendar, type SourceReader } from '../ical/group.ts';
import { repairObject } from '../ical/repair.ts';
import type { SplitItem } from '../ical/splitter.ts';
import { headByUid, objectByName, pageOfHeads, removeObject } from '../store/objects.ts';
import { insertSetAside } from '../store/set-aside.ts';
import { forgetSetAside, holdsLease, type Leased } from '../store/subscriptions.ts';
import { unnamed } from './author.ts';
import type { CalendarContext } from './context.ts';
import { isFault } from './fault.ts';
import type { Collection, ObjectHead } from './model.ts';
import { publish } from './publish.ts';
import { etagOf, readObject } from './read-object.ts';
import { faultIn, sentence } from './set-aside.ts';
import { nameOfUid, saying, stripped, told } from './subscription-feed.ts';
import { claimSeq, writeObject } from './write-object.ts';

/** What a feed changed. */
export interface Applied {
  readonly created: number;
  readonly updated: number;
  readonly removed: number;
  /** What could not be used, and is kept aside or told. */
  readonly faulty: number;
  /** Why one of them could not be stored. */
  readonly reason: string | undefined;
  /** Something had no room: the same feed may bring it another time. */
  readonly isFull: boolean;
  /** The calendar was removed, or has another source, while this one was applied. */
  readonly isLost: boolean;
}

export interface Applying {
  readonly collection: Collection;
  readonly leased: Leased;
}

/** Objects that are read and written at the same time: their commits are one. */
const AT_ONCE = 16;
/** Most that is set aside of one feed. */
const MOST_SET_ASIDE = 100;
const PAGE = 200;

/**
 * Makes the members of a calendar those of a feed, by their UIDs, each in a transaction of its own: what says the same
 * keeps its octets and its ETag. What is broken is repaired where nothing is guessed by it, or set aside; a member
 * whose new version is broken stays as it was. Throws max-resources, before anything is changed.
 */
export async function applyFeed(context: CalendarContext, applying: Applying, octets: Uint8Array): Promise<Applied> {
  const work = startWork(context, applying);
  const underWay = new Set<Promise<void>>();
  let failure: { readonly error: unknown } | undefined;
  const turns = createTurns();
  const { resourceOctets: maxOctets, feedComponents: maxComponents } = context.limits;
  for await (const item of splitCalendar(held(octets, turns), { maxOctets, maxComponents })) {
    if (failure !== undefined || work.isLost) break;
    if (turns.isDue()) await turns.take();
    const storing = take(work, item)
      .catch((error: unknown) => void (failure ??= { error }))
      .finally(() => underWay.delete(storing));
    underWay.add(storing);
    if (underWay.size >= AT_ONCE) await Promise.race(underWay);
  }
  await Promise.all(underWay);
  if (failure !== undefined) throw failure.error;
  return finish(work);
}

/** A source at hand, that gives way to others while it is read. */
function held(octets: Uint8Array, turns: Turns): SourceReader {
  return {
    size: octets.length,
    async read(offset, length) {
      if (turns.isDue()) await turns.take();
      return octets.subarray(offset, offset + length);
    },
  };
}

/** Removes all members: for a feed that is empty beyond doubt. Returns how many. */
export async function removeMembers(context: CalendarContext, applying: Applying): Promise<number> {
  return removeOthers(context, applying, () => false);
}

/** One feed on its way into its calendar. */
interface Work extends Applying {
  readonly context: CalendarContext;
  readonly counts: { created: number; updated: number; unchanged: number; faulty: number };
  /** UIDs of the feed: a member that has one of them is not removed, whatever became of the new version. */
  readonly present: Set<string>;
  /** UIDs of which one version is stored, or on its way. */
  readonly stored: Set<string>;
  /** Digests of what was set aside. */
  readonly aside: string[];
  /** Whether something of it is missing that cannot be named: what has no UID that can be read, or comes after a cut. */
  isTorn: boolean;
  isFull: boolean;
  isLost: boolean;
  reason: string | undefined;
}

const startWork = (context: CalendarContext, applying: Applying): Work => ({
  ...applying,
  context,
  counts: { created: 0, updated: 0, unchanged: 0, faulty: 0 },
  present: new Set(),
  stored: new Set(),
  aside: [],
  isTorn: false,
  isFull: false,
  isLost: false,
  reason: undefined,
});

/** What is wrong with an item is counted and told; anything else is thrown. */
async function take(work: Work, item: SplitItem): Promise<void> {
  try {
    if (item.kind === 'object') await takeObject(work, item);
    else await takeProblem(work, item);
  } catch (error) {
    if (!isRefused(error)) throw error;
    if (error instanceof Refusal && error.code === 'quota-not-exceeded') work.isFull = true;
    broken(work, item.uid, error.message);
  }
}

async function takeProblem(work: Work, item: SplitItem & { readonly kind: 'problem' }): Promise<void> {
  const { octets, uid, problem: why } = item;
  if (item.isCut === true) work.isTorn = true;
  if (octets === undefined) broken(work, uid, why);
  else await mend(work, { octets, uid, why });
}

async function takeObject(work: Work, item: SplitItem & { readonly kind: 'object' }): Promise<void> {
  const { uid, component, octets } = item;
  const { collection, stored } = work;
  if (collection.stripTodos && component === 'VTODO') return;
  if (collection.components?.includes(component) === false) return;
  work.present.add(uid);
  if (stored.has(uid)) return broken(work, uid, 'Two components of different kinds have one UID');
  try {
    await store(work, uid, octets);
  } catch (error) {
    if (!isRefused(error) || !isFault(error)) throw error;
    await mend(work, { octets, uid, why: error.message });
  }
}

const isRefused = (error: unknown): error is Refusal | BadRequest =>
  error instanceof Refusal || error instanceof BadRequest;

async function store(work: Work, uid: string, octets: Uint8Array): Promise<void> {
  work.stored.add(uid);
  const outcome = await putFetched(work.context, work, uid, stripped(octets, work.collection)).catch(
    (error: unknown) => {
      work.stored.delete(uid);
      throw error;
    },
  );
  if (outcome === 'lost') work.isLost = true;
  else work.counts[outcome]++;
}

interface Faulty {
  readonly octets: Uint8Array;
  readonly uid: string | undefined;
  readonly why: string;
}

/** Repaired where nothing is guessed by it, or else set aside. */
async function mend(work: Work, { octets, uid, why }: Faulty): Promise<void> {
  const { context, collection, stored } = work;
  const repaired = repairObject(octets, faultIn(context, collection));
  if (repaired?.repairs.every(({ safe }) => safe) === true) {
    const { uid: found } = await readObject(context, collection, repaired.octets);
    if (!stored.has(found)) {
      work.present.add(found);
      return store(work, found, repaired.octets);
    }
  }
  broken(work, uid, why);
  if (work.aside.length >= MOST_SET_ASIDE) return;
  const digest = etagOf(octets);
  work.aside.push(digest);
  const proposal = repaired?.repairs.map(sentence) ?? [];
  const kept = { homeId: collection.homeId, collectionId: collection.id, octets, reason: told(why), proposal, digest };
  await context.store.write(async (tx) => {
    if (await holdsLease(tx, work.leased)) await insertSetAside(tx, kept, context.clock());
    else work.isLost = true;
  });
}

function broken(work: Work, uid: string | undefined, why: string): void {
  work.counts.faulty++;
  work.reason ??= why;
  if (uid === undefined) work.isTorn = true;
  else work.present.add(uid);
}

async function finish(work: Work): Promise<Applied> {
  const { context, present, stored, leased, aside, counts, isFull, isLost, reason } = work;
  // What has no name could be any of those that are missing; and where nothing can be used, nothing is proved.
  const isSure = !isLost && !work.isTorn && (stored.size > 0 || counts.faulty === 0);
  const removed = isSure ? await removeOthers(context, work, ({ uid }) => present.has(uid)) : 0;
  if (!isLost) await context.store.write((tx) => forgetSetAside(tx, leased.collectionId, aside));
  const { created, updated, faulty } = counts;
  return { created, updated, removed, faulty, reason, isFull, isLost };
}

/** Stores one object of a feed where it says something new. Throws what readObject and writeObject throw. */
async function putFetched(
  context: CalendarContext,
  { collection, leased }: Applying,
  uid: string,
  octets: Uint8Array,
): Promise<'created' | 'updated' | 'unchanged' | 'lost'> {
  const { db } = context.store;
  // Asked before it is read: of a feed mostly nothing changed but the time at which it was made.
  const existing = await headByUid(db, collection.id, uid);
  const before = existing && (await objectByName(db, collection.id, existing.name));
  if (before !== undefined && saying(before.octets) === saying(octets)) return 'unchanged';
  const object = await readObject(context, collection, octets);
  const name = existing?.name ?? nameOfUid(uid);
  const written = await context.store.write(
    async (tx) => {
      if (!(await holdsLease(tx, leased))) return undefined;
      return writeObject(context, tx, { collection, name, check: () => undefined, by: unnamed('job') }, object);
    },
    { lane: collection.homeId },
  );
  if (written === undefined) return 'lost';
  publish(context, collection, written.seq);
  return written.outcome;
}

/** Removes the members that are not kept, some at a time. Returns how many. */
async function removeOthers(
  context: CalendarContext,
  { collection, leased }: Applying,
  isKept: (head: ObjectHead) => boolean,
): Promise<number> {
  let removed = 0;
  for (let after: string | undefined; ;) {
    const page = await pageOfHeads(
      context.store.db,
      collection.id,
      after === undefined ? { limit: PAGE } : { after, limit: PAGE },
    );
    const others = page.filter((head) => !isKept(head));
    const seq = others.length === 0 ? undefined : await removePage(context, { collection, leased }, others);
    if (seq !== undefined) {
      removed += others.length;
      publish(context, collection, seq);
    }
    after = page.at(-1)?.name;
    if (page.length < PAGE) return removed;
  }
}

/** The sequence of the last removal; undefined where the lease was lost. */
function removePage(
  context: CalendarContext,
  { collection, leased }: Applying,
  heads: readonly ObjectHead[],
): Promise<number | undefined> {
  return context.store.write(
    async (tx) => {
      if (!(await holdsLease(tx, leased))) return undefined;
      const now = context.clock();
      let seq: number | undefined;
      for (const head of heads) {
        seq = await claimSeq(tx, collection, now);
        await removeObject(tx, head, seq, now, { kind: 'deleted', by: unnamed('job') });
      }
      return seq;
    },
    { lane: collection.homeId },
  );
}
