import { HOUR } from '../../base/clock.ts';
import { recheckObjects as recheck } from '../../calendar/recheck-objects.ts';
import type { Job } from '../job.ts';

/** After an upgrade or a change of limits: what is stored is checked and indexed as it would be now. */
export const recheckObjects: Job = {
  name: 'recheck-objects',
  // Mostly there is nothing to do: it looks more than once, as other nodes may run another version for a while.
  every: HOUR,
  async run({ calendar, log }, signal) {
    let count = 0;
    let faulty = 0;
    let wellAgain = 0;
    for await (const page of recheck(calendar)) {
      count += page.checked;
      faulty += page.faulty.length;
      wellAgain += page.wellAgain.length;
      for (const { id } of page.faulty) log.debug({ object: id }, 'cannot be used any more');
      for (const { id, error } of page.failures)
        log.error({ err: error, object: id }, 'this version fails on an object');
      if (signal.aborted) break;
    }
    if (count > 0) log.info({ count, wellAgain }, 'stored objects were checked');
    if (faulty > 0) log.warn({ count: faulty }, 'objects cannot be used any more: see kalends faults list');
  },
};
