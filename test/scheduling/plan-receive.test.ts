import { expect, test } from 'vitest';
import { propertyOf, type Component } from '../../src/ical/component.ts';
import { parseCalendar } from '../../src/ical/parse.ts';
import { readMessage, type ItipMessage } from '../../src/itip/message.ts';
import { NO_MEMORY } from '../../src/itip/revision.ts';
import { knownInOrder } from '../../src/scheduling/plan-receive.ts';
import { calendar, event } from '../ical/calendar-text.ts';

const PEOPLE = ['ORGANIZER:mailto:alice@example.com', 'ATTENDEE:mailto:bob@example.com'];
const cancelled = parseCalendar(
  calendar(
    ...event('1', 'RRULE:FREQ=DAILY', ...PEOPLE, 'STATUS:CANCELLED', 'SEQUENCE:3'),
    ...event('1', 'RECURRENCE-ID:20260303T090000Z', ...PEOPLE, 'STATUS:CANCELLED', 'SEQUENCE:1'),
  ),
);

function message(method: string, sequence: number): ItipMessage {
  const lines = event('1', ...PEOPLE, `SEQUENCE:${sequence}`);
  const reading = readMessage(parseCalendar(calendar(`METHOD:${method}`, ...lines)));
  if ('fault' in reading) throw new Error(reading.fault);
  return reading.message;
}

const sequences = (mine: Component | undefined): readonly (string | undefined)[] =>
  mine?.components.map((each) => propertyOf(each, 'SEQUENCE')?.value) ?? [];

test('an invitation to what was cancelled is later than that, though its numbers begin anew', () => {
  expect(sequences(knownInOrder(cancelled, message('REQUEST', 0), NO_MEMORY).mine)).toEqual([undefined, undefined]);
  expect(sequences(knownInOrder(cancelled, message('REQUEST', 2), NO_MEMORY).mine)).toEqual([undefined, '1']);
});

test('revisions that the invitation follows by its number stay', () => {
  expect(knownInOrder(cancelled, message('REQUEST', 3), NO_MEMORY).mine).toEqual(cancelled);
  expect(knownInOrder(cancelled, message('CANCEL', 0), NO_MEMORY).mine).toBe(cancelled);
});

test('what was cancelled before is forgotten with the answers to it', () => {
  const revision = { sequence: 4, stamp: 0 };
  const memory = { ...NO_MEMORY, cancelled: { '': revision }, answers: { ' ': revision } };
  expect(knownInOrder(undefined, message('REQUEST', 0), memory).memory).toEqual(NO_MEMORY);
  expect(knownInOrder(undefined, message('CANCEL', 0), memory).memory).toBe(memory);
});
