import { isAmongFiles, transferFileTo } from '../file.ts';
import { transferTo } from '../transfer.ts';
import type { Method } from '../method.ts';

/** COPY, RFC 4918 §9.8, of one object; of files and plain collections. Can raise: no-uid-conflict, need-privileges, 403, 404, 409, 412, 502. */
export const copy: Method = {
  name: 'COPY',
  on: ['object', 'plain'],
  bodiless: true,
  elsewhere: 403,
  run: (request) => (isAmongFiles(request.target) ? transferFileTo(request, 'copy') : transferTo(request, 'copy')),
};
