import { defaultLimits } from '../../base/limits.ts';
import { readJcal } from '../../ical/jcal.ts';
import { writeComponent } from '../../ical/write.ts';
import { formatOf, ICALENDAR, inFormat, JCAL, jcalBounds, type CalendarFormat } from '../calendar-format.ts';
import { formatOfData } from '../reports/calendar-data-xml.ts';
import { vtimezoneText, timezoneTextIn } from '../timezone-value.ts';
import { property, type Property } from '../property.ts';
import { caldav } from '../xml/names.ts';
import type { XmlNode } from '../xml/node.ts';
import { elWith, text } from '../xml/write.ts';

const NAME = caldav('calendar-timezone');

/** What is set, as iCalendar: with calendarserver's `content-type` it may be jCal. Throws valid-calendar-data. */
function icalendarIn(node: XmlNode): string {
  if (formatOfData(node) !== JCAL) return node.text;
  return writeComponent(readJcal(Buffer.from(node.text), jcalBounds(defaultLimits())));
}

const timezoneIn = (asked: CalendarFormat): Property =>
  property({
    name: NAME,
    on: ['calendar'],
    get({ collection: { timezone, timezoneId } }) {
      const value = timezone ?? (timezoneId === undefined ? undefined : vtimezoneText(timezoneId));
      if (value === undefined) return undefined;
      const { format, data } = inFormat(value, asked);
      const contentType = format.form === undefined ? undefined : format.mediaType;
      return elWith(NAME, { 'content-type': contentType }, text(String(data)));
    },
    change: (node) => (node === undefined ? { timezone: null, timezoneId: null } : timezoneTextIn(icalendarIn(node))),
  });

/**
 * CALDAV:calendar-timezone, RFC 4791 §5.2.2. It and calendar-timezone-id are one value: where only the identifier was
 * set, the VTIMEZONE is made from it (RFC 7809 §3.1.5).
 */
export const calendarTimezone = timezoneIn(ICALENDAR);

/** The same as the element asks for it: calendarserver's clients name a `content-type`. */
export const calendarTimezoneAsked = ({ attributes }: XmlNode): Property =>
  timezoneIn(formatOf(attributes.get('content-type') ?? '') ?? ICALENDAR);
