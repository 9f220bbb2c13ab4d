import { pruneTombstones } from '../store/changes.ts';
import { pruneDirectoryChanges } from '../store/directory-changes.ts';
import type { CalendarContext } from './context.ts';

/** Removals forgotten in one transaction, so that nobody waits long for the writer. */
const BATCH = 1000;

/**
 * Forgets what was removed, or changed in the directory, before an instant (UTC milliseconds), batch by batch; yields
 * how many each was. A sync token from before that is refused with valid-sync-token from then on (RFC 6578 §3.8).
 */
export async function* forgetRemoved({ store }: CalendarContext, before: number): AsyncGenerator<number, void> {
  for (;;) {
    const removals = await store.write((tx) => pruneTombstones(tx, before, BATCH));
    const count = removals + (await store.write((tx) => pruneDirectoryChanges(tx, before, BATCH)));
    if (count === 0) return;
    yield count;
  }
}
