import { quotaFor } from '../../calendar/quota.ts';
import { property } from '../property.ts';
import { dav } from '../xml/names.ts';
import { el, text } from '../xml/write.ts';

const NAME = dav('quota-available-bytes');

/** DAV:quota-available-bytes, RFC 4331 §3. */
export const quotaAvailableBytes = property({
  name: NAME,
  on: ['home', 'calendar', 'plain'],
  async get({ owner }, { calendar, actor }) {
    const quota = await quotaFor(calendar, actor, owner.id);
    return quota && el(NAME, text(String(quota.available)));
  },
});
