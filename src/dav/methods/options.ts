import { directoryPrivileges } from '../../calendar/directory.ts';
import { ADDRESS_BOOK_CLASS, DAV_CLASSES } from '../capabilities.ts';
import type { DavRequest, Method } from '../method.ts';
import { PUSH_CLASS, PUSH_KINDS, pushes } from '../push.ts';
import { ALL_KINDS, DIRECTORY_KINDS } from '../resource.ts';

/**
 * OPTIONS, RFC 9110 §9.3.7: the DAV and Allow headers of the resource. The dispatcher sets Allow, because only it
 * knows all methods. Apple Calendar asks the principal, Thunderbird the home, Evolution each calendar.
 */
export const options: Method = {
  name: 'OPTIONS',
  on: ALL_KINDS,
  creates: true,
  run: (request) => Promise.resolve({ status: 200, headers: { DAV: classesOf(request) } }),
};

const WITH_ADDRESS_BOOK: readonly string[] = ['principal', ...DIRECTORY_KINDS];
const WITH_PUSH: readonly string[] = PUSH_KINDS;

function classesOf({ target, context: { calendar, actor } }: DavRequest): string {
  const hasAddressBook = WITH_ADDRESS_BOOK.includes(target.kind) && directoryPrivileges(calendar, actor) !== undefined;
  const classes = hasAddressBook ? `${DAV_CLASSES}, ${ADDRESS_BOOK_CLASS}` : DAV_CLASSES;
  return WITH_PUSH.includes(target.kind) && pushes(calendar) ? `${classes}, ${PUSH_CLASS}` : classes;
}
