import { DAV_CLASSES } from '../capabilities.ts';
import type { Method } from '../method.ts';
import { ALL_KINDS } from '../resource.ts';

/**
 * OPTIONS, RFC 9110 §9.3.7: the DAV and Allow headers of the resource. The dispatcher sets Allow, because only it
 * knows all methods. Apple Calendar asks the principal, Thunderbird the home, Evolution each calendar.
 */
export const options: Method = {
  name: 'OPTIONS',
  on: ALL_KINDS,
  creates: true,
  run: () => Promise.resolve({ status: 200, headers: { DAV: DAV_CLASSES } }),
};
