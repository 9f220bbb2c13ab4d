import { property } from '../property.ts';
import { me } from '../xml/names.ts';
import { el, text } from '../xml/write.ts';

/**
 * MM:bulk-requests (calendarserver.org's bulk requests): what a POST to the calendar may hold, as iCalendar with many
 * UIDs (simple) and as MM:multiput (crud).
 */
export const bulkRequests = property({
  name: me('bulk-requests'),
  on: ['calendar'],
  get(_, { calendar: { limits } }) {
    const bounds = (octets: number) => [
      el(me('max-resources'), text(String(limits.bulkResources))),
      el(me('max-bytes'), text(String(octets))),
    ];
    return el(
      me('bulk-requests'),
      el(me('simple'), ...bounds(limits.bulkOctets)),
      el(me('crud'), ...bounds(limits.xmlOctets)),
    );
  },
});
