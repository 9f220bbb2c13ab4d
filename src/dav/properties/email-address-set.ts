import { property } from '../property.ts';
import { cs } from '../xml/names.ts';
import { el, text } from '../xml/write.ts';

const NAME = cs('email-address-set');

/** CS:email-address-set: bare addresses, the preferred one first. */
export const emailAddressSet = property({
  name: NAME,
  on: ['principal'],
  get: ({ principal }) => el(NAME, ...principal.emails.map((email) => el(cs('email-address'), text(email)))),
});
