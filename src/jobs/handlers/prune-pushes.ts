import { HOUR } from '../../base/clock.ts';
import { forgetExpiredPushes } from '../../calendar/push.ts';
import type { Job } from '../job.ts';

/** Removes push subscriptions whose time is over: nothing is sent to them any more. */
export const prunePushes: Job = {
  name: 'prune-pushes',
  every: HOUR,
  async run({ calendar, log }) {
    const count = await forgetExpiredPushes(calendar);
    if (count > 0) log.info({ count }, 'expired push subscriptions were removed');
  },
};
