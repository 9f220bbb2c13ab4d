import { describe, expect, test } from 'vitest';
import { checkCalendar } from '../../src/ical/check.ts';
import { calendar, component, event, text } from './calendar-text.ts';

const found = (source: string | Uint8Array): string[] =>
  checkCalendar(source).map(
    ({ line, property, rule, section, severity }) => `${line} ${property} ${rule} ${section} ${severity}`,
  );
const messages = (source: string): string[] => checkCalendar(source).map(({ message }) => message);

const STAMPED = ['UID:1', 'DTSTAMP:20260101T000000Z'];
const todo = (...lines: string[]): string => calendar(...component('VTODO', ...STAMPED, ...lines));
const ZONE = component(
  'VTIMEZONE',
  'TZID:X',
  ...component(
    'STANDARD',
    'DTSTART:19701025T030000',
    'RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10',
    'TZOFFSETFROM:+0200',
    'TZOFFSETTO:+0100',
  ),
);

describe('calendars that are right have no problem', () => {
  test.each<[string, string[]]>([
    [
      'an event',
      event(
        '1',
        'DTEND:20260302T100000Z',
        'SUMMARY:a\\, b',
        'STATUS:CONFIRMED',
        'GEO:48.2;16.4',
        'TRANSP:OPAQUE',
        'X-OWN;X-P=1:;,',
      ),
    ],
    [
      'a recurring one with an override',
      [
        ...event('1', 'DURATION:PT1H', 'RRULE:FREQ=WEEKLY;UNTIL=20260401T090000Z;BYDAY=MO', 'EXDATE:20260309T090000Z'),
        ...event('1', 'RECURRENCE-ID:20260316T090000Z'),
      ],
    ],
    [
      'a zone',
      [
        ...ZONE,
        ...component('VEVENT', ...STAMPED, 'DTSTART;TZID=X:20260302T090000', 'RRULE:FREQ=MONTHLY;BYDAY=1MO;COUNT=3'),
      ],
    ],
    [
      'all day',
      component(
        'VEVENT',
        ...STAMPED,
        'DTSTART;VALUE=DATE:20260302',
        'DURATION:P1W',
        'RRULE:FREQ=YEARLY;UNTIL=20300101',
      ),
    ],
    [
      'a meeting',
      event(
        '1',
        'ORGANIZER:mailto:a@example.com',
        'ATTENDEE;CUTYPE=ROOM;PARTSTAT=DELEGATED;RSVP=TRUE;ROLE=X-OWN;DELEGATED-TO=',
        ' "mailto:c@example.com":mailto:b@example.com',
        'CATEGORIES:A,B\\,C',
        'REQUEST-STATUS:2.8;Success;x',
      ),
    ],
    [
      'alarms (RFC 5545 §3.6.6, RFC 9074)',
      event(
        '1',
        'DTEND:20260302T100000Z',
        ...component(
          'VALARM',
          'UID:a',
          'ACTION:DISPLAY',
          'DESCRIPTION:x',
          'TRIGGER;RELATED=END:-PT5M',
          'ACKNOWLEDGED:20260302T080000Z',
        ),
        ...component('VALARM', 'ACTION:AUDIO', 'TRIGGER;VALUE=DATE-TIME:20260302T080000Z', 'REPEAT:2', 'DURATION:PT5M'),
      ),
    ],
    [
      'a task',
      component(
        'VTODO',
        ...STAMPED,
        'DTSTART:20260302T090000Z',
        'DUE:20260302T100000Z',
        'STATUS:IN-PROCESS',
        'PERCENT-COMPLETE:50',
        'PRIORITY:1',
      ),
    ],
    ['a journal', component('VJOURNAL', ...STAMPED, 'DESCRIPTION:one', 'DESCRIPTION:two', 'STATUS:DRAFT')],
    [
      'free-busy',
      component('VFREEBUSY', ...STAMPED, 'FREEBUSY:20260302T090000Z/PT1H,20260302T110000Z/20260302T120000Z'),
    ],
    [
      'availability (RFC 7953)',
      component(
        'VAVAILABILITY',
        ...STAMPED,
        'BUSYTYPE:BUSY',
        ...component(
          'AVAILABLE',
          ...STAMPED,
          'DTSTART:20260302T090000Z',
          'DTEND:20260302T170000Z',
          'RRULE:FREQ=WEEKLY',
        ),
      ),
    ],
    [
      'RFC 7986',
      event(
        '1',
        'COLOR:turquoise',
        'IMAGE;VALUE=URI;DISPLAY=BADGE:https://example.com/i.png',
        'CONFERENCE;VALUE=URI;FEATURE=PHONE,VIDEO;LABEL=x:tel:+1-412-555-0123',
      ),
    ],
    [
      'RFC 9073',
      event(
        '1',
        ...component('VLOCATION', 'UID:l', 'NAME:Hall', 'LOCATION-TYPE:office,room'),
        ...component('PARTICIPANT', 'UID:p', 'PARTICIPANT-TYPE:SPEAKER', 'CALENDAR-ADDRESS:mailto:a@example.com'),
      ),
    ],
    [
      'RFC 9253',
      event(
        '1',
        'LINK;LINKREL=SOURCE;LABEL=Venue;VALUE=URI:https://example.com/',
        'RELATED-TO;RELTYPE=FINISHTOSTART;GAP=P1D:2',
        'REFID:itinerary',
        'CONCEPT:https://example.com/c',
      ),
    ],
  ])('%s', (_, lines) => {
    expect(checkCalendar(calendar(...lines))).toEqual([]);
  });
});

describe('content lines (RFC 5545 §3.1)', () => {
  test('a line of more than 75 octets, counted in octets', () => {
    expect(found(calendar(...event('1', `SUMMARY:${'ü'.repeat(34)}`)))).toEqual([
      '8 SUMMARY line-length RFC 5545 §3.1 slip',
    ]);
    expect(found(calendar(...event('1', `SUMMARY:${'ü'.repeat(33)}x`)))).toEqual([]);
  });
  test('line breaks, empty lines, a byte order mark', () => {
    expect(found(calendar(...event('1')).replaceAll('\r\n', '\n'))).toEqual(['1 BEGIN line-break RFC 5545 §3.1 slip']);
    expect(found(calendar(...event('1')).trimEnd())).toEqual(['9 END line-break RFC 5545 §3.1 slip']);
    expect(found(`\ufeff${calendar(...event('1'))}\r\n`)).toEqual([
      '1  bom RFC 5545 §3.1 slip',
      '10  empty-line RFC 5545 §3.1 slip',
    ]);
  });
  test('what cannot be read is an error with its line, and the rest is checked', () => {
    const octets = Buffer.from(calendar(...event('1', 'SUMMARY:#', 'no colon', 'X-A:\x07', 'STATUS:MAYBE')));
    octets[octets.indexOf('#')] = 0xff;
    expect(found(octets)).toEqual([
      '8  utf-8 RFC 5545 §3.1.4 error',
      '9  colon RFC 5545 §3.1 error',
      '10  control RFC 5545 §3.1 error',
      '11 STATUS enumeration RFC 5545 §3.8.1.11 slip',
    ]);
  });
  test('something else than a calendar', () => {
    expect(found('<html></html>')).toContain('1 VCALENDAR required RFC 5545 §3.4 error');
    expect(found('')).toEqual(['1 VCALENDAR required RFC 5545 §3.4 error']);
  });
});

describe('components (RFC 5545 §3.6)', () => {
  test('what is missing', () => {
    expect(
      found(
        text(
          'BEGIN:VCALENDAR',
          ...component('VEVENT'),
          ...component('VEVENT', ...component('VALARM')),
          'END:VCALENDAR',
        ),
      ),
    ).toEqual([
      '1 PRODID required RFC 5545 §3.6 slip',
      '1 VERSION required RFC 5545 §3.6 slip',
      '2 DTSTAMP required RFC 5545 §3.6.1 slip',
      '2 UID required RFC 5545 §3.6.1 error',
      '2 DTSTART required RFC 5545 §3.6.1 error',
      '4 DTSTAMP required RFC 5545 §3.6.1 slip',
      '4 UID required RFC 5545 §3.6.1 error',
      '4 DTSTART required RFC 5545 §3.6.1 error',
      '5 ACTION required RFC 5545 §3.6.6 slip',
      '5 TRIGGER required RFC 5545 §3.6.6 slip',
    ]);
  });
  test('nothing but VTIMEZONE', () => {
    expect(found(calendar(...ZONE))).toEqual(['1 VCALENDAR required RFC 4791 §4.1 error']);
  });
  test('a message needs no DTSTART, and is no object', () => {
    expect(found(calendar('METHOD:CANCEL', ...component('VEVENT', ...STAMPED)))).toEqual([
      '4 METHOD method RFC 4791 §4.1 error',
    ]);
  });
  test('what is there too often', () => {
    expect(
      found(
        calendar(
          ...event(
            '1',
            'SUMMARY:a',
            'SUMMARY:b',
            'DTSTART:20260303T090000Z',
            'DTSTAMP:20260101T000000Z',
            'RRULE:FREQ=DAILY',
            'RRULE:FREQ=WEEKLY',
          ),
        ),
      ),
    ).toEqual([
      '9 SUMMARY once RFC 5545 §3.6.1 slip',
      '10 DTSTART once RFC 5545 §3.6.1 error',
      '11 DTSTAMP once RFC 5545 §3.6.1 slip',
      '13 RRULE once RFC 5545 §3.6.1 slip',
    ]);
  });
  test('what must not be there, alone or together', () => {
    expect(
      found(calendar(...event('1', 'DUE:20260302T100000Z', 'FOO:bar', 'DTEND:20260302T100000Z', 'DURATION:PT1H'))),
    ).toEqual([
      '8 DUE not-here RFC 5545 §3.6.1 slip',
      '9 FOO unregistered RFC 5545 §8.3.2 slip',
      '11 DURATION either RFC 5545 §3.6.1 error',
    ]);
    expect(found(todo('DURATION:PT1H'))).toEqual(['7 DURATION needs RFC 5545 §3.6.2 slip']);
  });
  test('components in the wrong place, unknown ones, extensions', () => {
    expect(
      found(calendar(...event('1', ...component('STANDARD'), ...component('X-OWN'), ...component('VOWN')))),
    ).toContain('8 STANDARD not-here RFC 5545 §3.6.5 slip');
    expect(found(calendar(...event('1', ...component('X-OWN'), ...component('VOWN'))))).toEqual([
      '10 VOWN unregistered RFC 5545 §8.3.1 slip',
    ]);
  });
  test.each<[string[], string[]]>([
    [['ACTION:DISPLAY'], ['8 DESCRIPTION required RFC 5545 §3.6.6 slip']],
    [['ACTION:EMAIL', 'DESCRIPTION:x', 'SUMMARY:y'], ['8 ATTENDEE required RFC 5545 §3.6.6 slip']],
    [['ACTION:AUDIO', 'ATTACH:ftp://x/1', 'ATTACH:ftp://x/2'], ['12 ATTACH once RFC 5545 §3.6.6 slip']],
    [['ACTION:DISPLAY', 'DESCRIPTION:x', 'ATTENDEE:mailto:a@x'], ['12 ATTENDEE not-here RFC 5545 §3.6.6 slip']],
    [['ACTION:AUDIO', 'REPEAT:2'], ['11 REPEAT needs RFC 5545 §3.6.6 slip']],
    [['ACTION:AUDIO', 'REPEAT:2', 'DURATION:5 minutes'], ['12 DURATION value RFC 5545 §3.3.6 slip']],
  ])('an alarm with %j', (lines, problems) => {
    expect(found(calendar(...event('1', ...component('VALARM', 'TRIGGER:-PT5M', ...lines))))).toEqual(problems);
  });
  test('an alarm relative to an end that is not there', () => {
    expect(found(calendar(...event('1', ...component('VALARM', 'ACTION:AUDIO', 'TRIGGER;RELATED=END:PT0S'))))).toEqual([
      '10 TRIGGER needs RFC 5545 §3.8.6.3 slip',
    ]);
  });
});

describe('values (RFC 5545 §3.3)', () => {
  test.each<[string, string]>([
    ['CREATED:   51222T205954Z', 'CREATED value RFC 5545 §3.3.5 slip'],
    ['CREATED:20260101T000000', 'CREATED utc RFC 5545 §3.8.7.1 slip'],
    ['LAST-MODIFIED:20260101', 'LAST-MODIFIED value RFC 5545 §3.3.5 slip'],
    ['DURATION:P1DT', 'DURATION value RFC 5545 §3.3.6 slip'],
    ['DURATION:-PT1H', 'DURATION order RFC 5545 §3.8.2.5 slip'],
    ['DURATION:1h', 'DURATION value RFC 5545 §3.8.2.5 error'],
    ['DTEND:20260302', 'DTEND value RFC 5545 §3.3.5 slip'],
    ['DTEND:tomorrow', 'DTEND value RFC 5545 §3.8.2.2 error'],
    ['DTEND;VALUE=TEXT:20260302T100000Z', 'DTEND value-type RFC 5545 §3.8.2.2 slip'],
    ['DTEND;VALUE=TIME-OF-DAY:20260302T100000Z', 'DTEND value-type RFC 5545 §3.2.20 slip'],
    ['DTEND;TZID=X:20260302T100000Z', 'DTEND tzid RFC 5545 §3.2.19 slip'],
    ['PRIORITY:10', 'PRIORITY range RFC 5545 §3.8.1.9 slip'],
    ['PRIORITY:high', 'PRIORITY value RFC 5545 §3.3.8 slip'],
    ['SEQUENCE:-1', 'SEQUENCE range RFC 5545 §3.8.7.4 slip'],
    ['GEO:91;0', 'GEO value RFC 5545 §3.8.1.6 slip'],
    ['GEO:48.2,16.4', 'GEO value RFC 5545 §3.8.1.6 slip'],
    ['URL:www.example.com', 'URL value RFC 5545 §3.3.13 slip'],
    ['ORGANIZER:a@example.com', 'ORGANIZER value RFC 5545 §3.3.3 slip'],
    ['ATTACH;VALUE=BINARY;ENCODING=BASE64:!', 'ATTACH value RFC 5545 §3.3.1 slip'],
    ['ATTACH;VALUE=BINARY:AAAA', 'ATTACH param RFC 5545 §3.2.7 slip'],
    ['REQUEST-STATUS:2.0', 'REQUEST-STATUS value RFC 5545 §3.8.8.3 slip'],
    ['SUMMARY:a, b', 'SUMMARY escape RFC 5545 §3.3.11 slip'],
    ['SUMMARY:say \\"hi\\"', 'SUMMARY escape RFC 5545 §3.3.11 slip'],
    ['STATUS:COMPLETED', 'STATUS enumeration RFC 5545 §3.8.1.11 slip'],
    ['TRANSP:BUSY', 'TRANSP enumeration RFC 5545 §3.8.2.7 slip'],
    ['COLOR:#ff0000', 'COLOR value RFC 7986 §5.9 slip'],
    ['RDATE;VALUE=PERIOD:20260303T090000Z/20260303T080000Z', 'RDATE value RFC 5545 §3.3.9 slip'],
    ['RDATE:20260303T090000Z,x', 'RDATE value RFC 5545 §3.8.5.2 error'],
    ['EXDATE;VALUE=DATE:20260303', 'EXDATE type-mismatch RFC 5545 §3.8.5.1 slip'],
    ['ATTENDEE;RSVP=YES:mailto:a@x', 'ATTENDEE param RFC 5545 §3.2.17 slip'],
    ['ATTENDEE;PARTSTAT=COMPLETED:mailto:a@x', 'ATTENDEE param RFC 5545 §3.2.12 slip'],
    ['ATTENDEE;CN=Doe,John:mailto:a@x', 'ATTENDEE param RFC 5545 §3.2.2 slip'],
    ['ATTENDEE;SENT-BY=a@x:mailto:a@x', 'ATTENDEE param RFC 5545 §3.2.18 slip'],
    ['ATTENDEE;FOO=1:mailto:a@x', 'ATTENDEE unregistered RFC 5545 §8.3.3 slip'],
    ['ATTENDEE;CUTYPE=PERSON:mailto:a@x', 'ATTENDEE param RFC 5545 §3.2.3 slip'],
  ])('%s', (line, problem) => {
    expect(found(calendar(...event('1', ...line.split('\n')))).map((one) => one.replace(/^\d+ /, ''))).toContain(
      problem,
    );
  });

  test('vCalendar 1.0 and another scale are errors', () => {
    expect(
      found(text('BEGIN:VCALENDAR', 'VERSION:1.0', 'PRODID:x', 'CALSCALE:HEBREW', ...event('1'), 'END:VCALENDAR')),
    ).toEqual(['2 VERSION enumeration RFC 5545 §3.7.4 error', '4 CALSCALE enumeration RFC 5545 §3.7.1 error']);
  });
});

describe('times that must agree', () => {
  test.each<[string[], string]>([
    [['DTSTART:20260302T090000Z', 'DTEND:20260302T090000Z'], 'DTEND order RFC 5545 §3.8.2.2'],
    [['DTSTART:20260302T090000Z', 'DTEND;VALUE=DATE:20260303'], 'DTEND type-mismatch RFC 5545 §3.8.2.2'],
    [['DTSTART:20260302T090000Z', 'DTEND:20260302T100000'], 'DTEND type-mismatch RFC 5545 §3.8.2.2'],
    [['DTSTART;VALUE=DATE:20260302', 'DURATION:PT1H'], 'DURATION type-mismatch RFC 5545 §3.8.2.5'],
    [['DTSTART:20260302T090000Z', 'RDATE;VALUE=DATE:20260303'], 'RDATE type-mismatch RFC 5545 §3.8.5.2'],
  ])('%j', (lines, problem) => {
    expect(
      found(calendar(...component('VEVENT', ...STAMPED, ...lines))).map((one) => one.replace(/^\d+ | slip$/g, '')),
    ).toEqual([problem]);
  });

  test('DUE before DTSTART', () => {
    expect(found(todo('DTSTART:20260302T090000Z', 'DUE:20260301T090000Z'))).toEqual([
      '8 DUE order RFC 5545 §3.8.2.3 slip',
    ]);
  });
  test('a RECURRENCE-ID of another type than DTSTART', () => {
    expect(
      found(calendar(...event('1', 'RRULE:FREQ=DAILY'), ...event('1', 'RECURRENCE-ID;VALUE=DATE:20260303'))),
    ).toEqual(['14 RECURRENCE-ID type-mismatch RFC 5545 §3.8.4.4 slip']);
  });
  test('two masters, one RECURRENCE-ID twice; another UID is no matter', () => {
    const override = event('1', 'RECURRENCE-ID:20260303T090000Z');
    expect(found(calendar(...event('1'), ...event('1'), ...event('2'), ...override, ...override))).toEqual([
      '9 UID duplicate RFC 4791 §4.1 error',
      '25 RECURRENCE-ID duplicate RFC 4791 §4.1 error',
    ]);
  });
});

describe('recurrence rules (RFC 5545 §3.3.10)', () => {
  test.each<[string, string, string]>([
    ['DTSTART:20260302T090000Z', 'FREQ=DAILY;COUNT=2;UNTIL=20260401T000000Z', 'COUNT and UNTIL together'],
    [
      'DTSTART:20260302T090000Z',
      'FREQ=WEEKLY;BYDAY=1MO',
      'BYDAY with a number, and FREQ is neither MONTHLY nor YEARLY',
    ],
    ['DTSTART:20260302T090000Z', 'FREQ=YEARLY;BYWEEKNO=3;BYDAY=1MO', 'BYDAY with a number beside BYWEEKNO'],
    ['DTSTART:20260302T090000Z', 'FREQ=WEEKLY;BYMONTHDAY=1', 'BYMONTHDAY in a WEEKLY rule'],
    ['DTSTART:20260302T090000Z', 'FREQ=MONTHLY;BYYEARDAY=1', 'BYYEARDAY in a DAILY, WEEKLY or MONTHLY rule'],
    ['DTSTART:20260302T090000Z', 'FREQ=MONTHLY;BYWEEKNO=1', 'BYWEEKNO in a rule that is not YEARLY'],
    ['DTSTART:20260302T090000Z', 'FREQ=MONTHLY;BYSETPOS=1', 'BYSETPOS without another BY part'],
    ['DTSTART;VALUE=DATE:20260302', 'FREQ=DAILY;BYHOUR=9', 'BYHOUR, BYMINUTE or BYSECOND, and DTSTART is a date'],
    ['DTSTART:20260302T090000Z', 'FREQ=MONTHLY;SKIP=FORWARD', 'SKIP without RSCALE'],
    ['DTSTART:20260302T090000Z', 'FREQ=DAILY;UNTIL=20260401', 'UNTIL is a date, and DTSTART is not'],
    ['DTSTART;VALUE=DATE:20260302', 'FREQ=DAILY;UNTIL=20260401T000000Z', 'UNTIL is a time, and DTSTART is a date'],
    ['DTSTART:20260302T090000Z', 'FREQ=DAILY;UNTIL=20260401T000000', 'UNTIL is a local time, and DTSTART has a zone'],
    ['DTSTART:20260302T090000', 'FREQ=DAILY;UNTIL=20260401T000000Z', 'UNTIL is in UTC, and DTSTART is a local time'],
    ['DTSTART:20260302T090000Z', 'FREQ=DAILY;UNTIL=20260101T000000Z', 'UNTIL before DTSTART'],
  ])('%s RRULE:%s', (start, rule, message) => {
    expect(messages(calendar(...component('VEVENT', ...STAMPED, start, `RRULE:${rule}`)))).toEqual([message]);
  });

  test('a rule that cannot be read is an error that names the part', () => {
    const source = calendar(...event('1', 'RRULE:FREQ=YEARLY;BYMONTH=13'));
    expect(found(source)).toEqual(['8 RRULE recur RFC 5545 §3.8.5.3 error']);
    expect(messages(source)[0]).toContain('BYMONTH=13');
  });
});

describe('time zones (RFC 5545 §3.6.5)', () => {
  test('a TZID without VTIMEZONE, told once', () => {
    const lines = ['DTSTART;TZID=Bogus:20260302T090000', 'DTEND;TZID=Bogus:20260302T100000'];
    expect(found(calendar(...component('VEVENT', ...STAMPED, ...lines)))).toEqual([
      '7 DTSTART tzid RFC 5545 §3.2.19 slip',
    ]);
  });
  test('a VTIMEZONE twice, empty, with times that are not local', () => {
    const bad = component(
      'VTIMEZONE',
      'TZID:X',
      ...component(
        'DAYLIGHT',
        'DTSTART:19700329T020000Z',
        'RRULE:FREQ=YEARLY;UNTIL=19800101',
        'TZOFFSETFROM:+25',
        'TZOFFSETTO:-0000',
      ),
    );
    expect(found(calendar(...ZONE, ...component('VTIMEZONE', 'TZID:Y'), ...bad, ...event('1')))).toEqual([
      '13 VTIMEZONE required RFC 5545 §3.6.5 slip',
      '16 TZID once RFC 5545 §3.6.5 slip',
      '19 DTSTART zone RFC 5545 §3.6.5 slip',
      '20 RRULE until RFC 5545 §3.3.10 slip',
      '21 TZOFFSETFROM value RFC 5545 §3.3.14 slip',
      '22 TZOFFSETTO value RFC 5545 §3.3.14 slip',
    ]);
  });
});

test('a source with very many problems has the first ten thousand of them', () => {
  const problems = checkCalendar(calendar(...event('1', ...Array<string>(20_000).fill('FOO:bar'))));
  expect(problems.length).toBeLessThanOrEqual(10_001);
});
