import type { Actor } from '../auth/actor.ts';
import { newCollectionId } from '../base/ids.ts';
import { Refusal } from '../base/refusal.ts';
import { recordAct } from '../store/audit.ts';
import { insertCollection } from '../store/collection-writes.ts';
import { collectionByUri, countCollections } from '../store/collections.ts';
import { requireInHome } from './access.ts';
import { authorOf } from './author.ts';
import type { PropertyChanges } from './collection-patch.ts';
import type { CalendarContext } from './context.ts';
import type { Collection, Principal } from './model.ts';
import { requireFewSubscriptions } from './subscription-change.ts';
import { applyDeadProperties } from './update-collection.ts';
import { requireUnchanged } from './write-object.ts';

export interface CreateCollection {
  readonly actor: Actor;
  readonly owner: Principal;
  readonly uri: string;
  readonly kind: 'calendar' | 'plain';
  readonly changes: PropertyChanges;
  /** Collections that must be as they were read: see requireUnchanged. */
  readonly unchanged?: readonly Collection[];
}

/**
 * MKCALENDAR (RFC 4791 §5.3.1) and extended MKCOL (RFC 5689 §3): the collection and all its properties, or nothing.
 * Throws resource-must-be-null, quota-not-exceeded, need-privileges.
 */
export async function createCollection(context: CalendarContext, request: CreateCollection): Promise<Collection> {
  const { actor, owner, uri, kind, changes, unchanged = [] } = request;
  await requireInHome(context, actor, owner.id, 'bind');
  const created = await context.store.write(async (tx) => {
    await requireUnchanged(tx, unchanged);
    if ((await collectionByUri(tx, owner.id, uri)) !== undefined) {
      throw new Refusal('resource-must-be-null', 'A resource exists at this URL');
    }
    const most = context.limits.collectionsPerHome;
    if ((await countCollections(tx, owner.id)) >= most) {
      throw new Refusal('quota-not-exceeded', `A home holds at most ${most} collections`);
    }
    await requireFewSubscriptions(context, tx, owner.id, changes.live);
    const now = context.clock();
    const collection = await insertCollection(
      tx,
      { id: newCollectionId(), homeId: owner.id, kind, uri, ...changes.live },
      now,
    );
    await applyDeadProperties(context, tx, { homeId: owner.id, resourceId: collection.id, patch: changes.dead });
    const act = { act: 'calendar-created', at: now, by: authorOf(actor), homeId: owner.id } as const;
    await recordAct(tx, { ...act, subject: collection.id, detail: { uri } });
    return collection;
  });
  context.hub.publish({ homeId: owner.id, collectionId: created.id, seq: created.seq });
  return created;
}
