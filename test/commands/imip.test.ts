import { createTransport } from 'nodemailer';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { runCli, temporaryFolder } from './run-cli.ts';
import { startRunning, type RunningServer } from './running-server.ts';

const BOB = 'bob@here.example';
const MAIL = ['From: ann@there.example', `To: ${BOB}`, 'Subject: hello', '', 'no calendar', ''].join('\r\n');

let folder: ReturnType<typeof temporaryFolder>;
let server: RunningServer | undefined;
beforeEach(async () => {
  folder = temporaryFolder();
  const args = ['user', 'add', 'bob', '--email', BOB, '--data', folder.path(), '--password-stdin'];
  expect(await runCli(args, { stdin: 'wonderland-42\n' })).toMatchObject({ code: 0 });
});
afterEach(async () => {
  await server?.close();
  server = undefined;
  folder.remove();
});

const imip = (args: readonly string[], options: Parameters<typeof runCli>[1] = {}) =>
  runCli(['imip', '--data', folder.path(), ...args], { stdin: MAIL, ...options });

test('the exit code says what the mail server is to do', async () => {
  expect(await imip(['--to', BOB, '--from', 'ann@there.example'])).toMatchObject({ code: 0, stderr: '' });
  expect((await imip(['--to', 'nobody@here.example'])).code).toBe(67);
  expect((await imip(['--to', BOB], { stdin: '' })).code).toBe(65);
});

test('the recipient may be in the environment, or in the mail', async () => {
  expect((await imip([], { env: { RECIPIENT: 'nobody@here.example', SENDER: '' } })).code).toBe(67);
  expect((await imip([], { env: { RECIPIENT: BOB, SENDER: 'ann@there.example' } })).code).toBe(0);
  expect((await imip([])).code).toBe(0);
});

test('what is wrong on this side is temporary: the mail of others is not lost', async () => {
  const away = await runCli(['imip', '--data', folder.path('nowhere'), '--to', BOB], { stdin: MAIL });
  expect(away).toMatchObject({ code: 75 });
  expect(away.stderr).toContain('there is no database');
  expect((await imip(['--to', BOB], { env: { KALENDS_MAIL_LANGUAGE: 'tlh' } })).code).toBe(75);
});

test('beside a running server, what came by LMTP and comes by a pipe is taken once', async () => {
  server = await startRunning({ data: folder.path() }, { KALENDS_MAIL_LISTEN_PORT: '0' });
  const port = Number(/^lmtp on 127\.0\.0\.1:(\d+)$/.exec(server.mail ?? '')?.[1]);
  const lmtp = createTransport({ host: '127.0.0.1', port, lmtp: true, ignoreTLS: true });
  const sent = await lmtp.sendMail({ envelope: { from: '', to: [BOB, 'x@there.example'] }, raw: MAIL });
  expect([sent.accepted, sent.rejected]).toEqual([[BOB], ['x@there.example']]);
  expect((await imip(['--to', BOB])).code).toBe(0);
  expect((await imip(['--to', BOB], { stdin: MAIL.replace('hello', 'again') })).code).toBe(0);
  const rows = await server.context.store.db.selectFrom('inbound_mails').select(['source', 'envelope_to']).execute();
  expect(rows).toEqual([
    { source: 'lmtp', envelope_to: BOB },
    { source: 'pipe', envelope_to: BOB },
  ]);
});
