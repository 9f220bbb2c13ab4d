import { BadRequest } from '../../base/refusal.ts';
import { collectionsOf } from '../../calendar/collections.ts';
import { countsAsBusy, freeBusyOf } from '../../calendar/free-busy.ts';
import type { Collection } from '../../calendar/model.ts';
import { floatingZoneOf } from '../../calendar/zone.ts';
import type { Zone } from '../../ical/timezone.ts';
import { report } from '../report.ts';
import { caldav } from '../xml/names.ts';
import { childOf } from '../xml/parse.ts';
import { parseTimeRange } from './time-range-xml.ts';

/**
 * CALDAV:free-busy-query, RFC 4791 §7.10: iCalendar, not a multistatus. On a home, all calendars that count as busy
 * are taken together, and calendar-availability of the inbox (RFC 7953). The Depth header is not looked at: clients
 * send 0, 1 or none and mean the calendar.
 */
export const freeBusyQuery = report({
  name: caldav('free-busy-query'),
  on: ['calendar', 'home'],
  privilege: 'read-free-busy',
  parse(body) {
    const range = childOf(body, caldav('time-range'));
    if (range === undefined) throw new BadRequest('CALDAV:free-busy-query must hold a CALDAV:time-range');
    return parseTimeRange(range, { closed: true });
  },
  async run(range, { kind, collection, owner, privileges }, { context: { calendar } }) {
    // What its owner does not count as busy is nobody's to see who may not read it (RFC 6638 §9.1).
    const asked = kind === 'calendar' ? [collection] : await collectionsOf(calendar, owner.id);
    const isWhole = kind === 'calendar' && privileges.has('read');
    const collections = isWhole ? asked : asked.filter(countsAsBusy);
    const floatingOf = (each: Collection): Zone => floatingZoneOf(calendar, each, owner);
    const body = await freeBusyOf(calendar, { collections, range, floatingOf });
    return { kind: 'body', contentType: 'text/calendar; charset=utf-8', body };
  },
});
