import { RSCALES } from '../../ical/rscale.ts';
import { property } from '../property.ts';
import { caldav } from '../xml/names.ts';
import { el, text } from '../xml/write.ts';

const SET = el(
  caldav('supported-rscale-set'),
  ...RSCALES.map((rscale) => el(caldav('supported-rscale'), text(rscale))),
);

/** CALDAV:supported-rscale-set, RFC 7529 §10.1: the calendars that a recurrence rule may count in. */
export const supportedRscaleSet = property({
  name: caldav('supported-rscale-set'),
  on: ['home', 'calendar'],
  get: () => SET,
});
