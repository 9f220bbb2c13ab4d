import { describe, expect, test } from 'vitest';
import { calendarData, cuttingData, type CompSelection, type DataRequest } from '../../src/ical/subset.ts';
import { UTC, zoneByTzid } from '../../src/ical/timezone.ts';

const at = (iso: string): number => Date.parse(`${iso}Z`);
const range = (from: string, to: string) => ({ start: at(from), end: at(to) });
const octets = (lines: readonly string[], eol = '\r\n'): Uint8Array =>
  Buffer.from(lines.map((line) => line + eol).join(''));
const calendar = (...lines: string[]): Uint8Array =>
  octets(['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:x', ...lines, 'END:VCALENDAR']);
const event = (...lines: string[]): string[] => ['BEGIN:VEVENT', 'UID:1', ...lines, 'END:VEVENT'];
const data = (source: Uint8Array, request: DataRequest | undefined, floating = UTC): string[] =>
  calendarData(source, request, { floating, budget: { steps: 100_000 } })
    .split(/\r?\n/)
    .slice(0, -1);
const inside = (source: Uint8Array, request: DataRequest, floating = UTC): string[] =>
  data(source, request, floating).slice(3, -1);

const selection = (
  name: string,
  props: CompSelection['props'],
  comps: 'all' | readonly CompSelection[] = [],
): CompSelection => ({ name, props, comps: comps === 'all' ? comps : new Map(comps.map((comp) => [comp.name, comp])) });
const names = (...props: string[]): CompSelection['props'] => new Map(props.map((name) => [name, { noValue: false }]));

describe('the whole object', () => {
  test('is the octets, whatever they hold', () => {
    const source = calendar(...event('dtstart:20260105T100000Z', 'SUMMARY:fol', ' ded ü'), '');
    expect(calendarData(source, undefined, { floating: UTC })).toBe(Buffer.from(source).toString());
    expect(calendarData(source, {}, { floating: UTC })).toBe(Buffer.from(source).toString());
  });

  test('with a fold inside a character is still text (RFC 5545 §3.1)', () => {
    const umlaut = Buffer.from('ü');
    const source = Buffer.concat([
      calendar().subarray(0, -15),
      Buffer.from('X-A:'),
      umlaut.subarray(0, 1),
      Buffer.from('\r\n '),
      umlaut.subarray(1),
      Buffer.from('x\r\nEND:VCALENDAR\r\n'),
    ]);
    expect(calendarData(source, undefined, { floating: UTC })).toContain('X-A:ü\r\n x\r\n');
  });
});

describe('partial retrieval (RFC 4791 §9.6.1 to §9.6.4)', () => {
  const source = octets(
    [
      ...[
        'BEGIN:VCALENDAR',
        'VERSION:2.0',
        'prodid:x',
        'BEGIN:VTIMEZONE',
        'TZID:A',
        'END:VTIMEZONE',
        'BEGIN:VEVENT',
        'UID:1',
      ],
      ...[
        'DTSTART;TZID=A:20260105T100000',
        'Summary;LANGUAGE=en:A long',
        '  summary',
        'ATTENDEE;CN="a:b":mailto:a@example.com',
      ],
      ...['BEGIN:VALARM', 'ACTION:AUDIO', 'TRIGGER:-PT5M', 'END:VALARM', 'END:VEVENT', 'END:VCALENDAR'],
    ],
    '\n',
  );

  test('lines that are asked for come as they are, also their line breaks', () => {
    const comp = selection('VCALENDAR', names('VERSION'), [selection('VEVENT', names('SUMMARY', 'UID'))]);
    expect(calendarData(source, { comp }, { floating: UTC })).toBe(
      'BEGIN:VCALENDAR\nVERSION:2.0\nBEGIN:VEVENT\nUID:1\nSummary;LANGUAGE=en:A long\n  summary\nEND:VEVENT\nEND:VCALENDAR\n',
    );
  });

  test('allcomp and allprop', () => {
    expect(data(source, { comp: selection('VCALENDAR', 'all') })).toEqual([
      ...['BEGIN:VCALENDAR', 'VERSION:2.0', 'prodid:x', 'END:VCALENDAR'],
    ]);
    const whole = selection('VCALENDAR', names(), [selection('VEVENT', names('UID'), 'all')]);
    expect(data(source, { comp: whole })).toEqual([
      ...['BEGIN:VCALENDAR', 'BEGIN:VEVENT', 'UID:1'],
      ...['BEGIN:VALARM', 'ACTION:AUDIO', 'TRIGGER:-PT5M', 'END:VALARM', 'END:VEVENT', 'END:VCALENDAR'],
    ]);
  });

  test('novalue leaves name and parameters', () => {
    const comp = selection('VCALENDAR', names(), [
      selection(
        'VEVENT',
        new Map([
          ['ATTENDEE', { noValue: true }],
          ['SUMMARY', { noValue: true }],
        ]),
      ),
    ]);
    expect(data(source, { comp })).toEqual([
      ...[
        'BEGIN:VCALENDAR',
        'BEGIN:VEVENT',
        'SUMMARY;LANGUAGE=en:',
        'ATTENDEE;CN="a:b":',
        'END:VEVENT',
        'END:VCALENDAR',
      ],
    ]);
  });
});

describe('expand (RFC 4791 §9.6.5)', () => {
  const week = { expand: range('2026-01-05T00:00:00', '2026-01-12T00:00:00') };

  test('instances in UTC, all but the first with RECURRENCE-ID, without rule, exceptions and time zone', () => {
    const source = calendar(
      ...['BEGIN:VTIMEZONE', 'TZID:Europe/Paris', 'BEGIN:STANDARD', 'DTSTART:19700101T000000', 'TZOFFSETFROM:+0100'],
      ...['TZOFFSETTO:+0100', 'END:STANDARD', 'END:VTIMEZONE'],
      ...event(
        ...['DTSTART;TZID=Europe/Paris:20260105T100000', 'DTEND;TZID=Europe/Paris:20260105T110000', 'SUMMARY:A'],
        ...[
          'RRULE:FREQ=DAILY;COUNT=4',
          'EXDATE;TZID=Europe/Paris:20260106T100000',
          'BEGIN:VALARM',
          'TRIGGER:-PT5M',
          'END:VALARM',
        ],
      ),
      ...event(
        ...['RECURRENCE-ID;TZID=Europe/Paris:20260107T100000', 'DTSTART;TZID=Europe/Paris:20260107T120000'],
        ...['DTEND;TZID=Europe/Paris:20260107T123000', 'SUMMARY:B'],
      ),
    );
    expect(inside(source, week)).toEqual([
      ...event(
        ...['DTSTART:20260105T090000Z', 'DTEND:20260105T100000Z', 'SUMMARY:A'],
        ...['BEGIN:VALARM', 'TRIGGER:-PT5M', 'END:VALARM'],
      ),
      ...event('RECURRENCE-ID:20260107T090000Z', 'DTSTART:20260107T110000Z', 'DTEND:20260107T113000Z', 'SUMMARY:B'),
      ...event(
        ...['DTSTART:20260108T090000Z', 'RECURRENCE-ID:20260108T090000Z', 'DTEND:20260108T100000Z', 'SUMMARY:A'],
        ...['BEGIN:VALARM', 'TRIGGER:-PT5M', 'END:VALARM'],
      ),
    ]);
  });

  test('an event that does not recur is in UTC too, and has no RECURRENCE-ID', () => {
    const source = calendar(...event('DTSTART;TZID=America/New_York:20260105T100000', 'DURATION:PT1H'));
    expect(inside(source, week)).toEqual(event('DTSTART:20260105T150000Z', 'DURATION:PT1H'));
    expect(inside(source, { expand: range('2026-02-01T00:00:00', '2026-02-02T00:00:00') })).toEqual([]);
  });

  test('dates stay dates, and are in the range by the floating zone', () => {
    const source = calendar(...event('DTSTART;VALUE=DATE:20260105', 'RRULE:FREQ=DAILY'));
    const expand = range('2026-01-08T06:00:00', '2026-01-08T07:00:00');
    const day = (date: string): string[] => event(`DTSTART;VALUE=DATE:${date}`, `RECURRENCE-ID;VALUE=DATE:${date}`);
    expect(inside(source, { expand })).toEqual(day('20260108'));
    expect(inside(source, { expand }, zoneByTzid('America/Los_Angeles'))).toEqual(day('20260107'));
  });

  test('floating time stays floating', () => {
    const source = calendar(...event('DTSTART:20260105T100000', 'DTEND:20260105T110000', 'RRULE:FREQ=WEEKLY'));
    expect(inside(source, week, zoneByTzid('Asia/Tokyo'))).toEqual(
      event('DTSTART:20260105T100000', 'DTEND:20260105T110000'),
    );
  });

  test('an override that shares no time with its original is found by its own time', () => {
    const source = calendar(
      ...event('DTSTART:20250105T100000Z', 'RRULE:FREQ=YEARLY'),
      ...event('RECURRENCE-ID:20270105T100000Z', 'DTSTART:20260106T100000Z', 'X-A:1'),
    );
    expect(inside(source, { expand: range('2026-01-06T00:00:00', '2026-01-07T00:00:00') })).toEqual(
      event('RECURRENCE-ID:20270105T100000Z', 'DTSTART:20260106T100000Z', 'X-A:1'),
    );
  });

  test('RANGE is gone, and the override stands for each instance after it', () => {
    const source = calendar(
      ...event('DTSTART:20260105T100000Z', 'RRULE:FREQ=DAILY;COUNT=3', 'X-A:1'),
      ...event('RECURRENCE-ID;RANGE=THISANDFUTURE:20260106T100000Z', 'DTSTART:20260106T120000Z', 'X-A:2'),
    );
    expect(inside(source, week)).toEqual([
      ...event('DTSTART:20260105T100000Z', 'X-A:1'),
      ...event('RECURRENCE-ID:20260106T100000Z', 'DTSTART:20260106T120000Z', 'X-A:2'),
      ...event('RECURRENCE-ID:20260107T100000Z', 'DTSTART:20260107T120000Z', 'X-A:2'),
    ]);
  });

  test('periods of RDATE have their own length', () => {
    const source = calendar(
      ...event(
        'DTSTART:20260105T100000Z',
        'DURATION:PT1H',
        'RDATE;VALUE=PERIOD:20260106T100000Z/PT3H,20260107T100000Z/20260107T103000Z',
      ),
    );
    expect(inside(source, week)).toEqual([
      ...event('DTSTART:20260105T100000Z', 'DTEND:20260105T110000Z'),
      ...event('DTSTART:20260106T100000Z', 'RECURRENCE-ID:20260106T100000Z', 'DTEND:20260106T130000Z'),
      ...event('DTSTART:20260107T100000Z', 'RECURRENCE-ID:20260107T100000Z', 'DTEND:20260107T103000Z'),
    ]);
  });

  test('parameters of the times stay, other local times go to UTC', () => {
    const source = calendar(
      ...event(
        'DTSTART;X-P="a;b";TZID=Europe/Paris:20260105T100000',
        'X-WHEN;TZID=Europe/Paris:20260105T080000,20260105T090000',
      ),
    );
    expect(inside(source, week)).toEqual(
      event('DTSTART;X-P="a;b":20260105T090000Z', 'X-WHEN:20260105T070000Z,20260105T080000Z'),
    );
  });

  test('with a selection, RECURRENCE-ID is there all the same', () => {
    const source = calendar(...event('DTSTART:20251229T100000Z', 'RRULE:FREQ=WEEKLY', 'SUMMARY:A'));
    const comp = selection('VCALENDAR', 'all', [
      selection('VEVENT', names('UID', 'SUMMARY', 'RRULE')),
      selection('VTIMEZONE', 'all'),
    ]);
    expect(inside(source, { ...week, comp })).toEqual([
      ...['BEGIN:VEVENT', 'RECURRENCE-ID:20260105T100000Z', 'UID:1', 'SUMMARY:A', 'END:VEVENT'],
    ]);
    expect(inside(source, { ...week, comp: selection('VCALENDAR', 'all', [selection('VTODO', 'all')]) })).toEqual([]);
  });

  test('tasks: those of the range by their own table, and those without dates', () => {
    const todo = (...lines: string[]): string[] => ['BEGIN:VTODO', 'UID:1', ...lines, 'END:VTODO'];
    const due = todo('DTSTART:20260105T100000Z', 'DUE:20260105T110000Z', 'RRULE:FREQ=WEEKLY');
    expect(inside(calendar(...due), week)).toEqual(todo('DTSTART:20260105T100000Z', 'DUE:20260105T110000Z'));
    expect(inside(calendar(...todo('SUMMARY:A')), week)).toEqual(todo('SUMMARY:A'));
    expect(inside(calendar(...todo('COMPLETED:20250105T110000Z')), week)).toEqual([]);
  });

  test('other components stay as they are', () => {
    const lines = ['BEGIN:VFREEBUSY', 'FREEBUSY:20260105T100000Z/PT1H', 'END:VFREEBUSY'];
    expect(inside(calendar(...lines), week)).toEqual(lines);
  });
});

test('an expansion can be interrupted at each instance', () => {
  const source = calendar(...event('DTSTART:20260101T090000Z', 'RRULE:FREQ=DAILY'));
  const request = { expand: range('2026-01-01T00:00:00', '2027-01-01T00:00:00') };
  const work = cuttingData(source, request, { floating: UTC });
  let pauses = 0;
  while (!work.next().done) pauses += 1;
  expect(pauses).toBeGreaterThanOrEqual(365);
});

describe('limit-recurrence-set (RFC 4791 §9.6.6)', () => {
  const master = event('DTSTART:20260105T100000Z', 'DURATION:PT1H', 'RRULE:FREQ=WEEKLY');
  const override = (id: string, dtstart: string, params = ''): string[] =>
    event(`RECURRENCE-ID${params}:${id}`, `DTSTART:${dtstart}`, 'DURATION:PT1H');
  const limited = (from: string, to: string, ...overrides: string[][]): string[] =>
    inside(calendar(...master, ...overrides.flat()), { limitRecurrenceSet: range(from, to) }).slice(master.length);

  const moved = override('20260112T100000Z', '20260120T100000Z');

  test('an override in the range, by its present time', () => {
    expect(limited('2026-01-20T00:00:00', '2026-01-21T00:00:00', moved)).toEqual(moved);
    expect(limited('2026-01-20T11:00:00', '2026-01-21T00:00:00', moved)).toEqual([]);
  });

  test('an override that was in the range, by the time of its master', () => {
    expect(limited('2026-01-12T00:00:00', '2026-01-13T00:00:00', moved)).toEqual(moved);
    expect(limited('2026-01-12T10:59:59', '2026-01-13T00:00:00', moved)).toEqual(moved);
    expect(limited('2026-01-12T11:00:00', '2026-01-13T00:00:00', moved)).toEqual([]);
  });

  test('an override of all instances after it, unless they come after the range', () => {
    const future = override('20260112T100000Z', '20260113T100000Z', ';RANGE=THISANDFUTURE');
    expect(limited('2026-06-01T00:00:00', '2026-06-02T00:00:00', future)).toEqual(future);
    expect(limited('2026-01-05T00:00:00', '2026-01-12T10:00:00', future)).toEqual([]);
  });

  test('the master is there, whatever the range', () => {
    const source = calendar(...master);
    expect(inside(source, { limitRecurrenceSet: range('2000-01-01T00:00:00', '2000-01-02T00:00:00') })).toEqual(master);
  });
});

describe('limit-freebusy-set (RFC 4791 §9.6.7)', () => {
  const source = calendar(
    ...['BEGIN:VFREEBUSY', 'FREEBUSY:20260105T100000Z/PT1H,20260105T120000Z/20260105T130000Z'],
    ...['FREEBUSY;FBTYPE="BUSY-TENTATIVE":20260106T100000Z/PT1H', 'END:VFREEBUSY'],
  );
  const limited = (from: string, to: string): string[] =>
    inside(source, { limitFreebusySet: range(from, to) }).slice(1, -1);

  test('keeps the periods that intersect', () => {
    expect(limited('2026-01-05T10:59:59', '2026-01-05T12:00:00')).toEqual(['FREEBUSY:20260105T100000Z/PT1H']);
    expect(limited('2026-01-05T11:00:00', '2026-01-05T12:00:00')).toEqual([]);
    expect(limited('2026-01-06T00:00:00', '2026-01-07T00:00:00')).toEqual([
      'FREEBUSY;FBTYPE="BUSY-TENTATIVE":20260106T100000Z/PT1H',
    ]);
    expect(limited('2026-01-05T00:00:00', '2026-01-06T00:00:00')).toEqual([
      'FREEBUSY:20260105T100000Z/PT1H,20260105T120000Z/20260105T130000Z',
    ]);
  });
});
