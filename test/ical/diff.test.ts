import { expect, test } from 'vitest';
import { diffCalendars } from '../../src/ical/diff.ts';
import { parseCalendar } from '../../src/ical/parse.ts';
import { event, ics } from '../dav-server.ts';

const parsed = (text: string | undefined) => (text === undefined ? undefined : parseCalendar(text));
const diff = (before: string | undefined, after: string | undefined) => diffCalendars(parsed(before), parsed(after));

test('a property that changed is told with what it was and is', () => {
  expect(
    diff(event('1', 'SUMMARY;LANGUAGE=en:Lunch'), event('1', 'SUMMARY;LANGUAGE=en:Dinner', 'LOCATION:Hall')),
  ).toEqual([
    {
      component: 'VEVENT',
      within: 'VCALENDAR',
      key: 'UID:1',
      kind: 'changed',
      properties: [
        {
          name: 'SUMMARY',
          subject: undefined,
          old: ['SUMMARY;LANGUAGE=en:Lunch'],
          new: ['SUMMARY;LANGUAGE=en:Dinner'],
        },
        { name: 'LOCATION', subject: undefined, old: [], new: ['LOCATION:Hall'] },
      ],
    },
  ]);
});

test('an attendee who answered is one difference, and the others are none', () => {
  const before = event('1', 'ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:Bob@example.com', 'ATTENDEE:mailto:eve@example.com');
  const after = event('1', 'ATTENDEE:mailto:eve@example.com', 'ATTENDEE;PARTSTAT=ACCEPTED:mailto:bob@example.com');
  const [only, ...more] = diff(before, after);
  expect(more).toEqual([]);
  expect(only?.properties).toEqual([
    {
      name: 'ATTENDEE',
      subject: 'mailto:bob@example.com',
      old: ['ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:Bob@example.com'],
      new: ['ATTENDEE;PARTSTAT=ACCEPTED:mailto:bob@example.com'],
    },
  ]);
});

test('an override that is new is told by its RECURRENCE-ID, the series stays unmentioned', () => {
  const series = ['BEGIN:VEVENT', 'UID:1', 'DTSTART:20260302T090000Z', 'RRULE:FREQ=DAILY', 'END:VEVENT'];
  const override = [
    'BEGIN:VEVENT',
    'UID:1',
    'RECURRENCE-ID:20260303T090000Z',
    'DTSTART:20260303T100000Z',
    'END:VEVENT',
  ];
  const found = diff(ics(...series), ics(...override, ...series));
  expect(found.map(({ kind, key }) => [kind, key])).toEqual([['added', 'UID:1 RECURRENCE-ID:20260303T090000Z']]);
  expect(found[0]?.properties.map(({ name }) => name)).toEqual(['UID', 'RECURRENCE-ID', 'DTSTART']);
});

test('an alarm that moved is a change within its event', () => {
  const alarm = (trigger: string) => [
    'BEGIN:VALARM',
    'ACTION:DISPLAY',
    'DESCRIPTION:x',
    `TRIGGER:${trigger}`,
    'END:VALARM',
  ];
  expect(diff(event('1', ...alarm('-PT5M')), event('1', ...alarm('-PT15M')))).toEqual([
    {
      component: 'VALARM',
      within: 'VEVENT UID:1',
      key: '',
      kind: 'changed',
      properties: [{ name: 'TRIGGER', subject: undefined, old: ['TRIGGER:-PT5M'], new: ['TRIGGER:-PT15M'] }],
    },
  ]);
});

test('what was not there is added as a whole, what is not there any more is removed as a whole', () => {
  expect(diff(undefined, event('1')).map(({ kind, component }) => `${kind} ${component}`)).toEqual([
    'added VCALENDAR',
    'added VEVENT',
  ]);
  expect(diff(event('1'), undefined).every(({ kind }) => kind === 'removed')).toBe(true);
  expect(diff(undefined, undefined)).toEqual([]);
});
