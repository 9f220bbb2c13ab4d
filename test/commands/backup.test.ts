import { copyFileSync, existsSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createLog } from '../../src/base/log.ts';
import { openStore } from '../../src/store/store.ts';
import { runCli, temporaryFolder } from './run-cli.ts';

const folder = temporaryFolder();
const data = ['--data', folder.path('data')];
const database = folder.path('data', 'kalends.db');
const file = folder.path('first.backup');
afterAll(() => folder.remove());

const ids = async (): Promise<string> => {
  const { stdout } = await runCli(['user', 'list', '--json', ...data]);
  return stdout
    .replace(/^\{"id":"(\w+)".*$/gm, '$1')
    .trim()
    .replaceAll('\n', ' ');
};

beforeAll(async () => {
  await runCli(['user', 'add', 'alice', ...data], { stdin: 'pw' });
  const { code } = await runCli(['backup', file, ...data]);
  expect(code).toBe(0);
  await runCli(['user', 'add', 'bob', ...data], { stdin: 'pw' });
});

test('a backup is readable by its owner alone and replaces no file unless told so', async () => {
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const copy = folder.path('second.backup');
  copyFileSync(file, copy);
  expect(await runCli(['backup', copy, ...data])).toMatchObject({
    code: 1,
    stderr: `kalends: ${copy} exists; --force replaces it\n`,
  });
  expect((await runCli(['backup', copy, '--force', ...data])).code).toBe(0);
});

test('a backup never takes the place of the database or its log, whatever it is called', async () => {
  const link = folder.path('link.db');
  symlinkSync(database, link);
  for (const name of [database, `${database}-wal`, folder.path('data', '..', 'data', 'kalends.db'), link]) {
    expect(await runCli(['backup', name, '--force', ...data])).toMatchObject({
      code: 1,
      stderr: `kalends: ${name} is the database itself; name another file\n`,
    });
  }
  expect(await ids()).toBe('alice bob');
  expect((await runCli(['backup', folder.path('none', 'x'), ...data])).stderr).toBe(
    `kalends: there is no folder ${folder.path('none')}\n`,
  );
});

test('a restore brings the backup back and keeps the database of before', async () => {
  expect(await ids()).toBe('alice bob');
  const { code, stdout } = await runCli(['restore', file, ...data]);
  expect(code).toBe(0);
  expect(await ids()).toBe('alice');
  const kept = readdirSync(folder.path('data')).find((name) => name.startsWith('kalends.db.before-restore-'));
  expect(stdout).toContain(`the database of before is kept as ${folder.path('data', kept ?? '?')}`);
  expect(await runCli(['restore', folder.path('data', kept ?? '?'), ...data])).toMatchObject({ code: 0 });
  expect(await ids()).toBe('alice bob');
});

test('a restore of a copy that was not closed brings what stands in its write-ahead log', async () => {
  const there = folder.path('unclosed');
  await runCli(['restore', file, '--data', there]);
  const open = new Database(`${there}/kalends.db`);
  open.exec("update principals set name = 'Alice in the log'");
  const copy = folder.path('copied.db');
  for (const end of ['', '-wal']) copyFileSync(`${there}/kalends.db${end}`, copy + end);
  open.close();
  expect(statSync(`${copy}-wal`).size).toBeGreaterThan(0);
  const restored = folder.path('restored');
  expect((await runCli(['restore', copy, '--data', restored])).code).toBe(0);
  expect((await runCli(['user', 'list', '--data', restored])).stdout).toContain('Alice in the log');
});

test('a restore to a folder without a database makes it', async () => {
  const there = ['--data', folder.path('elsewhere')];
  expect((await runCli(['restore', file, ...there])).code).toBe(0);
  expect((await runCli(['user', 'list', '--json', ...there])).stdout).toContain('"id":"alice"');
});

test('a restore is refused while another process has the database open', async () => {
  const store = await openStore({ sqlite: database }, { clock: Date.now, log: createLog('silent') });
  try {
    expect(await runCli(['restore', file, ...data])).toMatchObject({
      code: 1,
      stderr: 'kalends: a server or another command uses the database; stop it first\n',
    });
  } finally {
    await store.close();
  }
  expect(existsSync(`${database}.restoring`)).toBe(false);
});

test('a restore over a damaged database works', async () => {
  const there = folder.path('damaged');
  await runCli(['restore', file, '--data', there]);
  writeFileSync(`${there}/kalends.db`, 'this was a database');
  expect((await runCli(['restore', file, '--data', there])).code).toBe(0);
});

test('a file that is no backup of Kalends is refused with the reason, and nothing is touched', async () => {
  const foreign = folder.path('foreign.db');
  new Database(foreign).exec('create table notes (text)').close();
  const text = folder.path('notes.txt');
  writeFileSync(text, 'no database at all, but long enough to be looked at as one');
  const before = await ids();
  for (const [name, reason] of [
    [foreign, 'it is a SQLite database, but not one of Kalends'],
    [text, 'it cannot be read as a SQLite database (file is not a database)'],
  ] as const) {
    const { code, stderr } = await runCli(['restore', name, ...data]);
    expect([code, stderr]).toEqual([1, `kalends: ${name} is not a backup of Kalends: ${reason}\n`]);
  }
  expect((await runCli(['restore', folder.path('none'), ...data])).stderr).toBe(
    `kalends: there is no file ${folder.path('none')}\n`,
  );
  expect(await ids()).toBe(before);
});
