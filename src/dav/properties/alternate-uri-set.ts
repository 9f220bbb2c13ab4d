import { mailtoAddresses, urnAddresses } from '../principal-addresses.ts';
import { property } from '../property.ts';
import { dav } from '../xml/names.ts';
import { el, href } from '../xml/write.ts';

const NAME = dav('alternate-URI-set');
const NONE = el(NAME);

/** DAV:alternate-URI-set, RFC 3744 §4.1. */
export const alternateUriSet = property({
  name: NAME,
  on: ['principal', 'proxy'],
  get(resource) {
    if (resource.kind === 'proxy') return NONE;
    const { principal } = resource;
    return el(NAME, ...[...mailtoAddresses(principal), ...urnAddresses(principal)].map(href));
  },
});
