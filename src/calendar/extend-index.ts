import { DAY } from '../base/clock.ts';
import { Refusal } from '../base/refusal.ts';
import { createTurns, inTurns, type Turns } from '../base/turns.ts';
import type { IndexEntry } from '../ical/index-entry.ts';
import { parsingCalendar } from '../ical/parse.ts';
import { objectsByIds, objectsToReindex, reindexObject, type PartlyIndexed } from '../store/objects.ts';
import type { CalendarContext } from './context.ts';
import { indexing } from './read-object.ts';
import { recheckObject } from './recheck-objects.ts';

/** Objects that are looked for at a time. */
const PAGE = 50;
/** Rows of one transaction, so that nobody waits long for the writer. */
const MOST_ROWS = 1200;

export interface Extended {
  /** Objects that were indexed anew. */
  readonly indexed: number;
  /** Ids of objects that cannot be expanded any more: they are faulty from now on. */
  readonly refused: readonly string[];
}

/**
 * Moves on the end of what is indexed, for the objects of which less than half of indexFutureDays is left; page by
 * page, and between pages nothing is under way. What a client sees of an object stays: its entity tag, the sync tokens,
 * when it was modified. Where two do it at the same time, or a client writes meanwhile, the first to write counts.
 */
export async function* extendIndex(context: CalendarContext): AsyncGenerator<Extended, void> {
  const now = context.clock();
  const before = now + (context.settings.indexFutureDays * DAY) / 2;
  for (let after: PartlyIndexed | undefined; ;) {
    const due = await objectsToReindex(context.store.db, { before, after, limit: PAGE });
    if (due.length === 0) return;
    yield await extendAll(context, due, now);
    after = due.at(-1);
  }
}

async function extendAll(context: CalendarContext, due: readonly PartlyIndexed[], now: number): Promise<Extended> {
  const turns = createTurns();
  const refused: string[] = [];
  let indexed = 0;
  let ready: (readonly [PartlyIndexed, IndexEntry])[] = [];
  const flush = async (): Promise<void> => {
    const entries = ready;
    ready = [];
    indexed += await writeAll(context, entries);
  };
  for (const object of due) {
    if (turns.isDue()) await turns.take();
    const entry = await entryOf(context, object, { now, turns });
    if (entry === 'refused') {
      refused.push(object.id);
      await recheckObject(context, object.id);
    } else if (entry !== undefined) ready.push([object, entry]);
    if (ready.reduce((sum, [, { occurrences }]) => sum + occurrences.length, 0) > MOST_ROWS) await flush();
  }
  await flush();
  return { indexed, refused };
}

/** The new entry; undefined where the object was changed meanwhile, or nothing would be won. */
async function entryOf(
  context: CalendarContext,
  { id, etag, indexedUntil }: PartlyIndexed,
  { now, turns }: { readonly now: number; readonly turns: Turns },
): Promise<IndexEntry | 'refused' | undefined> {
  const [object] = await objectsByIds(context.store.db, [id]);
  if (object?.etag !== etag) return undefined;
  try {
    const calendar = await inTurns(parsingCalendar(object.octets), turns);
    const entry = await inTurns(indexing(context, calendar, now), turns);
    return (entry.indexedUntil ?? Infinity) > indexedUntil ? entry : undefined;
  } catch (error) {
    if (error instanceof Refusal) return 'refused';
    throw error;
  }
}

async function writeAll(
  { store }: CalendarContext,
  entries: readonly (readonly [PartlyIndexed, IndexEntry])[],
): Promise<number> {
  if (entries.length === 0) return 0;
  return store.write(async (tx) => {
    let count = 0;
    for (const [object, entry] of entries) if (await reindexObject(tx, object, entry)) count++;
    return count;
  });
}
