import { HOUR } from '../../base/clock.ts';
import { forgetExpiredLocks } from '../../calendar/lock.ts';
import type { Job } from '../job.ts';

/** Removes locks whose time is over: they count for nothing any more (RFC 4918 §6.6). */
export const pruneLocks: Job = {
  name: 'prune-locks',
  every: HOUR,
  async run({ calendar, log }) {
    const count = await forgetExpiredLocks(calendar);
    if (count > 0) log.info({ count }, 'expired locks were removed');
  },
};
