import { BadRequest, ConditionFailed, Refusal } from '../base/refusal.ts';
import { setDeadProperty } from '../store/dead-properties.ts';
import { NO_INDEX } from '../store/object-rows.ts';
import { headByName, headsByNames, removeObject } from '../store/objects.ts';
import { setContentType } from '../store/plain-collections.ts';
import type { VersionHead } from '../store/version-rows.ts';
import { leaveTrash, versionOctets } from '../store/versions.ts';
import type { Author } from './author.ts';
import type { CalendarContext } from './context.ts';
import { requireUnlocked } from './locks.ts';
import type { Collection, ObjectHead } from './model.ts';
import { publish } from './publish.ts';
import { etagOf, readObject, type ReadObject } from './read-object.ts';
import { quietScheduler } from './schedule.ts';
import { claimSeq, writeObject } from './write-object.ts';

/** What is to stand at a name. */
export interface Wanted {
  readonly name: string;
  /** A past version; 'gone': nothing. */
  readonly state: VersionHead | 'gone';
}

export interface Restored {
  /** Names that came back or got other octets. */
  readonly restored: readonly string[];
  /** Names that went to the trash. */
  readonly removed: readonly string[];
  /** What could not be brought back, or was written meanwhile, and why. */
  readonly left: readonly { readonly name: string; readonly reason: string }[];
}

/**
 * Brings members of a collection to a state: what is there as wanted is not touched, what is to be gone goes to the trash,
 * the rest is written with the octets of its version. Each is a write like a client's, so that every sync token tells of
 * it; many are under way at once and committed as a group. What others write meanwhile stays as they wrote it.
 */
export async function restoreMembers(
  context: CalendarContext,
  collection: Collection,
  wanted: readonly Wanted[],
  by: Author,
): Promise<Restored> {
  const names = wanted.map(({ name }) => name);
  const heads = await headsByNames(context.store.db, collection.id, names);
  const plan = planOf(wanted, new Map(heads.map((head) => [head.name, head])));
  const work: Work = { context, collection, by, left: [] };
  // First what goes: its UID may come back under another name.
  const removed = await inParts(plan.removals, (head) => attempt(work, head.name, () => remove(work, head)));
  const restored = await inParts(plan.writes, (write) =>
    attempt(work, write.wanted.name, () => bringBack(work, write)),
  );
  const changed = [...removed, ...restored].flatMap((done) => done ?? []);
  if (changed.length > 0) publish(context, collection, Math.max(...changed.map(({ seq }) => seq)));
  const came = restored.flatMap((done) => done?.name ?? []);
  const replaced = new Set(came);
  return {
    restored: came,
    removed: removed.flatMap((done) => (done === undefined || replaced.has(done.name) ? [] : done.name)),
    left: work.left,
  };
}

interface Write {
  readonly wanted: Wanted & { readonly state: VersionHead };
  /** What stands there, and is to be replaced. */
  readonly current: ObjectHead | undefined;
}

interface Plan {
  readonly removals: readonly ObjectHead[];
  readonly writes: readonly Write[];
}

function planOf(wanted: readonly Wanted[], heads: ReadonlyMap<string, ObjectHead>): Plan {
  const removals: ObjectHead[] = [];
  const writes: Write[] = [];
  for (const each of wanted) {
    const { name, state } = each;
    const head = heads.get(name);
    if (state === 'gone') {
      if (head !== undefined) removals.push(head);
      continue;
    }
    if (head?.etag === state.etag) continue;
    // The UID at a name never changes by a write: another object stood there.
    const isOther = head !== undefined && head.uid !== state.uid;
    if (isOther) removals.push(head);
    writes.push({ wanted: { ...each, state }, current: isOther ? undefined : head });
  }
  return { removals, writes };
}

interface Work {
  readonly context: CalendarContext;
  readonly collection: Collection;
  readonly by: Author;
  readonly left: { name: string; reason: string }[];
}

interface Done {
  readonly name: string;
  readonly seq: number;
}

/** Units of work under way at once. */
const AT_ONCE = 64;

async function inParts<T, R>(all: readonly T[], run: (one: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let at = 0; at < all.length; at += AT_ONCE) {
    results.push(...(await Promise.all(all.slice(at, at + AT_ONCE).map(run))));
  }
  return results;
}

/** One that cannot be done leaves the others. */
async function attempt(work: Work, name: string, run: () => Promise<number>): Promise<Done | undefined> {
  try {
    return { name, seq: await run() };
  } catch (error) {
    if (![Refusal, BadRequest, ConditionFailed].some((kind) => error instanceof kind)) throw error;
    work.left.push({ name, reason: error instanceof Error ? error.message : '' });
    return undefined;
  }
}

function remove({ context, collection, by }: Work, { name, etag }: ObjectHead): Promise<number> {
  return context.store.write(async (tx) => {
    const head = await headByName(tx, collection.id, name);
    requireAsPlanned(head, etag);
    // Who holds a lock is at work on it: as with a write, it is left.
    await requireUnlocked(context, tx, undefined, [{ collection }, { collection, object: head }]);
    const now = context.clock();
    const seq = await claimSeq(tx, collection, now);
    if (head !== undefined) await removeObject(tx, head, seq, now, { kind: 'deleted', by });
    return seq;
  });
}

async function bringBack({ context, collection, by }: Work, { wanted, current }: Write): Promise<number> {
  const { name, state } = wanted;
  const octets = (await versionOctets(context.store.db, [state.key])).get(state.key);
  if (octets === undefined) throw new BadRequest('This version is not kept any more', { status: 404 });
  const object = await readVersion(context, collection, state, octets);
  return context.store.write(async (tx) => {
    const check = (head: ObjectHead | undefined): void => requireAsPlanned(head, current?.etag);
    const { head, seq } = await writeObject(
      context,
      tx,
      { collection, name, check, by, ...quietScheduler(tx, collection).target },
      object,
    );
    if (state.contentType !== undefined) await setContentType(tx, head, state.contentType);
    for (const [property, xml] of Object.entries(state.dead)) {
      await setDeadProperty(tx, collection.homeId, head.id, property, xml);
    }
    await leaveTrash(tx, [state.key]);
    return seq;
  });
}

function requireAsPlanned(head: ObjectHead | undefined, etag: string | undefined): void {
  if (head?.etag !== etag) throw new ConditionFailed('It was written meanwhile');
}

/** Read as a client's; what is no calendar object has nothing that could be read. */
async function readVersion(
  context: CalendarContext,
  collection: Collection,
  { uid, component }: VersionHead,
  octets: Uint8Array,
): Promise<ReadObject> {
  if (component !== '') return readObject(context, collection, octets);
  return {
    ...{ uid, component, octets, etag: etagOf(octets) },
    calendar: { name: '', properties: [], components: [], line: 1 },
    index: { ...NO_INDEX, exact: true },
  };
}
