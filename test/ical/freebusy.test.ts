import { describe, expect, test } from 'vitest';
import {
  busiestTime,
  busyPeriods,
  findingBusyPeriods,
  mergeBusy,
  writeFreeBusy,
  type BusyPeriod,
  type BusyType,
} from '../../src/ical/freebusy.ts';
import { parseCalendar } from '../../src/ical/parse.ts';
import { UTC, zoneByTzid } from '../../src/ical/timezone.ts';

const calendar = (...lines: string[]) =>
  parseCalendar(['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:x', ...lines, 'END:VCALENDAR', ''].join('\r\n'));
const event = (...lines: string[]): string[] => ['BEGIN:VEVENT', 'UID:1', ...lines, 'END:VEVENT'];
const ONE = ['DTSTART:20260105T100000Z', 'DTEND:20260105T110000Z'];
const RANGE = { start: Date.UTC(2026, 0, 5), end: Date.UTC(2026, 0, 8) };
const short = (instant: number): string => new Date(instant).toISOString().slice(8, 16);
const busy = (lines: string[], floating = UTC): string[] =>
  busyPeriods(calendar(...lines), RANGE, { floating, budget: { steps: 100_000 } }).map(
    ({ start, end, type }) => `${short(start)}/${short(end)} ${type}`,
  );

describe('which type of busy (RFC 4791 §7.10)', () => {
  test.each([
    [[], 'BUSY'],
    [['TRANSP:OPAQUE'], 'BUSY'],
    [['STATUS:CONFIRMED'], 'BUSY'],
    [['STATUS:X-OTHER'], 'BUSY'],
    [['STATUS:TENTATIVE'], 'BUSY-TENTATIVE'],
    [['STATUS:CANCELLED'], undefined],
    [['TRANSP:TRANSPARENT'], undefined],
    [['TRANSP:TRANSPARENT', 'STATUS:TENTATIVE'], undefined],
    [['TRANSP:transparent'], undefined],
    [['X-MICROSOFT-CDO-BUSYSTATUS:BUSY'], 'BUSY'],
    [['X-MICROSOFT-CDO-BUSYSTATUS:FREE'], undefined],
    [['X-MICROSOFT-CDO-BUSYSTATUS:TENTATIVE'], 'BUSY-TENTATIVE'],
    [['X-MICROSOFT-CDO-BUSYSTATUS:OOF', 'STATUS:TENTATIVE'], 'BUSY-UNAVAILABLE'],
    [['X-MICROSOFT-CDO-BUSYSTATUS:BUSY', 'STATUS:TENTATIVE'], 'BUSY-TENTATIVE'],
    [['X-MICROSOFT-CDO-BUSYSTATUS:OOF', 'TRANSP:TRANSPARENT'], undefined],
  ])('%s: %s', (lines, type) => {
    expect(busy(event(...ONE, ...lines))).toEqual(type ? [`05T10:00/05T11:00 ${type}`] : []);
  });
});

describe('which periods', () => {
  test('instances in the range, clipped to it', () => {
    const lines = event('DTSTART:20260104T230000Z', 'DURATION:PT2H', 'RRULE:FREQ=DAILY');
    expect(busy(lines)).toEqual([
      '05T00:00/05T01:00 BUSY',
      '05T23:00/06T01:00 BUSY',
      '06T23:00/07T01:00 BUSY',
      '07T23:00/08T00:00 BUSY',
    ]);
  });

  test('an override has its own type', () => {
    const lines = [
      ...event(...ONE, 'RRULE:FREQ=DAILY;COUNT=3'),
      ...event(
        'RECURRENCE-ID:20260106T100000Z',
        'DTSTART:20260106T120000Z',
        'DTEND:20260106T130000Z',
        'STATUS:TENTATIVE',
      ),
      ...event(
        'RECURRENCE-ID:20260107T100000Z',
        'DTSTART:20260107T100000Z',
        'DTEND:20260107T110000Z',
        'TRANSP:TRANSPARENT',
      ),
    ];
    expect(busy(lines)).toEqual(['05T10:00/05T11:00 BUSY', '06T12:00/06T13:00 BUSY-TENTATIVE']);
  });

  test('a date is busy from midnight to midnight of the floating zone', () => {
    expect(busy(event('DTSTART;VALUE=DATE:20260106'), zoneByTzid('America/New_York'))).toEqual([
      '06T05:00/07T05:00 BUSY',
    ]);
  });

  test('an event without length, and one that only borders on the range, are not busy', () => {
    expect(busy(event('DTSTART:20260106T100000Z'))).toEqual([]);
    expect(busy(event('DTSTART:20260104T230000Z', 'DTEND:20260105T000000Z'))).toEqual([]);
    expect(busy(event('DTSTART:20260108T000000Z', 'DTEND:20260108T010000Z'))).toEqual([]);
  });

  const override = (...lines: string[]): string[] => event('RECURRENCE-ID:20260106T100000Z', ...lines);
  const DAILY = event(...ONE, 'RRULE:FREQ=DAILY;COUNT=3');
  test.each<[string, string[], string[]]>([
    [
      'an instance moved into the range from outside of it',
      [
        ...event('DTSTART:20260110T100000Z', 'DTEND:20260110T110000Z', 'RRULE:FREQ=DAILY;COUNT=2'),
        ...event('RECURRENCE-ID:20260111T100000Z', 'DTSTART:20260106T100000Z', 'DTEND:20260106T110000Z'),
      ],
      ['06T10:00/06T11:00 BUSY'],
    ],
    [
      'an instance moved out of the range',
      [...DAILY, ...override('DTSTART:20260116T100000Z', 'DTEND:20260116T110000Z')],
      ['05T10:00/05T11:00 BUSY', '07T10:00/07T11:00 BUSY'],
    ],
    [
      'an instance cancelled by an override without times',
      [...DAILY, ...override('STATUS:CANCELLED')],
      ['05T10:00/05T11:00 BUSY', '07T10:00/07T11:00 BUSY'],
    ],
    [
      'an instance that an EXDATE takes out',
      event(...ONE, 'RRULE:FREQ=DAILY;COUNT=3', 'EXDATE:20260106T100000Z'),
      ['05T10:00/05T11:00 BUSY', '07T10:00/07T11:00 BUSY'],
    ],
    [
      'a free series with one busy instance',
      [
        ...event(...ONE, 'RRULE:FREQ=DAILY;COUNT=3', 'TRANSP:TRANSPARENT'),
        ...override('DTSTART:20260106T100000Z', 'DTEND:20260106T110000Z', 'TRANSP:OPAQUE'),
      ],
      ['06T10:00/06T11:00 BUSY'],
    ],
    [
      'a cancelled series with one confirmed instance',
      [
        ...event(...ONE, 'RRULE:FREQ=DAILY;COUNT=3', 'STATUS:CANCELLED'),
        ...override('DTSTART:20260106T100000Z', 'DTEND:20260106T110000Z', 'STATUS:CONFIRMED'),
      ],
      ['06T10:00/06T11:00 BUSY'],
    ],
    [
      'this and all future instances tentative, an hour later',
      [
        ...DAILY,
        ...event(
          'RECURRENCE-ID;RANGE=THISANDFUTURE:20260106T100000Z',
          ...['DTSTART:20260106T110000Z', 'DTEND:20260106T120000Z', 'STATUS:TENTATIVE'],
        ),
      ],
      ['05T10:00/05T11:00 BUSY', '06T11:00/06T12:00 BUSY-TENTATIVE', '07T11:00/07T12:00 BUSY-TENTATIVE'],
    ],
    [
      'an RDATE that is a period',
      event(...ONE, 'RDATE;VALUE=PERIOD:20260107T080000Z/PT30M'),
      ['05T10:00/05T11:00 BUSY', '07T08:00/07T08:30 BUSY'],
    ],
    [
      'an event that began before the range and ends after it',
      event('DTSTART:20250101T000000Z', 'DTEND:20270101T000000Z'),
      ['05T00:00/08T00:00 BUSY'],
    ],
    ['an event that ends before it begins', event('DTSTART:20260106T100000Z', 'DTEND:20260106T090000Z'), []],
    [
      'one override without its master',
      override('DTSTART:20260106T120000Z', 'DTEND:20260106T130000Z'),
      ['06T12:00/06T13:00 BUSY'],
    ],
    ['elsewhere at work', event(...ONE, 'X-MICROSOFT-CDO-BUSYSTATUS:WORKINGELSEWHERE'), []],
    [
      'in Outlook tentative',
      event(...ONE, 'X-MICROSOFT-CDO-BUSYSTATUS:tentative'),
      ['05T10:00/05T11:00 BUSY-TENTATIVE'],
    ],
    [
      'an override out of office, as Outlook writes it',
      [...DAILY, ...override('DTSTART:20260106T100000Z', 'DTEND:20260106T110000Z', 'X-MICROSOFT-CDO-BUSYSTATUS:OOF')],
      ['05T10:00/05T11:00 BUSY', '06T10:00/06T11:00 BUSY-UNAVAILABLE', '07T10:00/07T11:00 BUSY'],
    ],
    [
      'in Outlook of a kind that nobody knows',
      event(...ONE, 'X-MICROSOFT-CDO-BUSYSTATUS:ASLEEP'),
      ['05T10:00/05T11:00 BUSY'],
    ],
  ])('%s', (_name, lines, expected) => {
    expect(busy(lines)).toEqual(expected);
  });

  test('days across a change of the clock, in the floating zone', () => {
    const berlin = zoneByTzid('Europe/Berlin')!;
    const object = calendar(...event('DTSTART;VALUE=DATE:20260328', 'DTEND;VALUE=DATE:20260330'));
    const range = { start: Date.UTC(2026, 2, 1), end: Date.UTC(2026, 3, 1) };
    expect(busyPeriods(object, range, { floating: berlin })).toEqual([
      { start: Date.UTC(2026, 2, 27, 23), end: Date.UTC(2026, 2, 29, 22), type: 'BUSY' },
    ]);
  });

  test('a VFREEBUSY gives its periods, but the free ones', () => {
    const lines = [
      ...['BEGIN:VFREEBUSY', 'FREEBUSY:20260105T100000Z/PT1H,20260105T120000Z/20260105T130000Z'],
      ...['FREEBUSY;FBTYPE=FREE:20260105T140000Z/PT1H', 'FREEBUSY;FBTYPE=X-LUNCH:20260105T150000Z/PT1H'],
      ...[
        'FREEBUSY;FBTYPE="BUSY-UNAVAILABLE":20260105T160000Z/PT1H',
        'FREEBUSY;FBTYPE=BUSY-TENTATIVE:20260105T170000Z/PT1H',
      ],
      ...['FREEBUSY:garbage', 'END:VFREEBUSY'],
    ];
    expect(busy(lines)).toEqual([
      '05T10:00/05T11:00 BUSY',
      '05T12:00/05T13:00 BUSY',
      '05T15:00/05T16:00 BUSY',
      '05T16:00/05T17:00 BUSY-UNAVAILABLE',
      '05T17:00/05T18:00 BUSY-TENTATIVE',
    ]);
  });

  test('tasks and journals are not busy', () => {
    expect(busy(['BEGIN:VTODO', 'UID:1', 'DTSTART:20260105T100000Z', 'DUE:20260105T110000Z', 'END:VTODO'])).toEqual([]);
  });
});

test('the search can be interrupted at each instance', () => {
  const daily = calendar('BEGIN:VEVENT', 'UID:1', 'DTSTART:20260101T090000Z', 'RRULE:FREQ=DAILY', 'END:VEVENT');
  const range = { start: Date.UTC(2026, 0, 1), end: Date.UTC(2027, 0, 1) };
  const work = findingBusyPeriods(daily, range, { floating: UTC });
  let pauses = 0;
  while (!work.next().done) pauses += 1;
  expect(pauses).toBeGreaterThanOrEqual(365);
});

describe('merging', () => {
  const period = (start: number, end: number, type: BusyType = 'BUSY'): BusyPeriod => ({ start, end, type });

  test('overlapping and consecutive periods of one type become one', () => {
    expect(mergeBusy([period(30, 40), period(10, 20), period(20, 25), period(12, 15)])).toEqual([
      period(10, 25),
      period(30, 40),
    ]);
  });

  test('types are apart, in order of start', () => {
    expect(mergeBusy([period(15, 17, 'BUSY-TENTATIVE'), period(10, 20), period(5, 16, 'BUSY-TENTATIVE')])).toEqual([
      period(5, 17, 'BUSY-TENTATIVE'),
      period(10, 20),
    ]);
  });

  test('time of several types is of the one that counts most: busy, unavailable, tentative', () => {
    const periods = [period(0, 30, 'BUSY-TENTATIVE'), period(10, 20, 'BUSY-UNAVAILABLE'), period(12, 14)];
    expect([...busiestTime(periods)]).toEqual([
      ['BUSY', [{ start: 12, end: 14 }]],
      [
        'BUSY-UNAVAILABLE',
        [
          { start: 10, end: 12 },
          { start: 14, end: 20 },
        ],
      ],
      [
        'BUSY-TENTATIVE',
        [
          { start: 0, end: 10 },
          { start: 20, end: 30 },
        ],
      ],
    ]);
  });

  test('what is merged in parts is what is merged at once', () => {
    const parts = [period(0, 9, 'BUSY-TENTATIVE'), period(3, 5), period(4, 12, 'BUSY-UNAVAILABLE'), period(8, 10)];
    expect(mergeBusy([...mergeBusy(parts.slice(0, 2)), ...parts.slice(2)])).toEqual(mergeBusy(parts));
  });

  test('clipped to a range', () => {
    expect(mergeBusy([period(0, 5), period(8, 12), period(18, 30), period(20, 30)], { start: 10, end: 20 })).toEqual([
      period(10, 12),
      period(18, 20),
    ]);
  });
});

test('the VFREEBUSY that is written reads back', () => {
  const periods: BusyPeriod[] = [
    { start: Date.UTC(2026, 0, 5, 10), end: Date.UTC(2026, 0, 5, 11), type: 'BUSY' },
    { start: Date.UTC(2026, 0, 6, 10), end: Date.UTC(2026, 0, 6, 11), type: 'BUSY-UNAVAILABLE' },
  ];
  const text = writeFreeBusy(periods, RANGE, Date.UTC(2026, 0, 1), {
    uid: 'a',
    method: 'REPLY',
    lines: [`ATTENDEE;CN="${'x'.repeat(80)}":mailto:a@example.com`],
  });
  expect(text.split('\r\n').every((line) => line.length <= 75)).toBe(true);
  const written = parseCalendar(text);
  expect(written.properties.map(({ name, value }) => `${name}:${value}`)).toContain('METHOD:REPLY');
  expect(written.components[0]?.properties.map(({ name, value }) => `${name}:${value}`)).toEqual([
    'UID:a',
    'DTSTAMP:20260101T000000Z',
    'DTSTART:20260105T000000Z',
    'DTEND:20260108T000000Z',
    'ATTENDEE:mailto:a@example.com',
    'FREEBUSY:20260105T100000Z/20260105T110000Z',
    'FREEBUSY:20260106T100000Z/20260106T110000Z',
  ]);
  expect(busyPeriods(written, RANGE, { floating: UTC })).toEqual(periods);
});
