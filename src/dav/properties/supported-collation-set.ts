import { COLLATIONS } from '../../ical/text-match.ts';
import { property } from '../property.ts';
import { caldav, carddav } from '../xml/names.ts';
import { el, text } from '../xml/write.ts';

const setOf = (name: typeof caldav) =>
  el(
    name('supported-collation-set'),
    ...COLLATIONS.map((collation) => el(name('supported-collation'), text(collation))),
  );
const SET = setOf(caldav);
const CARD_SET = setOf(carddav);

/** CALDAV:supported-collation-set, RFC 4791 §7.5.1. */
export const supportedCollationSet = property({
  name: caldav('supported-collation-set'),
  on: ['calendar', 'inbox', 'object'],
  get: () => SET,
});

/** CARDDAV:supported-collation-set, RFC 6352 §8.3.1. */
export const addressbookSupportedCollationSet = property({
  name: carddav('supported-collation-set'),
  on: ['addressbook', 'card'],
  get: () => CARD_SET,
});
