import type { PrincipalId } from '../base/ids.ts';
import { BadRequest, ConditionFailed } from '../base/refusal.ts';
import { repairObject, type Repaired } from '../ical/repair.ts';
import type { Repair } from '../ical/repair-rule.ts';
import { collectionById } from '../store/collections.ts';
import { findFaulty, listFaulty, type FaultyObject as Stored } from '../store/object-faults.ts';
import { findPrincipal } from '../store/principals.ts';
import type { SetAside } from '../store/set-aside.ts';
import { unnamed } from './author.ts';
import type { CalendarContext } from './context.ts';
import type { Collection, ObjectHead } from './model.ts';
import { putObject } from './put-object.ts';
import { recheckObject } from './recheck-objects.ts';
import { dropSetAside, faultIn, repairSetAside, sentence, setAsideOf, setAsideWithId } from './set-aside.ts';

/** Octets that no question about time can use, and that are kept as they came. */
export interface FaultyObject {
  /**
   * `stored`: a resource of a calendar, which its clients see as ever; `set-aside`: an import brought it, and no client
   * sees it until it is repaired.
   */
  readonly kind: 'stored' | 'set-aside';
  readonly id: string;
  readonly homeId: PrincipalId;
  /** The path segment of the calendar that it is in, or was to be imported into. */
  readonly calendar: string;
  /** The resource's last path segment; undefined where it is none. */
  readonly name: string | undefined;
  readonly octets: Uint8Array;
  /** Why it cannot be used. */
  readonly reason: string;
  /** What a repair would do, in sentences; empty where none is known. */
  readonly proposal: readonly string[];
  /** UTC milliseconds: when it was set aside, or last written. */
  readonly since: number;
}

/** Objects of which the octets are held at a time. */
const PAGE = 20;

/** All of one home or of all: first what is stored, then what is set aside. */
export async function* faultyObjects(context: CalendarContext, homeId?: string): AsyncGenerator<FaultyObject, void> {
  for (let after: Stored | undefined; ;) {
    const page = await listFaulty(context.store.db, { homeId, after, limit: PAGE });
    for (const item of page) yield await ofStored(context, item);
    after = page.at(-1);
    if (page.length < PAGE) break;
  }
  for await (const item of setAsideOf(context, homeId)) yield await ofSetAside(context, item);
}

export async function faultyObject(context: CalendarContext, id: string): Promise<FaultyObject | undefined> {
  const stored = await findFaulty(context.store.db, id);
  if (stored !== undefined) return ofStored(context, stored);
  const aside = await setAsideWithId(context, id);
  return aside && ofSetAside(context, aside);
}

/**
 * Does what is proposed, and returns what it did; nothing where the object turns out to be usable. What is stored is
 * written as a client would, without a word to anybody else; what is set aside goes into its calendar.
 *
 * Throws BadRequest 404 where nothing is faulty under this id, 409 where no repair is known; ConditionFailed where it
 * was written meanwhile; and what putObject and importObject throw.
 */
export async function repairFaulty(context: CalendarContext, id: string): Promise<readonly Repair[]> {
  const stored = await findFaulty(context.store.db, id);
  return stored === undefined ? repairSetAside(context, id) : repairStored(context, stored);
}

/**
 * Forgets for ever what is set aside. Throws BadRequest 404 where nothing is faulty under this id, and 409 for what is
 * stored: it is its owner's, who can delete it with any client.
 */
export async function dropFaulty(context: CalendarContext, id: string): Promise<void> {
  const stored = await findFaulty(context.store.db, id);
  if (stored === undefined) return dropSetAside(context, id);
  const { calendar, name } = await ofStored(context, stored);
  throw new BadRequest(
    `${id} is ${name} in ${stored.homeId}/${calendar}, where its clients see it: delete it with one of them`,
    { status: 409 },
  );
}

async function ofStored(context: CalendarContext, item: Stored): Promise<FaultyObject> {
  const collection = await collectionById(context.store.db, item.collectionId);
  const { id, homeId, name, octets, fault: reason, modifiedAt: since } = item;
  const calendar = collection?.uri ?? '';
  const proposal = collection === undefined ? [] : (repairOf(context, collection, octets)?.repairs.map(sentence) ?? []);
  return { kind: 'stored', id, homeId, calendar, name, octets, reason, proposal, since };
}

async function ofSetAside(context: CalendarContext, item: SetAside): Promise<FaultyObject> {
  const { id, homeId, octets, reason, proposal, createdAt: since } = item;
  const calendar = (await collectionById(context.store.db, item.collectionId))?.uri ?? '';
  return { kind: 'set-aside', id, homeId, calendar, name: undefined, octets, reason, proposal, since };
}

function repairOf(context: CalendarContext, collection: Collection, octets: Uint8Array): Repaired | undefined {
  try {
    return repairObject(octets, faultIn(context, collection));
  } catch {
    // A fault may be that this program fails on the octets; the list of all must not.
    return undefined;
  }
}

async function repairStored(context: CalendarContext, item: Stored): Promise<readonly Repair[]> {
  const { id, homeId, name, fault } = item;
  const collection = await collectionById(context.store.db, item.collectionId);
  const owner = await findPrincipal(context.store.db, homeId);
  if (collection === undefined || owner === undefined)
    throw new BadRequest(`Nothing is stored as ${id}`, { status: 404 });
  const repaired = repairOf(context, collection, item.octets);
  if (repaired === undefined) {
    await recheckObject(context, id);
    if ((await findFaulty(context.store.db, id)) === undefined) return [];
    throw new BadRequest(`No repair is known: ${fault}`, { status: 409 });
  }
  const actor = { id: owner.id, admin: true, adminReadOnly: false, deviceId: undefined };
  const check = (current: ObjectHead | undefined): void => {
    if (current?.etag !== item.etag) throw new ConditionFailed(`${name} was written meanwhile`);
  };
  const put = { actor, owner, collection, name, octets: repaired.octets, check, unchanged: [] };
  await putObject(context, { ...put, by: unnamed('repair') });
  return repaired.repairs;
}
