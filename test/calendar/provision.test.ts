import { existsSync, readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createHub, type Change } from '../../src/base/hub.ts';
import { defaultLimits } from '../../src/base/limits.ts';
import { BadRequest } from '../../src/base/refusal.ts';
import { collectionsOf, homeOf } from '../../src/calendar/collections.ts';
import type { CalendarContext } from '../../src/calendar/context.ts';
import { delegationsOf, getPrincipal, membersOf } from '../../src/calendar/principals.ts';
import { readProvisionFile } from '../../src/calendar/provision-file.ts';
import { applyPrincipals, type DefaultCalendars } from '../../src/calendar/provision.ts';
import { createLog } from '../../src/base/log.ts';
import { credentialsByLogin } from '../../src/store/principals.ts';
import { openStore } from '../../src/store/store.ts';
import { SETTINGS } from '../dav-server.ts';

const ACCOUNTS = new URL('../../../shared/conformance/accounts.json', import.meta.url);
const DEFAULTS: DefaultCalendars = {
  user: [
    { uri: 'calendar', name: 'Calendar', components: ['VEVENT'] },
    { uri: 'tasks', name: 'Tasks', components: ['VTODO'] },
  ],
  place: [{ uri: 'calendar', name: 'Calendar', components: ['VEVENT'] }],
};

let context: CalendarContext;
let published: Change[];

beforeEach(async () => {
  const clock = (): number => Date.UTC(2026, 2, 1);
  const hub = createHub();
  published = [];
  hub.subscribe((change) => published.push(change));
  context = {
    store: await openStore({ sqlite: ':memory:' }, { clock, log: createLog('silent') }),
    clock,
    hub,
    limits: defaultLimits(),
    settings: SETTINGS,
  };
});
afterEach(() => context.store.close());

const apply = async (json: unknown): Promise<Record<string, string>> => {
  const outcomes = await applyPrincipals(context, readProvisionFile(json), DEFAULTS);
  return Object.fromEntries(outcomes.map(({ id, outcome }) => [id, outcome]));
};

async function problemsOf(json: unknown): Promise<readonly string[]> {
  const error: unknown = await apply(json).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof BadRequest)) throw new TypeError('The file was taken', { cause: error });
  return error.message.split('\n');
}

const alice = { id: 'alice', name: 'Alice', emails: ['alice@example.com'] };
const bob = { id: 'bob', name: 'Bob', emails: ['bob@example.com'] };

describe('homes', () => {
  test('a new user gets a home with every fixed collection, a calendar and a task list', async () => {
    expect(await apply({ users: [alice] })).toEqual({ alice: 'created' });
    expect((await homeOf(context, 'alice')).kind).toBe('home');
    const found = (await collectionsOf(context, 'alice')).map(({ uri, kind, components }) => [uri, kind, components]);
    expect(found.sort()).toEqual([
      ['calendar', 'calendar', ['VEVENT']],
      ['freebusy', 'freebusy', undefined],
      ['inbox', 'inbox', undefined],
      ['notification', 'notification', undefined],
      ['outbox', 'outbox', undefined],
      ['tasks', 'calendar', ['VTODO']],
    ]);
    expect(new Set(published.map(({ homeId }) => homeId))).toEqual(new Set(['alice']));
  });

  test('a group has none', async () => {
    await apply({ groups: [{ id: 'team', name: 'Team', members: [] }] });
    expect(await collectionsOf(context, 'team')).toEqual([]);
  });

  test('calendars that are named replace the default ones, and components left out mean all', async () => {
    await apply({ users: [{ ...alice, calendars: [{ uri: 'work', name: 'Work' }] }] });
    const calendars = (await collectionsOf(context, 'alice')).filter(({ kind }) => kind === 'calendar');
    expect(calendars.map(({ uri, displayname, components }) => [uri, displayname, components])).toEqual([
      ['work', 'Work', undefined],
    ]);
  });

  test('a later file adds and renames calendars and removes none', async () => {
    await apply({
      users: [
        {
          ...alice,
          calendars: [
            { uri: 'one', name: 'One' },
            { uri: 'two', name: 'Two' },
          ],
        },
      ],
    });
    const later = {
      users: [
        {
          ...alice,
          calendars: [
            { uri: 'two', name: 'Second' },
            { uri: 'three', name: 'Three' },
          ],
        },
      ],
    };
    expect(await apply(later)).toEqual({ alice: 'updated' });
    expect(await apply(later)).toEqual({ alice: 'unchanged' });
    const names = (await collectionsOf(context, 'alice')).filter(({ kind }) => kind === 'calendar');
    expect(names.map(({ displayname }) => displayname).sort()).toEqual(['One', 'Second', 'Three']);
  });
});

describe('updates', () => {
  test('what a later file leaves out stays, principals and fields alike', async () => {
    await apply({ users: [{ ...alice, admin: true, timezone: 'Europe/Berlin', password: 'one' }, bob] });
    expect(await apply({ users: [{ ...alice, name: 'Alice B.' }] })).toEqual({ alice: 'updated' });
    const found = await getPrincipal(context, 'alice');
    expect(found).toMatchObject({ name: 'Alice B.', admin: true, timezone: 'Europe/Berlin' });
    expect((await credentialsByLogin(context.store.db, 'alice'))?.passwordHash).toMatch(/^\$argon2id\$/);
    expect(await getPrincipal(context, 'bob')).toBeDefined();
  });

  test('the same password keeps its hash, another one replaces it', async () => {
    const hash = async (): Promise<string | undefined> =>
      (await credentialsByLogin(context.store.db, 'alice'))?.passwordHash;
    await apply({ users: [{ ...alice, password: 'one' }] });
    const first = await hash();
    expect(await apply({ users: [{ ...alice, password: 'one' }] })).toEqual({ alice: 'unchanged' });
    expect(await hash()).toBe(first);
    expect(await apply({ users: [{ ...alice, password: 'two' }] })).toEqual({ alice: 'updated' });
    expect(await hash()).not.toBe(first);
  });

  test('without a password there is no hash', async () => {
    await apply({ users: [alice] });
    expect((await credentialsByLogin(context.store.db, 'alice'))?.passwordHash).toBeUndefined();
  });

  test('a list that is given replaces the one that stands there', async () => {
    const group = (members: readonly string[]) => ({ id: 'team', name: 'Team', members });
    await apply({ users: [alice, bob], groups: [group(['alice', 'bob'])] });
    expect(await apply({ groups: [group(['bob'])] })).toEqual({ team: 'updated' });
    expect((await membersOf(context, 'team')).map(({ id }) => id)).toEqual(['bob']);
  });

  test('delegates for writing leave those for reading alone', async () => {
    const car = { id: 'car', name: 'Car', emails: [] };
    await apply({ users: [alice, bob], resources: [{ ...car, delegates: { read: ['alice'] } }] });
    await apply({ resources: [{ ...car, delegates: { write: ['bob'] } }] });
    const { read, write } = await delegationsOf(context, 'car');
    expect([read.map(({ id }) => id), write.map(({ id }) => id)]).toEqual([['alice'], ['bob']]);
  });

  test('an address may go from one principal to another that stands before it', async () => {
    await apply({ users: [alice, bob] });
    const swapped = {
      users: [
        { ...alice, emails: ['bob@example.com'] },
        { ...bob, emails: ['alice@example.com'] },
      ],
    };
    expect(await apply(swapped)).toEqual({ alice: 'updated', bob: 'updated' });
    expect((await getPrincipal(context, 'bob'))?.emails).toEqual(['alice@example.com']);
    expect(await apply(swapped)).toEqual({ alice: 'unchanged', bob: 'unchanged' });
  });

  test('an address that is taken away counts as a change', async () => {
    await apply({ users: [{ ...alice, emails: ['alice@example.com', 'a@example.com'] }] });
    expect(await apply({ users: [alice] })).toEqual({ alice: 'updated' });
  });
});

describe('conflicts with what is stored', () => {
  beforeEach(() =>
    apply({ users: [{ ...alice, guid: 'guid-of-alice' }], groups: [{ id: 'team', name: 'T', members: [] }] }),
  );

  const wrong: readonly [name: string, json: unknown, ...problems: string[]][] = [
    ['an id of another kind', { rooms: [{ ...bob, id: 'alice' }] }, 'rooms[0].id: "alice" is a user already'],
    ['an id in another case', { users: [{ ...bob, id: 'Alice' }] }, 'users[0].id: "Alice" is the id of "alice"'],
    [
      'an id that is an address',
      { users: [{ ...bob, id: 'alice@example.com' }] },
      'users[0].id: "alice@example.com" is an address of "alice"',
    ],
    ['a guid', { users: [{ ...bob, guid: 'guid-of-alice' }] }, 'users[0].guid: "guid-of-alice" is the guid of "alice"'],
    [
      'an address',
      { users: [{ ...bob, emails: ['x@example.com', 'Alice@example.com'] }] },
      'users[0].emails[1]: "Alice@example.com" is an address of "alice"',
    ],
    [
      'a member that is nobody',
      { groups: [{ id: 'g', name: 'G', members: ['alice', 'carol'] }] },
      'groups[0].members[1]: there is no principal "carol"',
    ],
    [
      'delegates and a group that are nobody',
      { resources: [{ ...bob, delegates: { read: ['dave'], write: ['erin'] }, autoAcceptGroup: 'alice' }] },
      'resources[0].delegates.read[0]: there is no principal "dave"',
      'resources[0].delegates.write[0]: there is no principal "erin"',
      'resources[0].autoAcceptGroup: there is no group "alice"',
    ],
    [
      'a delegate that never logs in, or is the one who delegates',
      {
        rooms: [{ id: 'desk', name: 'Desk', emails: ['desk@example.com'] }],
        resources: [{ ...bob, delegates: { read: ['bob'], write: ['desk'] } }],
      },
      'resources[0].delegates.read[0]: nobody is a delegate of oneself',
      'resources[0].delegates.write[0]: "desk" is a room, which acts for nobody',
    ],
  ];
  test.each(wrong)('%s is refused by its JSON path, and nothing is written', async (_name, json, ...problems) => {
    const carol = { id: 'zoe', name: 'Zoe', members: [] };
    const file = json as { groups?: readonly unknown[] };
    expect(await problemsOf({ ...file, groups: [...(file.groups ?? []), carol] })).toEqual(problems);
    expect(await getPrincipal(context, 'zoe')).toBeUndefined();
  });

  test('members and delegates may be those of the database', async () => {
    const outcomes = await apply({ groups: [{ id: 'g', name: 'G', members: ['alice', 'team'] }] });
    expect(outcomes).toEqual({ g: 'created' });
  });
});

describe.skipIf(!existsSync(ACCOUNTS))(
  'the accounts of the conformance suites (skipped where ../shared is absent)',
  () => {
    test('are created once and unchanged the second time', async () => {
      const json: unknown = JSON.parse(readFileSync(ACCOUNTS, 'utf8'));
      const first = await apply(json);
      expect(Object.keys(first)).toHaveLength(54 + 40 + 10 + 20);
      expect(new Set(Object.values(first))).toEqual(new Set(['created']));
      expect(new Set(Object.values(await apply(json)))).toEqual(new Set(['unchanged']));
    });
  },
);
