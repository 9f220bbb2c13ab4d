import { property } from '../property.ts';
import { dav } from '../xml/names.ts';
import { el, href } from '../xml/write.ts';

/** DAV:principal-URL, RFC 3744 §4.2. */
export const principalUrl = property({
  name: dav('principal-URL'),
  on: ['principal', 'proxy'],
  get: (resource) => el(dav('principal-URL'), href(resource.href)),
});
