import { NO_MEMORY, type Memory } from '../itip/revision.ts';
import { forgetMemories, memoryOf, saveMemory } from '../store/scheduling.ts';
import type { Db } from '../store/store.ts';
import type { CalendarContext } from './context.ts';

/** What a calendar user remembers of the messages about a UID (RFC 5546 §2.1.5). */
export async function readMemory(db: Db, homeId: string, uid: string): Promise<Memory> {
  return memoryFrom(await memoryOf(db, homeId, uid));
}

/** As it was saved. */
export const memoryFrom = (saved: string | undefined): Memory =>
  // Written by memoryText.
  saved === undefined ? NO_MEMORY : (JSON.parse(saved) as Memory);

/** As it is saved: -Infinity stands for no DTSTAMP, and JSON has no word for it. */
export const memoryText = (memory: Memory): string =>
  JSON.stringify(memory, (_, value: unknown) => (value === Number.NEGATIVE_INFINITY ? Number.MIN_SAFE_INTEGER : value));

export interface ChangedMemory {
  readonly homeId: string;
  readonly uid: string;
  readonly before: Memory;
  readonly after: Memory;
}

/** Saves it where it is another. */
export async function writeMemory(
  { clock }: CalendarContext,
  tx: Db,
  { homeId, uid, before, after }: ChangedMemory,
): Promise<void> {
  if (after === before) return;
  const memory = memoryText(after);
  if (memory === memoryText(before)) return;
  await saveMemory(tx, { homeId, uid, memory, now: clock() });
}

/** Forgets what was last remembered before an instant, of what is not there any more; returns how much. */
export const forgetOldMemories = ({ store }: CalendarContext, before: number): Promise<number> =>
  store.write((tx) => forgetMemories(tx, before));
