import type { Actor } from '../auth/actor.ts';
import { BadRequest, Refusal } from '../base/refusal.ts';
import { recordAct } from '../store/audit.ts';
import { updateCollection as updateRow } from '../store/collection-writes.ts';
import { collectionById } from '../store/collections.ts';
import { deadProperties, removeDeadProperty, setDeadProperty } from '../store/dead-properties.ts';
import { headByName } from '../store/objects.ts';
import type { Db } from '../store/store.ts';
import { privilegesOn, requireOn, requirePrivilege } from './access.ts';
import { authorOf } from './author.ts';
import type { CollectionPatch, DeadPropertyPatch, PropertyChanges } from './collection-patch.ts';
import type { CalendarContext } from './context.ts';
import { requireUnlocked, type LockHolder } from './locks.ts';
import type { Collection, ObjectHead, Principal } from './model.ts';
import { PERSONAL_PROPERTIES } from './mounts.ts';
import { headSeen } from './personal-forms.ts';
import { requirePropertyOctets } from './quota.ts';
import { changeSubscription } from './subscription-change.ts';
import { requirePlace, requireUnchanged } from './write-object.ts';

export type { CollectionPatch, DeadPropertyPatch, PropertyChanges };

export interface UpdateCollection {
  readonly actor: Actor;
  readonly collection: Collection;
  readonly changes: PropertyChanges;
  /** Throws ConditionFailed; called inside the transaction with the collection as it is then. */
  readonly check: (current: Collection) => void;
  /** Collections that must be as they were read: see requireUnchanged. */
  readonly unchanged: readonly Collection[];
  readonly locks?: LockHolder | undefined;
}

/**
 * PROPPATCH of a collection (RFC 4918 §9.2): all of it or nothing, in one transaction. Of a shared calendar in the home of
 * a sharee, the properties are those of its place there (caldav-sharing §5.5.3).
 */
export async function updateCollection(
  context: CalendarContext,
  { actor, collection, changes, check, unchanged, locks }: UpdateCollection,
): Promise<void> {
  await requireOn(context, actor, collection, 'write-properties');
  const place = collection.mount ?? collection;
  await context.store.write(async (tx) => {
    check(await requirePlace(tx, collection));
    await requireUnchanged(tx, unchanged);
    if (collection.mount === undefined) {
      await requireUnlocked(context, tx, locks, [{ collection }]);
      await changeSubscription(tx, collection, changes.live, context.clock());
    } else {
      requirePersonal(changes.live);
    }
    // A dead property is one of the collection as well: its entity tag and the home's sync tell of the change.
    const properties = [...Object.keys(changes.live), ...changes.dead.keys()];
    if (properties.length > 0) {
      const at = context.clock();
      await updateRow(tx, place.id, changes.live, at);
      const act = { act: 'calendar-changed', at, by: authorOf(actor), homeId: place.homeId } as const;
      await recordAct(tx, { ...act, subject: place.id, detail: { properties } });
    }
    await applyDeadProperties(context, tx, {
      homeId: place.homeId,
      resourceId: place.id,
      patch: changes.dead,
    });
  });
  context.hub.publish({ homeId: place.homeId, collectionId: place.id, seq: collection.seq });
}

/** Throws cannot-modify-protected-property where something decides of what all sharees have. */
function requirePersonal(live: CollectionPatch): void {
  // Keys of the patch.
  const shared = (Object.keys(live) as (keyof CollectionPatch)[]).find((name) => !PERSONAL_PROPERTIES.has(name));
  if (shared === undefined) return;
  throw new Refusal('cannot-modify-protected-property', `${shared} of a shared calendar is its owner's`);
}

export interface UpdateObjectProperties {
  readonly actor: Actor;
  readonly collection: Collection;
  readonly object: ObjectHead;
  readonly patch: DeadPropertyPatch;
  /** Throws ConditionFailed; called inside the transaction with the object as it is then. */
  readonly check: (current: ObjectHead) => void;
  /** Collections that must be as they were read: see requireUnchanged. */
  readonly unchanged: readonly Collection[];
  readonly locks?: LockHolder | undefined;
}

/** PROPPATCH of an object: dead properties only, its octets and ETag stay. 404 where it was removed meanwhile. */
export async function updateObjectProperties(
  context: CalendarContext,
  { actor, collection: seen, object, patch, check, unchanged, locks }: UpdateObjectProperties,
): Promise<void> {
  // They are everybody's: of those of a shared calendar, write-properties says nothing.
  await requireOn(context, actor, seen, seen.mount === undefined ? 'write-properties' : 'write-content');
  await context.store.write(async (tx) => {
    await requireUnchanged(tx, unchanged);
    const current = await headByName(tx, object.collectionId, object.name);
    if (current?.id !== object.id) throw new BadRequest('There is no such resource', { status: 404 });
    check(await headSeen(context, tx, seen, current));
    const collection = await collectionById(tx, current.collectionId);
    if (collection !== undefined) await requireUnlocked(context, tx, locks, [{ collection, object: current }]);
    await applyDeadProperties(context, tx, { homeId: object.homeId, resourceId: object.id, patch });
  });
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
  const privileges = privilegesOn(actor, { kind: 'principal', principalId: principal.id });
  requirePrivilege(privileges, 'write-properties');
  await context.store.write((tx) =>
    applyDeadProperties(context, tx, { homeId: principal.id, resourceId: principal.id, patch }),
  );
}

/** How many properties of the greatest size a resource may have: all that it has are read for one answer. */
const PROPERTIES_OF_FULL_SIZE = 4;

interface DeadPropertyChange {
  readonly homeId: string;
  readonly resourceId: string;
  readonly patch: DeadPropertyPatch;
}

/** Sets and removes dead properties within the bounds of their number and of their size together. */
export async function applyDeadProperties(
  context: CalendarContext,
  tx: Db,
  { homeId, resourceId, patch }: DeadPropertyChange,
): Promise<void> {
  const { limits } = context;
  if (patch.size === 0) return;
  // Before the first is written: a hundred thousand, each a statement, would keep every other writer waiting.
  if (patch.size > limits.deadPropertiesPerResource) {
    throw new Refusal('quota-not-exceeded', `At most ${limits.deadPropertiesPerResource} properties change at once`);
  }
  for (const [name, xml] of patch) {
    if (xml === null) {
      await removeDeadProperty(tx, resourceId, name);
      continue;
    }
    await setDeadProperty(tx, homeId, resourceId, name, xml);
  }
  const all = await deadProperties(tx, resourceId);
  if (all.size > limits.deadPropertiesPerResource) {
    throw new Refusal('quota-not-exceeded', `A resource has at most ${limits.deadPropertiesPerResource} properties`);
  }
  const octets = [...all.values()].reduce((sum, xml) => sum + Buffer.byteLength(xml), 0);
  if (octets > limits.propertyOctets * PROPERTIES_OF_FULL_SIZE) {
    throw new Refusal('quota-not-exceeded', 'The properties of this resource are too large together');
  }
  if ([...patch.values()].some((xml) => xml !== null)) await requirePropertyOctets(context, tx, homeId);
}
