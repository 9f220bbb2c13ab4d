import { BadRequest } from '../../base/refusal.ts';
import { createCalendarAt, requirePlace } from '../create-calendar.ts';
import type { Method } from '../method.ts';
import { readXml } from '../read-xml.ts';
import { caldav } from '../xml/names.ts';

/**
 * MKCALENDAR, RFC 4791 §5.3.1. Can raise: resource-must-be-null, calendar-collection-location-ok, valid-calendar-data,
 * valid-resourcetype, need-privileges, quota-not-exceeded, 409 without a parent.
 */
export const mkcalendar: Method = {
  name: 'MKCALENDAR',
  on: [],
  creates: true,
  async run(request) {
    const place = requirePlace(request);
    const body = await readXml(request);
    if (body !== undefined && body.name !== caldav('mkcalendar')) {
      throw new BadRequest('The body must be a CALDAV:mkcalendar');
    }
    return createCalendarAt(request, place, { body, answerElement: undefined });
  },
};
