import { HOUR } from '../../base/clock.ts';
import { forgetRemoved } from '../../calendar/forget-removed.ts';
import type { Job } from '../job.ts';

/** Forgets what was removed long ago; a device that was away since then starts from the beginning (RFC 6578 §3.8). */
export const pruneRemoved: Job = {
  name: 'prune-removed',
  every: 24 * HOUR,
  async run({ calendar, log, retention }, signal) {
    let count = 0;
    for await (const forgotten of forgetRemoved(calendar, calendar.clock() - retention)) {
      count += forgotten;
      if (signal.aborted) break;
    }
    if (count > 0) log.info({ count }, 'removals forgotten');
  },
};
