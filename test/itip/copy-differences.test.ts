import { expect, test } from 'vitest';

import { parseCalendar } from '../../src/ical/parse.ts';
import { isOneOf } from '../../src/itip/address.ts';
import { wasBefore } from '../../src/itip/copy-differences.ts';
import { organizerChanges } from '../../src/itip/organizer-changes.ts';
import type { Change } from '../../src/itip/significance.ts';
import { ics } from '../dav-server.ts';

const PEOPLE = ['ORGANIZER:mailto:alice@example.com', 'ATTENDEE:mailto:bob@example.com'];
const START = 'DTSTART;TZID=Europe/Berlin:20260302T100000';

const event = (...lines: readonly string[]): readonly string[] => [
  ...['BEGIN:VEVENT', 'UID:m', 'DTSTAMP:20260301T000000Z', ...PEOPLE, ...lines, 'END:VEVENT'],
];

function changesFrom(before: readonly string[], after: readonly string[]): readonly Change[] {
  const [was, is] = [before, after].map((lines) => parseCalendar(ics(...lines)));
  const { messages } = organizerChanges(was, is, {
    me: isOneOf('mailto:alice@example.com'),
    now: Date.UTC(2026, 2, 1),
  });
  return messages.flatMap(({ changes }) => changes);
}

test('a change keeps what a person knows the thing by, as it was', () => {
  const before = event(START, 'DURATION:PT1H', 'SUMMARY:Plan', 'LOCATION:Room 1', 'DESCRIPTION:long');
  const after = event(
    START.replace('T10', 'T11'),
    'DURATION:PT1H',
    'SUMMARY:Plan',
    'LOCATION:Room 2',
    'DESCRIPTION:other',
  );
  expect(changesFrom(before, after)).toEqual([
    {
      ...{ instance: '', what: 'changed', properties: ['ATTENDEE', 'DESCRIPTION', 'DTSTART', 'LOCATION'] },
      was: [START, 'DURATION:PT1H', 'LOCATION:Room 1'],
    },
  ]);
});

test('of a day that was moved, the day as the series had it', () => {
  const series = event(START, 'DURATION:PT1H', 'RRULE:FREQ=WEEKLY', 'SUMMARY:Plan');
  const day = event(
    'RECURRENCE-ID;TZID=Europe/Berlin:20260309T100000',
    START.replace('0302', '0310'),
    'DURATION:PT1H',
    'SUMMARY:Plan',
  );
  const [change] = changesFrom(series, [...series, ...day]);
  expect(change).toMatchObject({ instance: '20260309T090000Z', what: 'changed', properties: ['ATTENDEE', 'DTSTART'] });
  expect(change?.was).toContain('DTSTART;TZID=Europe/Berlin:20260309T100000');
});

test('what nobody can be told in a line is not kept', () => {
  expect(changesFrom(event(START, 'DESCRIPTION:a'), event(START, 'DESCRIPTION:b'))[0]).not.toHaveProperty('was');
  expect(changesFrom(event(START, `LOCATION:${'x'.repeat(2000)}`), event(START, 'LOCATION:y'))[0]).not.toHaveProperty(
    'was',
  );
});

test('of two changes that are told as one, the first has what was known', () => {
  const change = (properties: readonly string[], ...was: readonly string[]): Change => ({
    ...{ instance: '', what: 'changed', properties },
    ...(was.length === 0 ? {} : { was }),
  });
  const moved = change(['DTSTART'], 'DTSTART:20260302T100000Z', 'DURATION:PT1H');
  const again = change(
    ['DTSTART', 'SUMMARY'],
    'DTSTART:20260303T100000Z',
    'DTEND:20260303T110000Z',
    'SUMMARY;X=":":Plan',
  );
  expect(wasBefore(moved, again)).toEqual(['DTSTART:20260302T100000Z', 'DURATION:PT1H', 'SUMMARY;X=":":Plan']);
  // It had no place before the first of them.
  expect(wasBefore(change(['LOCATION']), change(['LOCATION'], 'LOCATION:Room 1'))).toBeUndefined();
});
