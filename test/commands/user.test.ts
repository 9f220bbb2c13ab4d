import { existsSync, statSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCli, temporaryFolder } from './run-cli.ts';

const folder = temporaryFolder();
const data = ['--data', folder.path('data')];
afterAll(() => folder.remove());

const users = async (): Promise<readonly { readonly id: string }[]> => {
  const { stdout } = await runCli(['user', 'list', '--json', ...data]);
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as { id: string });
};

test('verbs that make no database refuse a folder that has none', async () => {
  const { code, stderr } = await runCli(['user', 'list', '--data', folder.path('typo')]);
  expect([code, stderr]).toEqual([
    1,
    `kalends: there is no database at ${folder.path('typo', 'kalends.db')}; --data or --database tells where it is\n`,
  ]);
  expect(existsSync(folder.path('typo'))).toBe(false);
});

describe('user', () => {
  beforeAll(async () => {
    await runCli(['user', 'add', 'alice', '--email', 'alice@example.com,a@example.com', ...data], {
      stdin: 'secret one\n',
    });
  });

  test('add reads the password from stdin where there is no terminal', async () => {
    const options = ['--name', 'Bob B.', '--timezone', 'Europe/Berlin', '--admin'];
    const { code, stdout } = await runCli(['user', 'add', 'bob', ...options, ...data], { stdin: 'secret two\r\n' });
    expect([code, stdout]).toEqual([0, 'created bob\n']);
    expect((await users()).find(({ id }) => id === 'bob')).toMatchObject({
      name: 'Bob B.',
      admin: true,
      timezone: 'Europe/Berlin',
    });
  });

  test('add asks twice on a terminal and shows nothing of what is typed', async () => {
    const { code, stdout, stderr } = await runCli(['user', 'add', 'carol', ...data], {
      typed: ['geheim 1', 'geheim 1'],
    });
    expect([code, stdout]).toEqual([0, 'created carol\n']);
    expect(stderr).toBe('Password: \nOnce more: \n');
  });

  test('add creates nobody where the two passwords differ', async () => {
    const { code, stderr } = await runCli(['user', 'add', 'dave', ...data], { typed: ['geheim 1', 'geheim 2'] });
    expect(code).toBe(1);
    expect(stderr).toContain('kalends: the two passwords are not the same; nothing was changed\n');
    expect((await users()).some(({ id }) => id === 'dave')).toBe(false);
  });

  const refused: readonly [name: string, args: readonly string[], stdin: string, reason: string][] = [
    ['an id that is taken', ['alice'], 'pw', 'there is a user "alice" already'],
    ['an id with a slash', ['a/b'], 'pw', 'id: holds a slash or control characters'],
    [
      'a bad address',
      ['erin', '--email', 'erin'],
      'pw',
      'emails[0]: expected an e-mail address such as alice@example.com',
    ],
    [
      'an address that is taken',
      ['erin', '--email', 'A@example.com'],
      'pw',
      'emails[0]: "A@example.com" is an address of "alice"',
    ],
    ['an empty password', ['erin'], '\n', 'the password is empty; nothing was changed'],
  ];
  test.each(refused)('add refuses %s', async (_name, args, stdin, reason) => {
    const { code, stderr } = await runCli(['user', 'add', ...args, ...data], { stdin });
    expect([code, stderr]).toEqual([1, `kalends: ${reason}\n`]);
  });

  test('list prints a table', async () => {
    const { stdout } = await runCli(['user', 'list', ...data]);
    const [head, first] = stdout.split('\n');
    expect(head).toMatch(/^ID +NAME +ADDRESSES +ROLE +TIME ZONE$/);
    expect(first).toMatch(/^alice +alice +alice@example.com, a@example.com$/);
  });

  test('passwd finds a person by an address and says nobody for nobody', async () => {
    const { code, stdout } = await runCli(['user', 'passwd', 'ALICE@example.com', ...data], { stdin: 'other' });
    expect([code, stdout]).toEqual([0, 'set the password of alice\n']);
    expect(await runCli(['user', 'passwd', 'nobody', ...data], { stdin: 'other' })).toMatchObject({
      code: 1,
      stderr: 'kalends: there is no user "nobody"\n',
    });
  });

  test('remove asks, and removes only after yes', async () => {
    await runCli(['user', 'add', 'frank', ...data], { stdin: 'pw' });
    expect((await runCli(['user', 'remove', 'frank', ...data])).code).toBe(1);
    expect((await runCli(['user', 'remove', 'frank', ...data], { typed: ['no'] })).code).toBe(1);
    expect((await users()).some(({ id }) => id === 'frank')).toBe(true);
    const { code, stdout } = await runCli(['user', 'remove', 'frank', ...data], { typed: ['yes'] });
    expect([code, stdout]).toEqual([0, 'removed frank\n']);
    expect((await users()).some(({ id }) => id === 'frank')).toBe(false);
  });
});

test('the data folder is for its owner alone', async () => {
  await runCli(['user', 'add', 'gina', ...data], { stdin: 'pw' });
  expect(statSync(folder.path('data')).mode & 0o077).toBe(0);
});

describe('a password', () => {
  test.each([
    ['a password that is too long', 'x'.repeat(1500), /^kalends: the password is longer than 1024 characters/],
    ['a control character', 'tab\tpass', /^kalends: the password holds a control character/],
  ])('of %s nothing is made, for it could never log in', async (_, stdin, reason) => {
    const added = await runCli(['user', 'add', 'nobody', ...data], { stdin });
    expect([added.code, added.stderr]).toEqual([1, expect.stringMatching(reason)]);
    expect((await users()).some(({ id }) => id === 'nobody')).toBe(false);
    expect((await runCli(['user', 'passwd', 'alice', ...data], { stdin })).code).toBe(1);
  });

  test('passwd finds a person as a log-in does, and no group', async () => {
    const passwd = (name: string) => runCli(['user', 'passwd', name, ...data], { stdin: 'new one' });
    expect((await passwd('ALICE')).stdout).toBe('set the password of alice\n');
    expect((await passwd('A@Example.com')).stdout).toBe('set the password of alice\n');
    writeFileSync(folder.path('group.json'), '{"groups":[{"id":"team","name":"Team","members":["alice"]}]}');
    await runCli(['provision', folder.path('group.json'), ...data]);
    expect((await passwd('team')).stderr).toBe('kalends: "team" is a group, not a user\n');
  });
});
