import { CALENDAR_COMPONENTS } from '../../ical/component.ts';
import { componentSet } from '../component-set-xml.ts';
import { property } from '../property.ts';
import { caldav } from '../xml/names.ts';
import { el } from '../xml/write.ts';

// Any mixture is taken; these are the sets that clients offer to people.
const SETS = el(
  caldav('supported-calendar-component-sets'),
  componentSet(CALENDAR_COMPONENTS),
  componentSet(['VEVENT', 'VTODO']),
  ...CALENDAR_COMPONENTS.map((name) => componentSet([name])),
);

/** CALDAV:supported-calendar-component-sets, draft-daboo-caldav-extensions §4.1. */
export const supportedCalendarComponentSets = property({
  name: caldav('supported-calendar-component-sets'),
  on: ['home'],
  get: () => SETS,
});
