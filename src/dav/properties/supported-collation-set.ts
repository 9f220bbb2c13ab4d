import { COLLATIONS } from '../../ical/text-match.ts';
import { property } from '../property.ts';
import { caldav } from '../xml/names.ts';
import { el, text } from '../xml/write.ts';

const SET = el(
  caldav('supported-collation-set'),
  ...COLLATIONS.map((collation) => el(caldav('supported-collation'), text(collation))),
);

/** CALDAV:supported-collation-set, RFC 4791 §7.5.1. */
export const supportedCollationSet = property({
  name: caldav('supported-collation-set'),
  on: ['calendar', 'inbox', 'object'],
  get: () => SET,
});
