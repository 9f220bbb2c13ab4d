import { describe, expect, test } from 'vitest';
import { Refusal } from '../../src/base/refusal.ts';
import { readAvailability } from '../../src/ical/availability-object.ts';
import { calendar, component, event } from './calendar-text.ts';

const AVAILABLE = component(
  'AVAILABLE',
  'UID:b',
  'DTSTART;TZID=Europe/Berlin:20260105T090000',
  'DURATION:PT8H',
  'RRULE:FREQ=DAILY',
);
const vavailability = (...lines: string[]): string[] =>
  component('VAVAILABILITY', 'UID:a', 'DTSTAMP:20260101T000000Z', ...lines);

test('is what RFC 7953 gives as an example: no DTSTAMP in AVAILABLE, one UID in several VAVAILABILITY', () => {
  const text = calendar(...vavailability(...AVAILABLE), ...vavailability('PRIORITY:1', ...AVAILABLE));
  expect(readAvailability(text).components).toHaveLength(2);
});

describe('is refused', () => {
  const refusalOf = (text: string): string => {
    try {
      readAvailability(text);
    } catch (error) {
      if (error instanceof Refusal) return `${error.code}: ${error.message}`;
      throw error;
    }
    return 'nothing';
  };

  test.each<[string, string, RegExp]>([
    ['what is no calendar', 'This is not a calendar!', /^valid-calendar-data/],
    ['nothing', '', /^valid-calendar-data/],
    ['an object without VAVAILABILITY', calendar(), /no VAVAILABILITY/],
    ['an event beside it', calendar(...vavailability(), ...event('e')), /line \d+: VEVENT beside VAVAILABILITY/],
    ['an event alone', calendar(...event('e')), /VEVENT beside/],
    ['a message', calendar('METHOD:PUBLISH', ...vavailability()), /METHOD/],
    ['vCalendar', calendar(...vavailability()).replace('VERSION:2.0', 'VERSION:1.0'), /VERSION/],
    ['no UID', calendar(...component('VAVAILABILITY', 'DTSTAMP:20260101T000000Z')), /no UID/],
    ['a start that cannot be read', calendar(...vavailability('DTSTART:soon')), /DTSTART cannot be read: soon/],
    [
      'two starts',
      calendar(...vavailability('DTSTART:20260101T000000Z', 'DTSTART:20260102T000000Z')),
      /a second DTSTART/,
    ],
    [
      'two ends',
      calendar(...vavailability('DTSTART:20260101T000000Z', 'DTEND:20260102T000000Z', 'DURATION:P1D')),
      /DTEND and DURATION/,
    ],
    ['AVAILABLE without a start', calendar(...vavailability(...component('AVAILABLE', 'UID:b'))), /no DTSTART/],
    [
      'AVAILABLE with a rule that cannot be read',
      calendar(...vavailability(...component('AVAILABLE', 'UID:b', 'DTSTART:20260101T000000Z', 'RRULE:FREQ=NEVER'))),
      /RRULE cannot be read/,
    ],
    [
      'AVAILABLE with a rule that matches no day',
      calendar(
        ...vavailability(
          ...component('AVAILABLE', 'UID:b', 'DTSTART:20260101T000000Z', 'RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30'),
        ),
      ),
      /^valid-calendar-data/,
    ],
    [
      'a zone that nobody knows',
      calendar(...vavailability('DTSTART;TZID=Europe/Atlantis:20260101T000000')),
      /^valid-timezone/,
    ],
  ])('%s', (_name, text, why) => {
    expect(refusalOf(text)).toMatch(why);
  });
});
