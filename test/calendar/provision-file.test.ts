import { describe, expect, test } from 'vitest';
import { createPasswords } from '../../src/auth/passwords.ts';
import { BadRequest } from '../../src/base/refusal.ts';
import { readProvisionFile } from '../../src/calendar/provision-file.ts';

const alice = { id: 'alice', name: 'Alice', emails: ['alice@example.com'] };
const bob = { id: 'bob', name: 'Bob', emails: ['bob@example.com'] };

function problemsOf(json: unknown): readonly string[] {
  try {
    readProvisionFile(json);
  } catch (error) {
    if (error instanceof BadRequest) return error.message.split('\n');
    throw error;
  }
  return [];
}

describe('a right file', () => {
  test('gives every principal with its kind and place', () => {
    const specs = readProvisionFile({
      users: [alice],
      groups: [{ id: 'team', name: 'Team', members: ['alice'] }],
      rooms: [{ id: 'room', name: 'Room', emails: [], capacity: 12, autoSchedule: 'accept-if-free' }],
      resources: [{ id: 'car', name: 'Car', emails: [], delegates: { write: ['alice'] }, features: ['tow bar'] }],
    });
    expect(specs.map(({ kind, id, path }) => [kind, id, path])).toEqual([
      ['user', 'alice', 'users[0]'],
      ['group', 'team', 'groups[0]'],
      ['room', 'room', 'rooms[0]'],
      ['resource', 'car', 'resources[0]'],
    ]);
    expect(specs[3]).toMatchObject({ delegates: { write: ['alice'], read: undefined }, features: ['tow bar'] });
  });

  test('may leave every list out', () => {
    expect(readProvisionFile({})).toEqual([]);
  });

  test('may give a hash in place of a password', () => {
    const passwordHash = '$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHRzYWx0$RdescudvJCsgt3ub+b27dA';
    expect(readProvisionFile({ users: [{ ...alice, passwordHash }] })[0]?.passwordHash).toBe(passwordHash);
  });

  test('takes a hash that was made here', async () => {
    const passwordHash = await createPasswords({ concurrent: 1 }).hash('one');
    expect(readProvisionFile({ users: [{ ...alice, passwordHash }] })[0]?.passwordHash).toBe(passwordHash);
    const costly = passwordHash.replace(/t=\d+/, 't=101');
    expect(() => readProvisionFile({ users: [{ ...alice, passwordHash: costly }] })).toThrow('costs too much');
  });
});

describe('a wrong file', () => {
  const wrong: readonly [name: string, json: unknown, ...problems: string[]][] = [
    ['that is no object', [], 'the file: expected an object'],
    ['with an unknown list', { people: [] }, 'people: unknown field'],
    ['with a list that is none', { users: {} }, 'users: expected a list'],
    ['with a user that is none', { users: ['alice'] }, 'users[0]: expected an object'],
    ['with a missing field', { users: [{ id: 'a', emails: [] }] }, 'users[0].name: is missing'],
    ['with an unknown field', { users: [{ ...alice, email: 'a@b' }] }, 'users[0].email: unknown field'],
    [
      'with a name of Object.prototype',
      JSON.parse('{"users":[{"id":"a","name":"A","emails":[],"__proto__":1}]}'),
      'users[0].__proto__: unknown field',
    ],
    [
      'with a bad address',
      { users: [alice, { ...bob, emails: ['bob'] }] },
      'users[1].emails[0]: expected an e-mail address such as alice@example.com',
    ],
    [
      'with mailto:',
      { users: [{ ...alice, emails: ['mailto:a@b'] }] },
      'users[0].emails[0]: expected an address without mailto:',
    ],
    ['with a number for a text', { users: [{ ...alice, name: 5 }] }, 'users[0].name: expected a text'],
    ['with a slash in an id', { users: [{ ...alice, id: 'a/b' }] }, 'users[0].id: holds a slash or control characters'],
    ['with .. for an id', { users: [{ ...alice, id: '..' }] }, 'users[0].id: cannot name anything in a URL'],
    [
      'with a colon in an id',
      { users: [{ ...alice, id: 'a:b' }] },
      'users[0].id: holds a colon, which a log-in name cannot have',
    ],
    [
      'with a zone that is none',
      { users: [{ ...alice, timezone: 'Moon' }] },
      'users[0].timezone: expected an IANA time zone such as Europe/Berlin',
    ],
    [
      'with an unknown component',
      { users: [{ ...alice, calendars: [{ uri: 'c', name: 'C', components: ['VTIMEZONE'] }] }] },
      'users[0].calendars[0].components[0]: expected one of VEVENT, VTODO, VJOURNAL, VFREEBUSY, VAVAILABILITY, VPOLL',
    ],
    [
      'with a reserved calendar',
      { users: [{ ...alice, calendars: [{ uri: 'inbox', name: 'C' }] }] },
      'users[0].calendars[0].uri: "inbox" is the name of a collection that every home has',
    ],
    [
      'with a calendar twice',
      {
        users: [
          {
            ...alice,
            calendars: [
              { uri: 'c', name: 'C' },
              { uri: 'c', name: 'D' },
            ],
          },
        ],
      },
      'users[0].calendars[1].uri: "c" is also the uri of users[0].calendars[0].uri',
    ],
    [
      'with a bad mode',
      { rooms: [{ ...alice, autoSchedule: 'maybe' }] },
      'rooms[0].autoSchedule: expected one of none, accept-always, decline-always, accept-if-free, decline-if-busy, automatic',
    ],
    ['with a field of rooms on a user', { users: [{ ...alice, capacity: 5 }] }, 'users[0].capacity: unknown field'],
    [
      'with a negative capacity',
      { rooms: [{ ...alice, capacity: -1 }] },
      'rooms[0].capacity: expected a whole number from 0',
    ],
    [
      'with an id twice over kinds, but for case',
      { users: [alice], groups: [{ id: 'ALICE', name: 'A', members: [] }] },
      'groups[0].id: "ALICE" is also the id of users[0].id',
    ],
    [
      'with an address twice',
      { users: [alice, { ...bob, emails: ['ALICE@example.com'] }] },
      'users[1].emails[0]: "ALICE@example.com" is also an address of users[0].emails[0]',
    ],
    [
      'with an id that is an address of another',
      { users: [alice, { ...bob, id: 'alice@example.com' }] },
      'users[1].id: "alice@example.com" is an address of "alice"',
    ],
    [
      'with both password and hash',
      {
        users: [
          {
            ...alice,
            password: 'x',
            passwordHash: '$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHRzYWx0$RdescudvJCsgt3ub+b27dA',
          },
        ],
      },
      'users[0].passwordHash: cannot be given together with password',
    ],
    [
      'with another hash',
      { users: [{ ...alice, passwordHash: '$2b$10$abc' }] },
      'users[0].passwordHash: expected an argon2id hash, $argon2id$v=19$m=…,t=…,p=…$salt$hash',
    ],
    [
      'with a hash that takes all memory',
      {
        users: [{ ...alice, passwordHash: '$argon2id$v=19$m=4194304,t=3,p=4$c29tZXNhbHRzYWx0$RdescudvJCsgt3ub+b27dA' }],
      },
      'users[0].passwordHash: costs too much to verify',
    ],
    [
      'with an empty password',
      { users: [{ ...alice, password: '' }] },
      'users[0].password: is empty; leave it out where there is no log-in',
    ],
    [
      'with a group in itself',
      { groups: [{ id: 'g', name: 'G', members: ['g'] }] },
      'groups[0].members: a group cannot be its own member',
    ],
    [
      'with several slips',
      { users: [{ id: '', name: 'A', emails: [], admin: 'yes' }] },
      'users[0].id: cannot name anything in a URL',
      'users[0].admin: expected true or false',
    ],
  ];
  test.each(wrong)('%s is refused by its JSON path', (_name, json, ...problems) => {
    expect(problemsOf(json)).toEqual(problems);
  });
});
