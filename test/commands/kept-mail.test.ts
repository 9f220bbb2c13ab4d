import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCli, temporaryFolder } from './run-cli.ts';

const folder = temporaryFolder();
const data = ['--data', folder.path('data')];
beforeAll(async () => {
  await runCli(['user', 'add', 'alice', '--email', 'alice@example.com', ...data], { stdin: 'pw' });
});
afterAll(() => folder.remove());

const MAIL = [
  ...['From: bea@gmail.example', 'To: alice@example.com', 'Subject: Plan', 'Content-Type: text/calendar; method=REPLY'],
  ...['', 'BEGIN:NOTHING\u001b[2J', 'END:NOTHING', ''],
].join('\r\n');

interface Listed {
  readonly id: string;
  readonly state: string;
  readonly reason: string;
  readonly isKept: boolean;
}

const listed = async (...more: readonly string[]): Promise<readonly Listed[]> =>
  (await runCli(['mail', 'list', '--json', ...more, ...data])).stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Listed);

test('a mail that cannot be processed is listed with its reason, written out as it came, and read again', async () => {
  expect(await runCli(['imip', '--to', 'alice@example.com', ...data], { stdin: MAIL })).toMatchObject({ code: 0 });
  const [mail] = await listed();
  expect(mail).toMatchObject({ state: 'unread', isKept: true });
  expect(mail?.reason).toContain('cannot be read');
  const { stdout } = await runCli(['mail', 'list', ...data]);
  expect(stdout.replaceAll('\n', '')).not.toMatch(/\p{C}/u);
  expect(stdout).toContain('-> alice@example.com');
  expect((await runCli(['mail', 'show', mail?.id ?? '', ...data])).stdout).toBe(MAIL);
  const again = await runCli(['mail', 'retry', mail?.id ?? '', ...data]);
  expect(again).toMatchObject({ code: 0 });
  expect(again.stdout).toContain('unread  the calendar cannot be read');
  expect(await listed('--state', 'taken')).toEqual([]);
  expect(await listed('--all')).toHaveLength(1);
});

test('what is none is said to be none', async () => {
  expect(await runCli(['mail', 'show', 'x', ...data])).toMatchObject({ code: 1 });
  expect(await runCli(['mail', 'retry', 'x', ...data])).toMatchObject({ code: 1 });
  expect(await runCli(['mail', 'list', '--state', 'lost', ...data])).toMatchObject({ code: 2 });
});
