import { directoryPrivileges } from '../../calendar/directory.ts';
import { cardHref } from '../hrefs.ts';
import { property } from '../property.ts';
import { carddav } from '../xml/names.ts';
import { el, href } from '../xml/write.ts';

const NAME = carddav('principal-address');

/** CARDDAV:principal-address, RFC 6352 §7.1.2: the principal's card in the directory. */
export const principalAddress = property({
  name: NAME,
  on: ['principal'],
  get: ({ principal }, { calendar, actor }) =>
    directoryPrivileges(calendar, actor) === undefined ? undefined : el(NAME, href(cardHref(principal.id))),
});
