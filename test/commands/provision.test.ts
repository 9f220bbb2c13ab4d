import { writeFileSync } from 'node:fs';
import { afterAll, expect, test } from 'vitest';
import { runCli, temporaryFolder } from './run-cli.ts';

const folder = temporaryFolder();
const data = ['--data', folder.path('data')];
afterAll(() => folder.remove());

const FILE = {
  users: [{ id: 'alice', name: 'Alice', emails: ['alice@example.com'], password: 'alice' }],
  groups: [{ id: 'team', name: 'Team', members: ['alice'] }],
};
const file = folder.path('people.json');

test('a file is applied once, and changes nothing the second time', async () => {
  writeFileSync(file, JSON.stringify(FILE));
  expect(await runCli(['provision', file, ...data])).toEqual({
    code: 0,
    stdout: 'created 2, updated 0, unchanged 0\n',
    stderr: '',
  });
  expect((await runCli(['provision', file, ...data])).stdout).toBe('created 0, updated 0, unchanged 2\n');
});

test('- reads the file from stdin', async () => {
  const stdin = JSON.stringify({ ...FILE, rooms: [{ id: 'hall', name: 'Hall', emails: [] }] });
  expect((await runCli(['provision', '-', ...data], { stdin })).stdout).toBe('created 1, updated 0, unchanged 2\n');
});

test('each problem is a line with its JSON path', async () => {
  const stdin = JSON.stringify({
    users: [{ id: 'a', name: 'A', emails: ['x'] }],
    groups: [{ id: 'g', name: 5, members: [] }],
  });
  expect(await runCli(['provision', '-', ...data], { stdin })).toEqual({
    code: 1,
    stdout: '',
    stderr:
      'kalends: users[0].emails[0]: expected an e-mail address such as alice@example.com\n' +
      'kalends: groups[0].name: expected a text\n',
  });
});

test('a file that is absent and one that is not JSON are named', async () => {
  expect((await runCli(['provision', folder.path('none.json'), ...data])).stderr).toMatch(
    /^kalends: ENOENT.*none\.json/,
  );
  const { code, stderr } = await runCli(['provision', '-', ...data], { stdin: '{"users": [' });
  expect(code).toBe(1);
  expect(stderr).toMatch(/^kalends: - is not JSON: /);
});
