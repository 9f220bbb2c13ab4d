import { quotaFor } from '../../calendar/quota.ts';
import { property } from '../property.ts';
import { dav } from '../xml/names.ts';
import { el, text } from '../xml/write.ts';

const NAME = dav('quota-used-bytes');

/** DAV:quota-used-bytes, RFC 4331 §4: of all that counts against the same quota, which is the home's. */
export const quotaUsedBytes = property({
  name: NAME,
  on: ['home', 'calendar', 'plain'],
  async get({ owner }, { calendar, actor }) {
    const quota = await quotaFor(calendar, actor, owner.id);
    return quota && el(NAME, text(String(quota.used)));
  },
});
