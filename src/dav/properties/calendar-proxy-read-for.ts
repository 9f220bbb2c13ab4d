import { delegatorsOf } from '../../calendar/principals.ts';
import { principalHref } from '../hrefs.ts';
import { property } from '../property.ts';
import { cs } from '../xml/names.ts';
import { el, href } from '../xml/write.ts';

const NAME = cs('calendar-proxy-read-for');

/** CS:calendar-proxy-read-for, caldav-proxy §5.3.1: those whose calendars it may read for them. */
export const calendarProxyReadFor = property({
  name: NAME,
  on: ['principal'],
  async get({ principal }, { calendar }) {
    const delegators = await delegatorsOf(calendar, principal.id);
    return el(NAME, ...delegators.read.map((delegator) => href(principalHref(delegator))));
  },
});
