import { expect, test } from 'vitest';

import { Refusal } from '../../src/base/refusal.ts';
import { atOnce } from '../../src/base/steps.ts';
import { parsingCalendar } from '../../src/ical/parse.ts';
import { splittingSeries } from '../../src/ical/split.ts';
import { calendar, event } from './calendar-text.ts';

/** The parts of an object of these lines; of each, what is between the UIDs and the end, line by line. */
function split(rid: string, lines: readonly string[], eol = '\r\n') {
  const octets = Buffer.from(calendar(...lines).replaceAll('\r\n', eol));
  const options = { rid, uid: 'new,uid', relatedTo: 'set', budget: { steps: 100_000 } };
  const parts = atOnce(splittingSeries(octets, atOnce(parsingCalendar(octets)), options));
  const text = (part: Uint8Array): readonly string[] =>
    Buffer.from(part).toString().replaceAll(`${eol} `, '').split(eol).slice(3, -2);
  return { earlier: text(parts.earlier), later: text(parts.later), raw: parts };
}

function refusal(rid: string, ...lines: readonly string[]): string | undefined {
  try {
    split(rid, lines);
    return undefined;
  } catch (error) {
    if (error instanceof Refusal) return error.code;
    throw error;
  }
}

const series = (...lines: readonly string[]): readonly string[] => [
  ...['BEGIN:VEVENT', 'UID:1', 'DTSTAMP:20260101T000000Z', 'SEQUENCE:3', ...lines, 'END:VEVENT'],
];
const LINK = 'RELATED-TO;RELTYPE=X-CALENDARSERVER-RECURRENCE-SET:set';
/** The lines of a part of `series`, without those that every part has. */
const own = (part: readonly string[]): readonly string[] =>
  part.filter((line) => !/^(BEGIN|END|DTSTAMP|SEQUENCE|RELATED-TO|UID)/.test(line));

test('the example of caldav-recursplit §3.1', () => {
  const { earlier, later } = split('20140110T120000Z', [
    'BEGIN:VEVENT',
    'DTSTAMP:20140110T135358Z',
    'DTSTART:20140101T120000Z',
    'DURATION:PT1H',
    'SUMMARY:Example',
    'UID:DF400028-1223-4D26-92CA-B0ED3CC161F3',
    'RRULE:FREQ=DAILY;COUNT=20',
    'END:VEVENT',
  ]);
  expect(later).toEqual([
    'BEGIN:VEVENT',
    'DTSTAMP:20140110T135358Z',
    'DTSTART:20140110T120000Z',
    'DURATION:PT1H',
    'SUMMARY:Example',
    'UID:DF400028-1223-4D26-92CA-B0ED3CC161F3',
    LINK,
    'RRULE:FREQ=DAILY;COUNT=11',
    'END:VEVENT',
  ]);
  expect(earlier).toEqual([
    'BEGIN:VEVENT',
    'DTSTAMP:20140110T135358Z',
    'DTSTART:20140101T120000Z',
    'DURATION:PT1H',
    'SUMMARY:Example',
    'UID:new\\,uid',
    LINK,
    'RRULE:FREQ=DAILY;UNTIL=20140110T115959Z',
    'END:VEVENT',
  ]);
});

test.each([
  [
    'dates',
    '20260310',
    ['DTSTART;VALUE=DATE:20260302', 'DTEND;VALUE=DATE:20260304', 'RRULE:FREQ=WEEKLY;BYDAY=MO,WE'],
    ['DTSTART;VALUE=DATE:20260302', 'DTEND;VALUE=DATE:20260304', 'RRULE:FREQ=WEEKLY;BYDAY=MO,WE;UNTIL=20260310'],
    ['DTSTART;VALUE=DATE:20260311', 'DTEND;VALUE=DATE:20260313', 'RRULE:FREQ=WEEKLY;BYDAY=MO,WE'],
  ],
  [
    'a zone, over a change of the clocks',
    '20260329T070000Z',
    [
      'DTSTART;TZID=Europe/Berlin:20260327T090000',
      'DTEND;TZID=Europe/Berlin:20260327T100000',
      'RRULE:freq=daily;until=20260401T070000Z',
    ],
    [
      'DTSTART;TZID=Europe/Berlin:20260327T090000',
      'DTEND;TZID=Europe/Berlin:20260327T100000',
      'RRULE:freq=daily;UNTIL=20260329T065959Z',
    ],
    [
      'DTSTART;TZID=Europe/Berlin:20260329T090000',
      'DTEND;TZID=Europe/Berlin:20260329T100000',
      'RRULE:freq=daily;until=20260401T070000Z',
    ],
  ],
  [
    'floating times',
    '20260303T000000',
    ['DTSTART:20260302T090000', 'DURATION:PT1H', 'RRULE:FREQ=DAILY;INTERVAL=2'],
    ['DTSTART:20260302T090000', 'DURATION:PT1H', 'RRULE:FREQ=DAILY;INTERVAL=2;UNTIL=20260304T085959'],
    ['DTSTART:20260304T090000', 'DURATION:PT1H', 'RRULE:FREQ=DAILY;INTERVAL=2'],
  ],
  [
    'an end that is the second of two equal clock readings',
    '20261024T230000Z',
    [
      'DTSTART;TZID=Europe/Berlin:20261022T010000',
      'DTEND;TZID=Europe/Berlin:20261022T030000',
      'RRULE:FREQ=DAILY;COUNT=5',
    ],
    [
      'DTSTART;TZID=Europe/Berlin:20261022T010000',
      'DTEND;TZID=Europe/Berlin:20261022T030000',
      'RRULE:FREQ=DAILY;UNTIL=20261024T225959Z',
    ],
    ['DTSTART;TZID=Europe/Berlin:20261025T010000', 'DTEND:20261025T010000Z', 'RRULE:FREQ=DAILY;COUNT=2'],
  ],
  [
    'dates alone',
    '20260305T000000Z',
    ['DTSTART:20260302T090000Z', 'RDATE:20260304T090000Z,20260308T090000Z', 'RDATE:20260306T090000Z'],
    ['DTSTART:20260302T090000Z', 'RDATE:20260304T090000Z'],
    ['DTSTART:20260306T090000Z', 'RDATE:20260308T090000Z'],
  ],
  [
    'a rule that ends before the split point, and a date after it',
    '20260305T000000Z',
    ['DTSTART:20260302T090000Z', 'RRULE:FREQ=DAILY;COUNT=2', 'RDATE:20260308T090000Z'],
    ['DTSTART:20260302T090000Z', 'RRULE:FREQ=DAILY;COUNT=2'],
    ['DTSTART:20260308T090000Z'],
  ],
  [
    'a rule that begins after the split point',
    '20260304T000000Z',
    ['DTSTART:20260302T090000Z', 'RRULE:FREQ=WEEKLY;BYDAY=FR;COUNT=4', 'RDATE:20260305T090000Z'],
    ['DTSTART:20260302T090000Z'],
    ['DTSTART:20260306T090000Z', 'RRULE:FREQ=WEEKLY;BYDAY=FR;COUNT=3', 'RDATE:20260305T090000Z'],
  ],
  [
    'exceptions, those of whole days among them',
    '20260304T000000Z',
    [
      'DTSTART:20260302T090000Z',
      'RRULE:FREQ=DAILY',
      'EXDATE:20260303T090000Z,20260304T090000Z',
      'EXDATE;VALUE=DATE:20260308',
    ],
    ['DTSTART:20260302T090000Z', 'RRULE:FREQ=DAILY;UNTIL=20260305T085959Z', 'EXDATE:20260303T090000Z,20260304T090000Z'],
    ['DTSTART:20260305T090000Z', 'RRULE:FREQ=DAILY', 'EXDATE;VALUE=DATE:20260308'],
  ],
])('%s', (_, rid, whole, before, after) => {
  const { earlier, later } = split(rid, series(...whole));
  expect(own(earlier)).toEqual(before);
  expect(own(later)).toEqual(after);
  expect(earlier).toContain('SEQUENCE:3');
  expect(later).toContain('SEQUENCE:3');
});

test('each override goes with its instance, also one that was moved over the split point; all are linked', () => {
  const master = series(
    'DTSTART:20260302T090000Z',
    'RRULE:FREQ=DAILY;COUNT=5',
    'ATTENDEE;PARTSTAT=ACCEPTED:mailto:b@x',
  );
  const override = (id: string, start: string): readonly string[] =>
    series(`RECURRENCE-ID:${id}`, `DTSTART:${start}`, 'ATTENDEE;PARTSTAT=DECLINED:mailto:b@x');
  const { earlier, later } = split('20260304T090000Z', [
    ...master,
    ...override('20260303T090000Z', '20260310T090000Z'),
    ...override('20260304T090000Z', '20260301T090000Z'),
  ]);
  expect(earlier.filter((line) => line.startsWith('RECURRENCE-ID'))).toEqual(['RECURRENCE-ID:20260303T090000Z']);
  expect(later.filter((line) => line.startsWith('RECURRENCE-ID'))).toEqual(['RECURRENCE-ID:20260304T090000Z']);
  for (const part of [earlier, later]) {
    expect(part.filter((line) => line === LINK)).toHaveLength(2);
    expect(part.filter((line) => line.startsWith('ATTENDEE'))).toEqual([
      'ATTENDEE;PARTSTAT=ACCEPTED:mailto:b@x',
      'ATTENDEE;PARTSTAT=DECLINED:mailto:b@x',
    ]);
  }
});

test('a set that is named already keeps its name, also where only one component names it', () => {
  const link = 'RELATED-TO;RELTYPE=x-calendarserver-recurrence-set:first';
  const { earlier, later } = split('20260304T090000Z', [
    ...series('DTSTART:20260302T090000Z', 'RRULE:FREQ=DAILY', link, 'RELATED-TO:other'),
    ...series('RECURRENCE-ID:20260303T090000Z', 'DTSTART:20260303T100000Z'),
  ]);
  expect(later.filter((line) => line.startsWith('RELATED'))).toEqual([link, 'RELATED-TO:other']);
  expect(earlier.filter((line) => line.startsWith('RELATED'))).toEqual([
    ...[link, 'RELATED-TO:other', 'RELATED-TO;RELTYPE=X-CALENDARSERVER-RECURRENCE-SET:first'],
  ]);
});

test('what is not changed stays octet for octet: folds, case, zones, alarms, unknown components, line breaks', () => {
  const same = [
    ...['BEGIN:VTIMEZONE', 'TZID:X', 'BEGIN:STANDARD', 'DTSTART:19700101T000000', 'TZOFFSETFROM:+0100'],
    ...['TZOFFSETTO:+0100', 'END:STANDARD', 'END:VTIMEZONE', 'BEGIN:X-OTHER', 'X-A:b', 'END:X-OTHER'],
  ];
  const event = ['summary;x-a="b":Lo', ' ng', 'BEGIN:VALARM', 'TRIGGER:-PT5M', 'UID:alarm', 'END:VALARM', 'END:VEVENT'];
  const whole = [...same, 'BEGIN:VEVENT', 'UID:1', 'DTSTART;TZID=X:20260302T090000', 'RRULE:FREQ=DAILY', ...event];
  const { raw } = split('20260304T080000Z', whole, '\n');
  const later = [
    ...same,
    'BEGIN:VEVENT',
    'UID:1',
    LINK,
    'DTSTART;TZID=X:20260304T090000',
    'RRULE:FREQ=DAILY',
    ...event,
  ];
  expect(Buffer.from(raw.later).toString()).toBe(calendar(...later).replaceAll('\r\n', '\n'));
});

test('an alarm that rings once, at an instant, does so for one part', () => {
  const alarm = (trigger: string) => ['BEGIN:VALARM', 'ACTION:AUDIO', trigger, 'END:VALARM'];
  const { earlier, later } = split('20260304T090000Z', [
    ...series(
      ...['DTSTART:20260302T090000Z', 'RRULE:FREQ=DAILY;COUNT=5', ...alarm('TRIGGER:-PT5M')],
      ...alarm('TRIGGER;VALUE=DATE-TIME:20260303T080000Z'),
      ...alarm('TRIGGER;VALUE=DATE-TIME:20260304T090000Z'),
    ),
  ]);
  const triggers = [earlier, later].map((part) => part.filter((line) => line.startsWith('TRIGGER')));
  expect(triggers).toEqual([
    ['TRIGGER:-PT5M', 'TRIGGER;VALUE=DATE-TIME:20260303T080000Z'],
    ['TRIGGER:-PT5M', 'TRIGGER;VALUE=DATE-TIME:20260304T090000Z'],
  ]);
  expect([earlier, later].map((part) => part.filter((line) => line === 'BEGIN:VALARM').length)).toEqual([2, 2]);
});

test('tasks and journal entries that recur are split, too', () => {
  const { later } = split('20260304T090000Z', [
    'BEGIN:VTODO',
    'UID:1',
    'DTSTART:20260302T090000Z',
    'DUE:20260302T110000Z',
    'RRULE:FREQ=DAILY',
    'END:VTODO',
  ]);
  expect(later).toEqual([
    ...[
      'BEGIN:VTODO',
      'UID:1',
      LINK,
      'DTSTART:20260304T090000Z',
      'DUE:20260304T110000Z',
      'RRULE:FREQ=DAILY',
      'END:VTODO',
    ],
  ]);
});

const RULE = 'RRULE:FREQ=DAILY;COUNT=5';
const ZONED = 'DTSTART;TZID=Europe/Berlin:20260302T090000';

test.each([
  ['none', '', 'DTSTART:20260302T090000Z'],
  ['no time', 'tomorrow', 'DTSTART:20260302T090000Z'],
  ['a date for times', '20260304', 'DTSTART:20260302T090000Z'],
  ['a local time for UTC', '20260304T090000', 'DTSTART:20260302T090000Z'],
  ['a local time for a zone', '20260304T090000', ZONED],
  ['UTC for floating times', '20260304T090000Z', 'DTSTART:20260302T090000'],
  ['a time for dates', '20260304T090000Z', 'DTSTART;VALUE=DATE:20260302'],
])('a rid that is %s is no valid rid', (_, rid, start) => {
  expect(refusal(rid, ...series(start, RULE))).toBe('valid-rid-parameter');
});

test.each([
  ['does not recur', '20260304T090000Z', series('DTSTART:20260302T090000Z')],
  ['is overrides alone', '20260304T090000Z', series('RECURRENCE-ID:20260304T090000Z', 'DTSTART:20260304T090000Z')],
  ['begins after the rid', '20260301T090000Z', series('DTSTART:20260302T090000Z', RULE)],
  ['begins at the rid', '20260302T090000Z', series('DTSTART:20260302T090000Z', RULE)],
  ['ends before the rid', '20260306T090001Z', series('DTSTART:20260302T090000Z', RULE)],
  [
    'is a task without a start',
    '20260304T090000Z',
    ['BEGIN:VTODO', 'UID:1', 'DUE:20260302T090000Z', RULE, 'END:VTODO'],
  ],
  ['has two rules', '20260304T090000Z', series('DTSTART:20260302T090000Z', RULE, 'RRULE:FREQ=WEEKLY')],
  ['has an EXRULE', '20260304T090000Z', series('DTSTART:20260302T090000Z', RULE, 'EXRULE:FREQ=WEEKLY')],
  [
    'has an override of this and all future instances before the rid',
    '20260304T090000Z',
    [
      ...series('DTSTART:20260302T090000Z', RULE),
      ...series('RECURRENCE-ID;RANGE=THISANDFUTURE:20260303T090000Z', 'DTSTART:20260303T100000Z'),
    ],
  ],
  [
    'has an override of the day within which the split point is',
    '20260303T120000Z',
    [
      ...series('DTSTART:20260302T090000Z', 'RRULE:FREQ=HOURLY;COUNT=90'),
      ...series('RECURRENCE-ID;VALUE=DATE:20260303', 'DTSTART:20260303T100000Z'),
    ],
  ],
  [
    'has dates that SKIP moves',
    '20260228',
    series('DTSTART;VALUE=DATE:20260131', 'RRULE:RSCALE=GREGORIAN;FREQ=MONTHLY;SKIP=BACKWARD'),
  ],
])('an object that %s is not split', (_, rid, lines) => {
  expect(refusal(rid, ...lines)).toBe('invalid-split');
});

test('an override of this and all future instances that is not before the rid goes with the later ones', () => {
  const { earlier, later } = split('20260304T090000Z', [
    ...series('DTSTART:20260302T090000Z', RULE),
    ...series('RECURRENCE-ID;RANGE=THISANDFUTURE:20260304T090000Z', 'DTSTART:20260304T100000Z'),
  ]);
  expect(later).toContain('RECURRENCE-ID;RANGE=THISANDFUTURE:20260304T090000Z');
  expect(earlier.some((line) => line.startsWith('RECURRENCE-ID'))).toBe(false);
});

test('an override that names its day goes with the one instance of that day', () => {
  const { earlier, later } = split('20260304T090000Z', [
    ...series('DTSTART:20260302T090000Z', RULE),
    ...series('RECURRENCE-ID;VALUE=DATE:20260303', 'DTSTART:20260303T100000Z'),
    ...series('RECURRENCE-ID;VALUE=DATE:20260304', 'DTSTART:20260304T100000Z'),
  ]);
  const ids = [earlier, later].map((part) => part.filter((line) => line.startsWith('RECURRENCE-ID')));
  expect(ids).toEqual([['RECURRENCE-ID;VALUE=DATE:20260303'], ['RECURRENCE-ID;VALUE=DATE:20260304']]);
});

test('a COUNT of millions is divided without counting one by one', () => {
  const { later } = split('90040304T090000Z', event('1', 'RRULE:FREQ=DAILY;COUNT=2900000'));
  const days = (Date.UTC(9004, 2, 4) - Date.UTC(2026, 2, 2)) / 86_400_000;
  expect(later).toContain(`RRULE:FREQ=DAILY;COUNT=${2_900_000 - days}`);
});
