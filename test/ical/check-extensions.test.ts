import { describe, expect, test } from 'vitest';
import { checkCalendar } from '../../src/ical/check.ts';
import { parseCalendar } from '../../src/ical/parse.ts';
import { validateObject } from '../../src/ical/validate.ts';
import { foldLine } from '../../src/ical/write.ts';
import { calendar, component, event } from './calendar-text.ts';

const STAMPED = ['UID:1', 'DTSTAMP:20260101T000000Z'];
const ALARM = ['ACTION:DISPLAY', 'DESCRIPTION:x', 'TRIGGER:-PT5M'];
const TEXT_DATA = 'FMTTYPE=application/ld+json;SCHEMA="https://schema.org/Event"';
const PLACE = component('VLOCATION', 'UID:l', 'NAME:Office', 'URL:geo:40.443,-79.945;u=10');
const office = (...lines: string[]): string[] => component('VAVAILABILITY', ...STAMPED, ...lines);
const available = (uid: string, ...lines: string[]): string[] =>
  component('AVAILABLE', `UID:${uid}`, 'DTSTAMP:20260101T000000Z', ...lines);
const HOURS = ['DTSTART:20260105T090000Z', 'DTEND:20260105T170000Z'];

/** Long lines are folded: they are not what is tried here. */
const folded = (lines: readonly string[]): string => calendar(...lines.map((line) => foldLine(line).slice(0, -2)));

const found = (source: string): string[] =>
  checkCalendar(source).map(({ property, rule, section, severity }) => `${property} ${rule} ${section} ${severity}`);

describe('what is right has no problem', () => {
  test.each<[string, string[]]>([
    [
      'RFC 7986: a calendar',
      [
        'NAME:Holidays',
        'NAME;LANGUAGE=de:Feiertage',
        'DESCRIPTION:x',
        'UID:c',
        'COLOR:LightGoldenrodYellow',
        'REFRESH-INTERVAL;VALUE=DURATION:P1W',
        'SOURCE;VALUE=URI:https://example.com/holidays.ics',
        'IMAGE;VALUE=URI;DISPLAY=BADGE,THUMBNAIL;FMTTYPE=image/png:https://example.com/i.png',
        'URL:https://example.com/',
        'LAST-MODIFIED:20260101T000000Z',
        ...event('1'),
      ],
    ],
    [
      'RFC 7986: an event',
      event(
        '1',
        'COLOR:turquoise',
        'CONFERENCE;VALUE=URI;FEATURE=PHONE,MODERATOR;LABEL=Moderator dial-in:tel:+1-412-555-0123,,,654321',
        'CONFERENCE;VALUE=URI;FEATURE=AUDIO,VIDEO,X-HOLOGRAM:https://video.example.com/a',
        'ATTENDEE;CN=Cyrus;EMAIL=cyrus@example.com:mailto:opaque-token-1234@example.com',
        'IMAGE;VALUE=BINARY;ENCODING=BASE64;FMTTYPE=image/gif:R0lGODdh',
      ),
    ],
    [
      'RFC 9073: participants, places and resources',
      event(
        '1',
        'STYLED-DESCRIPTION;VALUE=TEXT;FMTTYPE=text/html:<p>x</p>',
        'STYLED-DESCRIPTION;VALUE=URI;DERIVED=TRUE:https://example.com/x.html',
        `STRUCTURED-DATA;VALUE=TEXT;${TEXT_DATA}:{"@type":"Event"\\, "a":1}`,
        'STRUCTURED-DATA;VALUE=URI;ORDER=2:https://example.com/x.json',
        ...component(
          'PARTICIPANT',
          'UID:p',
          'PARTICIPANT-TYPE:PERFORMER',
          'CALENDAR-ADDRESS;EMAIL=a@example.com:mailto:a@example.com',
          ...PLACE,
          ...component('VRESOURCE', 'UID:r2', 'RESOURCE-TYPE:X-PIANO'),
        ),
        ...component('VLOCATION', 'UID:v', 'LOCATION-TYPE:stadium,parking', 'GEO:1.5;2.5'),
        ...component('VRESOURCE', 'UID:r', 'NAME:Beamer', 'RESOURCE-TYPE:PROJECTOR'),
      ),
    ],
    [
      'RFC 9074 §7.2: a snoozed alarm',
      event(
        '1',
        ...component('VALARM', ...ALARM, 'UID:a', 'ACKNOWLEDGED:20260302T084500Z'),
        ...component(
          'VALARM',
          ...ALARM.slice(0, 2),
          'UID:b',
          'TRIGGER;VALUE=DATE-TIME:20260302T085000Z',
          'RELATED-TO;RELTYPE=SNOOZE:a',
        ),
      ),
    ],
    ['RFC 9074 §8.2: at a place', event('1', ...component('VALARM', ...ALARM, 'PROXIMITY:DEPART', ...PLACE))],
    ['RFC 9074 §8.1: in a car', event('1', ...component('VALARM', ...ALARM, 'PROXIMITY:CONNECT'))],
    [
      'RFC 9253',
      event(
        '1',
        'CONCEPT:https://example.com/event-types/arts/music',
        'REFID:itinerary-2026-11-17',
        'LINK;LINKREL=SOURCE;LABEL=Venue;VALUE=URI:https://example.com/events',
        'LINK;LINKREL="https://example.com/linkrel/derivedFrom";VALUE=UID:other',
        'RELATED-TO;RELTYPE=FINISHTOSTART;GAP=-P1DT2H:other',
        'RELATED-TO;RELTYPE=CONCEPT;VALUE=URI:https://example.com/x',
      ),
    ],
    [
      'RFC 7953: hours with an override, an end without a start, a type of one’s own',
      office(
        'DTEND:20270101T000000Z',
        'PRIORITY:3',
        'BUSYTYPE:X-ASLEEP',
        ...available('a', ...HOURS, 'RRULE:FREQ=DAILY'),
        ...available('a', ...HOURS, 'RECURRENCE-ID:20260106T090000Z'),
        ...available('b', ...HOURS),
      ),
    ],
  ])('%s', (_name, lines) => {
    expect(checkCalendar(folded(lines)).map(({ message }) => message)).toEqual([]);
  });
});

describe('each rule has its section, and PUT refuses none of it', () => {
  const inEvent = (line: string): string[] => event('1', line);
  const inAlarm = (...lines: string[]): string[] => event('1', ...component('VALARM', ...ALARM, ...lines));
  test.each<[string[], string]>([
    // RFC 7986
    [['REFRESH-INTERVAL:P1W', ...event('1')], 'REFRESH-INTERVAL value-type RFC 7986 §5.7'],
    [['REFRESH-INTERVAL;VALUE=DURATION:-P1W', ...event('1')], 'REFRESH-INTERVAL value RFC 7986 §5.7'],
    [['REFRESH-INTERVAL;VALUE=DURATION:PT0S', ...event('1')], 'REFRESH-INTERVAL value RFC 7986 §5.7'],
    [['SOURCE:https://example.com/', ...event('1')], 'SOURCE value-type RFC 7986 §5.8'],
    [['SOURCE;VALUE=URI:elsewhere', ...event('1')], 'SOURCE value RFC 5545 §3.3.13'],
    [['COLOR:red', 'COLOR:blue', ...event('1')], 'COLOR once RFC 5545 §3.6'],
    [['CONFERENCE;VALUE=URI:tel:1', ...event('1')], 'CONFERENCE not-here RFC 5545 §3.6'],
    [inEvent('COLOR:infrared'), 'COLOR value RFC 7986 §5.9'],
    [inEvent('IMAGE:https://example.com/i.png'), 'IMAGE value-type RFC 7986 §5.10'],
    [inEvent('IMAGE;VALUE=URI;FMTTYPE=text/html:https://example.com/'), 'IMAGE param RFC 7986 §5.10'],
    [inEvent('IMAGE;VALUE=URI;DISPLAY=HUGE:https://example.com/'), 'IMAGE param RFC 7986 §6.1'],
    [inEvent('CONFERENCE:https://example.com/'), 'CONFERENCE value-type RFC 7986 §5.11'],
    [inEvent('CONFERENCE;VALUE=TEXT:call me'), 'CONFERENCE value-type RFC 7986 §5.11'],
    [inEvent('CONFERENCE;VALUE=URI;FEATURE=SMELL:tel:1'), 'CONFERENCE param RFC 7986 §6.3'],
    [inEvent('SUMMARY;DISPLAY=BADGE:x'), 'SUMMARY param RFC 7986 §6.1'],
    [inEvent('SUMMARY;EMAIL=a@example.com:x'), 'SUMMARY param RFC 7986 §6.2'],
    [inEvent('SUMMARY;FEATURE=AUDIO:x'), 'SUMMARY param RFC 7986 §6.3'],
    [inEvent('SUMMARY;LABEL=x:x'), 'SUMMARY param RFC 7986 §6.4'],
    [inEvent('NAME:x'), 'NAME not-here RFC 5545 §3.6.1'],
    [component('VJOURNAL', ...STAMPED, 'CONFERENCE;VALUE=URI:tel:1'), 'CONFERENCE not-here RFC 5545 §3.6.3'],
    // RFC 9073
    [inEvent('STYLED-DESCRIPTION:x'), 'STYLED-DESCRIPTION value-type RFC 9073 §6.5'],
    [inEvent(`STRUCTURED-DATA;${TEXT_DATA}:x`), 'STRUCTURED-DATA value-type RFC 9073 §6.6'],
    [inEvent('STRUCTURED-DATA;VALUE=TEXT;FMTTYPE=a/b:x'), 'STRUCTURED-DATA needs RFC 9073 §6.6'],
    [
      inEvent('STRUCTURED-DATA;VALUE=BINARY;ENCODING=BASE64;SCHEMA="https://a/":eA=='),
      'STRUCTURED-DATA needs RFC 9073 §6.6',
    ],
    [inEvent('COMMENT;ORDER=0:x'), 'COMMENT param RFC 9073 §5.1'],
    [inEvent('COMMENT;ORDER=first:x'), 'COMMENT param RFC 9073 §5.1'],
    [inEvent('COMMENT;SCHEMA="https://a/":x'), 'COMMENT param RFC 9073 §5.2'],
    [inEvent('COMMENT;DERIVED=maybe:x'), 'COMMENT param RFC 9073 §5.3'],
    [event('1', ...component('PARTICIPANT', 'UID:p')), 'PARTICIPANT-TYPE required RFC 9073 §7.1'],
    [
      event('1', ...component('PARTICIPANT', 'UID:p', 'PARTICIPANT-TYPE:HECKLER')),
      'PARTICIPANT-TYPE enumeration RFC 9073 §6.2',
    ],
    [
      event('1', ...component('PARTICIPANT', 'UID:p', 'PARTICIPANT-TYPE:ACTIVE', 'CALENDAR-ADDRESS:someone')),
      'CALENDAR-ADDRESS value RFC 5545 §3.3.3',
    ],
    [event('1', ...component('VLOCATION', 'NAME:x')), 'UID required RFC 9073 §7.2'],
    [
      event('1', ...component('VLOCATION', 'UID:l', 'LOCATION-TYPE:office', 'LOCATION-TYPE:room')),
      'LOCATION-TYPE once RFC 9073 §7.2',
    ],
    [event('1', ...component('VRESOURCE', 'UID:r', 'RESOURCE-TYPE:COFFEE')), 'RESOURCE-TYPE enumeration RFC 9073 §6.3'],
    [
      event('1', ...component('VRESOURCE', 'UID:r', ...component('VRESOURCE', 'UID:s'))),
      'VRESOURCE not-here RFC 9073 §7.3',
    ],
    [inEvent('PARTICIPANT-TYPE:ACTIVE'), 'PARTICIPANT-TYPE not-here RFC 5545 §3.6.1'],
    // RFC 9074
    [inAlarm('ACKNOWLEDGED:20260302T084500'), 'ACKNOWLEDGED utc RFC 9074 §6.1'],
    [inAlarm('UID:a', 'UID:b'), 'UID once RFC 5545 §3.6.6'],
    [inAlarm('PROXIMITY:NEAR', ...PLACE), 'PROXIMITY enumeration RFC 9074 §8.1'],
    [inAlarm('PROXIMITY:ARRIVE'), 'PROXIMITY needs RFC 9074 §8.1'],
    [inAlarm(...PLACE), 'VLOCATION needs RFC 9074 §8'],
    [inEvent('PROXIMITY:CONNECT'), 'PROXIMITY not-here RFC 5545 §3.6.1'],
    [inEvent('ACKNOWLEDGED:20260302T084500Z'), 'ACKNOWLEDGED not-here RFC 5545 §3.6.1'],
    [inEvent('RELATED-TO;RELTYPE=SNOOZE:a'), 'RELATED-TO param RFC 9074 §7.1'],
    // RFC 9253
    [inEvent('LINK;LINKREL=SOURCE:https://example.com/'), 'LINK value-type RFC 9253 §8.2'],
    [inEvent('LINK;VALUE=URI:https://example.com/'), 'LINK needs RFC 9253 §6.1'],
    [inEvent('LINK;VALUE=DATE;LINKREL=SOURCE:20260101'), 'LINK value-type RFC 9253 §8.2'],
    [inEvent('URL;LINKREL=SOURCE:https://example.com/'), 'URL param RFC 9253 §6.1'],
    [inEvent('CONCEPT:music'), 'CONCEPT value RFC 5545 §3.3.13'],
    [inEvent('RELATED-TO;RELTYPE=FINISHTOSTART;GAP=soon:a'), 'RELATED-TO param RFC 9253 §6.2'],
    [inEvent('RELATED-TO;GAP=P1D:a'), 'RELATED-TO param RFC 9253 §6.2'],
    [inEvent('COMMENT;GAP=P1D:a'), 'COMMENT param RFC 9253 §6.2'],
    [inEvent('RELATED-TO;RELTYPE=NEPHEW:a'), 'RELATED-TO param RFC 5545 §3.2.15'],
    // RFC 7953
    [office('DTSTART:20260101T000000'), 'DTSTART type-mismatch RFC 7953 §3.1'],
    [office('DTSTART;VALUE=DATE:20260101'), 'DTSTART type-mismatch RFC 7953 §3.1'],
    [office('DURATION:P1D'), 'DURATION needs RFC 7953 §3.1'],
    [office('PRIORITY:10'), 'PRIORITY range RFC 5545 §3.8.1.9'],
    [office('BUSYTYPE:FREE'), 'BUSYTYPE enumeration RFC 7953 §3.2'],
    [office('TRANSP:OPAQUE'), 'TRANSP not-here RFC 7953 §3.1'],
    [office(...available('a')), 'DTSTART required RFC 7953 §3.1'],
    [office(...available('a', 'DTSTART:20260101T000000')), 'DTSTART type-mismatch RFC 7953 §3.1'],
    [office(...available('a', ...HOURS, 'DURATION:PT1H')), 'DURATION either RFC 7953 §3.1'],
    [office(...available('a', ...HOURS, 'BUSYTYPE:BUSY')), 'BUSYTYPE not-here RFC 7953 §3.1'],
    [office(...available('a', ...HOURS), ...available('a', ...HOURS)), 'AVAILABLE duplicate RFC 7953 §3.1'],
    [event('1', ...available('a', ...HOURS)), 'AVAILABLE not-here RFC 7953 §3.1'],
  ])('%s', (lines, problem) => {
    const source = folded(lines);
    expect(found(source)).toEqual([`${problem} slip`]);
    expect(() => validateObject(parseCalendar(source))).not.toThrow();
  });
});
