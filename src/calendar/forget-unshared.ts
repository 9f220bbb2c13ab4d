import { DAY } from '../base/clock.ts';
import { forgetSharedOctets } from '../store/shared-octets.ts';
import type { CalendarContext } from './context.ts';

/** Rows that one transaction removes at most. */
const PAGE = 200;

/** Forgets octets that many objects shared and none has any more, but for those of the last day; returns how many. */
export async function forgetUnshared({ store, clock }: CalendarContext, signal: AbortSignal): Promise<number> {
  const before = clock() - DAY;
  let count = 0;
  while (!signal.aborted) {
    const forgotten = await store.write((tx) => forgetSharedOctets(tx, before, PAGE));
    count += forgotten;
    if (forgotten < PAGE) break;
  }
  return count;
}
