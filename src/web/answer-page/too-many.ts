import type { Clock } from '../../base/clock.ts';

/** Whether somebody has asked too often; each question counts. */
export type IsTooMany = (who: string) => boolean;

/** Who is remembered; the oldest is forgotten first. */
const MOST = 10_000;

/** Lets everybody ask so often within a time, and then not before it is over. */
export function createTooMany(
  clock: Clock,
  { most, within }: { readonly most: number; readonly within: number },
): IsTooMany {
  const asked = new Map<string, { readonly since: number; readonly count: number }>();
  return (who) => {
    const now = clock();
    const known = asked.get(who);
    const isFresh = known === undefined || now - known.since >= within;
    const count = isFresh ? 1 : known.count + 1;
    asked.delete(who);
    asked.set(who, { since: isFresh ? now : known.since, count });
    if (asked.size > MOST) asked.delete(asked.keys().next().value ?? '');
    return count > most;
  };
}
