import { describe, expect, test } from 'vitest';
import { messageComponents } from '../../src/itip/message.ts';
import { messagesOf, type ImipEnvelope, type ImipPart } from '../../src/itip/imip.ts';
import { writeComponent } from '../../src/ical/write.ts';
import { cpu } from '../yardstick.ts';

const AT = Date.UTC(2026, 2, 2, 9);
const TIMES = ['DTSTART:20260310T090000Z', 'DTSTAMP:20260302T080000Z', 'SEQUENCE:0'];
const event = (uid: string, ...lines: readonly string[]): readonly string[] => [
  ...['BEGIN:VEVENT', `UID:${uid}`, ...TIMES, 'ORGANIZER:mailto:o@example.org', ...lines, 'END:VEVENT'],
];
const part = (method: string | undefined, lines: readonly string[], told?: string): ImipPart => ({
  method: told,
  filename: undefined,
  octets: Buffer.from(
    [
      'BEGIN:VCALENDAR',
      'VERSION:2.0',
      ...(method === undefined ? [] : [`METHOD:${method}`]),
      ...lines,
      'END:VCALENDAR',
      '',
    ].join('\r\n'),
  ),
});
const GUEST = 'ATTENDEE:mailto:bob@example.com';
const read = (parts: readonly ImipPart[], envelope: Partial<ImipEnvelope> = {}) =>
  messagesOf(parts, { at: AT, ...envelope });
const textOf = (reading: ReturnType<typeof read>): string =>
  reading.messages.map(({ calendar }) => writeComponent(calendar)).join('');

describe('the method of a message', () => {
  test('is the one of the calendar, or of the Content-Type where it has none', () => {
    expect(read([part('REQUEST', event('u', GUEST))]).messages).toMatchObject([{ method: 'REQUEST', uid: 'u' }]);
    expect(read([part(undefined, event('u', GUEST), 'REQUEST')]).messages).toMatchObject([{ method: 'REQUEST' }]);
    expect(read([part('REQUEST', event('u', GUEST), 'REQUEST')]).messages).toMatchObject([{ method: 'REQUEST' }]);
  });

  test.each([
    [part('CANCEL', event('u', GUEST), 'REQUEST'), 'the mail says REQUEST, and the calendar in it CANCEL'],
    [part(undefined, event('u', GUEST)), 'no METHOD'],
    [part('PUBLISH', event('u')), 'it publishes something'],
    [part('DESTROY', event('u')), 'METHOD DESTROY is not known'],
    [part('REQUEST', event('u')), 'REQUEST needs ATTENDEE'],
    [part('REQUEST', []), 'there is no component'],
    [{ method: 'REQUEST', filename: undefined, octets: Buffer.from('hello') }, 'cannot be read'],
  ])('is a fault where it is none or another %#', (source, fault) => {
    const { messages, faults } = read([source]);
    expect(messages).toEqual([]);
    expect(faults.join()).toContain(fault);
  });

  test('that is missing in a copy of the same meeting, for programs that import it, is no fault', () => {
    const { messages, faults } = read([part('REQUEST', event('u', GUEST)), part(undefined, event('u', GUEST))]);
    expect([messages.length, faults]).toEqual([1, []]);
  });
});

describe('what a mail holds', () => {
  test('is one message for each UID', () => {
    const { messages } = read([part('REQUEST', [...event('one', GUEST), ...event('two', GUEST)])]);
    expect(messages.map(({ uid }) => uid)).toEqual(['one', 'two']);
  });

  test('is taken once where two parts say the same revision', () => {
    const { messages } = read([
      part('REQUEST', event('u', GUEST, 'SUMMARY:A')),
      part('REQUEST', event('u', GUEST, 'SUMMARY:B')),
    ]);
    expect(messages.length).toBe(1);
  });

  test('is bounded, and one bad part hides no other', () => {
    const many = Array.from({ length: 200 }, (_, at) => event(`u${at}`, GUEST)).flat();
    const { messages, faults } = read([part('REQUEST', many)]);
    expect([messages.length, faults]).toEqual([50, ['of the messages in the mail, the first 50 count']]);
    const mixed = read([part('REQUEST', [...event('bad'), ...event('good', GUEST)])]);
    expect(mixed.messages.map(({ uid }) => uid)).toEqual(['good']);
    expect(mixed.faults.length).toBe(1);
  });

  test('is bounded also where nothing comes of it, as each is looked at beside all the zones', () => {
    const many = Array.from({ length: 200 }, (_, at) => event(`u${at}`)).flat();
    expect(read([part('REQUEST', many)]).faults).toEqual([
      'the calendar is no REQUEST: REQUEST needs ATTENDEE',
      'of the messages in the mail, the first 50 count',
    ]);
  });

  test('may have very many zones, all of them named, and is read quickly', () => {
    const zones = Array.from({ length: 30_000 }, (_, at) => ['BEGIN:VTIMEZONE', `TZID:z${at}`, 'END:VTIMEZONE']).flat();
    const named = Array.from({ length: 30_000 }, (_, at) => `X-Z;TZID=z${29_999 - at}:20260310T090000`);
    const before = cpu();
    expect(read([part('REQUEST', [...zones, ...event('u', GUEST, ...named)])]).messages.length).toBe(1);
    // To look for each of them among all takes a quarter of a minute.
    expect(cpu() - before).toBeLessThan(5000);
  });

  test('has blanks for what no calendar may hold, so that it can be saved again', () => {
    const text = textOf(read([part('REQUEST', event('u\u0000v', GUEST, 'SUMMARY:a\u0001b\rATTENDEE:c\u007fd\te'))]));
    expect(text).toContain('SUMMARY:a b ATTENDEE:c d\te\r\n');
    expect(text).toContain('UID:u v\r\n');
  });

  test('says its zones: those that are missing are added, those that nobody knows are a fault', () => {
    const at = (tzid: string): readonly string[] =>
      event('u', GUEST).map((line) => (line.startsWith('DTSTART') ? `DTSTART;TZID=${tzid}:20260310T090000` : line));
    expect(textOf(read([part('REQUEST', at('W. Europe Standard Time'))]))).toContain('TZID:W. Europe Standard Time');
    expect(read([part('REQUEST', at('Nowhere/At All'))]).faults).toEqual([
      'nobody knows what the zone Nowhere/At All is',
    ]);
  });
});

describe('the habits of programs', () => {
  const attendees = (
    lines: readonly string[],
    method: string,
    envelope: Partial<ImipEnvelope> = {},
  ): readonly string[] => {
    const { messages } = read([part(method, event('u', ...lines))], envelope);
    return messages.flatMap((message) =>
      messageComponents(message).flatMap(({ properties }) =>
        properties.filter(({ name }) => name === 'ATTENDEE').map(({ value }) => value),
      ),
    );
  };

  test.each([
    'ATTENDEE:MAILTO:bob@example.com',
    'ATTENDEE:mailto:"bob@example.com"',
    'ATTENDEE:mailto: bob@example.com',
    'ATTENDEE:<bob@example.com>',
    'ATTENDEE:bob@example.com',
    'ATTENDEE;EMAIL=bob@example.com:/a123/principal/',
    'ATTENDEE;EMAIL=bob@example.com:urn:uuid:0b5c0b5c-0000-4000-8000-000000000000',
  ])('%s is bob', (line) => {
    expect(attendees([line], 'REQUEST')).toEqual(['mailto:bob@example.com']);
  });

  test('an answer that names everybody is of who has sent it, with whom he delegates to', () => {
    const lines = [
      'ATTENDEE:mailto:x@example.com',
      'ATTENDEE;DELEGATED-TO="mailto:d@example.com":mailto:bob@example.com',
      'ATTENDEE:mailto:d@example.com',
    ];
    expect(attendees(lines, 'REPLY', { sender: 'mailto:BOB@example.com' })).toEqual([
      'mailto:bob@example.com',
      'mailto:d@example.com',
    ]);
    expect(attendees(lines, 'REPLY', { sender: 'mailto:stranger@example.com' })).toEqual([]);
    expect(attendees(lines, 'REPLY')).toEqual([]);
  });

  test('what is missing is what it must have been: SEQUENCE, DTSTAMP, the organizer of an answer', () => {
    const lines = ['BEGIN:VEVENT', 'UID:u', GUEST, 'END:VEVENT'];
    const text = textOf(read([part('REPLY', lines)], { recipient: 'mailto:o@example.org' }));
    expect(text).toContain('DTSTAMP:20260302T090000Z');
    expect(text).toContain('ORGANIZER:mailto:o@example.org');
    expect(
      textOf(read([part('CANCEL', [...lines.slice(0, 3), 'ORGANIZER:mailto:o@example.org', 'END:VEVENT'])])),
    ).toContain('SEQUENCE:0');
    // Who is invited by nobody is not invited by his own server.
    expect(read([part('REQUEST', lines)], { recipient: 'mailto:o@example.org' }).messages).toEqual([]);
  });

  test('a question for the present revision with the event in it is read as the question', () => {
    const { messages, faults } = read([part('REFRESH', event('u', GUEST, 'RRULE:FREQ=DAILY'))]);
    expect([messages.length, faults]).toEqual([1, []]);
  });
});
