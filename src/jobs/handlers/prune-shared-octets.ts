import { HOUR } from '../../base/clock.ts';
import { forgetUnshared } from '../../calendar/forget-unshared.ts';
import type { Job } from '../job.ts';

/** Forgets octets that many objects shared and none has any more. */
export const pruneSharedOctets: Job = {
  name: 'prune-shared-octets',
  every: 6 * HOUR,
  async run({ calendar, log }, signal) {
    const count = await forgetUnshared(calendar, signal);
    if (count > 0) log.info({ count }, 'octets that no object shares any more were removed');
  },
};
