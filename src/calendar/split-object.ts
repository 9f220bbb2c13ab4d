import type { Actor } from '../auth/actor.ts';
import type { Change } from '../base/hub.ts';
import { newId } from '../base/ids.ts';
import { BadRequest, ConditionFailed, Refusal } from '../base/refusal.ts';
import { createTurns, inTurns, type Turns } from '../base/turns.ts';
import { propertyOf } from '../ical/component.ts';
import { parsingCalendar } from '../ical/parse.ts';
import { splittingSeries } from '../ical/split.ts';
import { headByName, objectByName } from '../store/objects.ts';
import type { Db } from '../store/store.ts';
import { requireOn } from './access.ts';
import { authorOf } from './author.ts';
import type { CalendarContext } from './context.ts';
import { writeGuarded } from './guard.ts';
import type { LockHolder } from './locks.ts';
import type { CalendarObject, Collection, ObjectHead } from './model.ts';
import { headSeen } from './personal-forms.ts';
import { publish, publishAll } from './publish.ts';
import { readingObject, type ReadObject } from './read-object.ts';
import { shownObjects } from './shown-object.ts';
import { keepBeside, splitMeeting, type SplitParts } from './split-meeting.ts';
import { requireUnchanged, writeObject, type WrittenObject } from './write-object.ts';

export interface SplitObject {
  readonly actor: Actor;
  /** Of kind calendar. */
  readonly collection: Collection;
  readonly name: string;
  /** The name of the new object. */
  readonly newName: string;
  /** Where it is split, in the form that splittingSeries asks for. */
  readonly rid: string;
  /** UID of the new object; undefined: one is made. */
  readonly uid: string | undefined;
  /** Whether an ORGANIZER is the calendar user whose calendar it is. */
  readonly isOrganizer: (address: string) => boolean;
  /** The request's conditions: throws ConditionFailed. */
  readonly check: (current: ObjectHead | undefined) => void;
  /** Collections that must be as they were read: see requireUnchanged. */
  readonly unchanged: readonly Collection[];
  readonly locks?: LockHolder | undefined;
}

/** Both objects as they are now. */
export interface SplitObjects {
  /** The one that was there: the instances from the split point on. */
  readonly later: CalendarObject;
  /** The new one. */
  readonly earlier: CalendarObject;
}

/** Another may write the object while it is split: then it is split anew, but not for ever. */
const ATTEMPTS = 5;
/** A split asks more than once what instances there are: of the whole and of its parts. */
const EXPANSIONS = 4;

/**
 * Splits a recurring object in two within its calendar, caldav-recursplit §3: both are written, or none, and with them the
 * copies of those who are invited. Dead properties go with both, and so do managed attachments that they name. Throws valid-rid-parameter, invalid-split (also to an attendee
 * of a scheduled event), need-privileges, 404, and what readObject and writeObject throw.
 */
export async function splitObject(context: CalendarContext, request: SplitObject): Promise<SplitObjects> {
  const { actor, collection, uid } = request;
  await requireOn(context, actor, collection, 'write-content');
  await requireOn(context, actor, collection, 'bind');
  if (uid !== undefined) requireUid(uid);
  for (let attempt = 1; ; attempt += 1) {
    // As it is stored: who may change it may read all of it, and what others have for themselves of it stays.
    const found = await objectByName(context.store.db, collection.id, request.name);
    request.check(await headSeen(context, context.store.db, collection, found));
    if (found === undefined) throw new BadRequest('There is no such resource', { status: 404 });
    const parts = await partsOf(context, request, found);
    let isStale = false;
    const requireSame = (source: ObjectHead): void => {
      isStale = source.etag !== found.etag;
      if (isStale) throw new ConditionFailed('The resource was changed meanwhile');
    };
    try {
      return await store(context, { ...request, requireSame, found }, parts);
    } catch (error) {
      if (!isStale || attempt === ATTEMPTS) throw error;
    }
  }
}

/** Octets of a UID that a client may choose; RFC 7986 §5.3 asks servers to make theirs of 36 and more. */
const MOST_OF_UID = 255;

function requireUid(uid: string): void {
  if (uid.trim() !== '' && uid === uid.trim() && Buffer.byteLength(uid) <= MOST_OF_UID && !/[\x00-\x1f\x7f]/.test(uid))
    return;
  throw new Refusal('invalid-split', `A UID is a line of 1 to ${MOST_OF_UID} octets`);
}

/** A split that was prepared. */
interface Prepared extends SplitObject {
  /** Throws where the object is not any more what was split. */
  readonly requireSame: (source: ObjectHead) => void;
  /** What was split. */
  readonly found: CalendarObject;
}

async function partsOf(
  context: CalendarContext,
  request: SplitObject,
  { octets }: CalendarObject,
): Promise<SplitParts> {
  const turns = createTurns();
  const calendar = await inTurns(parsingCalendar(octets), turns);
  for (const component of calendar.components) {
    const organizer = propertyOf(component, 'ORGANIZER');
    if (organizer === undefined || request.isOrganizer(organizer.value.trim())) continue;
    throw new Refusal('invalid-split', 'Only its organizer may split a scheduled event');
  }
  const split = {
    rid: request.rid,
    uid: request.uid ?? newId(),
    relatedTo: newId(),
    budget: { steps: context.limits.recurrenceSteps * EXPANSIONS },
  };
  const { earlier, later } = await inTurns(splittingSeries(octets, calendar, split), turns);
  const read = (part: Uint8Array, each: Turns): Promise<ReadObject> =>
    inTurns(readingObject(context, request.collection, part), each);
  return { earlier: await read(earlier, turns), later: await read(later, turns) };
}

async function store(context: CalendarContext, request: Prepared, parts: SplitParts): Promise<SplitObjects> {
  const { collection } = request;
  const { objects, seq, changes } = await writeGuarded(context, (tx) => write(context, tx, request, parts), {
    lane: collection.homeId,
  });
  publish(context, collection, seq);
  publishAll(context, changes);
  return objects;
}

async function write(
  context: CalendarContext,
  tx: Db,
  { actor, collection, name, newName, check, requireSame, unchanged, locks, found }: Prepared,
  parts: SplitParts,
): Promise<{ readonly objects: SplitObjects; readonly seq: number; readonly changes: readonly Change[] }> {
  await requireUnchanged(tx, unchanged);
  const source = await headByName(tx, collection.id, name);
  check(await headSeen(context, tx, collection, source));
  if (source === undefined) throw new BadRequest('There is no such resource', { status: 404 });
  requireSame(source);
  const by = authorOf(actor);
  const meeting =
    source.scheduleTag === undefined
      ? undefined
      : await splitMeeting(context, tx, { actor, by, collection, before: found, parts });
  const { later: fromPoint, earlier: untilPoint } = meeting ?? parts;
  const scheduleTag = (): string | undefined => (meeting === undefined ? undefined : newId());
  const target = { collection, by, locks, check: () => undefined, isForAll: true };
  // First the copy: of what the source then names no more, it may hold what the source held.
  const earlier = await writeObject(
    context,
    tx,
    { ...target, name: newName, mayHold: { from: source.id }, scheduleTag: scheduleTag() },
    untilPoint,
  );
  const later = await writeObject(context, tx, { ...target, name, scheduleTag: scheduleTag() }, fromPoint);
  // What sharees have for themselves of the whole is put together with each half when it is read.
  await keepBeside(tx, { from: source, to: earlier.head, collection, seq: later.seq });
  const seen = async ({ head }: WrittenObject, { octets }: ReadObject): Promise<CalendarObject> => {
    const object = { ...head, octets };
    return (await shownObjects(context, collection, [object], tx))[0] ?? object;
  };
  const objects = { later: await seen(later, fromPoint), earlier: await seen(earlier, untilPoint) };
  return { objects, seq: later.seq, changes: (await meeting?.finish()) ?? [] };
}
