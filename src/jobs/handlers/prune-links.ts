import { DAY } from '../../base/clock.ts';
import { forgetEndedLinks } from '../../calendar/links.ts';
import type { Job } from '../job.ts';

/** Removes links that expired or were used up long ago. */
export const pruneLinks: Job = {
  name: 'prune-links',
  every: DAY,
  async run({ calendar, log }) {
    const count = await forgetEndedLinks(calendar);
    if (count > 0) log.info({ count }, 'ended links were removed');
  },
};
