import { describe, expect, test } from 'vitest';
import { expandLines, type ExpandedInstance } from '../../src/ical/expand-lines.ts';
import { parseCalendar } from '../../src/ical/parse.ts';
import { zoneByTzid, type Zone } from '../../src/ical/timezone.ts';
import { calendar, component } from './calendar-text.ts';

const event = (uid: string, ...lines: readonly string[]): string[] => component('VEVENT', `UID:${uid}`, ...lines);

interface Expanded {
  readonly lines: readonly ExpandedInstance[];
  readonly problems: readonly string[];
}

function expand(
  lines: readonly string[],
  { from = '2026-03-01', to = '2026-04-01', zone = undefined as Zone | undefined } = {},
): Expanded {
  const problems: string[] = [];
  const found = expandLines(parseCalendar(calendar(...lines)), {
    from: Date.parse(from),
    to: Date.parse(to),
    displayZone: zone,
    onProblem: (message) => problems.push(message),
  });
  return { lines: [...found], problems };
}

describe('an expanded instance', () => {
  test('is written in the zone of its own DTSTART', () => {
    const { lines } = expand(
      event(
        '1',
        'DTSTART;TZID=Europe/Berlin:20260302T090000',
        'DTEND;TZID=America/New_York:20260302T090000',
        'SUMMARY:A\\, b\\nc',
        'STATUS:CONFIRMED',
      ),
    );
    expect(lines).toEqual([
      {
        uid: '1',
        recurrenceId: null,
        start: '2026-03-02T09:00:00+01:00',
        end: '2026-03-02T15:00:00+01:00',
        zone: 'Europe/Berlin',
        allDay: false,
        summary: 'A, b\nc',
        status: 'CONFIRMED',
      },
    ]);
  });

  test.each([
    ['DTSTART:20260302T090000Z', '2026-03-02T09:00:00Z', 'UTC'],
    ['DTSTART:20260302T090000', '2026-03-02T09:00:00', null],
    ['DTSTART;TZID=Asia/Kolkata:20260302T090000', '2026-03-02T09:00:00+05:30', 'Asia/Kolkata'],
    ['DTSTART;TZID=Eastern Standard Time:20260302T090000', '2026-03-02T09:00:00-05:00', 'America/New_York'],
    ['DTSTART;VALUE=DATE:20260302', '2026-03-02', null],
  ])('with %s starts at %s', (line, start, zone) => {
    expect(expand(event('1', line)).lines).toMatchObject([{ start, zone, allDay: line.includes('VALUE=DATE') }]);
  });

  test('of a date ends on the day after its last', () => {
    expect(expand(event('1', 'DTSTART;VALUE=DATE:20260302')).lines).toMatchObject([{ end: '2026-03-03' }]);
    const three = event('1', 'DTSTART;VALUE=DATE:20260302', 'DTEND;VALUE=DATE:20260305');
    expect(expand(three).lines).toMatchObject([{ end: '2026-03-05' }]);
  });

  test('with a display zone is written in that, floating time too, but a date is a date', () => {
    const zone = zoneByTzid('Asia/Tokyo');
    const lines = [
      ...event('1', 'DTSTART;TZID=Europe/Berlin:20260302T090000'),
      ...event('2', 'DTSTART:20260303T090000'),
      ...event('3', 'DTSTART;VALUE=DATE:20260304'),
    ];
    expect(expand(lines, { zone }).lines).toMatchObject([
      { start: '2026-03-02T17:00:00+09:00', zone: 'Asia/Tokyo' },
      { start: '2026-03-03T09:00:00+09:00', zone: 'Asia/Tokyo' },
      { start: '2026-03-04', zone: null, allDay: true },
    ]);
  });

  test('of a series has its original start, written like start', () => {
    const lines = [
      ...event('1', 'DTSTART;TZID=Europe/Berlin:20260302T090000', 'RRULE:FREQ=DAILY;COUNT=2'),
      ...event(
        '1',
        'RECURRENCE-ID;TZID=Europe/Berlin:20260303T090000',
        'DTSTART;TZID=Europe/Berlin:20260303T110000',
        'SUMMARY:Later',
      ),
    ];
    expect(expand(lines).lines).toMatchObject([
      { recurrenceId: '2026-03-02T09:00:00+01:00', start: '2026-03-02T09:00:00+01:00', summary: null },
      { recurrenceId: '2026-03-03T09:00:00+01:00', start: '2026-03-03T11:00:00+01:00', summary: 'Later' },
    ]);
    const days = event('1', 'DTSTART;VALUE=DATE:20260302', 'RRULE:FREQ=DAILY;COUNT=2');
    expect(expand(days).lines.map(({ recurrenceId }) => recurrenceId)).toEqual(['2026-03-02', '2026-03-03']);
  });

  test('before the zones had whole minutes keeps the instant', () => {
    const { lines } = expand(event('1', 'DTSTART;TZID=Europe/Berlin:18800101T120000'), {
      from: '1879-01-01',
      to: '1881-01-01',
    });
    // 12:00:00 at +00:53:28, which RFC 3339 cannot write.
    expect(lines[0]?.start).toBe('1880-01-01T11:59:32+00:53');
    expect(Date.parse(lines[0]?.start ?? '')).toBe(Date.parse('1880-01-01T11:06:32Z'));
  });

  test('of a task with only DUE stands at that', () => {
    expect(expand(component('VTODO', 'UID:1', 'DUE:20260302T170000Z')).lines).toMatchObject([
      { start: '2026-03-02T17:00:00Z', end: '2026-03-02T17:00:00Z' },
    ]);
  });
});

describe('a calendar', () => {
  test('gives the instances of all UIDs in order of start', () => {
    const lines = [
      ...event('b', 'DTSTART:20260303T120000Z', 'RRULE:FREQ=DAILY;COUNT=2'),
      ...event('a', 'DTSTART:20260302T090000Z', 'RRULE:FREQ=DAILY;COUNT=3'),
      ...component('VJOURNAL', 'UID:c', 'DTSTART;VALUE=DATE:20260304'),
    ];
    expect(expand(lines).lines.map(({ uid, start }) => `${uid} ${start.slice(8, 10)}`)).toEqual([
      'a 02',
      'a 03',
      'b 03',
      'c 04',
      'a 04',
      'b 04',
    ]);
  });

  test('tells what it cannot read, and gives the rest', () => {
    const lines = [
      ...event('bad', 'DTSTART:20260302T090000Z', 'RRULE:FREQ=DAILY;BYMONTH=13'),
      ...event('worse', 'DTSTART:yesterday'),
      ...event('good', 'DTSTART:20260302T090000Z'),
      ...event('elsewhere', 'DTSTART;TZID=Atlantis:20260303T090000'),
    ];
    const { lines: found, problems } = expand(lines);
    expect(found.map(({ uid, zone }) => [uid, zone])).toEqual([
      ['good', 'UTC'],
      ['elsewhere', null],
    ]);
    expect(problems).toEqual([
      expect.stringContaining('UID bad: RRULE (line 7): BYMONTH=13 holds 13'),
      expect.stringContaining('UID worse: DTSTART of VEVENT cannot be read: yesterday'),
      expect.stringContaining('UID elsewhere: the time zone Atlantis is not known'),
    ]);
  });

  test('is expanded only as far as it is asked', () => {
    const source = parseCalendar(calendar(...event('1', 'DTSTART:20260302T090000Z', 'RRULE:FREQ=SECONDLY')));
    const found = expandLines(source, {
      from: -Infinity,
      to: Infinity,
      displayZone: undefined,
      onProblem: () => undefined,
    });
    expect(Array.from({ length: 3 }, () => found.next().value as ExpandedInstance).map(({ start }) => start)).toEqual([
      '2026-03-02T09:00:00Z',
      '2026-03-02T09:00:01Z',
      '2026-03-02T09:00:02Z',
    ]);
  });

  test('without anything in time gives nothing', () => {
    expect(expand(component('VTODO', 'UID:1', 'SUMMARY:some day'))).toEqual({ lines: [], problems: [] });
  });
});
