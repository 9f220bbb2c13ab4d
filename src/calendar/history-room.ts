import { forgetOldest, historySize } from '../store/history-size.ts';
import type { Db } from '../store/store.ts';
import type { CalendarContext } from './context.ts';

/**
 * Forgets the oldest past versions of a home, whatever the days are that they are kept, while all of them take more than
 * they may: whoever rewrites without end must not fill the disk. Asked by whatever stores octets, inside the transaction
 * and after the change sequence was claimed: nothing can be thrown away that was not stored first.
 */
export async function requireHistoryRoom(context: CalendarContext, tx: Db, homeId: string): Promise<void> {
  await makeHistoryRoom(context, tx, { homeId, past: await historySize(tx, homeId) });
}

/** As requireHistoryRoom, for who knows already how much there is. */
export async function makeHistoryRoom(
  { limits }: CalendarContext,
  tx: Db,
  { homeId, past }: { readonly homeId: string; readonly past: number },
): Promise<void> {
  const over = past - limits.historyOctets;
  if (over > 0) await forgetOldest(tx, homeId, over);
}
