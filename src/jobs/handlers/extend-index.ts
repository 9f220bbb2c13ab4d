import { HOUR } from '../../base/clock.ts';
import { extendIndex as extend } from '../../calendar/extend-index.ts';
import type { Job } from '../job.ts';

/** Keeps the years to come indexed: what is past the end is found all the same, but each question expands it anew. */
export const extendIndex: Job = {
  name: 'extend-index',
  every: 24 * HOUR,
  async run({ calendar, log }, signal) {
    let count = 0;
    let refused = 0;
    for await (const page of extend(calendar)) {
      count += page.indexed;
      refused += page.refused.length;
      for (const id of page.refused) log.debug({ object: id }, 'cannot be indexed any more');
      if (signal.aborted) break;
    }
    if (count > 0) log.info({ count }, 'index moved on');
    if (refused > 0) log.warn({ count: refused }, 'objects cannot be indexed any more');
  },
};
