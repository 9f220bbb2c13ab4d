import { describe, expect, test } from 'vitest';
import { Refusal } from '../../src/base/refusal.ts';
import { parseCalendar } from '../../src/ical/parse.ts';
import {
  refusePartsOfOthers,
  refuseUndefinedEscapes,
  refuseUnknownZones,
  validateObject,
} from '../../src/ical/validate.ts';
import { calendar, component, event, text } from './calendar-text.ts';

/** What PUT answers: the code and the message, or the type and UID that it would store. */
function outcome(
  source: string,
  check: (parsed: ReturnType<typeof parseCalendar>) => unknown = validateObject,
): string {
  try {
    const result = check(parseCalendar(source)) as { uid: string; component: string } | undefined;
    return result === undefined ? 'accepted' : `${result.component} ${result.uid}`;
  } catch (error) {
    if (error instanceof Refusal) return `${error.code}: ${error.message}`;
    throw error;
  }
}

const DAILY = ['DURATION:PT1H', 'RRULE:FREQ=DAILY'];
const override = (id: string, ...lines: string[]): string[] => event('1', `RECURRENCE-ID${id}`, ...lines);
/** An event with these lines alone beside its UID. */
const bare = (...lines: string[]): string => calendar(...component('VEVENT', 'UID:1', ...lines));

describe('accepted', () => {
  test.each<[string, string]>([
    ['DTSTART alone, as Evolution writes it', bare('DTSTART:20260302T090000Z')],
    ['no DTSTAMP', bare('DTSTART;VALUE=DATE:20260302')],
    ['no VERSION and no PRODID', text('BEGIN:VCALENDAR', ...event('1'), 'END:VCALENDAR')],
    ['an override without its master (RFC 4791 §4.1)', calendar(...override(':20260303T090000Z'))],
    ['overrides before the master', calendar(...override(':20260303T090000Z'), ...event('1', ...DAILY))],
    [
      'an override that is no instance of the rule',
      calendar(...event('1', ...DAILY), ...override(':20260303T100000Z')),
    ],
    [
      'an override with a rule of its own',
      calendar(...event('1', ...DAILY), ...override(':20260303T090000Z', 'RRULE:FREQ=DAILY')),
    ],
    ['a VTIMEZONE after the event', calendar(...event('1'), ...component('VTIMEZONE', 'TZID:X'))],
    ['an extension beside the event', calendar(...event('1'), ...component('X-NOTES', 'UID:other'))],
    // Slips that can be read.
    ['DURATION:P1DT', bare('DTSTART;VALUE=DATE:20260302', 'DURATION:P1DT')],
    ['a date without VALUE=DATE', bare('DTSTART:20260302')],
    ['blanks around a time', bare('DTSTART: 20260302T090000Z ')],
    ['DTSTART in UTC, DTEND a date', bare('DTSTART:20260302T090000Z', 'DTEND;VALUE=DATE:20260303')],
    ['DTSTART a date, DTEND in a zone', bare('DTSTART;VALUE=DATE:20260302', 'DTEND;TZID=X:20260302T100000')],
    ['DTEND before DTSTART', bare('DTSTART:20260302T090000Z', 'DTEND:20060302T090000Z')],
    ['a bad CREATED', bare('DTSTART:20260302T090000Z', 'CREATED:   51222T205954Z')],
    ['RECURRENCE-ID of another type', calendar(...event('1', ...DAILY), ...override(';VALUE=DATE:20260303'))],
    ['an empty EXDATE', bare('DTSTART:20260302T090000Z', 'RRULE:FREQ=DAILY', 'EXDATE:')],
    ['two rules', bare('DTSTART:20260302T090000Z', 'RRULE:FREQ=DAILY;COUNT=2', 'RRULE:FREQ=WEEKLY;COUNT=2')],
    ['the same DTSTART twice', bare('DTSTART:20260302T090000Z', 'DTSTART:20260302T090000Z')],
    ['a code without a description', bare('DTSTART:20260302T090000Z', 'REQUEST-STATUS:2.0')],
    [
      'unknown properties and parameters',
      bare('DTSTART:20260302T090000Z', 'STATUS;REASON={x}y;GROUP=G1:FAILED', 'FOO:bar'),
    ],
    ['an alarm that is broken', bare('DTSTART:20260302T090000Z', ...component('VALARM', 'TRIGGER:soon'))],
  ])('%s', (_, source) => {
    expect(outcome(source)).toBe('VEVENT 1');
  });

  test.each<[string, string[]]>([
    ['without any date', []],
    ['with DUE alone', ['DUE;VALUE=DATE:20260314']],
    ['that recurs without DTSTART', ['RRULE:FREQ=WEEKLY;COUNT=4']],
    ['with DUE before DTSTART and of another type', ['DTSTART;TZID=X:20260709T120000', 'DUE;VALUE=DATE:20060711']],
    ['with DURATION and no DTSTART', ['DURATION:PT1H']],
    ['with a COMPLETED that cannot be read', ['COMPLETED:yes']],
  ])('a VTODO %s', (_, lines) => {
    expect(outcome(calendar(...component('VTODO', 'UID:1', ...lines)))).toBe('VTODO 1');
  });

  test.each(['VJOURNAL', 'VFREEBUSY', 'VAVAILABILITY', 'VPOLL', 'X-OWN'])(
    '%s with a UID alone; which types are kept is for the collection to say',
    (name) => {
      expect(outcome(calendar(...component(name, 'UID:1')))).toBe(`${name} 1`);
    },
  );

  test('the UID is given as plain text', () => {
    expect(outcome(calendar(...event(' a\\,b\\\\c ')))).toBe('VEVENT a,b\\c');
  });
});

describe('valid-calendar-object-resource (RFC 4791 §4.1)', () => {
  test.each<[string, string, string]>([
    ['METHOD', calendar('METHOD:PUBLISH', ...event('1')), 'line 4: METHOD is for messages, not for stored objects'],
    [
      'two types',
      calendar(...event('1'), ...component('VTODO', 'UID:1')),
      'line 9: VTODO beside VEVENT: one object holds one type',
    ],
    ['two UIDs', calendar(...event('1'), ...event('2')), 'line 10: two UIDs in one object'],
    ['nothing', calendar(), 'line 1: there is no calendar component but VTIMEZONE'],
    [
      'a VTIMEZONE alone',
      calendar(...component('VTIMEZONE', 'TZID:X')),
      'line 1: there is no calendar component but VTIMEZONE',
    ],
    ['two masters', calendar(...event('1'), ...event('1')), 'line 9: a second VEVENT without RECURRENCE-ID'],
    [
      'one RECURRENCE-ID twice',
      calendar(...event('1', ...DAILY), ...override(':20260303T090000Z'), ...override(';X=1:20260303T090000Z ')),
      'line 17: a second VEVENT with RECURRENCE-ID 20260303T090000Z',
    ],
    [
      'two journals of one UID',
      calendar(...component('VJOURNAL', 'UID:1'), ...component('VJOURNAL', 'UID:1')),
      'line 7: a second VJOURNAL without RECURRENCE-ID',
    ],
  ])('%s', (_, source, message) => {
    expect(outcome(source)).toBe(`valid-calendar-object-resource: ${message}`);
  });
});

describe('valid-calendar-data: what cannot be indexed', () => {
  test.each<[string, string, string]>([
    ['no UID', calendar(...component('VEVENT', 'DTSTART:20260302T090000Z')), 'line 4: VEVENT has no UID'],
    [
      'an empty UID',
      calendar(...component('VEVENT', 'UID: ', 'DTSTART:20260302T090000Z')),
      'line 4: VEVENT has no UID',
    ],
    ['two UIDs in one component', bare('UID:2', 'DTSTART:20260302T090000Z'), 'line 6: a second UID in VEVENT'],
    ['no DTSTART (RFC 5545 §3.6.1)', bare('SUMMARY:x'), 'line 4: VEVENT has no DTSTART'],
    [
      'two DTSTARTs',
      bare('DTSTART:20260302T090000Z', 'DTSTART:20260303T090000Z'),
      'line 7: a second DTSTART in VEVENT',
    ],
    [
      'two zones',
      bare('DTSTART;TZID=A:20260302T090000', 'DTSTART;TZID=B:20260302T090000'),
      'line 7: a second DTSTART in VEVENT',
    ],
    [
      'two ends',
      bare('DTSTART:20260302T090000Z', 'DTEND:20260302T100000Z', 'DURATION:PT1H'),
      'line 8: DTEND and DURATION in one VEVENT',
    ],
    ['an unreadable DTSTART', bare('DTSTART:tomorrow'), 'line 6: DTSTART cannot be read: tomorrow'],
    ['30 February', bare('DTSTART;VALUE=DATE:20260230'), 'line 6: DTSTART cannot be read: 20260230'],
    ['an empty DTEND', bare('DTSTART:20260302T090000Z', 'DTEND:'), 'line 7: DTEND cannot be read: '],
    ['an unreadable DURATION', bare('DTSTART:20260302T090000Z', 'DURATION:1h'), 'line 7: DURATION cannot be read: 1h'],
    ['an unreadable RECURRENCE-ID', calendar(...override(':x')), 'line 8: RECURRENCE-ID cannot be read: x'],
    [
      'an unreadable EXDATE',
      bare('DTSTART:20260302T090000Z', 'EXDATE:20260303T090000Z,x'),
      'line 7: EXDATE cannot be read: 20260303T090000Z,x',
    ],
    [
      'an unreadable RDATE',
      bare('DTSTART:20260302T090000Z', 'RDATE;VALUE=PERIOD:20260303T090000Z/x'),
      'line 7: RDATE cannot be read: 20260303T090000Z/x',
    ],
    [
      'an unreadable FREEBUSY',
      calendar(...component('VFREEBUSY', 'UID:1', 'FREEBUSY:x')),
      'line 6: FREEBUSY cannot be read: x',
    ],
    [
      'vCalendar 1.0',
      text('BEGIN:VCALENDAR', 'VERSION:1.0', ...event('1'), 'END:VCALENDAR'),
      'line 2: VERSION:1.0 is vCalendar, not iCalendar',
    ],
    ['another scale', calendar('CALSCALE:HEBREW', ...event('1')), 'line 4: CALSCALE HEBREW is not known'],
  ])('%s', (_, source, message) => {
    expect(outcome(source)).toBe(`valid-calendar-data: ${message}`);
  });

  test.each([
    'FREQ=MONTHLY;BYDAY=+1,3MO',
    'FREQ=SOMETIMES',
    'BYDAY=MO',
    '',
    'FREQ=DAILY;INTERVAL=0',
    'FREQ=YEARLY;BYMONTH=13',
  ])('RRULE:%s', (rule) => {
    expect(outcome(bare('DTSTART:20260302T090000Z', `RRULE:${rule}`))).toMatch(
      /^valid-calendar-data: line 7: RRULE cannot be read: ./,
    );
  });
});

describe('valid-timezone (RFC 7809)', () => {
  const check = (source: string): string =>
    outcome(source, (parsed) => refuseUnknownZones(parsed, (tzid) => tzid === 'Europe/Berlin'));
  const zoned = (tzid: string): string[] => component('VEVENT', 'UID:1', `DTSTART;TZID=${tzid}:20260302T090000`);

  test('a zone that is known needs no VTIMEZONE', () => {
    expect(check(calendar(...zoned('Europe/Berlin')))).toBe('accepted');
  });
  test('one that is not known needs it', () => {
    expect(check(calendar(...zoned('Own'), ...component('VTIMEZONE', 'TZID:Own')))).toBe('accepted');
    expect(check(calendar(...zoned('Own')))).toBe(
      'valid-timezone: line 6: the time zone Own has no VTIMEZONE and is not known',
    );
  });
});

describe('escapes that RFC 5545 §3.3.11 does not define', () => {
  const check = (...lines: string[]): string => outcome(bare(...lines), refuseUndefinedEscapes);

  test('are refused in a TEXT', () => {
    expect(check('DESCRIPTION:Bad \\"escaping\\" here.')).toBe(
      'valid-calendar-data: line 6: DESCRIPTION holds the undefined escape \\"',
    );
  });
  test('are no matter in a URI, in an extension or in a parameter', () => {
    expect(
      check('URL:http://www.example.com/abc\\.def', 'X-A:\\"', 'ATTENDEE;CN=A\\B:mailto:x@y', 'SUMMARY:a\\, b\\nc'),
    ).toBe('accepted');
  });
});

test('personal parts that are marked as somebody else’s are refused of a client', () => {
  const marked = calendar(...event('1'), ...component('X-CALENDARSERVER-PERUSER', 'UID:1'));
  expect(outcome(marked, refusePartsOfOthers)).toMatch(/^valid-calendar-data: .*X-CALENDARSERVER-PERUSER/);
  expect(outcome(calendar(...event('1'), ...component('X-OTHER', 'UID:1')), refusePartsOfOthers)).toBe('accepted');
});
