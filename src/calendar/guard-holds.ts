import type { Actor } from '../auth/actor.ts';
import { BadRequest } from '../base/refusal.ts';
import { recordAct } from '../store/audit.ts';
import { collectionById } from '../store/collections.ts';
import { holdById, listHolds, markHold, touchedBy, type Hold } from '../store/guard.ts';
import type { VersionHead } from '../store/version-rows.ts';
import { currentVersions, versionsOfNames } from '../store/versions.ts';
import { requireInHome } from './access.ts';
import { authorOf, type Author } from './author.ts';
import type { CalendarContext } from './context.ts';
import { dropNotification, heldSubject } from './notifications.ts';
import { publishAll } from './publish.ts';
import { countsOf } from './restore-collection.ts';
import { restoreMembers, type Restored, type Wanted } from './restore-members.ts';

export type { Hold };

/** Devices that are held, or were, in one home or, for administrators, in all. Throws need-privileges. */
export async function holdsIn(context: CalendarContext, actor: Actor, homeId?: string): Promise<readonly Hold[]> {
  const all = await listHolds(context.store.db, homeId);
  for (const id of new Set(all.map((hold) => hold.homeId))) await requireInHome(context, actor, id, 'read');
  return all;
}

export interface OnHold {
  readonly actor: Actor;
  readonly id: string;
  readonly by?: Author;
}

/** Lets a device delete and rewrite again: what it did before counts no more. Throws BadRequest 404; need-privileges. */
export async function releaseHold(
  context: CalendarContext,
  { actor, id, by = authorOf(actor, 'restore') }: OnHold,
): Promise<Hold> {
  const hold = await requireHold(context, actor, id);
  const at = context.clock();
  const changes = await context.store.write(async (tx) => {
    await markHold(tx, id, { releasedAt: at });
    const detail = { device: hold.deviceId };
    await recordAct(tx, { act: 'device-released', at, by, homeId: hold.homeId, subject: id, detail });
    // The notice asks for what is done.
    return dropNotification(context, tx, { homeId: hold.homeId, subject: heldSubject(id) });
  });
  publishAll(context, changes);
  return hold;
}

/**
 * Takes back all that a device did in the home since its burst began: what it deleted, moved away or rewrote is as it was
 * before, what it added goes to the trash. What somebody else wrote after it stays. The device stays held. Throws
 * BadRequest 404; need-privileges.
 */
export async function rollBack(
  context: CalendarContext,
  { actor, id, by = authorOf(actor, 'restore') }: OnHold,
): Promise<Restored> {
  const hold = await requireHold(context, actor, id);
  const touched = await touchedBy(context.store.db, { ...hold, since: hold.beganSeq });
  const namesIn = new Map<string, string[]>();
  for (const { collectionId, name } of touched) {
    namesIn.set(collectionId, [...(namesIn.get(collectionId) ?? []), name]);
  }
  const outcomes: Restored[] = [];
  for (const [collectionId, names] of namesIn) {
    const collection = await collectionById(context.store.db, collectionId);
    if (collection === undefined) {
      const left = names.map((name) => ({ name, reason: 'Its calendar is gone' }));
      outcomes.push({ restored: [], removed: [], left });
      continue;
    }
    outcomes.push(
      await restoreMembers(context, collection, await wantedBefore(context, hold, collectionId, names), by),
    );
  }
  const all = {
    restored: outcomes.flatMap(({ restored }) => restored),
    removed: outcomes.flatMap(({ removed }) => removed),
    left: outcomes.flatMap(({ left }) => left),
  };
  const at = context.clock();
  await context.store.write(async (tx) => {
    await markHold(tx, id, { rolledBackAt: at });
    const detail = { device: hold.deviceId, ...countsOf(all) };
    await recordAct(tx, { act: 'device-rolled-back', at, by, homeId: hold.homeId, subject: id, detail });
  });
  return all;
}

async function requireHold(context: CalendarContext, actor: Actor, id: string): Promise<Hold> {
  const hold = await holdById(context.store.db, id);
  if (hold === undefined) throw new BadRequest(`No device is held as ${id}`, { status: 404 });
  await requireInHome(context, actor, hold.homeId, 'write');
  return hold;
}

/** What the names held before the device's first change of the burst, of those that nobody else wrote since. */
async function wantedBefore(
  { store }: CalendarContext,
  { deviceId, beganSeq }: Hold,
  collectionId: string,
  names: readonly string[],
): Promise<readonly Wanted[]> {
  const states = [
    ...(await versionsOfNames(store.db, collectionId, { names, since: beganSeq })),
    ...(await currentVersions(store.db, collectionId, names)),
  ];
  return [...Map.groupBy(states, ({ name }) => name)].flatMap(([name, ofName]): Wanted[] => {
    const sorted = ofName.toSorted((one, other) => one.from.seq - other.from.seq);
    const last = sorted.at(-1);
    const isTheirs = last !== undefined && (last.until ?? last.from).by?.deviceId === deviceId;
    return isTheirs ? [{ name, state: stateBefore(sorted, { deviceId, beganSeq }) }] : [];
  });
}

/** The state before the last changes in a row that the device made. */
function stateBefore(
  sorted: readonly VersionHead[],
  { deviceId, beganSeq }: Pick<Hold, 'deviceId' | 'beganSeq'>,
): VersionHead | 'gone' {
  for (const { until, ...state } of sorted.toReversed()) {
    if (until === undefined) continue;
    if (until.by?.deviceId !== deviceId) return 'gone';
    if (state.from.by?.deviceId !== deviceId || state.from.seq < beganSeq) return { until, ...state };
  }
  return 'gone';
}
