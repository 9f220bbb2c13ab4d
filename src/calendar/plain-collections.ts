import type { Actor } from '../auth/actor.ts';
import { BadRequest, Refusal } from '../base/refusal.ts';
import { insertCollection } from '../store/collection-writes.ts';
import { collectionByUri, countCollections } from '../store/collections.ts';
import { headByName } from '../store/objects.ts';
import { keepRemoved, type CollectionRemoval } from '../store/removed-collections.ts';
import { contentTypeOf, plainBelow, prefixBelow, removePlain } from '../store/plain-collections.ts';
import type { Db } from '../store/store.ts';
import { requireOn } from './access.ts';
import { authorOf } from './author.ts';
import type { PropertyChanges } from './collection-patch.ts';
import type { CalendarContext } from './context.ts';
import { requireNotHeld } from './guard.ts';
import { requireUnlocked, type LockHolder } from './locks.ts';
import type { Collection, ObjectHead } from './model.ts';
import { publish } from './publish.ts';
import { applyDeadProperties } from './update-collection.ts';
import { claimSeq, requireCollection, requireUnchanged } from './write-object.ts';

/** Octets of the path of a plain collection: it is in a key of an index, of which PostgreSQL refuses long ones. */
const MOST_OF_PATH = 2000;

/** How deep they may stand: each level is a look-up for whoever asks for what is above. */
const MOST_LEVELS = 32;

/** The uri of the plain collection that decoded segments name; 414 for a path that is too long. */
export function plainUri(segments: readonly string[]): string {
  const uri = `/${segments.join('/')}`;
  if (segments.length > MOST_LEVELS || Buffer.byteLength(uri) > MOST_OF_PATH) {
    throw new BadRequest('The path is too long', { status: 414 });
  }
  return uri;
}

/** The plain collection at decoded segments below a home. */
export function plainAt(
  { store }: CalendarContext,
  ownerId: string,
  segments: readonly string[],
): Promise<Collection | undefined> {
  return collectionByUri(store.db, ownerId, plainUri(segments));
}

/** The first plain collection of a home, which is made when its owner first looks. */
export async function makePlainRoot({ store, clock }: CalendarContext, home: Collection): Promise<Collection> {
  const { homeId } = home;
  return store.write(
    async (tx) =>
      (await collectionByUri(tx, homeId, '/')) ?? insertCollection(tx, { homeId, kind: 'plain', uri: '/' }, clock()),
    { lane: homeId },
  );
}

/** The plain collections directly in one. */
export async function plainChildren(
  { store }: CalendarContext,
  { homeId, uri }: Collection,
): Promise<readonly Collection[]> {
  const prefix = prefixBelow(uri);
  return (await plainBelow(store.db, homeId, uri)).filter((each) => !each.uri.slice(prefix.length).includes('/'));
}

/** A plain collection, and the name of a member or of a collection in it. */
export interface PlainPlace {
  readonly collection: Collection;
  readonly name: string;
}

/** Where a plain collection stands. Throws 403 for the first of a home. */
export async function placeOfPlain({ store }: CalendarContext, collection: Collection): Promise<PlainPlace> {
  const { uri } = collection;
  return { collection: await parentOf(store.db, collection), name: uri.slice(uri.lastIndexOf('/') + 1) };
}

/** Content-Type of a file. */
export async function fileType({ store }: CalendarContext, { id }: Pick<ObjectHead, 'id'>): Promise<string> {
  return (await contentTypeOf(store.db, id)) ?? 'application/octet-stream';
}

export interface CreatePlain {
  readonly actor: Actor;
  readonly parent: Collection;
  readonly name: string;
  readonly changes: PropertyChanges;
  readonly unchanged: readonly Collection[];
  readonly locks: LockHolder;
}

/** MKCOL of a plain collection (RFC 4918 §9.3). 405 where something stands there. */
export async function createPlain(context: CalendarContext, request: CreatePlain): Promise<Collection> {
  const { actor, parent, name, changes, unchanged, locks } = request;
  await requireOn(context, actor, parent, 'bind');
  const { homeId } = parent;
  const uri = prefixBelow(parent.uri) + name;
  const [created, seq] = await context.store.write(
    async (tx) => {
      await requireUnchanged(tx, unchanged);
      await requireCollection(tx, parent);
      if ((await collectionByUri(tx, homeId, uri)) ?? (await headByName(tx, parent.id, name))) {
        throw new BadRequest('A resource exists at this URL', { status: 405 });
      }
      await requireUnlocked(context, tx, locks, [{ collection: parent }]);
      await requirePlainRoom(context, tx, homeId, 1);
      const now = context.clock();
      const collection = await insertCollection(tx, { homeId, kind: 'plain', uri, ...changes.live }, now);
      await applyDeadProperties(context, tx, { homeId, resourceId: collection.id, patch: changes.dead });
      return [collection, await claimSeq(tx, parent, now)] as const;
    },
    { lane: homeId },
  );
  publish(context, parent, seq);
  return created;
}

/** Throws quota-not-exceeded where a home would have too many collections. */
export async function requirePlainRoom(context: CalendarContext, tx: Db, homeId: string, more: number): Promise<void> {
  const most = context.limits.collectionsPerHome;
  if ((await countCollections(tx, homeId)) + more <= most) return;
  throw new Refusal('quota-not-exceeded', `A home holds at most ${most} collections`);
}

export interface RemovePlain {
  readonly actor: Actor;
  readonly collection: Collection;
  /** Throws ConditionFailed; called inside the transaction with the collection as it is then. */
  readonly check: (current: Collection) => void;
  readonly unchanged: readonly Collection[];
  readonly locks: LockHolder;
}

/** DELETE of a plain collection with all below it (RFC 4918 §9.6.1), into the trash. 403 for the first of a home. */
export async function removePlainCollection(context: CalendarContext, request: RemovePlain): Promise<void> {
  const { actor, collection, check, unchanged, locks } = request;
  await requireOn(context, actor, collection, 'unbind');
  const { parent, seq } = await context.store.write(
    async (tx) => {
      check(await requireCollection(tx, collection));
      await requireUnchanged(tx, unchanged);
      const parent = await parentOf(tx, collection);
      await requireUnlocked(context, tx, locks, [{ collection: parent }, { collection, whole: true }]);
      const by = authorOf(actor);
      await requireNotHeld(context, tx, collection, by);
      const now = context.clock();
      const seq = await claimSeq(tx, parent, now);
      await removeWhole(tx, collection, { seq, now, by });
      return { parent, seq };
    },
    { lane: collection.homeId },
  );
  publish(context, parent, seq);
}

/** A plain collection with all below it, in the caller's transaction; into the trash, where it is not elsewhere now. */
export async function removeWhole(
  tx: Db,
  collection: Collection,
  removal: CollectionRemoval | undefined,
): Promise<void> {
  const all = [collection, ...(await plainBelow(tx, collection.homeId, collection.uri))];
  if (removal !== undefined) for (const each of all) await keepRemoved(tx, each, removal);
  await removePlain(
    tx,
    all.map(({ id }) => id),
  );
}

/** The plain collection that one is in. Throws 403 for the first of a home, which is in none. */
export async function parentOf(tx: Db, { homeId, uri }: Collection): Promise<Collection> {
  const parent = uri === '/' ? undefined : await collectionByUri(tx, homeId, uri.slice(0, uri.lastIndexOf('/')) || '/');
  if (parent === undefined) throw new BadRequest('This belongs to the home', { status: 403 });
  return parent;
}
