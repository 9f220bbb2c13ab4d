import { usedOctets } from '../../calendar/collections.ts';
import { property } from '../property.ts';
import { dav } from '../xml/names.ts';
import { el, text } from '../xml/write.ts';

const NAME = dav('quota-used-bytes');

/** DAV:quota-used-bytes, RFC 4331 §4. A home has no quota, so quota-available-bytes is not there (§3). */
export const quotaUsedBytes = property({
  name: NAME,
  on: ['home'],
  get: async ({ owner }, { calendar }) => el(NAME, text(String(await usedOctets(calendar, owner.id)))),
});
