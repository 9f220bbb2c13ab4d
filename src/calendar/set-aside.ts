import { atOnce } from '../base/steps.ts';
import { BadRequest, Refusal } from '../base/refusal.ts';
import { repairObject, type Repaired } from '../ical/repair.ts';
import type { Repair } from '../ical/repair-rule.ts';
import { collectionById } from '../store/collections.ts';
import { findSetAside, insertSetAside, listSetAside, removeSetAside, type SetAside } from '../store/set-aside.ts';
import type { CalendarContext } from './context.ts';
import { importObject, type ImportObject } from './import-object.ts';
import type { Collection } from './model.ts';
import { etagOf, readingObject } from './read-object.ts';

/** What became of octets that could not be imported as they were. */
export type Ingested =
  | {
      readonly kind: 'repaired';
      readonly outcome: 'created' | 'updated' | 'unchanged';
      readonly repairs: readonly Repair[];
    }
  | { readonly kind: 'set-aside'; readonly reason: string; readonly proposal: readonly string[] };

/**
 * Imports what cannot be used as it is: repaired, where nothing is lost or guessed by it; else it is kept octet for
 * octet, with the reason and what a repair would do, and no client sees it until somebody agrees.
 */
export async function ingestFaulty(context: CalendarContext, object: ImportObject): Promise<Ingested> {
  const { collection, octets } = object;
  const faultOf = faultIn(context, collection);
  const repaired = repairObject(octets, faultOf);
  if (repaired?.repairs.every(({ safe }) => safe) === true) {
    const outcome = await importObject(context, { ...object, octets: repaired.octets });
    return { kind: 'repaired', outcome, repairs: repaired.repairs };
  }
  const reason = faultOf(octets) ?? 'It could not be imported';
  const proposal = repaired?.repairs.map(sentence) ?? [];
  const kept = { homeId: collection.homeId, collectionId: collection.id, octets, reason, proposal };
  await context.store.write((tx) => insertSetAside(tx, { ...kept, digest: etagOf(octets) }, context.clock()));
  return { kind: 'set-aside', reason, proposal };
}

/** What a repair does, to be read by a person. */
export const sentence = ({ line, says }: Repair): string => `line ${line}: ${says}`;

/** Why octets cannot be stored in a calendar; undefined where they can. */
export function faultIn(context: CalendarContext, collection: Collection): (octets: Uint8Array) => string | undefined {
  return (octets) => {
    try {
      atOnce(readingObject(context, collection, octets));
      return undefined;
    } catch (error) {
      if (error instanceof Refusal || error instanceof BadRequest) return error.message;
      throw error;
    }
  };
}

const PAGE = 100;

/** What is set aside, of one home or of all, in the order of ids. */
export async function* setAsideOf({ store }: CalendarContext, homeId?: string): AsyncGenerator<SetAside, void> {
  for (let after: string | undefined; ;) {
    const page = await listSetAside(store.db, { homeId, after, limit: PAGE });
    yield* page;
    after = page.at(-1)?.id;
    if (page.length < PAGE) return;
  }
}

export function setAsideWithId({ store }: CalendarContext, id: string): Promise<SetAside | undefined> {
  return findSetAside(store.db, id);
}

/**
 * Does what is proposed, and puts the object into its calendar. Throws BadRequest 404 where it is not set aside (any
 * more), 409 where no repair is known; and what importObject throws.
 */
export async function repairSetAside(context: CalendarContext, id: string): Promise<Repaired['repairs']> {
  const item = await findSetAside(context.store.db, id);
  const collection = item && (await collectionById(context.store.db, item.collectionId));
  if (item === undefined || collection === undefined)
    throw new BadRequest(`Nothing is set aside as ${id}`, { status: 404 });
  const repaired = repairObject(item.octets, faultIn(context, collection));
  // A version that can use what an earlier one could not has nothing to repair.
  const isUsable = repaired === undefined && faultIn(context, collection)(item.octets) === undefined;
  if (repaired === undefined && !isUsable) throw new BadRequest(`No repair is known: ${item.reason}`, { status: 409 });
  const octets = repaired?.octets ?? item.octets;
  // Imported first: if the process ends in between, the same is done again, and changes nothing.
  await importObject(context, { collection, name: `${item.id}.ics`, octets, origin: 'repair' });
  await context.store.write((tx) => removeSetAside(tx, id));
  return repaired?.repairs ?? [];
}

/** Forgets it for ever. Throws BadRequest 404 where it is not set aside. */
export async function dropSetAside({ store }: CalendarContext, id: string): Promise<void> {
  if (await store.write((tx) => removeSetAside(tx, id))) return;
  throw new BadRequest(`Nothing is set aside as ${id}`, { status: 404 });
}
