import { MINUTE } from '../../base/clock.ts';
import { followGroups as follow } from '../../calendar/follow-groups.ts';
import type { Job } from '../job.ts';

/** Groups have other members than when they were invited: their meetings to come have so, too. */
export const followGroups: Job = {
  name: 'follow-groups',
  // One question where no group has changed.
  every: MINUTE,
  async run({ calendar, log }, signal) {
    let count = 0;
    for await (const { homeId, uid, outcome } of follow(calendar)) {
      if (outcome === 'changed') count += 1;
      if (outcome === 'left') log.warn({ home: homeId, uid }, 'a meeting cannot follow the members of its group');
      if (signal.aborted) break;
    }
    if (count > 0) log.info({ count }, 'meetings follow the members of their groups');
  },
};
