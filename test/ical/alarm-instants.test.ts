import { describe, expect, test } from 'vitest';
import { alarmInstants, findingAlarms } from '../../src/ical/alarm-instants.ts';
import { propertyOf } from '../../src/ical/component.ts';
import { parseCalendar } from '../../src/ical/parse.ts';
import { UTC, zoneByTzid } from '../../src/ical/timezone.ts';
import { calendar, component } from './calendar-text.ts';

const RANGE = { start: Date.UTC(2026, 2, 1), end: Date.UTC(2026, 3, 1) };

const alarm = (trigger: string, ...lines: string[]): string[] =>
  component('VALARM', 'ACTION:DISPLAY', 'DESCRIPTION:x', `TRIGGER${trigger}`, ...lines);
const event = (...lines: string[]): string[] => component('VEVENT', 'UID:e', ...lines);
const todo = (...lines: string[]): string[] => component('VTODO', 'UID:t', ...lines);

/** Days and minutes of March 2026 in UTC: `02T09:00`, and `#1` for the first repetition. */
function fired(lines: readonly string[], { floating = UTC, range = RANGE } = {}): string[] {
  const object = parseCalendar(calendar(...lines));
  return alarmInstants(object, range, { floating, budget: { steps: 100_000 } }).map(
    ({ at, repetition }) => new Date(at).toISOString().slice(8, 16) + (repetition === 0 ? '' : `#${repetition}`),
  );
}

const MEETING = ['DTSTART:20260302T100000Z', 'DTEND:20260302T110000Z'];

describe('one component (RFC 5545 §3.8.6.3)', () => {
  test.each<[string, string[], string[]]>([
    ['before the start', event(...MEETING, ...alarm(':-PT15M')), ['02T09:45']],
    ['at the start', event(...MEETING, ...alarm(':PT0S')), ['02T10:00']],
    ['after the start', event(...MEETING, ...alarm(';RELATED=START:PT5M')), ['02T10:05']],
    ['before the end', event(...MEETING, ...alarm(';RELATED=END:-PT5M')), ['02T10:55']],
    [
      'after an end that a duration gives',
      event('DTSTART:20260302T100000Z', 'DURATION:PT30M', ...alarm(';RELATED=END:PT1M')),
      ['02T10:31'],
    ],
    [
      'an end that is not given is the start',
      event('DTSTART:20260302T100000Z', ...alarm(';RELATED=END:PT1M')),
      ['02T10:01'],
    ],
    ['absolute', event(...MEETING, ...alarm(';VALUE=DATE-TIME:20260301T080000Z')), ['01T08:00']],
    ['absolute without VALUE, as some write it', event(...MEETING, ...alarm(':20260301T080000Z')), ['01T08:00']],
    [
      'several, in order',
      event(...MEETING, ...alarm(':PT0S'), ...alarm(':-P1D'), ...alarm(':-PT1H')),
      ['01T10:00', '02T09:00', '02T10:00'],
    ],
    ['a week before an event after the range', event('DTSTART:20260405T100000Z', ...alarm(':-P1W')), ['29T10:00']],
    ['days after an event before the range', event('DTSTART:20260220T100000Z', ...alarm(':P20D')), ['12T10:00']],
    ['outside of the range', event('DTSTART:20260401T000000Z', ...alarm(':PT0S')), []],
    ['a TRIGGER that cannot be read', event(...MEETING, ...alarm(':soon')), []],
    ['no TRIGGER', event(...MEETING, ...component('VALARM', 'ACTION:DISPLAY')), []],
    ['no alarm', event(...MEETING), []],
    ['a journal has none', component('VJOURNAL', 'UID:j', 'DTSTART:20260302T100000Z', ...alarm(':PT0S')), []],
  ])('%s', (_name, lines, expected) => {
    expect(fired(lines)).toEqual(expected);
  });

  test('days of a trigger are nominal, hours exact, when the clock changes', () => {
    const lines = event('DTSTART;TZID=Europe/Berlin:20260329T090000', ...alarm(':-P1D'), ...alarm(':-PT24H'));
    // Summer time began at 01:00Z on the 29th: nine o'clock is 07:00Z, and 08:00Z on the day before.
    expect(fired(lines)).toEqual(['28T07:00', '28T08:00']);
  });

  test('of a date, in the floating zone', () => {
    const lines = event('DTSTART;VALUE=DATE:20260310', ...alarm(':-PT15H'), ...alarm(';RELATED=END:PT1H'));
    expect(fired(lines, { floating: zoneByTzid('America/New_York')! })).toEqual(['09T13:00', '11T05:00']);
  });
});

describe('a VTODO', () => {
  test.each<[string, string[], string[]]>([
    ['due', todo('DUE:20260305T120000Z', ...alarm(';RELATED=END:-PT1H')), ['05T11:00']],
    [
      'due, where the trigger is of the start, which is not given',
      todo('DUE:20260305T120000Z', ...alarm(':-PT1H')),
      ['05T11:00'],
    ],
    [
      'start and due',
      todo('DTSTART:20260305T080000Z', 'DUE:20260305T120000Z', ...alarm(':-PT1H'), ...alarm(';RELATED=END:-PT1H')),
      ['05T07:00', '05T11:00'],
    ],
    [
      'start and duration',
      todo('DTSTART:20260305T080000Z', 'DURATION:PT2H', ...alarm(';RELATED=END:PT0S')),
      ['05T10:00'],
    ],
    ['without a date, relative', todo(...alarm(':-PT1H')), []],
    ['without a date, absolute', todo(...alarm(';VALUE=DATE-TIME:20260305T080000Z')), ['05T08:00']],
    [
      'recurring by DUE',
      todo('DUE:20260305T120000Z', 'RRULE:FREQ=DAILY;COUNT=3', ...alarm(':-PT1H')),
      ['05T11:00', '06T11:00', '07T11:00'],
    ],
  ])('%s', (_name, lines, expected) => {
    expect(fired(lines)).toEqual(expected);
  });
});

describe('REPEAT and DURATION (RFC 5545 §3.8.6.2)', () => {
  test.each<[string, string[], string[]]>([
    ['two more', alarm(':-PT10M', 'REPEAT:2', 'DURATION:PT5M'), ['02T09:50', '02T09:55#1', '02T10:00#2']],
    ['a pause of a day', alarm(':PT0S', 'REPEAT:1', 'DURATION:P1D'), ['02T10:00', '03T10:00#1']],
    [
      'an absolute one',
      alarm(';VALUE=DATE-TIME:20260228T230000Z', 'REPEAT:3', 'DURATION:PT1H'),
      ['01T00:00#1', '01T01:00#2', '01T02:00#3'],
    ],
    ['REPEAT without DURATION', alarm(':PT0S', 'REPEAT:2'), ['02T10:00']],
    ['DURATION without REPEAT', alarm(':PT0S', 'DURATION:PT5M'), ['02T10:00']],
    ['no number', alarm(':PT0S', 'REPEAT:often', 'DURATION:PT5M'), ['02T10:00']],
    ['a negative number', alarm(':PT0S', 'REPEAT:-2', 'DURATION:PT5M'), ['02T10:00']],
    ['no pause', alarm(':PT0S', 'REPEAT:5', 'DURATION:PT0S'), ['02T10:00']],
  ])('%s', (_name, lines, expected) => {
    expect(fired(event(...MEETING, ...lines))).toEqual(expected);
  });

  test('repetitions that reach into the range from an event long before it', () => {
    const lines = event('DTSTART:20260101T100000Z', ...alarm(':PT0S', 'REPEAT:60', 'DURATION:P1D'));
    expect(fired(lines)).toEqual(['01T10:00#59', '02T10:00#60']);
  });
});

describe('recurring components', () => {
  const DAILY = [...MEETING, 'RRULE:FREQ=DAILY;COUNT=3'];
  const override = (...lines: string[]): string[] => event('RECURRENCE-ID:20260303T100000Z', ...lines);

  test.each<[string, string[], string[]]>([
    ['each instance', event(...DAILY, ...alarm(':-PT15M')), ['02T09:45', '03T09:45', '04T09:45']],
    [
      'none for an instance that is left out',
      event(...DAILY, 'EXDATE:20260303T100000Z', ...alarm(':-PT15M')),
      ['02T09:45', '04T09:45'],
    ],
    ['an absolute trigger once', event(...DAILY, ...alarm(':20260301T080000Z')), ['01T08:00']],
    [
      'an override has the alarms that stand in it',
      [
        ...event(...DAILY, ...alarm(':-PT15M')),
        ...override('DTSTART:20260303T150000Z', 'DTEND:20260303T160000Z', ...alarm(':-PT1H'), ...alarm(':PT0S')),
      ],
      ['02T09:45', '03T14:00', '03T15:00', '04T09:45'],
    ],
    [
      'an override without alarms has none',
      [...event(...DAILY, ...alarm(':-PT15M')), ...override('DTSTART:20260303T150000Z')],
      ['02T09:45', '04T09:45'],
    ],
    [
      'an override alone has an alarm',
      [...event(...DAILY), ...override('DTSTART:20260303T150000Z', ...alarm(':PT0S'))],
      ['03T15:00'],
    ],
    [
      'this and all future instances have the alarms of their override',
      [
        ...event(...DAILY, ...alarm(':-PT15M')),
        ...event('RECURRENCE-ID;RANGE=THISANDFUTURE:20260303T100000Z', 'DTSTART:20260303T120000Z', ...alarm(':-PT30M')),
      ],
      ['02T09:45', '03T11:30', '04T11:30'],
    ],
    [
      'one absolute alarm, copied into an override with its UID, fires once',
      [
        ...event(...DAILY, ...alarm(':20260301T080000Z', 'UID:a')),
        ...override('DTSTART:20260303T150000Z', ...alarm(':20260301T080000Z', 'UID:a')),
      ],
      ['01T08:00'],
    ],
    [
      'alarms a month apart do not fire twice for a long event between them',
      event('DTSTART:20260120T100000Z', 'DURATION:P90D', ...alarm(':P50D'), ...alarm(';RELATED=END:-P30D')),
      ['11T10:00', '21T10:00'],
    ],
  ])('%s', (_name, lines, expected) => {
    expect(fired(lines)).toEqual(expected);
  });

  test('the instance and the component that an alarm is for are told', () => {
    const lines = [...event(...DAILY, ...alarm(':PT0S')), ...override('DTSTART:20260303T150000Z', ...alarm(':PT0S'))];
    const found = alarmInstants(parseCalendar(calendar(...lines)), RANGE, { floating: UTC });
    expect(found.map(({ at, instance }) => instance !== undefined && at === instance.start)).toEqual([
      true,
      true,
      true,
    ]);
    expect(found.map(({ component: of }) => propertyOf(of, 'RECURRENCE-ID')?.value)).toEqual([
      undefined,
      '20260303T100000Z',
      undefined,
    ]);
  });
});

describe('RFC 9074', () => {
  test('what was acknowledged does not fire again (§6.1)', () => {
    const daily = ['DTSTART:20260302T100000Z', 'RRULE:FREQ=DAILY;COUNT=3'];
    expect(fired(event(...daily, ...alarm(':PT0S', 'ACKNOWLEDGED:20260303T100000Z')))).toEqual(['04T10:00']);
    expect(fired(event(...daily, ...alarm(':PT0S', 'ACKNOWLEDGED:20260303T095959Z')))).toEqual([
      '03T10:00',
      '04T10:00',
    ]);
    expect(fired(event(...daily, ...alarm(':PT0S', 'ACKNOWLEDGED:soon')))).toHaveLength(3);
    const repeated = alarm(':PT0S', 'REPEAT:2', 'DURATION:PT5M', 'ACKNOWLEDGED:20260302T100100Z');
    expect(fired(event(...MEETING, ...repeated))).toEqual(['02T10:05#1', '02T10:10#2']);
  });

  test('a snoozed alarm is one of its own, that names the one it was (§7)', () => {
    const lines = event(
      ...MEETING,
      ...alarm(':-PT15M', 'UID:first', 'ACKNOWLEDGED:20260302T094500Z'),
      ...alarm(
        ';VALUE=DATE-TIME:20260302T095000Z',
        'UID:second',
        'RELATED-TO;RELTYPE=SIBLING:other',
        'RELATED-TO;RELTYPE=snooze:first',
      ),
    );
    const found = alarmInstants(parseCalendar(calendar(...lines)), RANGE, { floating: UTC });
    expect(found.map(({ at, snoozeOf }) => [at, snoozeOf])).toEqual([[Date.UTC(2026, 2, 2, 9, 50), 'first']]);
  });

  test('the TRIGGER of an alarm that a place sets off is ignored (§8)', () => {
    expect(fired(event(...MEETING, ...alarm(':PT0S', 'PROXIMITY:DEPART')))).toEqual([]);
  });
});

describe('bounds', () => {
  const steps = (lines: readonly string[], budget: number): (() => unknown) => {
    const object = parseCalendar(calendar(...lines));
    return () => alarmInstants(object, RANGE, { floating: UTC, budget: { steps: budget } });
  };

  test('many repetitions, many alarms and many instances take from the budget', () => {
    const secondly = ['REPEAT:1000000', 'DURATION:PT1S'];
    expect(steps(event(...MEETING, ...alarm(':PT0S', ...secondly)), 10_000)).toThrow(/more work/);
    const many = Array.from({ length: 200 }, () => alarm(':P730D')).flat();
    expect(steps(event('DTSTART:20200101T000000Z', 'RRULE:FREQ=HOURLY', ...many), 10_000)).toThrow(/more work/);
  });

  test('an alarm decades before its event costs by the range, not by the decades', () => {
    const lines = event('DTSTART:19800101T100000Z', 'RRULE:FREQ=DAILY', ...alarm(':-P10000D'), ...alarm(':PT0S'));
    expect(steps(lines, 2000)()).toHaveLength(62);
  });

  test('the search can be interrupted at each instance', () => {
    const object = parseCalendar(calendar(...event('DTSTART:20260101T090000Z', 'RRULE:FREQ=DAILY', ...alarm(':PT0S'))));
    const work = findingAlarms(object, RANGE, { floating: UTC });
    let pauses = 0;
    while (!work.next().done) pauses += 1;
    expect(pauses).toBeGreaterThanOrEqual(31);
  });
});
