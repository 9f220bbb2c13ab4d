import { setTimeout as wait } from 'node:timers/promises';

import { SECOND } from '../../base/clock.ts';
import { deliverPush, pushesDue, takePushes, type LeasedPush } from '../../calendar/push-delivery.ts';
import type { Job, JobContext } from '../job.ts';
import { createUnderWay, type UnderWay } from '../under-way.ts';

/** Messages under way at the same time, and of them those to one push service. */
const AT_ONCE = 64;
const AT_ONCE_TO_ONE = 8;

/**
 * Wakes the devices that have a push subscription to what changed. What is to be told is seen from the rows alone, so
 * that a crash loses none; on many nodes a lease keeps each message to one of them. Of what waits nothing is in memory,
 * and a push service that is slow has its own few places, which nobody else waits for.
 */
export const deliverPushes: Job = {
  name: 'deliver-pushes',
  every: 5 * SECOND,
  first: SECOND,
  listen({ calendar }, wake) {
    if (calendar.settings.push === undefined) return () => undefined;
    const stops = [calendar.hub.subscribe(wake), calendar.store.onForeignWrite(wake)];
    return () => stops.forEach((stop) => stop());
  },
  async run(context, signal) {
    if (context.calendar.settings.push === undefined) return;
    const underWay = createUnderWay(AT_ONCE_TO_ONE);
    while (!signal.aborted) {
      const isIdle = underWay.size() === 0;
      const started = await startDue(context, signal, underWay);
      // What ends while it is asked has made room for what was not asked for.
      if (started === 0 && isIdle) break;
      // Others may have become due while a slow one is waited for.
      if (started === 0 && underWay.size() > 0)
        await Promise.race([underWay.next(), wait(SECOND, undefined, { ref: false })]);
    }
    await underWay.all();
  },
};

/** How many were started. */
async function startDue(context: JobContext, signal: AbortSignal, underWay: UnderWay): Promise<number> {
  const limit = AT_ONCE - underWay.size();
  if (limit <= 0) return 0;
  const due = await pushesDue(context.calendar, { limit, except: underWay.busy() });
  const room = new Map<string, number>();
  const chosen = due.filter(({ host }) => {
    const places = room.get(host) ?? AT_ONCE_TO_ONE - underWay.to(host);
    room.set(host, places - 1);
    return places > 0;
  });
  if (chosen.length === 0) return 0;
  const ids = chosen.map(({ id }) => id);
  const taken = await takePushes(context.calendar, ids);
  for (const push of taken) underWay.add(push.host, deliverOne(context, signal, push));
  return taken.length;
}

/** The log holds ids and what came of it: neither the push resource nor anything that was sent. */
async function deliverOne({ calendar, log, fetch, random }: JobContext, signal: AbortSignal, push: LeasedPush) {
  const about = { push: push.id, collection: push.collectionId };
  try {
    const pushed = await deliverPush(calendar, { fetch, random, signal }, push);
    if (pushed.kind === 'later' || pushed.kind === 'refused') log.warn({ ...about, ...pushed }, 'a push failed');
    if (pushed.kind === 'ended') log.info({ ...about, ...pushed }, 'a push subscription ended');
  } catch (err) {
    // Its lease ends by itself.
    log.error({ err, ...about }, 'a push could not be sent');
  }
}
