import { requireDepthZero } from '../principal-scope.ts';
import { report } from '../report.ts';
import { ALL_KINDS } from '../resource.ts';
import { caldav, cs, dav } from '../xml/names.ts';
import { document, el, elWith, text } from '../xml/write.ts';

/** What principal-property-search looks into, the most useful first (RFC 3744 §9.5). */
const SEARCHABLE = [
  [dav('displayname'), 'Name'],
  [cs('email-address-set'), 'E-mail address'],
  [caldav('calendar-user-address-set'), 'Calendar address'],
  [caldav('calendar-user-type'), 'Person, group, room or resource'],
] as const;

const BODY = document(
  el(
    dav('principal-search-property-set'),
    ...SEARCHABLE.map(([name, description]) =>
      el(
        dav('principal-search-property'),
        el(dav('prop'), el(name)),
        elWith(dav('description'), { 'xml:lang': 'en' }, text(description)),
      ),
    ),
  ),
);

/** DAV:principal-search-property-set, RFC 3744 §9.5. Can raise: 400. */
export const principalSearchPropertySet = report({
  name: dav('principal-search-property-set'),
  on: ALL_KINDS,
  privilege: 'read',
  parse: (_, request) => requireDepthZero(request),
  run: () => ({ kind: 'body', contentType: 'application/xml; charset=utf-8', body: BODY }),
});
