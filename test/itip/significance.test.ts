import { expect, test } from 'vitest';
import { parseCalendar } from '../../src/ical/parse.ts';
import { UTC, zonesOf, type ZoneContext } from '../../src/ical/timezone.ts';
import { isOneOf } from '../../src/itip/address.ts';
import { compareComponents, heavier } from '../../src/itip/significance.ts';
import { calendar, component } from '../ical/calendar-text.ts';

const BASE = [
  'DTSTART:20260302T090000Z',
  'DTEND:20260302T100000Z',
  'SUMMARY:Budget',
  'ORGANIZER:mailto:alice@example.com',
  'ATTENDEE;PARTSTAT=ACCEPTED:mailto:bob@example.com',
  'ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:carol@example.com',
];

function weigh(name: string, before: readonly string[], after: readonly string[]): string {
  const [one, other] = [before, after].map((lines) => parseCalendar(calendar(...component(name, 'UID:1', ...lines))));
  const context = (source: typeof one): ZoneContext => ({ zones: zonesOf(source!), floating: UTC });
  const compared = compareComponents(one!.components[0]!, other!.components[0]!, {
    before: context(one),
    after: context(other),
    me: isOneOf('mailto:bob@example.com'),
  });
  return `${compared.weight} ${compared.properties.join(',')}`.trim();
}

const without = (name: string): string[] => BASE.filter((line) => !line.startsWith(name));

test.each([
  [
    'DTSTAMP, SEQUENCE, LAST-MODIFIED',
    [...BASE, 'DTSTAMP:20260101T000000Z', 'SEQUENCE:5', 'LAST-MODIFIED:20260101T000000Z'],
    'none',
  ],
  ['an alarm', [...BASE, 'BEGIN:VALARM', 'ACTION:DISPLAY', 'TRIGGER:-PT5M', 'END:VALARM'], 'none'],
  [
    'TRANSP, CATEGORIES, COLOR and X- properties',
    [...BASE, 'TRANSP:TRANSPARENT', 'CATEGORIES:A', 'COLOR:red', 'X-A:1'],
    'none',
  ],
  ['DURATION for DTEND', [...without('DTEND'), 'DURATION:PT1H'], 'none'],
  ['the same time in another zone', [...without('DTSTART'), 'DTSTART;TZID=Europe/Berlin:20260302T100000'], 'none'],
  ['the order of the lines', [...BASE].reverse(), 'none'],
  [
    'the answer of another',
    [...without('ATTENDEE;PARTSTAT=NEEDS'), 'ATTENDEE;PARTSTAT=DECLINED:mailto:carol@example.com'],
    'quiet ATTENDEE',
  ],
  ['a further guest', [...BASE, 'ATTENDEE:mailto:dave@example.com'], 'quiet ATTENDEE'],
  [
    'another name of the organizer',
    [...without('ORGANIZER'), 'ORGANIZER;CN=Alice:mailto:alice@example.com'],
    'quiet ATTENDEE',
  ],
  ['a picture', [...BASE, 'IMAGE;VALUE=URI:https://example.com/a.png'], 'quiet IMAGE'],
  ['SUMMARY', [...without('SUMMARY'), 'SUMMARY:Party'], 'told SUMMARY'],
  ['LOCATION', [...BASE, 'LOCATION:Room 1'], 'told LOCATION'],
  ['DESCRIPTION', [...BASE, 'DESCRIPTION:x'], 'told DESCRIPTION'],
  ['STATUS', [...BASE, 'STATUS:TENTATIVE'], 'told STATUS'],
  ['DTSTART', [...without('DTSTART'), 'DTSTART:20260302T093000Z'], 'asked DTSTART'],
  ['DTEND', [...without('DTEND'), 'DTEND:20260302T110000Z'], 'asked DTEND'],
  ['RRULE', [...BASE, 'RRULE:FREQ=DAILY;COUNT=2'], 'asked RRULE'],
  [
    'his own answer, asked for again',
    [...without('ATTENDEE;PARTSTAT=ACC'), 'ATTENDEE;RSVP=TRUE:mailto:bob@example.com'],
    'asked ATTENDEE',
  ],
])('%s is worth what it is to an attendee', (_, after, weight) => {
  expect(weigh('VEVENT', BASE, after)).toBe(weight);
});

test('of a task, DUE asks anew, and how far one has come is nobody else’s business', () => {
  const task = [...without('DTEND'), 'DUE:20260302T100000Z'];
  expect(weigh('VTODO', task, [...without('DTEND'), 'DUE:20260303T100000Z'])).toBe('asked DUE');
  expect(weigh('VTODO', task, [...task, 'PERCENT-COMPLETE:50', 'STATUS:IN-PROCESS'])).toBe('none');
});

test('another zone is another series, though the first day is at the same time', () => {
  const weekly = [...BASE, 'RRULE:FREQ=WEEKLY'];
  const moved = weekly.map((line) =>
    line.startsWith('DTSTART') ? 'DTSTART;TZID=Europe/Berlin:20260302T100000' : line,
  );
  expect(weigh('VEVENT', weekly, moved)).toBe('asked DTSTART');
  const newYork = weekly.map((line) =>
    line.startsWith('DTSTART') ? 'DTSTART;TZID=America/New_York:20260302T040000' : line,
  );
  const eastern = weekly.map((line) => (line.startsWith('DTSTART') ? 'DTSTART;TZID=US/Eastern:20260302T040000' : line));
  expect(weigh('VEVENT', newYork, eastern)).toBe('none');
});

test('the heavier of two weights', () => {
  expect([heavier('none', 'quiet'), heavier('asked', 'told'), heavier('told', 'quiet')]).toEqual([
    'quiet',
    'asked',
    'told',
  ]);
});
