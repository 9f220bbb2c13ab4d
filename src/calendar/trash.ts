import type { Actor } from '../auth/actor.ts';
import { BadRequest } from '../base/refusal.ts';
import { recordAct } from '../store/audit.ts';
import { collectionById } from '../store/collections.ts';
import { leaveRemoved, removedCollections } from '../store/removed-collections.ts';
import { forgetMembers, forgetTrashed } from '../store/forget-versions.ts';
import { trashedVersions } from '../store/versions.ts';
import { requireInHome } from './access.ts';
import { authorOf, type Author } from './author.ts';
import type { CalendarContext } from './context.ts';
import { restoreCollection } from './restore-collection.ts';
import type { Restored } from './restore-members.ts';
import { restoreObject } from './restore-object.ts';

/** What was deleted and can come back. */
export interface Trashed {
  readonly kind: 'object' | 'calendar' | 'folder';
  /** The key of the version that it was, or the id of the calendar. */
  readonly id: string;
  readonly collectionId: string;
  /** The path segment that it had. */
  readonly name: string;
  /** Of an object. */
  readonly uid: string | undefined;
  /** Of a calendar: how many objects it held. */
  readonly members: number | undefined;
  /** UTC milliseconds. */
  readonly deletedAt: number;
  readonly by: Author | undefined;
}

/** What is in the trash of a home, what was deleted last first. Throws need-privileges. */
export async function trashOf(context: CalendarContext, actor: Actor, homeId: string): Promise<readonly Trashed[]> {
  await requireInHome(context, actor, homeId, 'read');
  const { db } = context.store;
  const calendars = (await removedCollections(db, homeId)).map((removed): Trashed => {
    const { id, uri, members, removedAt, by } = removed;
    const kind = removed.kind === 'plain' ? 'folder' : 'calendar';
    return { kind, id, collectionId: id, name: uri, uid: undefined, members, deletedAt: removedAt, by };
  });
  const objects = (await trashedVersions(db, homeId)).flatMap(({ key, collectionId, name, uid, until }): Trashed[] => {
    if (until === undefined) return [];
    const what = { kind: 'object', id: String(key), collectionId, name, uid, members: undefined } as const;
    return [{ ...what, deletedAt: until.at, by: until.by }];
  });
  return [...calendars, ...objects].sort((one, other) => other.deletedAt - one.deletedAt);
}

export interface FromTrash {
  readonly actor: Actor;
  readonly homeId: string;
  /** As trashOf tells it. */
  readonly id: string;
  readonly by?: Author;
}

/** Brings one back: see restoreObject and restoreCollection. Throws BadRequest 404 where it is not in this trash. */
export async function restoreFromTrash(
  context: CalendarContext,
  { actor, homeId, id, by = authorOf(actor, 'restore') }: FromTrash,
): Promise<{ readonly collectionId: string; readonly name: string; readonly left: Restored['left'] }> {
  const item = (await trashOf(context, actor, homeId)).find((each) => each.id === id);
  if (item === undefined) throw new BadRequest(`${id} is not in the trash of ${homeId}`, { status: 404 });
  if (item.kind === 'object') {
    const { collection, name } = await restoreObject(context, { actor, key: Number(id), by });
    return { collectionId: collection.id, name, left: [] };
  }
  const { collection, left } = await restoreCollection(context, { actor, id, by });
  return { collectionId: collection.id, name: collection.uri, left };
}

/** Forgotten in one transaction, so that nobody waits long for the writer. */
const BATCH = 200;

/**
 * Forgets for ever what is in the trash of a home, with all earlier versions of it: a restore as of a time before does not
 * bring it back any more. Returns how many objects and calendars. Throws need-privileges.
 */
export async function emptyTrash(
  context: CalendarContext,
  actor: Actor,
  { homeId, by = authorOf(actor, 'restore') }: { readonly homeId: string; readonly by?: Author },
): Promise<{ readonly objects: number; readonly calendars: number }> {
  await requireInHome(context, actor, homeId, 'unbind');
  const { db, write } = context.store;
  const keys = (await trashedVersions(db, homeId)).map(({ key }) => key);
  for (let at = 0; at < keys.length; at += BATCH) {
    await write((tx) => forgetTrashed(tx, homeId, keys.slice(at, at + BATCH)));
  }
  const calendars = await removedCollections(db, homeId);
  for (const { id } of calendars) {
    await write(async (tx) => {
      // Somebody has begun to restore it: what it held is still to come from here.
      if ((await collectionById(tx, id)) !== undefined) return;
      await forgetMembers(tx, homeId, id);
      await leaveRemoved(tx, id);
    });
  }
  const done = { objects: keys.length, calendars: calendars.length };
  const at = context.clock();
  await write((tx) => recordAct(tx, { act: 'trash-emptied', at, by, homeId, subject: homeId, detail: done }));
  return done;
}
