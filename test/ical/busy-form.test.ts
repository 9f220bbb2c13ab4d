import { describe, expect, test } from 'vitest';

import { busyForm, isPublic } from '../../src/ical/busy-form.ts';
import { parseCalendar } from '../../src/ical/parse.ts';
import { writeComponent } from '../../src/ical/write.ts';

const calendar = (...lines: readonly string[]) =>
  parseCalendar(['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:x', ...lines, 'END:VCALENDAR', ''].join('\r\n'));
const event = (...lines: readonly string[]) => ['BEGIN:VEVENT', 'UID:a', ...lines, 'END:VEVENT'];

describe('an object is public (RFC 5545 §3.8.1.3)', () => {
  test.each<[boolean, string, readonly string[]]>([
    [true, 'without CLASS', event()],
    [true, 'with PUBLIC in any case', event('CLASS:Public ')],
    [false, 'with PRIVATE', event('CLASS:PRIVATE')],
    [false, 'with CONFIDENTIAL', event('CLASS:CONFIDENTIAL')],
    [false, 'with a value that is not known', event('CLASS:X-OURS')],
    [false, 'with an empty value', event('CLASS:')],
    [false, 'with two values', event('CLASS:PUBLIC', 'CLASS:PRIVATE')],
    [false, 'where one instance is not', [...event(), ...event('RECURRENCE-ID:20260302T090000Z', 'CLASS:PRIVATE')]],
  ])('%s: %s', (expected, _, lines) => {
    expect(isPublic(calendar(...lines))).toBe(expected);
  });
});

test('the busy form has the times, whatever the component, and one neutral summary', () => {
  const todo = calendar(
    ...[
      'BEGIN:VTODO',
      'UID:t',
      'DTSTAMP:20260301T000000Z',
      'DUE;VALUE=DATE;X-A=1:20260302',
      'SUMMARY:one',
      'SUMMARY:two',
    ],
    ...[
      'CLASS:PRIVATE',
      'COMMENT:x',
      'ATTACH:https://example.com/x',
      'PERCENT-COMPLETE:50',
      'RDATE;VALUE=DATE:20260303',
    ],
    ...['BEGIN:VALARM', 'ACTION:DISPLAY', 'TRIGGER:-PT5M', 'END:VALARM', 'END:VTODO'],
  );
  expect(writeComponent(busyForm(todo)).split('\r\n')).toEqual([
    ...['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//Kalends//Kalends//EN', 'BEGIN:VTODO', 'UID:t'],
    ...['DTSTAMP:20260301T000000Z', 'DUE;VALUE=DATE:20260302', 'CLASS:PRIVATE', 'RDATE;VALUE=DATE:20260303'],
    ...['SUMMARY:Busy', 'END:VTODO', 'END:VCALENDAR', ''],
  ]);
});
