import { DAY } from '../../base/clock.ts';
import { forgetMailedInvitations } from '../../calendar/mail-tokens.ts';
import { forgetOldMemories } from '../../calendar/scheduling-memory.ts';
import type { Job } from '../job.ts';

/**
 * Forgets how far the messages about a meeting went that has long been in no calendar of somebody's (RFC 5546 §2.1.5), and
 * the links and reply addresses of invitations to it.
 */
export const forgetMemories: Job = {
  name: 'forget-memories',
  every: DAY,
  async run({ calendar, log }) {
    const before = calendar.clock() - calendar.limits.meetingMemoryDays * DAY;
    const count = await forgetOldMemories(calendar, before);
    await forgetMailedInvitations(calendar, before);
    if (count > 0) log.info({ count }, 'meetings of long ago were forgotten');
  },
};
