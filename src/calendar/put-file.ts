import type { Actor } from '../auth/actor.ts';
import { newObjectId } from '../base/ids.ts';
import { BadRequest, Refusal } from '../base/refusal.ts';
import { NO_INDEX } from '../store/object-rows.ts';
import { countObjects, headByName, insertObject, updateObject } from '../store/objects.ts';
import { collectionByUri } from '../store/collections.ts';
import { prefixBelow, setContentType } from '../store/plain-collections.ts';
import type { Db } from '../store/store.ts';
import { requireOn } from './access.ts';
import { authorOf } from './author.ts';
import type { CalendarContext } from './context.ts';
import { requireHarmless, writeGuarded } from './guard.ts';
import { requireHistoryRoom } from './history-room.ts';
import { requireUnlocked, type LockHolder } from './locks.ts';
import type { Collection, ObjectHead } from './model.ts';
import { publish } from './publish.ts';
import { requireOctets } from './quota.ts';
import { etagOf } from './read-object.ts';
import { claimSeq, requireUnchanged, type WrittenObject } from './write-object.ts';

/** Octets of any type. */
export interface FileContent {
  readonly octets: Uint8Array;
  readonly contentType: string;
}

export const emptyFile: FileContent = { octets: new Uint8Array(0), contentType: 'application/octet-stream' };

export interface WriteFile {
  readonly actor: Actor;
  /** Of kind plain. */
  readonly collection: Collection;
  readonly name: string;
  /** Throws ConditionFailed; called inside the transaction with what stands at the name. */
  readonly check: (current: ObjectHead | undefined) => void;
  readonly locks: LockHolder;
}

export interface PutFile extends WriteFile, FileContent {
  /** Collections that must be as they were read: see requireUnchanged. */
  readonly unchanged: readonly Collection[];
}

/** PUT into a plain collection (RFC 4918 §9.7.1). Throws quota-not-exceeded, lock-token-submitted, need-privileges. */
export async function putFile(context: CalendarContext, request: PutFile): Promise<WrittenObject> {
  const { actor, collection, unchanged } = request;
  await requireOn(context, actor, collection, 'write-content');
  const written = await writeGuarded(
    context,
    async (tx) => {
      await requireUnchanged(tx, unchanged);
      return writeFile(context, tx, request, request);
    },
    { lane: collection.homeId },
  );
  publish(context, collection, written.seq);
  return written;
}

/** Stores a file in the caller's transaction. */
export async function writeFile(
  context: CalendarContext,
  tx: Db,
  { actor, collection, name, check, locks }: WriteFile,
  { octets, contentType }: FileContent,
): Promise<WrittenObject> {
  const current = await headByName(tx, collection.id, name);
  check(current);
  await requireUnlocked(context, tx, locks, [{ collection, object: current }]);
  const now = context.clock();
  const seq = await claimSeq(tx, collection, now);
  await requireOctets(context, tx, collection.homeId, octets.byteLength - (current?.size ?? 0));
  await requireHistoryRoom(context, tx, collection.homeId);
  const by = authorOf(actor);
  const columns = { octets, etag: etagOf(octets), seq, by };
  if (current !== undefined) {
    await requireHarmless(context, tx, { collection, name, by });
    const head = await updateObject(tx, current.id, columns, now);
    await setContentType(tx, head, contentType);
    return { outcome: 'updated', head, seq };
  }
  await requirePlace(context, tx, collection, name);
  const { homeId, id: collectionId } = collection;
  const place = { id: newObjectId(), homeId, collectionId, name, uid: name, component: '', createdSeq: seq };
  const head = await insertObject(tx, { ...place, ...columns, ...NO_INDEX }, now);
  await setContentType(tx, head, contentType);
  return { outcome: 'created', head, seq };
}

/** Throws where a collection has come to the name meanwhile, or where there are too many members. */
async function requirePlace(context: CalendarContext, tx: Db, collection: Collection, name: string): Promise<void> {
  if ((await collectionByUri(tx, collection.homeId, prefixBelow(collection.uri) + name)) !== undefined) {
    throw new BadRequest('A collection cannot be replaced by PUT', { status: 405 });
  }
  await requireMemberRoom(context, tx, collection);
}

/** Throws quota-not-exceeded where a collection holds as many as it may. */
export async function requireMemberRoom(
  { limits }: CalendarContext,
  tx: Db,
  { id }: Pick<Collection, 'id'>,
): Promise<void> {
  const most = limits.resourcesPerCollection;
  if ((await countObjects(tx, id)) < most) return;
  throw new Refusal('quota-not-exceeded', `A collection holds at most ${most} resources`);
}
