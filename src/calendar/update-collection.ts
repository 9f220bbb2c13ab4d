import type { Actor } from '../auth/actor.ts';
import { Refusal } from '../base/refusal.ts';
import { updateCollection as updateRow } from '../store/collections.ts';
import { deadProperties, removeDeadProperty, setDeadProperty } from '../store/dead-properties.ts';
import type { Db } from '../store/store.ts';
import { requireOnHome, requirePrivilege, privilegesOn } from './access.ts';
import type { CollectionPatch, DeadPropertyPatch, PropertyChanges } from './collection-patch.ts';
import type { CalendarContext } from './context.ts';
import type { Collection, ObjectHead, Principal } from './model.ts';
import { requireCollection } from './write-object.ts';

export type { CollectionPatch, DeadPropertyPatch, PropertyChanges };

/** PROPPATCH of a collection (RFC 4918 §9.2): all of it or nothing, in one transaction. */
export async function updateCollection(
  context: CalendarContext,
  {
    actor,
    collection,
    changes,
  }: { readonly actor: Actor; readonly collection: Collection; readonly changes: PropertyChanges },
): Promise<void> {
  requireOnHome(context, actor, collection.homeId, 'write-properties');
  await context.store.write(async (tx) => {
    await requireCollection(tx, collection);
    if (Object.keys(changes.live).length > 0) await updateRow(tx, collection.id, changes.live, context.clock());
    await applyDeadProperties(context, tx, {
      homeId: collection.homeId,
      resourceId: collection.id,
      patch: changes.dead,
    });
  });
  context.hub.publish({ homeId: collection.homeId, collectionId: collection.id, seq: collection.seq });
}

/** PROPPATCH of an object: dead properties only, its octets and ETag stay. */
export async function updateObjectProperties(
  context: CalendarContext,
  { actor, object, patch }: { readonly actor: Actor; readonly object: ObjectHead; readonly patch: DeadPropertyPatch },
): Promise<void> {
  requireOnHome(context, actor, object.homeId, 'write-properties');
  await context.store.write((tx) =>
    applyDeadProperties(context, tx, { homeId: object.homeId, resourceId: object.id, patch }),
  );
}

/** PROPPATCH of a principal: dead properties only; name and addresses are the administrator's. */
export async function updatePrincipalProperties(
  context: CalendarContext,
  {
    actor,
    principal,
    patch,
  }: { readonly actor: Actor; readonly principal: Principal; readonly patch: DeadPropertyPatch },
): Promise<void> {
  const privileges = privilegesOn(context, actor, { kind: 'principal', principalId: principal.id });
  requirePrivilege(privileges, 'write-properties');
  await context.store.write((tx) =>
    applyDeadProperties(context, tx, { homeId: principal.id, resourceId: principal.id, patch }),
  );
}

/** A key of an index: PostgreSQL refuses those of more than 2,700 octets. */
const MOST_OF_NAME = 600;

interface DeadPropertyChange {
  readonly homeId: string;
  readonly resourceId: string;
  readonly patch: DeadPropertyPatch;
}

/** Sets and removes dead properties within the bounds of their size and number. */
export async function applyDeadProperties(
  { limits }: CalendarContext,
  tx: Db,
  { homeId, resourceId, patch }: DeadPropertyChange,
): Promise<void> {
  if (patch.size === 0) return;
  for (const [name, xml] of patch) {
    if (xml === null) {
      await removeDeadProperty(tx, resourceId, name);
      continue;
    }
    if (xml.length > limits.propertyOctets) {
      throw new Refusal('quota-not-exceeded', `A property holds at most ${limits.propertyOctets} octets`);
    }
    if (name.length > MOST_OF_NAME) {
      throw new Refusal('quota-not-exceeded', `The name of a property holds at most ${MOST_OF_NAME} characters`);
    }
    await setDeadProperty(tx, homeId, resourceId, name, xml);
  }
  if ((await deadProperties(tx, resourceId)).size > limits.deadPropertiesPerResource) {
    throw new Refusal('quota-not-exceeded', `A resource has at most ${limits.deadPropertiesPerResource} properties`);
  }
}
