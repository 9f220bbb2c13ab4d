import { afterAll, beforeAll, expect, test } from 'vitest';
import { createLog } from '../../src/base/log.ts';
import { putIntoTray } from '../../src/calendar/tray.ts';
import { loadConfig } from '../../src/config.ts';
import { parseCalendars } from '../../src/ical/parse.ts';
import { readMessage } from '../../src/itip/message.ts';
import { openContext } from '../../src/open-context.ts';
import { ics } from '../dav-server.ts';
import { runCli, temporaryFolder } from './run-cli.ts';

const folder = temporaryFolder();
const data = ['--data', folder.path('data')];

beforeAll(async () => {
  await runCli(['user', 'add', 'alice', '--email', 'alice@example.com', ...data], { stdin: 'pw' });
});
afterAll(() => folder.remove());

/** What a mail brings: from nobody knows whom, or forged. */
async function comes(uid: string, kind: 'tray' | 'refuse'): Promise<void> {
  const text = ics(
    ...['METHOD:REQUEST', 'BEGIN:VEVENT', `UID:${uid}`, 'DTSTAMP:20260302T080000Z', 'DTSTART:20260304T100000Z'],
    ...['SUMMARY:Win\\na prize\u202e', 'ORGANIZER:mailto:boss@far.example', 'ATTENDEE:mailto:alice@example.com'],
    'END:VEVENT',
  );
  const reading = readMessage(parseCalendars(Buffer.from(text)).calendars[0]!);
  if ('fault' in reading) throw new Error(reading.fault);
  const context = await openContext(loadConfig({ flags: { data: folder.path('data') }, env: {} }), {
    log: createLog('silent'),
  });
  await putIntoTray(context, {
    ...{ homeId: 'alice', message: reading.message },
    verdict: { result: kind === 'tray' ? 'none' : 'fail', from: 'boss@far.example', reason: 'Nobody knows' },
    judgement: { kind, from: 'mailto:boss@far.example', reason: 'Nobody knows' },
  });
  await context.store.close();
}

const listed = async (...more: readonly string[]): Promise<readonly Record<string, unknown>[]> =>
  (await runCli(['tray', 'list', '--json', ...more, ...data])).stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

test('the tray is listed, a line for each message, whatever it says', async () => {
  await comes('one', 'tray');
  await comes('two', 'refuse');
  const { stdout } = await runCli(['tray', 'list', ...data]);
  const lines = stdout.trimEnd().split('\n');
  expect(lines).toHaveLength(2);
  expect(lines[0]).toContain('alice  pending  REQUEST "Win a prize "  from boss@far.example');
  expect(lines[1]).toContain('refused');
  expect(await listed()).toMatchObject([
    { user: 'alice', uid: 'one', state: 'pending', sender: 'boss@far.example', verdict: 'none', by: null },
    { uid: 'two', state: 'refused', reason: 'Nobody knows', verdict: 'fail' },
  ]);
});

test('a message is accepted with its sender, and then stands in the calendar', async () => {
  const [one, two] = await listed();
  expect((await runCli(['tray', 'accept', String(one?.id), '--trust', 'address', ...data])).stdout).toContain(
    'accepted',
  );
  const { stdout } = await runCli(['export', '--user', 'alice', ...data]);
  expect(stdout).toContain('UID:one');
  expect(stdout).not.toContain('UID:two');
  const refused = await runCli(['tray', 'accept', String(two?.id), ...data]);
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('It was refused: Nobody knows')]);
  expect((await runCli(['tray', 'list', '--user', 'alice', ...data])).stdout).toContain('trusted: boss@far.example');
  expect((await listed('--all')).map(({ state }) => state)).toEqual(['accepted', 'refused']);
});

test('a message is put aside', async () => {
  await comes('three', 'tray');
  const three = (await listed()).find(({ uid }) => uid === 'three');
  expect((await runCli(['tray', 'refuse', String(three?.id), ...data])).code).toBe(0);
  expect((await listed()).map(({ uid }) => uid)).toEqual(['two']);
});

test('people trust senders, and do so no more', async () => {
  const user = ['--user', 'alice', ...data];
  expect((await runCli(['tray', 'trust', '@near.example', ...user])).code).toBe(0);
  expect((await runCli(['tray', 'list', ...user])).stdout).toContain('trusted: @near.example');
  expect((await runCli(['tray', 'untrust', '@near.example', ...user])).code).toBe(0);
  const again = await runCli(['tray', 'untrust', '@near.example', ...user]);
  expect([again.code, again.stderr]).toEqual([1, expect.stringContaining('was not trusted')]);
  expect((await runCli(['tray', 'trust', 'nonsense', ...user])).code).toBe(1);
});

test.each([
  [['tray', 'accept', 'x', '--trust', 'everybody'], 2],
  [['tray', 'trust', 'a@b.example'], 2],
  [['tray', 'accept', 'x'], 1],
  [['tray', 'refuse', 'x'], 1],
])('%j is no way to say it', async (args, code) => {
  expect((await runCli([...args, ...data])).code).toBe(code);
});
