import { SECOND } from '../../base/clock.ts';
import { refreshCopies as refresh } from '../../calendar/refresh-copies.ts';
import type { Job } from '../job.ts';

/**
 * Shows the attendees of large meetings what others of them have answered. That it is due stands in the database, so that a
 * crash loses none.
 */
export const refreshCopies: Job = {
  name: 'refresh-copies',
  every: 5 * SECOND,
  first: SECOND,
  // Answers come in flocks, and people wait for none by the second.
  moment: SECOND,
  listen({ calendar }, wake) {
    const stops = [calendar.hub.subscribe(wake), calendar.store.onForeignWrite(wake)];
    return () => stops.forEach((stop) => stop());
  },
  async run({ calendar, log }, signal) {
    for await (const { homeId, uid, fault } of refresh(calendar)) {
      if (fault !== undefined)
        log.error({ err: fault, home: homeId, uid }, 'the copies of a meeting are not up to date');
      if (signal.aborted) break;
    }
  },
};
