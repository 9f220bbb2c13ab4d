import { expect, test } from 'vitest';
import type { Component } from '../../src/ical/component.ts';
import { parseCalendar } from '../../src/ical/parse.ts';
import { isOneOf } from '../../src/itip/address.ts';
import { organizerChanges, refreshAfterReply, withScheduleStatus } from '../../src/itip/organizer-changes.ts';
import { messageText } from '../../src/itip/message.ts';
import { calendar, event } from '../ical/calendar-text.ts';

const me = isOneOf('mailto:alice@example.com');
const context = { me, now: Date.UTC(2026, 0, 1) };

const meeting = (...lines: readonly string[]): Component =>
  parseCalendar(calendar(...event('1', 'ORGANIZER:mailto:alice@example.com', 'SUMMARY:Budget', ...lines)));
const invited = (...names: readonly string[]): string[] =>
  names.map((name) => `ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:${name}@example.com`);

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
