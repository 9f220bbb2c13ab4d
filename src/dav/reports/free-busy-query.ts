import { BadRequest } from '../../base/refusal.ts';
import { collectionsOf } from '../../calendar/collections.ts';
import { freeBusyOf } from '../../calendar/free-busy.ts';
import { floatingZoneOf } from '../../calendar/zone.ts';
import { report } from '../report.ts';
import { caldav } from '../xml/names.ts';
import { childOf } from '../xml/parse.ts';
import { parseTimeRange } from './time-range-xml.ts';

/**
 * CALDAV:free-busy-query, RFC 4791 §7.10: iCalendar, not a multistatus. On a home, all calendars that count as busy
 * are taken together. The Depth header is not looked at: clients send 0, 1 or none and mean the calendar.
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
  async run(range, { kind, collection, owner }, { context: { calendar } }) {
    const collections =
      kind === 'calendar'
        ? [collection]
        : (await collectionsOf(calendar, owner.id)).filter((each) => each.kind === 'calendar' && !each.transparent);
    const floating = floatingZoneOf(calendar, collection, owner);
    const body = await freeBusyOf(calendar, { collections, range, floating });
    return { kind: 'body', contentType: 'text/calendar; charset=utf-8', body };
  },
});
