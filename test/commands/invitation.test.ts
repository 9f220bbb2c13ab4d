import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ChangePreview } from '../../src/calendar/preview-change.ts';
import { CALENDAR_HEADERS, type DavClient } from '../dav-client.ts';
import { event } from '../dav-server.ts';
import { startSmtpSink, type SmtpSink } from '../smtp-sink.ts';
import { startRunning, type RunningServer } from './running-server.ts';
import { runCli, temporaryFolder, type CliResult } from './run-cli.ts';

const folder = temporaryFolder();
const data = ['--data', folder.path('data')];
const env: Record<string, string> = {
  KALENDS_MAIL_HOST: '127.0.0.1',
  KALENDS_MAIL_TLS: 'off',
  KALENDS_MAIL_FROM: 'calendar@our.example',
  KALENDS_MAIL_HOLD_SECONDS: '0',
};
const FAR = 'far@example.org';
const PEOPLE = [
  'ORGANIZER:mailto:alice@our.example',
  'ATTENDEE;PARTSTAT=ACCEPTED:mailto:alice@our.example',
  'ATTENDEE;CN=Bob:mailto:bob@our.example',
  `ATTENDEE;CN=Far:mailto:${FAR}`,
  'ATTENDEE;CN=Hall;CUTYPE=ROOM:mailto:hall@our.example',
];
const board = (...lines: readonly string[]): string =>
  event('board', 'DTSTART:20300304T090000Z', 'DURATION:PT1H', 'SUMMARY:Board\\, yearly', ...PEOPLE, ...lines);

let server: RunningServer;
let alice: DavClient;
let sink: SmtpSink;
beforeAll(async () => {
  sink = await startSmtpSink();
  env['KALENDS_MAIL_PORT'] = String(sink.port);
  writeFileSync(
    folder.path('people.json'),
    JSON.stringify({
      users: ['alice', 'bob'].map((id) => ({ id, name: id, emails: [`${id}@our.example`], password: 'pw' })),
      rooms: [{ id: 'hall', name: 'Hall', emails: ['hall@our.example'] }],
    }),
  );
  const { code, stderr } = await runCli(['provision', folder.path('people.json'), ...data], { env });
  if (code !== 0) throw new Error(stderr);
  server = await startRunning({ data: folder.path('data') }, env);
  alice = server.as('alice', 'pw');
});
afterAll(async () => {
  await server.close();
  await sink.close();
  folder.remove();
});

const cli = (...args: readonly string[]): Promise<CliResult> => runCli(['invitation', ...args, ...data], { env });
const preview = (...args: readonly string[]): Promise<CliResult> =>
  cli('preview', '--user', 'alice', '--calendar', 'calendar', ...args);
const file = (name: string, body: string): string => {
  writeFileSync(folder.path(name), body);
  return folder.path(name);
};
const put = (body: string) =>
  alice.request('PUT', '/dav/calendars/alice/calendar/board.ics', { headers: CALENDAR_HEADERS, body });
const mailsOf = async (): Promise<number> =>
  (await server.context.store.db.selectFrom('mail_messages').select('id').execute()).length;

describe('invitation preview', () => {
  test('tells who would be mailed, who is here, and what the room answers, and stores nothing', async () => {
    const { code, stdout, stderr } = await preview(file('new.ics', board()));
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout.split('\n')).toEqual([
      'this will mail 1 person: 1 invited; 1 here: 1 invited; room Hall accepts',
      '  bob@our.example  invited (REQUEST), here',
      `  ${FAR}  invited (REQUEST), by mail`,
      '',
    ]);
    expect(await mailsOf()).toBe(0);
    expect((await alice.request('GET', '/dav/calendars/alice/calendar/board.ics')).status).toBe(404);
  });

  test('says why a change would be refused', async () => {
    const { code, stdout, stderr } = await preview('--delete', 'none.ics');
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/this would be refused: There is no such resource/);
  });

  test('wants a file or a removal, not both and not neither', async () => {
    expect((await preview()).code).toBe(2);
    expect((await preview(file('new.ics', board()), '--delete', 'none.ics')).code).toBe(2);
  });
});

describe('invitation show', () => {
  test('tells of each person what has become of it, for people and for programs', async () => {
    expect((await put(board())).status).toBe(201);
    await sink.reached(1);
    const far = async () =>
      (JSON.parse((await cli('show', 'board', '--json')).stdout) as { people: { address: string }[] }).people.find(
        ({ address }) => address.endsWith(FAR),
      );
    // The sink has it a moment before the answer is written down.
    await expect.poll(far).toMatchObject({
      ...{ place: 'elsewhere', page: 'unknown', answers: { '': 'NEEDS-ACTION' } },
      messages: [{ method: 'REQUEST', state: 'sent', outcome: '250 queued as 1' }],
    });
    const { code, stdout } = await cli('show', 'board');
    expect(code).toBe(0);
    const lines = stdout.split('\n');
    expect(lines[0]).toBe('Board, yearly  (board, organized by alice@our.example)');
    expect(lines).toContain('bob@our.example  (here)  NEEDS-ACTION; 1.2 delivered');
    expect(lines).toContain('hall@our.example  (here)  ACCEPTED; 2.0 answered');
    expect(stdout).toMatch(/^far@example\.org {2}\(elsewhere\) {2}NEEDS-ACTION; 1\.\d [a-z ]+; page unknown$/m);
    expect(stdout).toMatch(/^ {2}REQUEST, sequence 0: sent \S+Z: 250 queued as 1$/m);
    expect(stdout).toMatch(/^ {4}\S+Z {2}planned/m);
  });

  test('is of the organizer where several have it, and of whom --user names', async () => {
    const { stdout } = await cli('show', 'board', '--user', 'bob');
    expect(stdout).toContain('alice@our.example  (here)');
    expect(stdout).not.toContain(FAR);
  });

  test('says where there is nothing', async () => {
    expect((await cli('show', 'nothing')).stderr).toMatch(/nobody has, or had, anything with the UID nothing/);
    expect((await cli('show', 'nothing', '--user', 'bob')).stderr).toMatch(/bob has, and had, nothing with the UID/);
  });
});

describe('invitation resend', () => {
  test('sends it once more, and the recorder says so', async () => {
    const before = sink.taken().length;
    const { code, stdout } = await cli('resend', 'board', '--to', FAR);
    expect([code, stdout]).toEqual([0, `REQUEST for ${FAR} waits to be sent\n`]);
    await sink.reached(before + 1);
    expect((await cli('show', 'board')).stdout).toMatch(/^ {2}REQUEST, sequence 0, again \(1\): /m);
  });

  test('refuses in a sentence', async () => {
    expect(await cli('resend', 'board', '--to', 'bob@our.example')).toMatchObject({
      ...{ code: 1, stdout: '' },
      stderr: expect.stringContaining('bob@our.example is of this server') as string,
    });
    expect((await cli('resend', 'board', '--to', 'nobody@example.org')).stderr).toMatch(/is not invited/);
    expect((await cli('resend', 'board')).code).toBe(2);
  });
});

test('a preview of a removal counts the cancellations, also for programs', async () => {
  const { stdout } = await preview('--delete', 'board.ics');
  expect(stdout.split('\n')[0]).toBe('this will mail 1 person: 1 cancelled; 1 here: 1 cancelled');
  const { messages, rooms } = JSON.parse((await preview('--delete', 'board.ics', '--json')).stdout) as ChangePreview;
  expect(rooms).toEqual([]);
  expect(messages.map(({ method, by }) => [method, by])).toEqual([
    ['CANCEL', 'calendar'],
    ['CANCEL', 'mail'],
  ]);
});
