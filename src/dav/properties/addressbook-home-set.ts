import { directoryPrivileges } from '../../calendar/directory.ts';
import { ADDRESSBOOKS } from '../hrefs.ts';
import { property } from '../property.ts';
import { carddav } from '../xml/names.ts';
import { el, href } from '../xml/write.ts';

const SET = el(carddav('addressbook-home-set'), href(ADDRESSBOOKS));

/**
 * CARDDAV:addressbook-home-set, RFC 6352 §7.1.1: for everybody the collection with the directory, because clients look
 * nowhere else (Apple Contacts, DAVx5, Thunderbird, vdirsyncer); that it is read only they see by its privileges.
 */
export const addressbookHomeSet = property({
  name: carddav('addressbook-home-set'),
  on: ['principal'],
  get: (_, { calendar, actor }) => (directoryPrivileges(calendar, actor) === undefined ? undefined : SET),
});
