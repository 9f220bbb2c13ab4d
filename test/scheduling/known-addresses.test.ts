import { expect, test } from 'vitest';

import type { Component } from '../../src/ical/component.ts';
import { parseCalendars } from '../../src/ical/parse.ts';
import { isOneOf } from '../../src/itip/address.ts';
import type { CalendarUser, Directory } from '../../src/scheduling/directory.ts';
import { withKnownAddresses } from '../../src/scheduling/known-addresses.ts';

const user = (id: string, more: Partial<CalendarUser> = {}): CalendarUser =>
  ({
    ...{ id, hasHome: true, me: isOneOf(`mailto:${id}@example.com`, `mailto:${id}2@example.com`, `urn:uuid:${id}`) },
    mail: `mailto:${id}@example.com`,
    ...more,
  }) as CalendarUser;
const users = [user('ann'), user('ben')];
const directory: Directory = { find: (address) => users.find(({ me }) => me(address)) };

function meeting(...components: readonly (readonly string[])[]): Component {
  const events = components.flatMap((lines) => ['BEGIN:VEVENT', 'UID:m', ...lines, 'END:VEVENT']);
  const text = ['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:x', ...events, 'END:VCALENDAR', ''].join('\r\n');
  return parseCalendars(Buffer.from(text)).calendars[0]!;
}

/** The addresses of the lines that name anybody. */
const named = ({ components }: Component): readonly string[] =>
  components.flatMap(({ properties }) =>
    properties.filter(({ name }) => name === 'ORGANIZER' || name === 'ATTENDEE').map(({ value }) => value),
  );

const ORGANIZER = 'ORGANIZER:mailto:ann@example.com';

test('who was named before is named so again, in every component, whatever a client writes', () => {
  const before = meeting(['ORGANIZER:mailto:ann2@example.com', 'ATTENDEE:urn:uuid:ben']);
  const sent = ['ORGANIZER:urn:uuid:ann', 'ATTENDEE;PARTSTAT=ACCEPTED:mailto:ben@example.com'];
  const made = withKnownAddresses(before, meeting(sent, [...sent, 'RECURRENCE-ID:20260303T090000Z']), directory);
  const each = ['mailto:ann2@example.com', 'urn:uuid:ben'];
  expect(named(made)).toEqual([...each, ...each]);
  expect(made.components[0]?.properties.at(-1)?.params.get('PARTSTAT')).toEqual(['ACCEPTED']);
});

test('organizer and attendee may have two addresses of one person', () => {
  const before = meeting(['ORGANIZER:mailto:ann2@example.com', 'ATTENDEE:mailto:ann@example.com']);
  expect(withKnownAddresses(before, before, directory)).toBe(before);
});

test('of two lines for one person both have one address', () => {
  const made = withKnownAddresses(
    undefined,
    meeting([ORGANIZER, 'ATTENDEE:mailto:ben@example.com', 'ATTENDEE:urn:uuid:ben']),
    directory,
  );
  expect(new Set(named(made).slice(1)).size).toBe(1);
});

test('of people elsewhere nothing is known, and case is no other address', () => {
  const before = meeting([ORGANIZER, 'ATTENDEE:mailto:far@example.org', 'ATTENDEE:mailto:ben@example.com']);
  const after = meeting([ORGANIZER, 'ATTENDEE:mailto:far2@example.org', 'ATTENDEE:MAILTO:Ben@Example.com']);
  expect(withKnownAddresses(before, after, directory)).toBe(after);
});
