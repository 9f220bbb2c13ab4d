import { SECOND } from '../../base/clock.ts';
import { refreshSubscription, subscriptionsDue } from '../../calendar/subscriptions.ts';
import type { Job, JobContext } from '../job.ts';

/** Feeds that are fetched at the same time. */
const AT_ONCE = 4;

/** Fetches the sources of subscribed calendars that are due; on many nodes a lease keeps each to one of them. */
export const refreshSubscriptions: Job = {
  name: 'refresh-subscriptions',
  // Mostly it is one look at an index: a new subscription should not wait for long.
  every: 10 * SECOND,
  async run(context, signal) {
    const underWay = new Map<string, Promise<void>>();
    while (!signal.aborted) {
      // One that was just begun may still be told as due.
      const due = (await subscriptionsDue(context.calendar, 2 * AT_ONCE)).filter((id) => !underWay.has(id));
      if (due.length + underWay.size === 0) return;
      for (const id of due.slice(0, AT_ONCE - underWay.size)) {
        underWay.set(
          id,
          refreshOne(context, id, signal).finally(() => underWay.delete(id)),
        );
      }
      // A remote that is slow takes one place, and none of the others waits for it.
      await Promise.race(underWay.values());
    }
    await Promise.all(underWay.values());
  },
};

/** The log holds ids and counts: neither addresses nor what was fetched. */
async function refreshOne(
  { calendar, log, fetch, random }: JobContext,
  id: string,
  signal: AbortSignal,
): Promise<void> {
  try {
    const refreshed = await refreshSubscription(calendar, { fetch, random, signal }, id);
    if (refreshed === undefined || refreshed.kind === 'unchanged') return;
    const level = refreshed.kind === 'failed' ? 'warn' : 'info';
    log[level]({ collection: id, ...refreshed }, 'a subscription was refreshed');
  } catch (err) {
    log.error({ err, collection: id }, 'a subscription could not be refreshed');
  }
}
