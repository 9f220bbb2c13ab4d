import { MINUTE, SECOND } from '../base/clock.ts';
import { getMeta, setMeta } from '../store/meta.ts';
import type { Db } from '../store/store.ts';

/**
 * While the mail server cannot be reached, or lets nobody in, no mail is taken: the fault is of none of them, and none of
 * them uses up its tries. All processes know of it.
 */
const KEY = 'mail-pause';

interface Pause {
  /** UTC milliseconds. */
  readonly until: number;
  /** How often in a row. */
  readonly times: number;
}

const SHORTEST = 30 * SECOND;
const LONGEST = 10 * MINUTE;

const NONE: Pause = { until: 0, times: 0 };

async function current(db: Db): Promise<Pause> {
  const saved = await getMeta(db, KEY);
  // Written by pause and isReached.
  return saved === undefined ? NONE : (JSON.parse(saved) as Pause);
}

/** Until when no mail is taken; 0 where nothing is in the way. */
export const lastsUntil = async (db: Db): Promise<number> => (await current(db)).until;

/** The mail server could not be reached: each time in a row all wait longer. */
export async function pause(tx: Db, now: number, random: () => number): Promise<void> {
  const { until, times } = await current(tx);
  // Several were under way at the same time.
  if (until > now) return;
  const length = Math.min(SHORTEST * 2 ** Math.min(times, 10), LONGEST) * (0.75 + random() / 2);
  await setMeta(tx, KEY, JSON.stringify({ until: Math.ceil(now + length), times: times + 1 } satisfies Pause));
}

/** It has answered. */
export async function isReached(tx: Db): Promise<void> {
  if ((await current(tx)).times > 0) await setMeta(tx, KEY, JSON.stringify(NONE));
}
