import type { Actor } from '../auth/actor.ts';
import type { Change } from '../base/hub.ts';
import { atOnce, type Steps } from '../base/steps.ts';
import { createTurns, inTurns } from '../base/turns.ts';
import { isPublic } from '../ical/busy-form.ts';
import { mayHavePersonalParts, personalPartsOf, withPersonalParts } from '../ical/personal-parts.ts';
import { nextSeqBeside, touchMount } from '../store/mounts.ts';
import { objectByName } from '../store/objects.ts';
import { keepOwnForm, personalStates, type PersonalState } from '../store/personal-objects.ts';
import type { Db } from '../store/store.ts';
import { BadRequest } from '../base/refusal.ts';
import { requirePrivilege, type Privileges } from './access.ts';
import type { Author } from './author.ts';
import type { CalendarContext } from './context.ts';
import { isFault } from './fault.ts';
import { writeGuarded } from './guard.ts';
import type { MayHold } from './linked-attachments.ts';
import { requireUnlocked, type LockHolder } from './locks.ts';
import type { CalendarObject, Collection, Mount, ObjectHead } from './model.ts';
import { formForOthers, limitsOf, personalForm } from './personal-forms.ts';
import { publish, publishAll } from './publish.ts';
import { requireOctets } from './quota.ts';
import { readingObject, type ReadObject } from './read-object.ts';
import { schedulerFor } from './schedule.ts';
import { sameForOthers } from './shared-form.ts';
import { requireUnchanged, writeObject, type WrittenObject } from './write-object.ts';

/** Whether who reads the collection has parts of its objects for themselves: not who sees times alone. */
export const hasOwnParts = ({ mount }: Pick<Collection, 'mount'>): boolean =>
  mount !== undefined && mount.access !== 'free-busy';

export interface PutThroughMount {
  readonly actor: Actor;
  readonly collection: Collection;
  readonly mount: Mount;
  readonly name: string;
  /** Throws ConditionFailed; called inside the transaction with what the sharee sees at the name. */
  readonly check: (current: ObjectHead | undefined) => void;
  readonly unchanged: readonly Collection[];
  readonly by: Author;
  readonly privileges: Privileges;
  readonly locks?: LockHolder | undefined;
  readonly mayHold: MayHold;
  readonly attendeeState?: 'client' | 'server';
}

/**
 * PUT into a shared calendar by a sharee (caldav-sharing §5.5.4). What the sharee sent is what the sharee reads back.
 * Where it changes nothing for others, it is kept for the sharee alone, as a property of the place would be; else it is
 * what all see, with the owner's personal parts in the place of the sharee's.
 */
export async function putThroughMount(
  context: CalendarContext,
  request: PutThroughMount,
  sent: ReadObject,
): Promise<WrittenObject> {
  const { collection, mount, name } = request;
  const before = await foundAt(context.store.db, request);
  const plan = await inTurns(planning(context, collection, sent, before), createTurns());
  const { written, isPersonal, changes } = await writeGuarded(
    context,
    async (tx) => {
      await requireUnchanged(tx, request.unchanged);
      const found = await foundAt(tx, request);
      // Where it was written meanwhile, it is planned anew.
      const now = keyOf(found) === keyOf(before) ? plan : atOnce(planning(context, collection, sent, found));
      return apply(context, tx, request, { found, sent, plan: now });
    },
    { lane: collection.homeId },
  );
  publish(context, isPersonal ? mount : collection, written.seq);
  publishAll(context, changes);
  return written;

  async function foundAt(db: Db, { collection: { id } }: PutThroughMount): Promise<Found | undefined> {
    const object = await objectByName(db, id, name);
    const state = object && (await personalStates(db, mount.id, [object.id])).get(object.id);
    return object && state && { object, state };
  }
}

interface Found {
  readonly object: CalendarObject;
  readonly state: PersonalState;
}

const keyOf = (found: Found | undefined): string =>
  found === undefined
    ? ''
    : JSON.stringify([found.object.id, found.object.etag, found.state.shared.etag, found.state.own?.etag]) +
      String(found.state.own?.sharedEtag);

interface Plan {
  /** As the sharee sees what stands there. */
  readonly shown: CalendarObject | undefined;
  /** What is to be stored for all; undefined: nothing changes for others. */
  readonly base: ReadObject | undefined;
}

function* planning(
  context: CalendarContext,
  collection: Collection,
  sent: ReadObject,
  found: Found | undefined,
): Steps<Plan> {
  if (found === undefined) {
    return { shown: undefined, base: yield* readAgain(context, collection, sent, yield* plainForm(context, sent)) };
  }
  const { object, state } = found;
  const shown = yield* personalForm(context, object, state);
  if (yield* sameForOthers(context, state.shared.octets ?? object.octets, sent.calendar)) {
    return { shown, base: undefined };
  }
  const parts = yield* personalPartsOf(object.octets);
  try {
    const octets = yield* withPersonalParts(sent.octets, parts, limitsOf(context));
    return { shown, base: yield* readAgain(context, collection, sent, octets) };
  } catch (error) {
    // The owner's parts may be what is wrong with an object that came in with an import.
    if (!isFault(error)) throw error;
    return { shown, base: yield* readAgain(context, collection, sent, yield* plainForm(context, sent)) };
  }
}

const plainForm = (context: CalendarContext, { octets }: ReadObject): Steps<Uint8Array> =>
  formForOthers(context, octets);

function* readAgain(
  context: CalendarContext,
  collection: Collection,
  sent: ReadObject,
  octets: Uint8Array,
): Steps<ReadObject> {
  return octets === sent.octets ? sent : yield* readingObject(context, collection, octets);
}

interface Application {
  readonly found: Found | undefined;
  readonly sent: ReadObject;
  readonly plan: Plan;
}

interface Applied {
  readonly written: WrittenObject;
  readonly isPersonal: boolean;
  readonly changes: readonly Change[];
}

async function apply(
  context: CalendarContext,
  tx: Db,
  request: PutThroughMount,
  { found, sent, plan: { shown, base } }: Application,
): Promise<Applied> {
  const { collection, mount, privileges } = request;
  if (base === undefined && found !== undefined) {
    // What is hidden from the sharee must not be found out by storing guesses.
    const isSeen = hasOwnParts(collection) && (collection.isVeiled !== true || isPublic(sent.calendar));
    requirePrivilege(privileges, isSeen ? 'write-properties' : 'write-content');
    request.check(shown);
    return { written: await writeOwn(context, tx, request, { found, sent }), isPersonal: true, changes: [] };
  }
  // RFC 3744 appendix B: a new member is one of the collection's, another body one of its own.
  requirePrivilege(privileges, found === undefined ? 'bind' : 'write-content');
  request.check(shown);
  const scheduler = schedulerFor(context, tx, request);
  const target = { ...request, check: () => undefined, isForAll: true, ...scheduler.target };
  const stored = await writeObject(context, tx, target, base ?? sent);
  // What scheduling has put right is what the sharee sees, too.
  const isPlain =
    (stored.head.etag === sent.etag || stored.rewritten !== undefined) && !mayHavePersonalParts(sent.octets);
  if (found?.state.own !== undefined || !isPlain) {
    const form = { sharedEtag: stored.head.etag, etag: sent.etag, seq: stored.seq, modifiedAt: context.clock() };
    await requireOctets(context, tx, mount.homeId, sent.octets.byteLength - (found?.state.own?.octets.byteLength ?? 0));
    await keepOwnForm(tx, { ...form, ...of(mount, stored.head), octets: sent.octets });
  }
  const head = stored.rewritten === undefined ? seenHead(stored.head, sent) : stored.head;
  return { written: { ...stored, head }, isPersonal: false, changes: (await scheduler.finish()) ?? [] };
}

const of = (mount: Mount, { id }: Pick<ObjectHead, 'id'>) => ({
  objectId: id,
  mountId: mount.id,
  homeId: mount.homeId,
});

const seenHead = (head: ObjectHead, { etag, octets }: ReadObject): ObjectHead => ({
  ...head,
  etag,
  size: octets.byteLength,
});

/** Keeps what a sharee has for themselves, of which nobody else is told. */
async function writeOwn(
  context: CalendarContext,
  tx: Db,
  { collection, mount, locks }: PutThroughMount,
  { found: { object, state }, sent }: { readonly found: Found; readonly sent: ReadObject },
): Promise<WrittenObject> {
  await requireUnlocked(context, tx, locks, [{ collection, object }]);
  const now = context.clock();
  const seq = await nextSeqBeside(tx, collection.id, now);
  if (seq === undefined) throw new BadRequest('The collection does not exist any more', { status: 404 });
  await requireOctets(context, tx, mount.homeId, sent.octets.byteLength - (state.own?.octets.byteLength ?? 0));
  const form = { sharedEtag: state.shared.etag, etag: sent.etag, seq, modifiedAt: now, octets: sent.octets };
  await keepOwnForm(tx, { ...form, ...of(mount, object) });
  await touchMount(tx, mount.id, seq);
  const { octets: _, ...head } = object;
  return { outcome: 'updated', head: { ...seenHead(head, sent), modifiedAt: now }, seq };
}
