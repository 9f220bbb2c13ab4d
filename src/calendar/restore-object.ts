import type { Actor } from '../auth/actor.ts';
import { newId } from '../base/ids.ts';
import { BadRequest } from '../base/refusal.ts';
import { recordAct } from '../store/audit.ts';
import { collectionById } from '../store/collections.ts';
import { headByName, headByUid } from '../store/objects.ts';
import type { VersionHead } from '../store/version-rows.ts';
import { versionByKey } from '../store/versions.ts';
import { requireOn } from './access.ts';
import { authorOf, type Author } from './author.ts';
import type { CalendarContext } from './context.ts';
import type { Collection } from './model.ts';
import { restoreMembers } from './restore-members.ts';

export interface RestoreObject {
  readonly actor: Actor;
  /** Of a past version. */
  readonly key: number;
  readonly by?: Author;
}

export interface RestoredObject {
  readonly collection: Collection;
  readonly name: string;
  /** Whether it was the same already. */
  readonly isUnchanged: boolean;
}

/**
 * An object as it was in a version, in the collection that it was in: where its UID is, or else at its name, or at a new
 * one where something else stands there. What it was until now becomes a version. Throws BadRequest 404 where the version
 * is not kept, 409 where its collection is gone or it cannot be stored any more; need-privileges.
 */
export async function restoreObject(
  context: CalendarContext,
  { actor, key, by = authorOf(actor, 'restore') }: RestoreObject,
): Promise<RestoredObject> {
  const { db } = context.store;
  const version = await versionByKey(db, key);
  if (version === undefined) throw new BadRequest(`There is no version ${key}`, { status: 404 });
  const collection = await collectionById(db, version.collectionId);
  if (collection === undefined) {
    throw new BadRequest('Its calendar is gone: restore the calendar from the trash first', { status: 409 });
  }
  await requireOn(context, actor, collection, 'write');
  const name = await nameFor(context, collection, version);
  const { restored, left } = await restoreMembers(context, collection, [{ name, state: version }], by);
  const [problem] = left;
  if (problem !== undefined) throw new BadRequest(`It cannot be restored: ${problem.reason}`, { status: 409 });
  await context.store.write((tx) =>
    recordAct(tx, {
      ...{ act: 'object-restored', at: context.clock(), by, homeId: collection.homeId, subject: collection.id },
      detail: { version: key, name },
    }),
  );
  return { collection, name, isUnchanged: restored.length === 0 };
}

async function nameFor({ store }: CalendarContext, collection: Collection, version: VersionHead): Promise<string> {
  const holder = await headByUid(store.db, collection.id, version.uid);
  if (holder !== undefined) return holder.name;
  const isTaken = (await headByName(store.db, collection.id, version.name)) !== undefined;
  return isTaken ? `${newId()}.ics` : version.name;
}
