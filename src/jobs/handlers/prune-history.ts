import { DAY, HOUR } from '../../base/clock.ts';
import { forgetHistory } from '../../calendar/forget-history.ts';
import type { Job } from '../job.ts';

/** Forgets past versions, the trash and the audit log past the time that they are kept. */
export const pruneHistory: Job = {
  name: 'prune-history',
  every: 24 * HOUR,
  async run({ calendar, log }, signal) {
    const { historyDays } = calendar.settings;
    if (historyDays === undefined) return;
    let count = 0;
    for await (const forgotten of forgetHistory(calendar, calendar.clock() - historyDays * DAY)) {
      count += forgotten;
      if (signal.aborted) break;
    }
    if (count > 0) log.info({ count }, 'history forgotten');
  },
};
