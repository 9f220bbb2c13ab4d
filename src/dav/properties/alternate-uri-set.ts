import { mailtoAddresses, urnAddresses } from '../principal-addresses.ts';
import { property } from '../property.ts';
import { dav } from '../xml/names.ts';
import { el, href } from '../xml/write.ts';

/** DAV:alternate-URI-set, RFC 3744 §4.1. */
export const alternateUriSet = property({
  name: dav('alternate-URI-set'),
  on: ['principal'],
  get: ({ principal }) =>
    el(dav('alternate-URI-set'), ...[...mailtoAddresses(principal), ...urnAddresses(principal)].map(href)),
});
