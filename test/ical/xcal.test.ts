import { describe, expect, test } from 'vitest';
import { parseCalendar } from '../../src/ical/parse.ts';
import { writeComponent } from '../../src/ical/write.ts';
import { XCAL_ENDS, xcalText } from '../../src/ical/xcal-write.ts';
import { text } from './calendar-text.ts';
import { normal } from './normal-component.ts';
import { fromXcal } from './other-forms.ts';

const START = `${XCAL_ENDS.start}<vcalendar>`;
const END = `</vcalendar>${XCAL_ENDS.end}`;

const xmlOfLine = (line: string): string => {
  const xml = xcalText(parseCalendar(text('BEGIN:VCALENDAR', line, 'END:VCALENDAR')));
  expect(xml.startsWith(`${START}<properties>`)).toBe(true);
  return xml.slice(`${START}<properties>`.length, -`</properties>${END}`.length);
};
const lineOf = (property: string): string =>
  writeComponent(fromXcal(`${START}<properties>${property}</properties>${END}`))
    .replaceAll('\r\n ', '')
    .split('\r\n')[1]!;

/** RFC 6321 B.1.2. */
const EXAMPLE_1 = `<?xml version="1.0" encoding="utf-8"?>
<icalendar xmlns="urn:ietf:params:xml:ns:icalendar-2.0">
 <vcalendar>
  <properties>
   <calscale><text>GREGORIAN</text></calscale>
   <prodid><text>-//Example Inc.//Example Calendar//EN</text></prodid>
   <version><text>2.0</text></version>
  </properties>
  <components>
   <vevent>
    <properties>
     <dtstamp><date-time>2008-02-05T19:12:24Z</date-time></dtstamp>
     <dtstart><date>2008-10-06</date></dtstart>
     <summary><text>Planning meeting</text></summary>
     <uid><text>4088E990AD89CB3DBB484909</text></uid>
    </properties>
   </vevent>
  </components>
 </vcalendar>
</icalendar>`;

/** RFC 6321 B.1.1. */
const ICALENDAR_1 = text(
  'BEGIN:VCALENDAR',
  'CALSCALE:GREGORIAN',
  'PRODID:-//Example Inc.//Example Calendar//EN',
  'VERSION:2.0',
  'BEGIN:VEVENT',
  'DTSTAMP:20080205T191224Z',
  'DTSTART;VALUE=DATE:20081006',
  'SUMMARY:Planning meeting',
  'UID:4088E990AD89CB3DBB484909',
  'END:VEVENT',
  'END:VCALENDAR',
);

describe('RFC 6321 Appendix B', () => {
  test('B.1 is said as it is said there, but for white space, and read back', () => {
    const bare = EXAMPLE_1.replace(/\n\s*/g, '').replace('?>', '?>\n');
    expect(xcalText(parseCalendar(ICALENDAR_1))).toBe(bare);
    expect(writeComponent(fromXcal(EXAMPLE_1))).toBe(ICALENDAR_1);
  });

  // Properties of B.2.2 as they stand there.
  test.each([
    [
      'RRULE:FREQ=YEARLY;BYDAY=1SU;BYMONTH=4',
      '<rrule><recur><freq>YEARLY</freq><byday>1SU</byday><bymonth>4</bymonth></recur></rrule>',
    ],
    ['TZOFFSETFROM:-0500', '<tzoffsetfrom><utc-offset>-05:00</utc-offset></tzoffsetfrom>'],
    [
      'DTSTART;TZID=US/Eastern:20060102T120000',
      '<dtstart><parameters><tzid><text>US/Eastern</text></tzid></parameters><date-time>2006-01-02T12:00:00</date-time></dtstart>',
    ],
    [
      'RDATE;TZID=US/Eastern;VALUE=PERIOD:20060102T150000/PT2H',
      '<rdate><parameters><tzid><text>US/Eastern</text></tzid></parameters>' +
        '<period><start>2006-01-02T15:00:00</start><duration>PT2H</duration></period></rdate>',
    ],
    ['DURATION:PT1H', '<duration><duration>PT1H</duration></duration>'],
  ])('B.2: %s', (line, xml) => {
    expect(xmlOfLine(line)).toBe(xml);
    expect(lineOf(xml)).toBe(line);
  });

  test('the tzid of B.2 whose text stands in no element of a type is read', () => {
    expect(lineOf('<tzid>US/Eastern</tzid>')).toBe('TZID:US/Eastern');
  });
});

/** The examples of RFC 6321 by section, and values of several parts. */
test.each([
  [
    '§3.4.1.2',
    'GEO:37.386013;-122.082932',
    '<geo><latitude>37.386013</latitude><longitude>-122.082932</longitude></geo>',
  ],
  [
    '§3.4.1.3',
    'REQUEST-STATUS:2.0;Success',
    '<request-status><code>2.0</code><description>Success</description></request-status>',
  ],
  ['§3.4.1.1', 'CATEGORIES:a,b\\,c', '<categories><text>a</text><text>b,c</text></categories>'],
  [
    '§3.4.1.1',
    'EXDATE;VALUE=DATE:20260101,20260102',
    '<exdate><date>2026-01-01</date><date>2026-01-02</date></exdate>',
  ],
  [
    '§3.6.9',
    'FREEBUSY:20110517T120000Z/20110517T130000Z',
    '<freebusy><period><start>2011-05-17T12:00:00Z</start><end>2011-05-17T13:00:00Z</end></period></freebusy>',
  ],
  [
    '§3.6.10',
    'RRULE:FREQ=YEARLY;COUNT=5;BYDAY=-1SU,2MO;UNTIL=20131001',
    '<rrule><recur><freq>YEARLY</freq><count>5</count><byday>-1SU</byday><byday>2MO</byday><until>2013-10-01</until></recur></rrule>',
  ],
  ['§5', 'X-PROPERTY:20110512T120000Z', '<x-property><unknown>20110512T120000Z</unknown></x-property>'],
  [
    '§5',
    'DTSTART;X-PARAM=PT30M:20110512T130000Z',
    '<dtstart><parameters><x-param><unknown>PT30M</unknown></x-param></parameters>' +
      '<date-time>2011-05-12T13:00:00Z</date-time></dtstart>',
  ],
  [
    '§3.5',
    'ATTENDEE;RSVP=TRUE;DELEGATED-TO="mailto:a@example.com","mailto:b@example.com":mailto:c@example.com',
    '<attendee><parameters><rsvp><boolean>true</boolean></rsvp><delegated-to><cal-address>mailto:a@example.com</cal-address>' +
      '<cal-address>mailto:b@example.com</cal-address></delegated-to></parameters>' +
      '<cal-address>mailto:c@example.com</cal-address></attendee>',
  ],
  ['§3.6.11', 'SUMMARY:<a> & b ', '<summary><text>&lt;a&gt; &amp; b </text></summary>'],
  ['a name that XML does not take', '1-X:a', '<_x0031_-x><unknown>a</unknown></_x0031_-x>'],
  ['a name that looks like an escape', 'X_X0031_:a', '<x_x005f_x0031_><unknown>a</unknown></x_x005f_x0031_>'],
  [
    'a type named parameters',
    'X-A;VALUE=PARAMETERS:b',
    '<x-a><parameters></parameters><parameters>b</parameters></x-a>',
  ],
])('RFC 6321 %s: %s', (_, line, xml) => {
  if (line !== 'X_X0031_:a') expect(xmlOfLine(line)).toBe(xml);
  expect(lineOf(xmlOfLine(line))).toBe(line);
  if (line !== 'X_X0031_:a') expect(lineOf(xml)).toBe(line);
});

describe('xCal of a client', () => {
  test.each([
    ['<attach><binary>AA\n EC</binary></attach>', 'ATTACH;VALUE=BINARY;ENCODING=BASE64:AAEC'],
    ['<x-a><boolean>1</boolean></x-a>', 'X-A;VALUE=BOOLEAN:TRUE'],
    ['<dtstart>\n <date-time>\n2026-03-02T09:00:00Z\n</date-time>\n</dtstart>', 'DTSTART:20260302T090000Z'],
    ['<x-a/>', 'X-A:'],
    [
      '<k:kml xmlns:k="http://www.opengis.net/kml/2.2"><k:a/></k:kml>',
      'XML:<kml xmlns="http://www.opengis.net/kml/2.2"><a/></kml>',
    ],
  ])('%s', (xml, line) => {
    expect(lineOf(xml)).toBe(line);
  });

  test('an element of another namespace comes as the value of an XML property (RFC 6321 §4.2)', () => {
    const line = lineOf('<k:a xmlns:k="urn:k">b;c</k:a>');
    expect(line).toBe('XML:<a xmlns="urn:k">b\\;c</a>');
    expect(lineOf(xmlOfLine(line))).toBe(line);
  });

  test.each([
    ['another root', '<a xmlns="urn:ietf:params:xml:ns:icalendar-2.0"/>'],
    ['no namespace', '<icalendar><vcalendar/></icalendar>'],
    ['no calendar', `${XCAL_ENDS.start}${XCAL_ENDS.end}`],
    ['two calendars', `${START}</vcalendar><vcalendar>${END}`],
    ['something beside properties and components', `${START}<summary/>${END}`],
    ['a component of another namespace', `${START}<components><a xmlns="urn:a"/></components>${END}`],
    ['values of two types', `${START}<properties><x-a><text>a</text><uri>b</uri></x-a></properties>${END}`],
    ['half a period', `${START}<properties><x-a><period><start>a</start></period></x-a></properties>${END}`],
    ['a line break in a value', `${START}<properties><url><uri>a&#10;b</uri></url></properties>${END}`],
  ])('is refused: %s', (_, xml) => {
    expect(() => fromXcal(xml)).toThrow(expect.objectContaining({ code: 'valid-calendar-data' }));
  });
});

test('a calendar with everything in it comes back', () => {
  const source = parseCalendar(ICALENDAR_1);
  expect(normal(fromXcal(xcalText(source)))).toEqual(normal(source));
});
