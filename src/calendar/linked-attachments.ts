import type { Actor } from '../auth/actor.ts';
import { Refusal } from '../base/refusal.ts';
import { createTurns, inTurns } from '../base/turns.ts';
import { linkedIds, managedIds } from '../ical/managed-attachments.ts';
import { parsingCalendar } from '../ical/parse.ts';
import {
  attachmentById,
  attachmentsStored,
  attachmentUsage,
  collectionsHolding,
  dropHeld,
  forgetPastAttachments,
  heldBefore,
  hold,
  knownAttachments,
  type Attachment,
  octetsHolding,
} from '../store/attachments.ts';
import { objectByName } from '../store/objects.ts';
import type { Db } from '../store/store.ts';
import { accessIn } from './access.ts';
import type { CalendarContext } from './context.ts';
import type { Collection, ObjectHead } from './model.ts';
import type { ReadObject } from './read-object.ts';
import { isHidden } from './shown-object.ts';

export type { Attachment };

/** What an object that is written may hold beside what an object with its UID in its home held before. */
export interface MayHold {
  /** Attachments that who writes it may read, or has just sent. */
  readonly granted?: ReadonlySet<string>;
  /** An object whose attachments it may hold as well, since it is a copy of it; and whether that was in its home. */
  readonly from?: string;
  readonly isFromHome?: boolean;
}

/** An attachment that the actor may read: one that an object in a calendar names that the actor may read. */
export async function readableAttachment(
  context: CalendarContext,
  actor: Actor | undefined,
  id: string,
): Promise<Attachment | undefined> {
  const { db } = context.store;
  const attachment = actor && (await attachmentById(db, id));
  if (attachment === undefined) return undefined;
  for (const collection of await collectionsHolding(db, id)) {
    const access = await accessIn(context, actor, collection.homeId);
    const privileges = access.on(collection);
    if (!privileges.has('read')) continue;
    if (privileges.has('write-content') || (await isNamedInPublic(context, id, collection))) return attachment;
  }
  return undefined;
}

/** Objects that are in memory together: each may be as large as a resource. */
const HELD_AT_ONCE = 5;

/** Whether an object names it whose details are for everybody who may read it (docs/adr/0015). */
async function isNamedInPublic(
  { store }: CalendarContext,
  id: string,
  collection: Pick<Collection, 'id'>,
): Promise<boolean> {
  const where = { id, collectionId: collection.id };
  for (let after = ''; ;) {
    const page = await octetsHolding(store.db, where, { after, limit: HELD_AT_ONCE });
    for (const object of page) if (!(await isHidden(object))) return true;
    const last = page.at(-1);
    if (last === undefined || page.length < HELD_AT_ONCE) return false;
    after = last.id;
  }
}

interface Put {
  readonly actor: Actor;
  readonly collection: Collection;
  readonly name: string;
  /** An attachment that was sent for this object, and that nothing holds yet. */
  readonly attachment?: Attachment | undefined;
}

/**
 * What a client may let an object hold. Throws valid-managed-id (RFC 8607 §3.11) where it names an attachment that it may
 * not read and that the object did not name before.
 */
export async function grantedTo(
  context: CalendarContext,
  { actor, collection, name, attachment }: Put,
  { calendar, uid }: ReadObject,
): Promise<MayHold> {
  const ids = linkedIds(calendar);
  if (ids.size === 0) return {};
  const { db } = context.store;
  const known = await heldBefore(db, { homeId: collection.homeId, uid }, [...ids]);
  const granted = new Set<string>();
  const unknown = new Set<string>();
  const named = managedIds(calendar);
  // Whether one may be read costs questions: a body full of those that do not exist is not asked about.
  const existing = await knownAttachments(db, [...ids]);
  for (const id of ids) {
    if (known.has(id)) continue;
    const isGranted =
      id === attachment?.id || (existing.has(id) && (await readableAttachment(context, actor, id)) !== undefined);
    if (isGranted) granted.add(id);
    else if (named.has(id)) unknown.add(id);
  }
  if (unknown.size > 0) await requireNamedBefore(context, { collection, name }, unknown);
  return { granted };
}

/** What came in with an import may name the attachments of another server: it stays as it is. */
async function requireNamedBefore(
  { store }: CalendarContext,
  { collection, name }: Pick<Put, 'collection' | 'name'>,
  ids: ReadonlySet<string>,
): Promise<void> {
  const current = await objectByName(store.db, collection.id, name);
  const before =
    current === undefined
      ? new Set<string>()
      : managedIds(await inTurns(parsingCalendar(current.octets), createTurns()));
  for (const id of ids) {
    if (before.has(id)) continue;
    throw new Refusal('valid-managed-id', 'A MANAGED-ID names no attachment that you may read');
  }
}

interface Written {
  readonly collection: Pick<Collection, 'homeId'>;
  readonly head: Pick<ObjectHead, 'id'>;
  readonly isNew: boolean;
  readonly mayHold: MayHold | undefined;
}

/** Notes in the transaction of a write which attachments the object names now. Throws quota-not-exceeded. */
export async function noteHeld(
  context: CalendarContext,
  tx: Db,
  { collection: { homeId }, head, isNew, mayHold = {} }: Written,
  { calendar, uid }: ReadObject,
): Promise<void> {
  const ids = linkedIds(calendar);
  // A copy of what its home holds already takes no room; what moves is not held while it is under way.
  const isCounted = ids.size > 0 && mayHold.isFromHome !== true;
  const usedBefore = isCounted ? await attachmentUsage(tx, homeId) : 0;
  if (!isNew) await dropHeld(tx, head.id, context.clock());
  if (ids.size === 0) return;
  const before = await heldBefore(tx, { homeId, uid, also: mayHold.from }, [...ids]);
  const held = [...ids].filter((id) => before.has(id) || mayHold.granted?.has(id) === true);
  await hold(tx, { objectId: head.id, homeId, uid }, held);
  // What does not grow is let in, however full it is: a limit may have been lowered.
  if (isCounted && (await attachmentUsage(tx, homeId)) > usedBefore)
    await requireAttachmentOctets(context, tx, homeId, 0);
}

/** Throws quota-not-exceeded where the attachments of a home and `more` octets are too many. */
export async function requireAttachmentOctets(
  { limits }: CalendarContext,
  db: Db,
  homeId: string,
  more: number,
): Promise<void> {
  if ((await attachmentUsage(db, homeId)) + more <= limits.attachmentOctets) return;
  throw new Refusal('quota-not-exceeded', `The attachments of a home are at most ${limits.attachmentOctets} octets`);
}

/**
 * Throws quota-not-exceeded where `more` octets have no room beside all that is stored: twice what objects may hold, so
 * that the past has as much. Before that, what only the past names goes, the oldest first.
 */
export async function requireAttachmentRoom(
  { limits }: CalendarContext,
  tx: Db,
  homeId: string,
  more: number,
): Promise<void> {
  const most = limits.attachmentOctets * 2;
  const over = (await attachmentsStored(tx, homeId)) + more - most;
  if (over <= 0) return;
  await forgetPastAttachments(tx, homeId, over);
  if ((await attachmentsStored(tx, homeId)) + more <= most) return;
  throw new Refusal('quota-not-exceeded', `The attachments of a home are at most ${limits.attachmentOctets} octets`);
}
