import { afterAll, beforeAll, expect, test } from 'vitest';

import { runCli, temporaryFolder } from './run-cli.ts';

const folder = temporaryFolder();
const data = ['--data', folder.path('data')];

beforeAll(async () => {
  for (const user of ['alice', 'bob', 'carol']) await runCli(['user', 'add', user, ...data], { stdin: 'pw' });
});
afterAll(() => folder.remove());

const add = (...more: string[]) => runCli(['share', 'add', 'calendar', ...more, '--user', 'alice', ...data]);
const list = async (...more: string[]) => (await runCli(['share', 'list', '--user', 'alice', ...more, ...data])).stdout;

test('people are invited, get another level, and are accepted for', async () => {
  expect(await add('bob', 'carol')).toMatchObject({
    code: 0,
    stdout: 'alice/calendar  bob  read\nalice/calendar  carol  read\n',
  });
  expect(await list()).toBe('alice/calendar  bob  read  noresponse\nalice/calendar  carol  read  noresponse\n');
  await add('carol', '--level', 'manage', '--accept');
  const [, carol = ''] = (await list('--json')).split('\n');
  expect(JSON.parse(carol)).toMatchObject({
    calendar: 'calendar',
    sharee: 'carol',
    access: 'manage',
    status: 'accepted',
  });
});

test('who is removed is listed no more', async () => {
  const removed = await runCli(['share', 'remove', 'calendar', 'bob', '--user', 'alice', ...data]);
  expect(removed).toMatchObject({ code: 0, stdout: 'removed bob\n' });
  expect(await list()).not.toContain('bob');
});

test('it is all written down', async () => {
  const { stdout } = await runCli(['audit', 'list', ...data]);
  for (const act of ['shared', 'share-accepted', 'unshared']) expect(stdout).toContain(act);
});

test.each([
  [['nobody'], 1, 'there is nobody "nobody"'],
  [['alice'], 1, 'alice: It is the calendar of this person already'],
  [['bob', '--level', 'all'], 2, '--level is one of free-busy, read, read-write, manage'],
] as const)('%j ends with %i', async (more, code, reason) => {
  expect(await add(...more)).toMatchObject({ code, stderr: expect.stringContaining(reason) as string });
});
