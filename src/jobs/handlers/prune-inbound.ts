import { DAY } from '../../base/clock.ts';
import { forgetInboundMails } from '../../calendar/inbound-mails.ts';
import type { Job } from '../job.ts';

/** Forgets mails that came in, and those that are kept, past the time that they are. */
export const pruneInbound: Job = {
  name: 'prune-inbound',
  every: DAY,
  async run({ calendar, log }, signal) {
    const before = calendar.clock() - calendar.limits.keptMailDays * DAY;
    let count = 0;
    for await (const forgotten of forgetInboundMails(calendar, before)) {
      count += forgotten;
      if (signal.aborted) break;
    }
    if (count > 0) log.info({ count }, 'mails that came in were forgotten');
  },
};
