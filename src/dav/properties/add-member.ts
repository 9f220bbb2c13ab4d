import { ADD_MEMBER } from '../hrefs.ts';
import { property } from '../property.ts';
import { dav } from '../xml/names.ts';
import { el, href } from '../xml/write.ts';

/** DAV:add-member, RFC 5995 §3.2.1: where POST makes a new member. */
export const addMember = property({
  name: dav('add-member'),
  on: ['calendar'],
  get: (calendar) => el(dav('add-member'), href(`${calendar.href}${ADD_MEMBER}`)),
});
