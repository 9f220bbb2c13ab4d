import ICAL from 'ical.js';
import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Component } from '../../src/ical/component.ts';
import { readJcal } from '../../src/ical/jcal.ts';
import { jcalText } from '../../src/ical/jcal-write.ts';
import { parseCalendar, parseComponent } from '../../src/ical/parse.ts';
import { writeComponent } from '../../src/ical/write.ts';
import { xcalText } from '../../src/ical/xcal-write.ts';
import { text } from './calendar-text.ts';
import { normal } from './normal-component.ts';
import { fromJcal, fromXcal, JCAL_LIMITS as LIMITS } from './other-forms.ts';

const fromJson = (json: unknown): Component => fromJcal(JSON.stringify(json));
/** A property of an event in the form of jCal. */
type Jcal = readonly [name: string, properties: readonly unknown[], components: readonly unknown[]];
const jcalOf = (component: Component): Jcal => JSON.parse(jcalText(component)) as Jcal; // what it is made of
const jcalOfLine = (line: string): unknown => jcalOf(parseComponent(text('BEGIN:VEVENT', line, 'END:VEVENT')))[1][0];
/** The content line of a property of jCal. */
const lineOf = (property: unknown): string =>
  writeComponent(fromJson(['vevent', [property], []]))
    .replaceAll('\r\n ', '')
    .split('\r\n')[1]!;

const EXAMPLE_1 = text(
  'BEGIN:VCALENDAR',
  'CALSCALE:GREGORIAN',
  'PRODID:-//Example Inc.//Example Calendar//EN',
  'VERSION:2.0',
  'BEGIN:VEVENT',
  'DTSTAMP:20080205T191224Z',
  'DTSTART:20081006',
  'SUMMARY:Planning meeting',
  'UID:4088E990AD89CB3DBB484909',
  'END:VEVENT',
  'END:VCALENDAR',
);

/** RFC 7265 B.2.1 and RFC 6321 B.2.1. */
const EXAMPLE_2 = text(
  'BEGIN:VCALENDAR',
  'VERSION:2.0',
  'PRODID:-//Example Corp.//Example Client//EN',
  'BEGIN:VTIMEZONE',
  'LAST-MODIFIED:20040110T032845Z',
  'TZID:US/Eastern',
  'BEGIN:DAYLIGHT',
  'DTSTART:20000404T020000',
  'RRULE:FREQ=YEARLY;BYDAY=1SU;BYMONTH=4',
  'TZNAME:EDT',
  'TZOFFSETFROM:-0500',
  'TZOFFSETTO:-0400',
  'END:DAYLIGHT',
  'END:VTIMEZONE',
  'BEGIN:VEVENT',
  'DTSTAMP:20060206T001121Z',
  'DTSTART;TZID=US/Eastern:20060102T120000',
  'DURATION:PT1H',
  'RRULE:FREQ=DAILY;COUNT=5',
  'RDATE;TZID=US/Eastern;VALUE=PERIOD:20060102T150000/PT2H',
  'SUMMARY:Event #2',
  'DESCRIPTION:We are having a meeting all this week at 12 pm fo',
  ' r one hour\\, with an additional meeting on the first day 2 h',
  ' ours long.\\nPlease bring your own lunch for the 12 pm meetin',
  ' gs.',
  'UID:00959BC664CA650E933C892C@example.com',
  'END:VEVENT',
  'END:VCALENDAR',
);

const DESCRIPTION =
  'We are having a meeting all this week at 12 pm for one hour, with an additional meeting on the first day ' +
  '2 hours long.\nPlease bring your own lunch for the 12 pm meetings.';

/** RFC 7265 B.2.2, but for what contradicts its §3.6.9: a period is an array. */
const JCAL_2 = [
  'vcalendar',
  [
    ['version', {}, 'text', '2.0'],
    ['prodid', {}, 'text', '-//Example Corp.//Example Client//EN'],
  ],
  [
    [
      'vtimezone',
      [
        ['last-modified', {}, 'date-time', '2004-01-10T03:28:45Z'],
        ['tzid', {}, 'text', 'US/Eastern'],
      ],
      [
        [
          'daylight',
          [
            ['dtstart', {}, 'date-time', '2000-04-04T02:00:00'],
            ['rrule', {}, 'recur', { freq: 'YEARLY', byday: '1SU', bymonth: 4 }],
            ['tzname', {}, 'text', 'EDT'],
            ['tzoffsetfrom', {}, 'utc-offset', '-05:00'],
            ['tzoffsetto', {}, 'utc-offset', '-04:00'],
          ],
          [],
        ],
      ],
    ],
    [
      'vevent',
      [
        ['dtstamp', {}, 'date-time', '2006-02-06T00:11:21Z'],
        ['dtstart', { tzid: 'US/Eastern' }, 'date-time', '2006-01-02T12:00:00'],
        ['duration', {}, 'duration', 'PT1H'],
        ['rrule', {}, 'recur', { freq: 'DAILY', count: 5 }],
        ['rdate', { tzid: 'US/Eastern' }, 'period', ['2006-01-02T15:00:00', 'PT2H']],
        ['summary', {}, 'text', 'Event #2'],
        ['description', {}, 'text', DESCRIPTION],
        ['uid', {}, 'text', '00959BC664CA650E933C892C@example.com'],
      ],
      [],
    ],
  ],
];

describe('RFC 7265 Appendix B', () => {
  test('B.1 is said as it is said there', () => {
    expect(jcalOf(parseCalendar(EXAMPLE_1))).toEqual([
      'vcalendar',
      [
        ['calscale', {}, 'text', 'GREGORIAN'],
        ['prodid', {}, 'text', '-//Example Inc.//Example Calendar//EN'],
        ['version', {}, 'text', '2.0'],
      ],
      [
        [
          'vevent',
          [
            ['dtstamp', {}, 'date-time', '2008-02-05T19:12:24Z'],
            ['dtstart', {}, 'date', '2008-10-06'],
            ['summary', {}, 'text', 'Planning meeting'],
            ['uid', {}, 'text', '4088E990AD89CB3DBB484909'],
          ],
          [],
        ],
      ],
    ]);
  });

  test('B.2 is said as it is said there, and read back', () => {
    expect(jcalOf(parseCalendar(EXAMPLE_2))).toEqual(JCAL_2);
    expect(normal(fromJson(JCAL_2))).toEqual(normal(parseCalendar(EXAMPLE_2)));
  });

  test('a period as one string, as B.2 has it, is read', () => {
    expect(lineOf(['rdate', { tzid: 'US/Eastern' }, 'period', '2006-01-02T15:00:00/PT2H'])).toBe(
      'RDATE;TZID=US/Eastern;VALUE=PERIOD:20060102T150000/PT2H',
    );
  });
});

/** Content line, property of jCal: the examples of RFC 7265 by section. */
const EXAMPLES: readonly (readonly [section: string, line: string, property: unknown])[] = [
  ['RFC 7265 §3.4', 'CATEGORIES:Meetings,Work', ['categories', {}, 'text', 'Meetings', 'Work']],
  ['RFC 7265 §3.4.1.1', 'GEO:37.386013;-122.082932', ['geo', {}, 'float', [37.386013, -122.082932]]],
  ['RFC 7265 §3.4.1.2', 'REQUEST-STATUS:2.0;Success', ['request-status', {}, 'text', ['2.0', 'Success']]],
  [
    'RFC 7265 §3.4.1.2',
    'REQUEST-STATUS:3.7;Invalid calendar user;ATTENDEE:mailto:jsmith@example.org',
    ['request-status', {}, 'text', ['3.7', 'Invalid calendar user', 'ATTENDEE:mailto:jsmith@example.org']],
  ],
  [
    'RFC 7265 §3.5',
    'ATTENDEE;PARTSTAT=ACCEPTED;RSVP=TRUE;ROLE=REQ-PARTICIPANT:mailto:jsmith@example.org',
    [
      'attendee',
      { partstat: 'ACCEPTED', rsvp: 'TRUE', role: 'REQ-PARTICIPANT' },
      'cal-address',
      'mailto:jsmith@example.org',
    ],
  ],
  [
    'RFC 7265 §3.5.2',
    'ATTENDEE;DELEGATED-TO="mailto:jdoe@example.org","mailto:jqpublic@example.org":mailto:jsmith@example.org',
    [
      'attendee',
      { 'delegated-to': ['mailto:jdoe@example.org', 'mailto:jqpublic@example.org'] },
      'cal-address',
      'mailto:jsmith@example.org',
    ],
  ],
  ['RFC 7265 §3.6.2', 'X-NON-SMOKING;VALUE=BOOLEAN:TRUE', ['x-non-smoking', {}, 'boolean', true]],
  [
    'RFC 7265 §3.6.5',
    'DTEND;TZID=Europe/Berlin:20111017T130000',
    ['dtend', { tzid: 'Europe/Berlin' }, 'date-time', '2011-10-17T13:00:00'],
  ],
  ['RFC 7265 §3.6.7', 'X-GRADE;VALUE=FLOAT:1.3', ['x-grade', {}, 'float', 1.3]],
  ['RFC 7265 §3.6.8', 'PERCENT-COMPLETE:42', ['percent-complete', {}, 'integer', 42]],
  [
    'RFC 7265 §3.6.9',
    'FREEBUSY;FBTYPE=FREE:19970308T160000Z/P1D',
    ['freebusy', { fbtype: 'FREE' }, 'period', ['1997-03-08T16:00:00Z', 'P1D']],
  ],
  [
    'RFC 7265 §3.6.10',
    'RRULE:FREQ=YEARLY;COUNT=5;BYDAY=-1SU,2MO;BYMONTH=10',
    ['rrule', {}, 'recur', { freq: 'YEARLY', count: 5, byday: ['-1SU', '2MO'], bymonth: 10 }],
  ],
  [
    'RFC 7265 §3.6.10',
    'RRULE:FREQ=MONTHLY;INTERVAL=2;BYMONTHDAY=1,15,-1;UNTIL=20131001',
    ['rrule', {}, 'recur', { freq: 'MONTHLY', interval: 2, bymonthday: [1, 15, -1], until: '2013-10-01' }],
  ],
  [
    'RFC 7529 §9',
    'RRULE:FREQ=YEARLY;RSCALE=CHINESE;SKIP=FORWARD;BYMONTH=4,5L',
    ['rrule', {}, 'recur', { freq: 'YEARLY', rscale: 'CHINESE', skip: 'FORWARD', bymonth: [4, '5L'] }],
  ],
  ['RFC 7265 §3.6.11', 'COMMENT:hello\\, world', ['comment', {}, 'text', 'hello, world']],
  ['RFC 7265 §3.6.12', 'X-TIME-UTC;VALUE=TIME:123000Z', ['x-time-utc', {}, 'time', '12:30:00Z']],
  ['RFC 7265 §3.6.13', 'TZURL:http://example.org/a,b', ['tzurl', {}, 'uri', 'http://example.org/a,b']],
  ['RFC 7265 §3.6.14', 'TZOFFSETTO:+1245', ['tzoffsetto', {}, 'utc-offset', '+12:45']],
  ['RFC 7265 §3.6.14', 'TZOFFSETTO:+001730', ['tzoffsetto', {}, 'utc-offset', '+00:17:30']],
  [
    'RFC 7265 §5.3',
    'X-COMPLAINT-DEADLINE:20110512T120000Z',
    ['x-complaint-deadline', {}, 'unknown', '20110512T120000Z'],
  ],
  [
    'RFC 7265 §5.3',
    'X-COFFEE-DATA:Stenophylla;Guinea\\,Africa',
    ['x-coffee-data', {}, 'unknown', 'Stenophylla;Guinea\\,Africa'],
  ],
  [
    'RFC 7265 §5.3',
    'DTSTART;X-SLACK=30.3;VALUE=DATE:20110512',
    ['dtstart', { 'x-slack': '30.3' }, 'date', '2011-05-12'],
  ],
  [
    'RFC 7265 §3.1',
    'ATTACH;ENCODING=BASE64;VALUE=BINARY:SGVsbG8gV29ybGQh',
    ['attach', { encoding: 'BASE64' }, 'binary', 'SGVsbG8gV29ybGQh'],
  ],
  ['RFC 6868 §3.2', "SUMMARY;X-NOTE=a^nb^^c^'d:x", ['summary', { 'x-note': 'a\nb^c"d' }, 'text', 'x']],
];

describe('examples of RFC 7265', () => {
  test.each(EXAMPLES)('%s: %s', (_, line, property) => {
    expect(jcalOfLine(line)).toEqual(property);
    expect(lineOf(property)).toBe(line);
  });
});

describe('what is not well formed comes back as it was', () => {
  test.each([
    'DTEND:garbage',
    'DTSTART;VALUE=DATE:2008-10-06',
    'DTSTART;VALUE=DATE:20080230',
    'EXDATE:20260101T000000Z,',
    'GEO:37.4',
    'REQUEST-STATUS:2.0',
    'RRULE:FREQ=DAILY;FREQ=WEEKLY',
    'RRULE:FREQ=DAILY;UNTIL=tomorrow',
    'SEQUENCE:one',
    'PRIORITY:123456789012345678901234567890',
    'X-A;VALUE=UNKNOWN:b',
    'X-A;VALUE=TEXT:a;b',
    'X-A;VALUE=X-B:a;b\\,c,d',
    'DESCRIPTION;ENCODING=QUOTED-PRINTABLE:a=20b',
  ])('%s', (line) => {
    expect(lineOf(jcalOfLine(line))).toBe(line);
    const source = text('BEGIN:VCALENDAR', line, 'END:VCALENDAR');
    expect(writeComponent(fromXcal(xcalText(parseCalendar(source))))).toBe(source);
  });

  test('a value of a type that it is not has the type unknown', () => {
    expect(jcalOfLine('DTEND:garbage')).toEqual(['dtend', {}, 'unknown', 'garbage']);
    expect(jcalOfLine('DTSTART;VALUE=DATE:20080230')).toEqual(['dtstart', { value: 'DATE' }, 'unknown', '20080230']);
  });

  test('text in base 64 is text, and binary data stay in base 64 (RFC 7265 §3.1)', () => {
    expect(jcalOfLine('DESCRIPTION;ENCODING=BASE64:SGVsbG8sIHlvdQ==')).toEqual([
      'description',
      {},
      'text',
      'Hello, you',
    ]);
    expect(jcalOfLine('ATTACH;ENCODING=BASE64:AAEC')).toEqual(['attach', { encoding: 'BASE64' }, 'binary', 'AAEC']);
  });
});

describe('jCal of a client', () => {
  test.each([
    [['summary', {}, 'text', 'a\r\nb'], 'SUMMARY:a\\nb'],
    [['attach', {}, 'binary', 'AAEC'], 'ATTACH;VALUE=BINARY;ENCODING=BASE64:AAEC'],
    [['image', {}, 'uri', 'data:,'], 'IMAGE;VALUE=URI:data:,'],
    [['dtstart', { value: 'DATE' }, 'date-time', '2026-03-02T09:00:00Z'], 'DTSTART:20260302T090000Z'],
    [['rrule', {}, 'recur', { bymonth: [4], freq: 'YEARLY', byday: ['1SU'] }], 'RRULE:FREQ=YEARLY;BYMONTH=4;BYDAY=1SU'],
    [['x-size', {}, 'float', 1e-7], 'X-SIZE;VALUE=FLOAT:0.0000001'],
    [['attendee', { cn: ['A;B'] }, 'cal-address', 'mailto:a@example.com'], 'ATTENDEE;CN="A;B":mailto:a@example.com'],
  ])('%j', (property, line) => {
    expect(lineOf(property)).toBe(line);
  });

  test.each([
    ['a line break in a value', ['url', {}, 'uri', 'http://a\r\nATTENDEE:mailto:b@example.com']],
    ['a name that is none', ['x\r\ny', {}, 'text', 'a']],
    ['a type that is none', ['x-a', {}, 'a:b', 'a']],
    ['a parameter name that is none', ['x-a', { 'b:c': 'd' }, 'text', 'a']],
    ['a parameter that is a number', ['x-a', { b: 1 }, 'text', 'a']],
    ['no value', ['x-a', {}, 'text']],
    ['null', ['x-a', {}, 'text', null]],
    ['an object that is no rule', ['x-a', {}, 'text', { a: 1 }]],
    ['a rule part that smuggles in another', ['rrule', {}, 'recur', { freq: 'DAILY;COUNT=3' }]],
    ['half of a surrogate pair', ['summary', {}, 'text', '\ud800']],
    ['a number without an end', ['x-a', {}, 'float', 1e300]],
    ['arrays inside arrays', ['geo', {}, 'float', [[1], 2]]],
  ])('is refused with %s', (_, property) => {
    expect(() => lineOf(property)).toThrow(expect.objectContaining({ code: 'valid-calendar-data' }));
  });

  test.each([
    ['no JSON', '["vcalendar",[],[]'],
    ['no component', '{"vcalendar":1}'],
    ['another array', '["vcalendar",[]]'],
    ['octets that are not UTF-8', Buffer.from([0x22, 0xff, 0x22])],
    ['too deep', '['.repeat(65)],
    ['too deep behind a string with brackets', `["]]]]\\"]",${'['.repeat(64)}`],
    ['too many values', `[${'1,'.repeat(100_001)}1]`],
  ])('is refused: %s', (_, source) => {
    expect(() => readJcal(Buffer.from(source), LIMITS)).toThrow(
      expect.objectContaining({ code: 'valid-calendar-data' }),
    );
  });

  test('a document beyond the octets is refused before it is read', () => {
    expect(() => readJcal(Buffer.alloc(11), { ...LIMITS, octets: 10 })).toThrow(
      expect.objectContaining({ code: 'max-resource-size' }),
    );
  });

  test('ten megabytes of brackets cost no more than one look', () => {
    const limits = { ...LIMITS, octets: 20_000_000 };
    const before = process.memoryUsage().heapUsed;
    expect(() => readJcal(Buffer.alloc(10_000_000, '['), limits)).toThrow('deeper');
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(64 * 1024 * 1024);
  });
});

const FOLDER = new URL('../fixtures/', import.meta.url);
const FILES = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ics'));

describe.each(FILES)('%s', (file) => {
  const octets = readFileSync(new URL(file, FOLDER));
  const source = parseCalendar(octets);

  test('comes back from jCal with every property, parameter and value', () => {
    const json = jcalText(source);
    const back = readJcal(Buffer.from(json), LIMITS);
    expect(normal(back)).toEqual(normal(source));
    expect(normal(parseCalendar(writeComponent(back)))).toEqual(normal(source));
    // And the other way about: what is said once is said the same again.
    expect(jcalText(parseCalendar(writeComponent(back)))).toBe(json);
  });

  test('comes back from xCal with every property, parameter and value', () => {
    const xml = xcalText(source);
    const back = fromXcal(xml);
    expect(normal(back)).toEqual(normal(source));
    expect(normal(parseCalendar(writeComponent(back)))).toEqual(normal(source));
    expect(xcalText(parseCalendar(writeComponent(back)))).toBe(xml);
  });
});

/** Where ical.js says something else, and why ours stands. */
const DISAGREE: ReadonlyMap<string, string> = new Map([
  ['ical/rfc5545-4-todo.ics', 'TRIGGER:19980403T120000Z without its VALUE=DATE-TIME: ical.js calls it a duration'],
  ['ical/style-apple-ios-event.ics', 'ACKNOWLEDGED is a DATE-TIME (RFC 9074 §6.1), which ical.js does not know'],
  [
    'ical/style-outlook-invitation.ics',
    'wkst is a string (RFC 7265 §3.6.10), and not 2; CN=Müller, Jörg has two values',
  ],
]);

describe('ical.js as a judge', () => {
  test.each(FILES.filter((file) => !DISAGREE.has(file)))('%s is the same jCal', (file) => {
    const octets = readFileSync(new URL(file, FOLDER));
    const ours = jcalOf(parseCalendar(octets));
    const theirs: unknown = ICAL.parse(writeComponent(parseCalendar(octets)));
    expect(ours).toEqual(theirs);
  });

  test.each([...DISAGREE])('%s is not: %s', (file) => {
    const octets = readFileSync(new URL(file, FOLDER));
    const theirs: unknown = ICAL.parse(writeComponent(parseCalendar(octets)));
    expect(jcalOf(parseCalendar(octets))).not.toEqual(theirs);
  });
});
