import { DAY } from '../../base/clock.ts';
import { forgetAttachments } from '../../calendar/attachment-octets.ts';
import type { Job } from '../job.ts';

/** Removes attachments that no event names any more, and no version of one that is kept. */
export const pruneAttachments: Job = {
  name: 'prune-attachments',
  every: DAY,
  async run({ calendar, log }, signal) {
    let count = 0;
    for await (const removed of forgetAttachments(calendar)) {
      count += removed;
      if (signal.aborted) break;
    }
    if (count > 0) log.info({ count }, 'attachments were removed');
  },
};
