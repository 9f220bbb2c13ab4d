import { delegatorsOf } from '../../calendar/principals.ts';
import { principalHref } from '../hrefs.ts';
import { property } from '../property.ts';
import { cs } from '../xml/names.ts';
import { el, href } from '../xml/write.ts';

const NAME = cs('calendar-proxy-write-for');

/** CS:calendar-proxy-write-for, caldav-proxy §5.3.2: those whose calendars it may write for them. */
export const calendarProxyWriteFor = property({
  name: NAME,
  on: ['principal'],
  async get({ principal }, { calendar }) {
    const delegators = await delegatorsOf(calendar, principal.id);
    return el(NAME, ...delegators.write.map((delegator) => href(principalHref(delegator))));
  },
});
