import { BadRequest, Refusal } from '../../base/refusal.ts';
import { createCalendarAt, isCalendarType, requirePlace } from '../create-calendar.ts';
import { isAmongFiles, makePlain } from '../file.ts';
import type { Method } from '../method.ts';
import { instructionsOf } from '../property-update.ts';
import { readXml } from '../read-xml.ts';
import { dav } from '../xml/names.ts';
import type { XmlNode } from '../xml/node.ts';

/**
 * Extended MKCOL, RFC 5689 §3, of a calendar; among files, of a plain collection. That has no place in a calendar home,
 * because its members could not be calendars' (RFC 4791 §4.2). Can raise: valid-resourcetype and all that MKCALENDAR can.
 */
export const mkcol: Method = {
  name: 'MKCOL',
  on: [],
  creates: true,
  async run(request) {
    if (isAmongFiles(request.target)) return makePlain(request);
    const place = requirePlace(request);
    const body = await readXml(request);
    if (body !== undefined && body.name !== dav('mkcol')) {
      // RFC 4918 §9.3: a body of a type that MKCOL does not know.
      throw new BadRequest('The body must be a DAV:mkcol', { status: 415 });
    }
    requireCalendarType(body);
    return createCalendarAt(request, place, { body, answerElement: dav('mkcol-response') });
  },
};

/** RFC 5689 §3.3: the type asked for must be one that can be made here. */
function requireCalendarType(body: XmlNode | undefined): void {
  const type = body && instructionsOf(body).find(({ name }) => name === dav('resourcetype'))?.node;
  if (type !== undefined && isCalendarType(type)) return;
  throw new Refusal('valid-resourcetype', 'Only calendars can be made here: DAV:collection and CALDAV:calendar');
}
