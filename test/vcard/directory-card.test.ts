import { expect, test } from 'vitest';
import { cardOf, memberLines, type DirectoryEntry } from '../../src/vcard/directory-card.ts';
import { subsetOf } from '../../src/vcard/subset.ts';
import { writeCard } from '../../src/vcard/write.ts';

const GUID = '7d0c1d9e-50a5-4d4a-9e1d-2b9f5a2b7c11';
const ada: DirectoryEntry = {
  kind: 'user',
  guid: GUID,
  name: 'Ada Lovelace',
  emails: ['ada@example.com', 'a.lovelace@example.com'],
};
const text = (...lines: readonly string[]): string => [...lines, ''].join('\r\n');

test('a person in version 3.0', () => {
  expect(writeCard(cardOf(ada, '3.0'))).toBe(
    text(
      'BEGIN:VCARD',
      'VERSION:3.0',
      'PRODID:-//Kalends//Directory//EN',
      `UID:${GUID}`,
      'FN:Ada Lovelace',
      'N:Ada Lovelace;;;;',
      'EMAIL;TYPE=INTERNET,PREF:ada@example.com',
      'EMAIL;TYPE=INTERNET:a.lovelace@example.com',
      'CALADRURI:mailto:ada@example.com',
      'END:VCARD',
    ),
  );
});

test('a person in version 4.0', () => {
  expect(writeCard(cardOf(ada, '4.0'))).toBe(
    text(
      'BEGIN:VCARD',
      'VERSION:4.0',
      'PRODID:-//Kalends//Directory//EN',
      `UID:urn:uuid:${GUID}`,
      'KIND:individual',
      'FN:Ada Lovelace',
      'EMAIL;PREF=1:ada@example.com',
      'EMAIL:a.lovelace@example.com',
      'CALADRURI:mailto:ada@example.com',
      'END:VCARD',
    ),
  );
});

test('a group names its members, by their UIDs', () => {
  const group: DirectoryEntry = { kind: 'group', guid: 'staff', name: 'Staff', emails: [] };
  expect(writeCard([...cardOf(group, '4.0'), ...memberLines([GUID, 'old id'], '4.0')])).toContain(
    `KIND:group\r\nFN:Staff\r\nMEMBER:urn:uuid:${GUID}\r\nMEMBER:urn:x-uid:old%20id\r\n`,
  );
  expect(writeCard([...cardOf(group, '3.0'), ...memberLines([GUID], '3.0')])).toContain(
    `X-ADDRESSBOOKSERVER-KIND:group\r\nX-ADDRESSBOOKSERVER-MEMBER:urn:uuid:${GUID}\r\n`,
  );
});

test.each([
  ['room', '3.0', 'X-ADDRESSBOOKSERVER-KIND:location'],
  ['room', '4.0', 'KIND:location'],
  ['resource', '3.0', 'X-ADDRESSBOOKSERVER-KIND:resource'],
  ['resource', '4.0', 'KIND:x-resource'],
] as const)('a %s in version %s says %s', (kind, version, line) => {
  expect(writeCard(cardOf({ ...ada, kind }, version))).toContain(`\r\n${line}\r\n`);
});

test('who has no name is shown by the guid, for FN must say something', () => {
  expect(writeCard(cardOf({ ...ada, name: ' ' }, '3.0'))).toContain(`FN:${GUID}\r\nN:${GUID};;;;`);
});

test('an address cannot end the mailto URI that it stands in', () => {
  const card = writeCard(cardOf({ ...ada, emails: ['a?cc=b@example.com', 'é@example.com'] }, '4.0'));
  expect(card).toContain('CALADRURI:mailto:a%3Fcc=b@example.com\r\n');
});

test('a subset has the lines asked for, in any group or none, and without values where those are not wanted', () => {
  const card = subsetOf(cardOf(ada, '3.0'), [
    { group: undefined, name: 'FN', noValue: false },
    { group: undefined, name: 'EMAIL', noValue: true },
    { group: 'X-ABC', name: 'UID', noValue: false },
  ]);
  expect(writeCard(card)).toBe(
    text('BEGIN:VCARD', 'FN:Ada Lovelace', 'EMAIL;TYPE=INTERNET,PREF:', 'EMAIL;TYPE=INTERNET:', 'END:VCARD'),
  );
});
