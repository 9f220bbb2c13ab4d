import { expect, test } from 'vitest';
import { parseCalendar } from '../../src/ical/parse.ts';
import { makeMessage, messageText, readMessage } from '../../src/itip/message.ts';
import { calendar, component } from '../ical/calendar-text.ts';

const ALL = [
  'UID:1',
  'DTSTAMP:20260101T000000Z',
  'DTSTART:20260302T090000Z',
  'SEQUENCE:1',
  'ORGANIZER:mailto:alice@example.com',
  'ATTENDEE:mailto:bob@example.com',
];

const read = (method: string, name: string, lines: readonly string[]): string => {
  const reading = readMessage(parseCalendar(calendar(`METHOD:${method}`, ...component(name, ...lines))));
  return 'fault' in reading ? reading.fault : 'read';
};

const without = (name: string): readonly string[] => ALL.filter((line) => !line.startsWith(name));

test.each([
  ['REQUEST', 'VEVENT', ['UID', 'ORGANIZER', 'DTSTART', 'ATTENDEE']],
  ['REPLY', 'VEVENT', ['UID', 'ORGANIZER', 'ATTENDEE']],
  ['CANCEL', 'VEVENT', ['UID', 'ORGANIZER', 'SEQUENCE']],
  ['ADD', 'VEVENT', ['UID', 'ORGANIZER', 'DTSTART', 'SEQUENCE']],
  ['COUNTER', 'VEVENT', ['UID', 'ORGANIZER', 'DTSTART', 'SEQUENCE']],
  ['DECLINECOUNTER', 'VEVENT', ['UID', 'ORGANIZER', 'ATTENDEE', 'SEQUENCE']],
  ['REQUEST', 'VTODO', ['UID', 'ORGANIZER', 'ATTENDEE']],
  ['REPLY', 'VTODO', ['UID', 'ORGANIZER', 'ATTENDEE']],
  ['CANCEL', 'VTODO', ['UID', 'ORGANIZER', 'SEQUENCE']],
  ['CANCEL', 'VJOURNAL', ['UID', 'ORGANIZER', 'SEQUENCE']],
])('%s of %s needs %s', (method, name, needed) => {
  const whole = name === 'VJOURNAL' ? without('ATTENDEE') : ALL;
  expect(read(method, name, whole)).toBe('read');
  for (const each of needed)
    expect(
      read(
        method,
        name,
        whole.filter((line) => !line.startsWith(each)),
      ),
    ).toBe(`${method} needs ${each}`);
});

test.each([
  ['PUBLISH', 'VEVENT', ALL, 'PUBLISH must not have ATTENDEE'],
  ['REQUEST', 'VEVENT', [...ALL, 'REQUEST-STATUS:2.0;Success'], 'REQUEST must not have REQUEST-STATUS'],
  ['ADD', 'VEVENT', [...ALL, 'RRULE:FREQ=DAILY'], 'ADD must not have RRULE'],
  ['REFRESH', 'VEVENT', ALL, 'REFRESH must not have DTSTART'],
  ['REPLY', 'VEVENT', [...ALL, 'ATTENDEE:mailto:carol@example.com'], 'REPLY has one ATTENDEE'],
  ['REQUEST', 'VJOURNAL', ALL, 'REQUEST is not for VJOURNAL'],
  ['REFRESH', 'VFREEBUSY', ALL, 'REFRESH is not for VFREEBUSY'],
  [
    'REQUEST',
    'VFREEBUSY',
    [...ALL, 'DTEND:20260303T090000Z', 'FREEBUSY:20260302T090000Z/PT1H'],
    'REQUEST must not have FREEBUSY',
  ],
  ['SHOUT', 'VEVENT', ALL, 'METHOD SHOUT is not known'],
])('%s of %s with more than it may have is refused', (method, name, lines, fault) => {
  expect(read(method, name, lines)).toBe(fault);
});

test('components of several UIDs, kinds or organizers are no message', () => {
  const two = (other: readonly string[], name = 'VEVENT'): string => {
    const reading = readMessage(
      parseCalendar(calendar('METHOD:REQUEST', ...component('VEVENT', ...ALL), ...component(name, ...other))),
    );
    return 'fault' in reading ? reading.fault : 'read';
  };
  expect(two(ALL.map((line) => line.replace('UID:1', 'UID:2')))).toBe('there are several UIDs');
  expect(two(ALL, 'VTODO')).toBe('there are components of several kinds');
  expect(two(ALL.map((line) => line.replace('alice', 'mallory')))).toBe('there are several ORGANIZERs');
});

test('METHOD may be known from elsewhere, and has to be known', () => {
  const plain = parseCalendar(calendar(...component('VEVENT', ...ALL)));
  expect(readMessage(plain)).toEqual({ fault: 'there is no METHOD' });
  expect(readMessage(plain, 'request')).toMatchObject({
    message: { method: 'REQUEST', uid: '1', sequence: 1, kind: 'VEVENT' },
  });
});

const ZONE = (tzid: string): readonly string[] =>
  component(
    'VTIMEZONE',
    `TZID:${tzid}`,
    ...component('STANDARD', 'DTSTART:19700101T000000', 'TZOFFSETFROM:+0100', 'TZOFFSETTO:+0100'),
  );

test('a message has the time zones that it names, and no others; one that is missing is written', () => {
  const source = parseCalendar(
    calendar(
      ...ZONE('Mine'),
      ...ZONE('Other'),
      ...component('VEVENT', ...ALL, 'DTEND;TZID=Mine:20260302T110000', 'EXDATE;TZID=Europe/Berlin:20260309T090000'),
    ),
  );
  const message = makeMessage(
    'REQUEST',
    source.components.filter(({ name }) => name === 'VEVENT'),
    [source],
  );
  const zones = message.calendar.components.filter(({ name }) => name === 'VTIMEZONE');
  expect(zones.map((zone) => zone.properties[0]!.value)).toEqual(['Mine', 'Europe/Berlin']);
});

test('a message is written with METHOD, CRLF and folded lines, and read again', () => {
  const long = `SUMMARY:${'ä'.repeat(100)}`;
  const source = parseCalendar(calendar(...component('VEVENT', ...ALL, long)));
  const text = messageText(makeMessage('REQUEST', source.components, [source]));
  expect(text).toContain('METHOD:REQUEST\r\n');
  for (const line of text.split('\r\n')) expect(Buffer.byteLength(line)).toBeLessThanOrEqual(75);
  const reading = readMessage(parseCalendar(text));
  expect(reading).toMatchObject({ message: { method: 'REQUEST' } });
  expect('message' in reading && reading.message.calendar.components[0]!.properties.at(-1)!.value).toBe(
    'ä'.repeat(100),
  );
});
