import { expect, test } from 'vitest';
import { addressKey, isOneOf, isSameAddress, scheduleAgentOf } from '../../src/itip/address.ts';
import { plain, withParam } from '../../src/itip/component-edit.ts';

test.each([
  ['mailto:Bob@Example.COM', 'MAILTO:bob@example.com'],
  ['bob@example.com', 'mailto:bob@example.com'],
  ['mailto:bob@example.com?subject=hi', 'mailto:bob@example.com'],
  ['mailto:bob%40example.com', 'mailto:bob@example.com'],
  ['URN:uuid:ABC', 'urn:uuid:abc'],
])('%s and %s are one address', (one, other) => {
  expect(addressKey(one)).toBe(addressKey(other));
});

test('the path of a URL keeps its letters, and an address that is not well encoded stays as it is', () => {
  expect(isSameAddress('https://example.com/Bob', 'HTTPS://example.com/bob')).toBe(false);
  expect(addressKey('mailto:100%@example.com')).toBe('mailto:100%@example.com');
});

test('a person has several addresses', () => {
  const isMe = isOneOf('mailto:bob@example.com', 'robert@example.com');
  expect(['mailto:BOB@example.com', 'mailto:robert@example.com', 'mailto:rob@example.com'].map(isMe)).toEqual([
    true,
    true,
    false,
  ]);
});

test('a schedule agent that is not known is none', () => {
  const attendee = plain('ATTENDEE', 'mailto:bob@example.com');
  expect(scheduleAgentOf(attendee)).toBe('SERVER');
  expect(scheduleAgentOf(withParam(attendee, 'SCHEDULE-AGENT', 'client'))).toBe('CLIENT');
  expect(scheduleAgentOf(withParam(attendee, 'SCHEDULE-AGENT', 'X-PIGEON'))).toBe('NONE');
});
