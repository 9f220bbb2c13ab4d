import { DAY, HOUR } from '../base/clock.ts';
import { dueTimes } from '../store/mail-messages.ts';
import type { Db } from '../store/store.ts';
import type { CalendarContext } from './context.ts';

/**
 * When messages of a home are sent that ought to be at these instants: of no hour and of no day more than one account may
 * send, those that are too many later. In their order.
 */
export async function paced(
  { limits }: CalendarContext,
  tx: Db,
  homeId: string,
  wanted: readonly number[],
): Promise<readonly number[]> {
  const byHour = await notBefore(tx, { homeId, most: limits.mailsPerPersonPerHour, within: HOUR }, wanted);
  return notBefore(tx, { homeId, most: limits.mailsPerPersonPerDay, within: DAY }, byHour);
}

interface Pace {
  readonly homeId: string;
  readonly most: number;
  readonly within: number;
}

/** Each so much later than the one that is so many before it: what is due by now counts, whenever it will be sent. */
async function notBefore(
  tx: Db,
  { homeId, most, within }: Pace,
  wanted: readonly number[],
): Promise<readonly number[]> {
  const count = Math.min(wanted.length, most);
  // The last of these is the one that is so many before the first that is new.
  const earlier = [...(await dueTimes(tx, { homeId, from: most - count, count }))].reverse();
  const missing = count - earlier.length;
  const due: number[] = [];
  for (const [at, time] of wanted.entries()) {
    const before = at < most ? earlier[at - missing] : due[at - most];
    due.push(before === undefined ? time : Math.max(time, before + within));
  }
  return due;
}
