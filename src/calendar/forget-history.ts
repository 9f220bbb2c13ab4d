import { pruneActs, pruneNotices } from '../store/audit.ts';
import { pruneHolds } from '../store/guard.ts';
import { pruneRemovedCollections } from '../store/removed-collections.ts';
import { pruneVersions } from '../store/forget-versions.ts';
import type { CalendarContext } from './context.ts';

/** Rows forgotten in one transaction, so that nobody waits long for the writer. */
const BATCH = 500;

/**
 * Forgets versions that ended, collections that were removed, and acts and notices from before an instant (UTC
 * milliseconds), batch by batch; yields how many each was. What was there at that instant stays known.
 */
export async function* forgetHistory({ store }: CalendarContext, before: number): AsyncGenerator<number, void> {
  for (const prune of [pruneVersions, pruneRemovedCollections, pruneActs]) {
    for (let count = BATCH; count === BATCH;) {
      count = await store.write((tx) => prune(tx, before, BATCH));
      if (count > 0) yield count;
    }
  }
  await store.write(async (tx) => {
    await pruneHolds(tx, before);
    await pruneNotices(tx, before);
  });
}
