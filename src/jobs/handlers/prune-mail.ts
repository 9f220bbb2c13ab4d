import { DAY } from '../../base/clock.ts';
import { forgetMail } from '../../calendar/forget-mail.ts';
import type { Job } from '../job.ts';

/** Forgets what was sent by mail, and what became of it, when it is so old that no message about it comes any more. */
export const pruneMail: Job = {
  name: 'prune-mail',
  every: DAY,
  async run({ calendar, log }, signal) {
    const before = calendar.clock() - calendar.limits.meetingMemoryDays * DAY;
    const count = await forgetMail(calendar, before, signal);
    if (count > 0) log.info({ count }, 'messages of long ago and what became of them were forgotten');
  },
};
