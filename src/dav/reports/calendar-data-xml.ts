import { BadRequest, Refusal } from '../../base/refusal.ts';
import type { CompSelection, DataRequest } from '../../ical/data-request.ts';
import type { TimeRange } from '../../ical/time-value.ts';
import { formatOf, ICALENDAR, type CalendarFormat } from '../calendar-format.ts';
import { caldav, type ClarkName } from '../xml/names.ts';
import type { XmlNode } from '../xml/node.ts';
import { parseTimeRange } from './time-range-xml.ts';

const COMP = caldav('comp');
const PROP = caldav('prop');
const ALLCOMP = caldav('allcomp');
const ALLPROP = caldav('allprop');

/**
 * CALDAV:calendar-data of a report's DAV:prop (RFC 4791 §9.6). Undefined: the objects as they are.
 *
 * @throws Refusal supported-calendar-data for another media type or version (RFC 4791 §7.8, §7.9)
 * @throws BadRequest for what the element's definition forbids
 */
export function parseCalendarData(node: XmlNode): DataRequest | undefined {
  formatOfData(node);
  const comp = only(node, COMP);
  const expand = rangeOf(node, 'expand');
  const limitRecurrenceSet = rangeOf(node, 'limit-recurrence-set');
  const limitFreebusySet = rangeOf(node, 'limit-freebusy-set');
  if (expand && limitRecurrenceSet) {
    throw new BadRequest('CALDAV:calendar-data holds both expand and limit-recurrence-set');
  }
  const selection = comp && parseComp(comp);
  if (selection && selection.name !== 'VCALENDAR') {
    throw new BadRequest(`The comp in CALDAV:calendar-data must be VCALENDAR, not ${selection.name}`);
  }
  const isWhole = selection === undefined || (selection.props === 'all' && selection.comps === 'all');
  if (isWhole && !expand && !limitRecurrenceSet && !limitFreebusySet) return undefined;
  return {
    ...(selection && !isWhole && { comp: selection }),
    ...(expand && { expand }),
    ...(limitRecurrenceSet && { limitRecurrenceSet }),
    ...(limitFreebusySet && { limitFreebusySet }),
  };
}

/**
 * The format that CALDAV:calendar-data asks for: one of CALDAV:supported-calendar-data (RFC 4791 §5.2.4).
 *
 * @throws Refusal supported-calendar-data
 */
export function formatOfData(node: XmlNode): CalendarFormat {
  const contentType = node.attributes.get('content-type') ?? ICALENDAR.mediaType;
  const version = node.attributes.get('version') ?? '2.0';
  const format = formatOf(contentType);
  if (format !== undefined && version.trim() === '2.0') return format;
  const asked = `${contentType.slice(0, 80)} ${version.slice(0, 20)}`;
  throw new Refusal(
    'supported-calendar-data',
    `calendar-data is text/calendar 2.0, or that as jCal or xCal, not ${asked}`,
  );
}

/**
 * A comp without any child is the whole component, as the VTIMEZONE of RFC 4791 §7.8.1 is. Otherwise only what is
 * named: one that names components and no property has no property.
 */
function parseComp(node: XmlNode): CompSelection {
  const has = (name: ClarkName): boolean => node.children.some((child) => child.name === name);
  const props = node.children.filter((child) => child.name === PROP);
  const comps = node.children.filter((child) => child.name === COMP);
  const isEmpty = props.length === 0 && comps.length === 0 && !has(ALLPROP) && !has(ALLCOMP);
  return {
    name: nameOf(node),
    props: isEmpty || has(ALLPROP) ? 'all' : new Map(props.map((prop) => [nameOf(prop), { noValue: isNoValue(prop) }])),
    comps: isEmpty || has(ALLCOMP) ? 'all' : new Map(comps.map(parseComp).map((comp) => [comp.name, comp])),
  };
}

function isNoValue(prop: XmlNode): boolean {
  const value = prop.attributes.get('novalue') ?? 'no';
  if (value !== 'yes' && value !== 'no') throw new BadRequest(`novalue must be yes or no, not ${value.slice(0, 40)}`);
  return value === 'yes';
}

function nameOf(node: XmlNode): string {
  const name = node.attributes.get('name');
  if (!name) throw new BadRequest('A comp or prop in CALDAV:calendar-data has no name');
  return name.toUpperCase();
}

function rangeOf(node: XmlNode, element: string): TimeRange | undefined {
  const found = only(node, caldav(element));
  return found && parseTimeRange(found, { closed: true });
}

function only(node: XmlNode, name: ClarkName): XmlNode | undefined {
  const [first, second] = node.children.filter((child) => child.name === name);
  if (second) throw new BadRequest('CALDAV:calendar-data holds one element twice');
  return first;
}
