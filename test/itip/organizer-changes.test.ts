import { describe, expect, test } from 'vitest';
import { propertyOf, type Component } from '../../src/ical/component.ts';
import { parseCalendar } from '../../src/ical/parse.ts';
import { isOneOf } from '../../src/itip/address.ts';
import { organizerChanges, refreshAfterReply, withScheduleStatus } from '../../src/itip/organizer-changes.ts';
import { messageComponents, messageText, type ItipMessage } from '../../src/itip/message.ts';
import { calendar, event } from '../ical/calendar-text.ts';

const me = isOneOf('mailto:alice@example.com');
const context = { me, now: Date.UTC(2026, 0, 1) };

const meeting = (...lines: readonly string[]): Component =>
  parseCalendar(calendar(...event('1', 'ORGANIZER:mailto:alice@example.com', 'SUMMARY:Budget', ...lines)));
const invited = (...names: readonly string[]): string[] =>
  names.map((name) => `ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:${name}@example.com`);

const statusOf = (message: ItipMessage): string | undefined =>
  messageComponents(message).map((each) => propertyOf(each, 'STATUS')?.value)[0];

test('all who get the same get one and the same message', () => {
  const many = invited(...Array.from({ length: 50 }, (_, i) => `guest${i}`));
  const plan = organizerChanges(undefined, meeting(...many), context);
  expect(plan.messages).toHaveLength(50);
  expect(new Set(plan.messages.map(({ message }) => message)).size).toBe(1);
});

test('each message says what is different, of which instance', () => {
  const [before, after] = [meeting(...invited('bob')), meeting(...invited('bob'), 'LOCATION:Room 1')];
  const { messages } = organizerChanges(before, after, context);
  expect(messages).toMatchObject([
    {
      to: 'mailto:bob@example.com',
      why: 'changed',
      quiet: false,
      noted: false,
      changes: [{ instance: '', what: 'changed', properties: ['LOCATION'] }],
    },
  ]);
});

test('nothing is sent to the organizer, who may be an attendee by another of his addresses', () => {
  const both = isOneOf('mailto:alice@example.com', 'mailto:al@example.com');
  const plan = organizerChanges(undefined, meeting(...invited('al')), { ...context, me: both });
  expect(plan.messages).toEqual([]);
});

test('an answer that nobody gave is put back, and said to be', () => {
  const claimed = meeting('ATTENDEE;PARTSTAT=ACCEPTED:mailto:bob@example.com');
  expect(organizerChanges(undefined, claimed, context).corrected).toEqual(['mailto:bob@example.com']);
});

test('a client that has raised SEQUENCE itself is not overruled; one that has forgotten it, or has lowered it, is', () => {
  const sequenceOf = (before: Component, after: Component): string | undefined =>
    organizerChanges(before, after, context).calendar?.components[0]?.properties.find(({ name }) => name === 'SEQUENCE')
      ?.value;
  const moved = (...lines: readonly string[]): Component =>
    parseCalendar(
      calendar(
        ...event('1', 'ORGANIZER:mailto:alice@example.com', ...invited('bob'), ...lines).map((line) =>
          line.replace('T09', 'T11'),
        ),
      ),
    );
  const before = meeting(...invited('bob'), 'SEQUENCE:3');
  expect(sequenceOf(before, moved('SEQUENCE:7'))).toBe('7');
  expect(sequenceOf(before, moved('SEQUENCE:3'))).toBe('4');
  expect(sequenceOf(before, moved())).toBe('4');
  expect(sequenceOf(before, meeting(...invited('bob')))).toBe('3');
});

test('a message has nothing of the server or of the sender alone', () => {
  const own = ['X-MINE:1', 'BEGIN:VALARM', 'ACTION:DISPLAY', 'TRIGGER:-PT5M', 'DESCRIPTION:x', 'END:VALARM'];
  const status = 'ATTENDEE;SCHEDULE-STATUS=1.2;SCHEDULE-AGENT=SERVER:mailto:bob@example.com';
  const [sent] = organizerChanges(undefined, meeting(status, ...own), context).messages;
  const text = messageText(sent!.message);
  expect(text).toContain('METHOD:REQUEST');
  for (const word of ['SCHEDULE-', 'X-MINE', 'VALARM']) expect(text).not.toContain(word);
});

test('SCHEDULE-FORCE-SEND that is not known is answered with 2.3 and sends nothing', () => {
  const before = meeting(...invited('bob'));
  const after = meeting('ATTENDEE;PARTSTAT=NEEDS-ACTION;SCHEDULE-FORCE-SEND=PIGEON:mailto:bob@example.com');
  const { calendar: stored, messages } = organizerChanges(before, after, context);
  expect(messages).toEqual([]);
  expect(stored?.components[0]?.properties.at(-1)?.params.get('SCHEDULE-STATUS')).toEqual(['2.3']);
  expect(stored?.components[0]?.properties.at(-1)?.params.has('SCHEDULE-FORCE-SEND')).toBe(false);
});

test('who has answered is not told so, unless the answer crossed a change', () => {
  const before = meeting(...invited('bob', 'carol'));
  const after = meeting('ATTENDEE;PARTSTAT=ACCEPTED:mailto:bob@example.com', ...invited('carol'));
  const told = (without: readonly string[]): readonly string[] =>
    refreshAfterReply(before, after, { ...context, without }).messages.map(({ to, quiet }) => `${to} ${quiet}`);
  expect(told(['mailto:BOB@example.com'])).toEqual(['mailto:carol@example.com true']);
  expect(told([])).toEqual(['mailto:bob@example.com true', 'mailto:carol@example.com true']);
});

test('the status of delivery is on the line of whom it was for (RFC 6638 §3.2.9)', () => {
  const marked = withScheduleStatus(meeting(...invited('bob', 'carol')), (key) =>
    key === 'mailto:bob@example.com' ? '1.2' : undefined,
  );
  const lines = marked.components[0]!.properties.filter(({ name }) => name === 'ATTENDEE');
  expect(lines.map(({ params }) => params.get('SCHEDULE-STATUS')?.[0])).toEqual(['1.2', undefined]);
});

describe('a day that is taken out of a series', () => {
  const SERIES = ['RRULE:FREQ=DAILY;COUNT=5', ...invited('bob')];
  const day = (...lines: readonly string[]): string[] => [
    ...event('1', 'ORGANIZER:mailto:alice@example.com', 'SUMMARY:Budget', ...lines),
  ];
  const series = (master: readonly string[], ...days: readonly string[][]): Component =>
    parseCalendar(calendar(...day(...SERIES, ...master), ...days.flat()));
  const told = (before: Component | undefined, after: Component | undefined): readonly string[] =>
    organizerChanges(before, after, context).messages.map(({ message, quiet, noted }) => {
      const ids = messageComponents(message).map(
        (each) => propertyOf(each, 'RECURRENCE-ID')?.value.slice(6, 8) ?? 'all',
      );
      return `${message.method} ${ids.join()} ${noted ? 'noted' : quiet ? 'quiet' : 'told'}`;
    });
  const taken = 'EXDATE:20260304T090000Z';
  const third = ['RECURRENCE-ID:20260304T090000Z'];
  const fourth = day('RECURRENCE-ID:20260305T090000Z', 'LOCATION:Room 1', ...invited('bob'));

  test('is told by CANCEL, and what stands is noted', () => {
    expect(told(series([]), series([taken]))).toEqual(['CANCEL 04 told', 'REQUEST all noted']);
    expect(told(series([], day(...third, ...invited('bob'))), series([taken]))).toEqual([
      'CANCEL 04 told',
      'REQUEST all noted',
    ]);
  });

  test('is noted where REQUEST tells it with what else is different', () => {
    expect(told(series([]), series([taken, 'LOCATION:Room 1']))).toEqual(['CANCEL 04 noted', 'REQUEST all told']);
    const off = day(...third, 'STATUS:CANCELLED', ...invited('bob'));
    expect(told(series([]), series(['LOCATION:Room 1'], off))).toEqual(['CANCEL 04 noted', 'REQUEST all,04 told']);
  });

  test('is told with the days that change, of which nothing has to be noted', () => {
    expect(told(series([]), series([taken], fourth))).toEqual(['CANCEL 04 told', 'REQUEST 05 told']);
  });

  test('leaves nothing to be noted where no day of an attendee stands, or only he is taken off it', () => {
    const [before, after] = [meeting('RRULE:FREQ=DAILY;COUNT=5'), meeting('RRULE:FREQ=DAILY;COUNT=5', taken)];
    const own = parseCalendar(calendar(...day(...third, ...invited('bob'))));
    const withDay = { ...before, components: [...before.components, ...own.components] };
    expect(told(withDay, after)).toEqual(['CANCEL 04 told']);
    expect(told(series([]), series([], day(...third)))).toEqual(['CANCEL 04 told']);
    const one = parseCalendar(calendar(...day('RRULE:FREQ=DAILY;COUNT=1', ...invited('bob'))));
    const none = parseCalendar(
      calendar(...day('RRULE:FREQ=DAILY;COUNT=1', 'EXDATE:20260302T090000Z', ...invited('bob'))),
    );
    expect(told(one, none)).toEqual(['CANCEL 02 told']);
  });

  test('is not mailed a second time, and forced REQUESTs are more than noted', () => {
    const forced = 'ATTENDEE;PARTSTAT=NEEDS-ACTION;SCHEDULE-FORCE-SEND=REQUEST:mailto:bob@example.com';
    const after = parseCalendar(calendar(...day('RRULE:FREQ=DAILY;COUNT=5', taken, forced)));
    expect(told(series([]), after)).toEqual(['CANCEL 04 told', 'REQUEST all told']);
  });

  test('does not keep its cancellation from those who have only days, when all is deleted (RFC 5546 §3.2.5)', () => {
    const days = parseCalendar(calendar(...day(...third, ...invited('bob')), ...fourth));
    const { messages } = organizerChanges(days, undefined, context);
    expect(told(days, undefined)).toEqual(['CANCEL all told']);
    expect(messageComponents(messages[0]!.message)[0]?.properties).toMatchObject(
      expect.arrayContaining([expect.objectContaining({ name: 'SEQUENCE', value: '2' })]),
    );
  });
});

test('what is cancelled already and then deleted is noted, and no mail (RFC 6638 §3.2.1.3)', () => {
  const plan = organizerChanges(meeting('STATUS:CANCELLED', ...invited('bob')), undefined, context);
  expect(plan.messages).toMatchObject([{ message: { method: 'CANCEL' }, noted: true, quiet: false }]);
});

test('a REQUEST beside the cancellation of all says nothing of it (RFC 5546 §3.2.2)', () => {
  const before = meeting('STATUS:CONFIRMED', ...invited('bob'));
  const { messages } = organizerChanges(before, meeting('STATUS:CANCELLED', 'URL:x:1', ...invited('bob')), context);
  expect(messages.map(({ message }) => [message.method, statusOf(message)])).toEqual([
    ['REQUEST', 'CONFIRMED'],
    ['CANCEL', 'CANCELLED'],
  ]);
});

test('who owes an answer is still asked for it by a client that leaves RSVP out, and no more where it says so', () => {
  const asked = 'ATTENDEE;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:bob@example.com';
  const rsvpOf = (...lines: readonly string[]): string | undefined =>
    organizerChanges(meeting(asked), meeting(...lines), context)
      .calendar?.components[0]?.properties.find(({ name }) => name === 'ATTENDEE')
      ?.params.get('RSVP')?.[0];
  expect(rsvpOf(...invited('bob'), 'LOCATION:Room 1')).toBe('TRUE');
  expect(rsvpOf('ATTENDEE;PARTSTAT=NEEDS-ACTION;RSVP=FALSE:mailto:bob@example.com')).toBe('FALSE');
});

test('a series of which only a day has guests has the organizer of the day (RFC 6638 §3.2.4.2)', () => {
  const own = event('1', 'RRULE:FREQ=DAILY;COUNT=3', 'SUMMARY:Budget');
  const day = event('1', 'RECURRENCE-ID:20260303T090000Z', 'ORGANIZER:mailto:alice@example.com', ...invited('bob'));
  const { calendar: stored, messages } = organizerChanges(undefined, parseCalendar(calendar(...own, ...day)), context);
  expect(stored?.components.map((each) => propertyOf(each, 'ORGANIZER')?.value)).toEqual([
    'mailto:alice@example.com',
    'mailto:alice@example.com',
  ]);
  expect(messages.flatMap(({ message }) => messageComponents(message))).toHaveLength(1);
});
