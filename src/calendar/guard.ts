import { MINUTE } from '../base/clock.ts';
import { Refusal } from '../base/refusal.ts';
import { insertNotice, recordAct } from '../store/audit.ts';
import { collectionById } from '../store/collections.ts';
import { burstBegan, burstOf, insertHold, standing, type NewHold } from '../store/guard.ts';
import { countObjects } from '../store/objects.ts';
import type { Db, WriteOptions } from '../store/store.ts';
import type { Author } from './author.ts';
import type { CalendarContext } from './context.ts';
import { freeOf, type GuardRule } from './guard-rule.ts';
import type { Collection } from './model.ts';
import { putNotification } from './notifications.ts';
import { publishAll } from './publish.ts';

/** What a device is about to replace or remove. */
export interface Endangered {
  readonly collection: Collection;
  readonly name: string;
  readonly by: Author;
}

/**
 * Refuses what a held device, or one that has gone too far, is about to do to an object that exists. Called in the
 * writing transaction, after its change sequence was claimed: what others of this home wrote is seen. Adding objects is
 * free: it destroys nothing, and a roll-back takes it back. The table is asked once this process has seen a quarter of
 * what is still allowed, and so ever more often as it gets less. Throws device-held.
 */
export async function requireHarmless(context: CalendarContext, tx: Db, change: Endangered): Promise<void> {
  const { guard } = context;
  const { collection, name, by } = change;
  const { deviceId } = by;
  if (guard === undefined || deviceId === undefined || by.origin !== 'client') return;
  const { id: collectionId, homeId } = collection;
  const { isHeld, releasedAt } = await standing(tx, { homeId, deviceId });
  if (isHeld) throw new DeviceHeld(REASON, undefined);
  const now = context.clock();
  const key = `${deviceId} ${collectionId}`;
  if (guard.recent.isFree(key, name, now)) {
    guard.recent.note(key, name, { now });
    return;
  }
  const since = Math.max(now - guard.rule.minutes * MINUTE, releasedAt);
  const question = { collectionId, deviceId, since, except: name };
  const { objects, gone } = await burstOf(tx, question);
  const members = (await countObjects(tx, collectionId)) + gone;
  const allowed = Math.max(guard.rule.objects, Math.floor((guard.rule.share * members) / 100));
  if (objects >= allowed) {
    const { at: beganAt, seq: beganSeq } = (await burstBegan(tx, question)) ?? { at: now, seq: 0 };
    const what = { homeId, collectionId, deviceId, principalId: by.principalId };
    const hold = { ...what, beganAt, beganSeq, heldAt: now, objects, members };
    throw new DeviceHeld(`${sentence(hold, guard.rule)} ${REASON}`, hold);
  }
  guard.recent.note(key, name, { now, free: freeOf(allowed - objects) });
}

/** Refuses a held device the removal of a whole collection. Throws device-held. */
export async function requireNotHeld(
  { guard }: CalendarContext,
  tx: Db,
  { homeId }: Pick<Collection, 'homeId'>,
  { deviceId }: Author,
): Promise<void> {
  if (guard === undefined || deviceId === undefined) return;
  const { isHeld } = await standing(tx, { homeId, deviceId });
  if (isHeld) throw new DeviceHeld(REASON, undefined);
}

const REASON =
  'This device is held: it may read and add, but not delete or rewrite, until the owner of the calendar releases it.';

const sentence = ({ objects, members }: NewHold, { minutes }: GuardRule): string =>
  `This device deleted or rewrote ${objects} of the ${members} objects of this calendar within ${minutes} minutes.`;

/** A refusal that is to hold the device. */
class DeviceHeld extends Refusal {
  /** undefined: it is held already. */
  readonly hold: NewHold | undefined;
  constructor(message: string, hold: NewHold | undefined) {
    super('device-held', message);
    this.hold = hold;
  }
}

/** A unit of work of a client; where the guard stops it, the device is held, and the owner told. */
export async function writeGuarded<T>(
  context: CalendarContext,
  work: (tx: Db) => Promise<T>,
  options: WriteOptions,
): Promise<T> {
  try {
    return await context.store.write(work, options);
  } catch (error) {
    // What the unit wrote is undone: the hold is a unit of its own.
    if (error instanceof DeviceHeld && error.hold !== undefined) await hold(context, error.hold);
    throw error;
  }
}

async function hold(context: CalendarContext, given: NewHold): Promise<void> {
  const changes = await context.store.write(async (tx) => {
    const made = await insertHold(tx, given);
    if (made === undefined) return [];
    const { id, homeId, collectionId, deviceId, principalId, heldAt: at, objects, members } = made;
    const detail = { hold: id, collection: collectionId, device: deviceId, objects, members };
    await recordAct(tx, {
      ...{ act: 'device-held', at, homeId, subject: id, detail },
      by: { principalId, deviceId, origin: 'client' },
    });
    await insertNotice(tx, { homeId, at, kind: 'device-held', detail });
    const calendar = await collectionById(tx, collectionId);
    if (calendar === undefined) return [];
    const notice = { kind: 'held', at, holdId: id, calendar: { homeId, uri: calendar.uri }, objects, members } as const;
    return putNotification(context, tx, { homeId, notice });
  });
  publishAll(context, changes);
}
