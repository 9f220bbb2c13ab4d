import type { Actor } from '../auth/actor.ts';
import { newCollectionId } from '../base/ids.ts';
import { BadRequest, ConditionFailed, Refusal } from '../base/refusal.ts';
import { insertCollection } from '../store/collection-writes.ts';
import { collectionByUri } from '../store/collections.ts';
import { copyDeadProperties } from '../store/dead-properties.ts';
import { deleteLocksIn } from '../store/locks.ts';
import { headByName, pageOfHeads, removeObject } from '../store/objects.ts';
import { contentsOf, copyFiles, plainBelow, prefixBelow, relocatePlain } from '../store/plain-collections.ts';
import type { Db } from '../store/store.ts';
import { requireOn } from './access.ts';
import { authorOf } from './author.ts';
import type { CalendarContext } from './context.ts';
import { requireUnlocked, type Locked, type LockHolder } from './locks.ts';
import type { Collection, ObjectHead } from './model.ts';
import { requireMemberRoom } from './put-file.ts';
import { parentOf, plainUri, removeWhole, requirePlainRoom, type PlainPlace } from './plain-collections.ts';
import { publish } from './publish.ts';
import { requireOctets, requirePropertyOctets } from './quota.ts';
import { claimSeq, requireCollection, requireUnchanged } from './write-object.ts';

export interface TransferFile {
  readonly actor: Actor;
  readonly how: 'copy' | 'move';
  /** A plain collection, or a member of one. */
  readonly from: { readonly collection: Collection; readonly name: string | undefined };
  /** The plain collection that it goes to, and its name there. */
  readonly to: PlainPlace;
  /** Whether a collection goes with all below it (Depth: infinity). */
  readonly whole: boolean;
  /** Overwrite: T or F (RFC 4918 §10.6). */
  readonly overwrite: boolean;
  /** Conditions on a source that is a member, and on one that is a collection: they throw ConditionFailed. */
  readonly check: (current: ObjectHead | undefined) => void;
  readonly checkCollection: (current: Collection) => void;
  readonly unchanged: readonly Collection[];
  readonly locks: LockHolder;
}

/**
 * COPY and MOVE of files and plain collections (RFC 4918 §9.8, §9.9), in one transaction. Locks stay behind (§7.6).
 * Returns whether something stood at the destination and was replaced.
 */
export async function transferFile(context: CalendarContext, request: TransferFile): Promise<boolean> {
  const { actor, how, from, to } = request;
  await requireOn(context, actor, from.collection, how === 'move' ? 'unbind' : 'read');
  await requireOn(context, actor, to.collection, 'bind');
  const { replaced, seq } = await context.store.write(
    async (tx) => {
      await requireUnchanged(tx, request.unchanged);
      await requireCollection(tx, to.collection);
      const source = await sourceOf(tx, request);
      requireApart(request, source);
      const replaced = await clearDestination(context, tx, request);
      await transfer(context, tx, request, source);
      return { replaced, seq: await claimSeq(tx, to.collection, context.clock()) };
    },
    { lane: to.collection.homeId },
  );
  publish(context, to.collection, seq);
  return replaced;
}

interface Source {
  /** The member; undefined: the collection itself goes. */
  readonly head: ObjectHead | undefined;
  readonly collection: Collection;
  readonly parent: Collection;
}

async function sourceOf(tx: Db, { from, check, checkCollection }: TransferFile): Promise<Source> {
  const collection = await requireCollection(tx, from.collection);
  if (from.name === undefined) {
    checkCollection(collection);
    return { head: undefined, collection, parent: await parentOf(tx, collection) };
  }
  const head = await headByName(tx, collection.id, from.name);
  check(head);
  if (head === undefined) throw new BadRequest('There is no such resource', { status: 404 });
  return { head, collection, parent: collection };
}

/** RFC 4918 §9.8.5: 403 where source and destination are the same, or one is in the other. */
function requireApart({ to }: TransferFile, { head, collection }: Source): void {
  const source = head === undefined ? collection.uri : prefixBelow(collection.uri) + head.name;
  const target = prefixBelow(to.collection.uri) + to.name;
  if (collection.homeId !== to.collection.homeId) return;
  if (source !== target && !target.startsWith(`${source}/`) && !source.startsWith(`${target}/`)) return;
  throw new BadRequest('Source and destination are one, or one is in the other', { status: 403 });
}

/** What stands at the destination goes first, where Overwrite allows it. */
async function clearDestination(context: CalendarContext, tx: Db, request: TransferFile): Promise<boolean> {
  const { actor, to, overwrite, locks } = request;
  const { collection, name } = to;
  const object = await headByName(tx, collection.id, name);
  const folder = await collectionByUri(tx, collection.homeId, prefixBelow(collection.uri) + name);
  const isTaken = object !== undefined || folder !== undefined;
  if (isTaken && !overwrite) throw new ConditionFailed('The destination exists and Overwrite is F');
  const changed: Locked[] = [{ collection }];
  if (object !== undefined) changed.push({ collection, object });
  if (folder !== undefined) changed.push({ collection: folder, whole: true });
  await requireUnlocked(context, tx, locks, changed);
  if (!isTaken) return false;
  const now = context.clock();
  const seq = await claimSeq(tx, collection, now);
  const by = authorOf(actor);
  if (object !== undefined) await removeObject(tx, object, seq, now, { kind: 'deleted', by });
  if (folder !== undefined) await removeWhole(tx, folder, { seq, now, by });
  return true;
}

async function transfer(context: CalendarContext, tx: Db, request: TransferFile, source: Source): Promise<void> {
  const { how, locks, to } = request;
  const { head, collection, parent } = source;
  if (how === 'move') {
    const self: Locked = head === undefined ? { collection, whole: true } : { collection, object: head };
    await requireUnlocked(context, tx, locks, [{ collection: parent }, self]);
  }
  if (head === undefined) await transferCollection(context, tx, request, source);
  else await transferMember(context, tx, request, { ...source, head });
  if (how === 'copy' || collection.homeId !== to.collection.homeId) {
    await requirePropertyOctets(context, tx, to.collection.homeId);
  }
  if (how === 'move' && parent.id !== to.collection.id) await claimSeq(tx, parent, context.clock());
}

async function transferMember(
  context: CalendarContext,
  tx: Db,
  { actor, how, to: { collection: target, name } }: TransferFile,
  { head, collection }: Source & { readonly head: ObjectHead },
): Promise<void> {
  const now = context.clock();
  const seq = await claimSeq(tx, target, now);
  const { homeId, id: collectionId } = target;
  const isWithin = how === 'move' && homeId === collection.homeId;
  if (target.id !== collection.id || how === 'copy') await requireMemberRoom(context, tx, target);
  if (!isWithin) await requireOctets(context, tx, homeId, head.size);
  await copyFiles(tx, [{ source: head, name }], { homeId, collectionId, seq, now });
  if (how === 'move') {
    const removedSeq = await claimSeq(tx, collection, now);
    await removeObject(tx, head, removedSeq, now, { kind: 'moved', by: authorOf(actor) });
  }
}

async function transferCollection(
  context: CalendarContext,
  tx: Db,
  { how, whole, to }: TransferFile,
  { collection }: Source,
): Promise<void> {
  const below = how === 'move' || whole ? await plainBelow(tx, collection.homeId, collection.uri) : [];
  const uriOf = (each: Collection): string =>
    prefixBelow(to.collection.uri) + to.name + each.uri.slice(collection.uri.length);
  const all = [collection, ...below].map((each) => ({ each, id: each.id, uri: uriOf(each) }));
  // Throws for what would be too long there.
  for (const { uri } of all) plainUri(uri.slice(1).split('/'));
  const { homeId } = to.collection;
  if (how === 'move' && homeId === collection.homeId) {
    const ids = all.map(({ id }) => id);
    await deleteLocksIn(tx, ids);
    await relocatePlain(tx, all);
    return;
  }
  await requireRoomFor(context, tx, homeId, whole || how === 'move' ? all.map(({ id }) => id) : [], all.length);
  for (const { each, uri } of all) {
    await copyCollection(context, tx, each, { homeId, uri, whole: whole || how === 'move' });
  }
  if (how === 'move') await removeWhole(tx, collection, undefined);
}

/** Bounds of what one request copies: other writers wait for it. */
async function requireRoomFor(
  context: CalendarContext,
  tx: Db,
  homeId: string,
  copied: readonly string[],
  collections: number,
): Promise<void> {
  await requirePlainRoom(context, tx, homeId, collections);
  if (copied.length === 0) return;
  const { members, octets } = await contentsOf(tx, copied);
  const { bulkResources } = context.limits;
  if (members > bulkResources) {
    throw new Refusal('quota-not-exceeded', `At most ${bulkResources} resources are copied at once`);
  }
  await requireOctets(context, tx, homeId, octets);
}

interface CopyTo {
  readonly homeId: Collection['homeId'];
  readonly uri: string;
  readonly whole: boolean;
}

async function copyCollection(
  context: CalendarContext,
  tx: Db,
  source: Collection,
  { homeId, uri, whole }: CopyTo,
): Promise<void> {
  const now = context.clock();
  const { displayname, description } = source;
  const id = newCollectionId();
  const copy = await insertCollection(tx, { id, homeId, kind: 'plain', uri, displayname, description }, now);
  await copyDeadProperties(tx, source.id, copy.id, homeId);
  if (!whole) return;
  const { bulkResources: limit } = context.limits;
  const files = (await pageOfHeads(tx, source.id, { limit })).map((head) => ({ source: head, name: head.name }));
  await copyFiles(tx, files, { homeId, collectionId: id, seq: await claimSeq(tx, copy, now), now });
}
