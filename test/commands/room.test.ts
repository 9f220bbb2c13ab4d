import { afterAll, beforeAll, expect, test } from 'vitest';

import { runCli, temporaryFolder } from './run-cli.ts';

const folder = temporaryFolder();
const data = ['--data', folder.path('data')];
const FILE = {
  users: ['anna', 'bert'].map((id) => ({ id, name: id, emails: [`${id}@example.com`] })),
  groups: [{ id: 'staff', name: 'Staff', members: ['anna'] }],
  rooms: [
    {
      ...{ id: 'room1', name: 'Room 1', emails: ['room1@example.com'], delegates: { write: ['bert'] } },
      policy: { hours: { MO: [['08:00', '18:00']] }, longestMinutes: 120 },
    },
  ],
};

beforeAll(async () => {
  expect(await runCli(['provision', '-', ...data], { stdin: JSON.stringify(FILE) })).toMatchObject({ code: 0 });
});
afterAll(() => folder.remove());

const show = async (): Promise<unknown> =>
  JSON.parse((await runCli(['room', 'show', 'room1@example.com', '--json', ...data])).stdout);
const set = (args: readonly string[], stdin = '') => runCli(['room', 'set', 'room1', ...args, ...data], { stdin });

test('a file says what may be booked; the same again changes nothing', async () => {
  expect(await show()).toMatchObject({ autoSchedule: 'automatic', policy: FILE.rooms[0]?.policy });
  const again = await runCli(['provision', '-', ...data], { stdin: JSON.stringify(FILE) });
  expect(again.stdout).toBe('created 0, updated 0, unchanged 4\n');
});

test('a command says it too: what it names is set, all else stays', async () => {
  const group = await set(['--mode', 'decline-always', '--accept-group', 'staff', '--capacity', '8']);
  expect(group.stdout).toContain('room1  decline-always; accepts group staff; holds 8; policy {"hours"');
  expect(await set(['--policy', '-'], '{"approvers": ["bert"]}')).toMatchObject({ code: 0 });
  expect(await show()).toMatchObject({
    ...{ autoSchedule: 'decline-always', autoAcceptGroup: 'staff', capacity: 8 },
    policy: { approvers: ['bert'] },
  });
  await set(['--policy', '-', '--accept-group', 'none', '--capacity', 'none'], '{}');
  expect(await show()).toMatchObject({ autoAcceptGroup: null, capacity: null, policy: {} });
  expect((await runCli(['audit', 'list', ...data])).stdout).toContain('principal-changed');
});

test.each([
  [['--mode', 'often'], '', 2, '--mode is one of none, accept-always'],
  [['--capacity', 'few'], '', 2, '--capacity is a whole number'],
  [[], '', 2, 'nothing is to be set'],
  [['--policy', '-'], '{', 1, '- is not JSON'],
  [['--policy', '-'], '{"hour": 1}', 1, 'hour: unknown field'],
  [['--policy', '-'], '{"approvers": ["anna"]}', 1, '"anna" cannot answer for "room1"'],
  [['--policy', '-'], '{"bookers": {"groups": ["anna"]}}', 1, 'There is no group "anna"'],
  [['--accept-group', 'nobody'], '', 1, 'There is no group "nobody"'],
] as const)('%j %s ends with %i', async (args, stdin, code, reason) => {
  expect(await set(args, stdin)).toMatchObject({ code, stderr: expect.stringContaining(reason) as string });
});

test.each([
  ['nothing', 'there is no room or resource "nothing"'],
  ['anna', '"anna" is a user'],
] as const)('%s is no room', async (name, reason) => {
  const shown = await runCli(['room', 'show', name, ...data]);
  expect(shown).toMatchObject({ code: 1, stderr: expect.stringContaining(reason) as string });
});

test('a policy in a file that is wrong is told with its place', async () => {
  const rooms = [{ ...FILE.rooms[0], policy: { approvers: ['zoe'], longestMinutes: 1 } }];
  const answer = await runCli(['provision', '-', ...data], { stdin: JSON.stringify({ rooms }) });
  expect(answer.stderr).toContain('rooms[0].policy.approvers[0]: there is no principal "zoe"');
  const wrong = [{ ...FILE.rooms[0], policy: { longestMinutes: 0 } }];
  const other = await runCli(['provision', '-', ...data], { stdin: JSON.stringify({ rooms: wrong }) });
  expect(other.stderr).toContain('rooms[0].policy.longestMinutes: expected a whole number');
});
