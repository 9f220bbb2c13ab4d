import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { connect as connectTls } from 'node:tls';
import { afterEach, describe, expect, test } from 'vitest';

import { listenForMail, type MailListener, type MailListenerOptions } from '../../../src/mail/sources/listen.ts';
import type { RawMail, Receipt } from '../../../src/mail/raw-mail.ts';
import { SILENT_LOG } from '../../dav-server.ts';

const LIMITS = { inboundMailOctets: 2000, inboundMailRecipients: 3, inboundMailConnections: 2 };
const closing: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

interface World {
  readonly port: number;
  readonly listener: MailListener;
  readonly mails: RawMail[];
}

/** Whom the fake receiver answers how, by the local part. */
function receiptOf(address: string): Receipt {
  const [local = ''] = address.split('@');
  if (local === 'later') return { kind: 'later', reason: 'the database is away' };
  return { kind: local === 'gone' ? 'unknown-recipient' : 'taken', reason: 'a secret of the recipient' };
}

async function start(options: Partial<MailListenerOptions> = {}): Promise<World> {
  const mails: RawMail[] = [];
  const listener = await listenForMail({
    ...{ host: '127.0.0.1', port: 0, protocol: 'lmtp', limits: LIMITS, log: SILENT_LOG },
    receiver: (mail) => {
      mails.push(mail);
      return Promise.resolve(new Map(mail.envelope.to.map((address) => [address, receiptOf(address)])));
    },
    knows: (address) => {
      if (address.startsWith('broken')) return Promise.reject(new Error('no database'));
      return Promise.resolve(address.endsWith('@here.example'));
    },
    ...options,
  });
  closing.push(() => listener.close());
  return { port: listener.port, listener, mails };
}

/** A dialogue: each line that is sent brings answers; the last line of a multi-line answer counts. */
interface Dialogue {
  /** The next answer. */
  answer(): Promise<string>;
  /** Sends a line, and gives the next answer. */
  say(line: string): Promise<string>;
  /** Sends lines of a mail and the dot. */
  mail(...lines: readonly string[]): void;
  readonly socket: Socket;
}

function talk(socket: Socket): Dialogue {
  const waiting: ((line: string) => void)[] = [];
  const lines: string[] = [];
  const give = (line: string): void => {
    const next = waiting.shift();
    if (next === undefined) lines.push(line);
    else next(line);
  };
  createInterface({ input: socket }).on('line', (line) => {
    if (!/^\d{3}-/.test(line)) give(line);
  });
  socket.on('error', () => undefined);
  socket.on('close', () => give('closed'));
  closing.push(() => void socket.destroy());
  const answer = (): Promise<string> =>
    new Promise((resolve) => {
      const line = lines.shift();
      if (line === undefined) waiting.push(resolve);
      else resolve(line);
    });
  return {
    socket,
    answer,
    say(line) {
      socket.write(`${line}\r\n`);
      return answer();
    },
    mail: (...mail) => void socket.write([...mail, '.', ''].join('\r\n')),
  };
}

async function greeted({ port }: World, hello = 'LHLO mx.here.example'): Promise<Dialogue> {
  const dialogue = talk(connect(port, '127.0.0.1'));
  expect(await dialogue.answer()).toMatch(/^220 /);
  expect(await dialogue.say(hello)).toMatch(/^250 /);
  return dialogue;
}

describe('LMTP', () => {
  test('each recipient has an answer of its own, and nothing of what became of the mail', async () => {
    const world = await start();
    const { say, mail, answer } = await greeted(world);
    expect(await say('MAIL FROM:<>')).toMatch(/^250/);
    for (const local of ['bob', 'later', 'gone']) expect(await say(`RCPT TO:<${local}@here.example>`)).toMatch(/^250/);
    expect(await say('DATA')).toMatch(/^354/);
    mail('Subject: x', '', '..dots', 'ends');
    expect([await answer(), await answer(), await answer()]).toEqual([
      '250 2.0.0 taken',
      '451 4.3.0 this cannot be taken now',
      '550 5.1.1 nobody here has this address',
    ]);
    expect(world.mails).toHaveLength(1);
    const [taken] = world.mails;
    expect(taken).toMatchObject({
      ...{ source: 'lmtp', client: undefined },
      envelope: { from: '', to: ['bob@here.example', 'later@here.example', 'gone@here.example'] },
    });
    expect(taken?.octets.toString()).toBe('Subject: x\r\n\r\n.dots\r\nends\r\n');
  });

  test('there is no relay, and trouble with a look-up is temporary', async () => {
    const { say } = await greeted(await start());
    await say('MAIL FROM:<a@there.example>');
    expect(await say('RCPT TO:<bob@there.example>')).toBe('550 5.1.1 nobody here has this address');
    expect(await say('RCPT TO:<broken@here.example>')).toMatch(/^451 4\.3\.0/);
    expect(await say('DATA')).toMatch(/^503/);
  });

  test('the same recipient a second time is put off, as it would have one answer for two', async () => {
    const { say } = await greeted(await start());
    await say('MAIL FROM:<>');
    expect(await say('RCPT TO:<bob@here.example>')).toMatch(/^250/);
    expect(await say('RCPT TO:<BOB@here.example>')).toMatch(/^452 4\.5\.3/);
  });

  test('recipients, size and connections are bounded', async () => {
    const world = await start();
    const { say, mail, answer } = await greeted(world);
    expect(await say(`MAIL FROM:<> SIZE=2001`)).toMatch(/^552/);
    await say('MAIL FROM:<>');
    for (const local of ['a', 'b', 'c']) await say(`RCPT TO:<${local}@here.example>`);
    expect(await say('RCPT TO:<d@here.example>')).toMatch(/^452 4\.5\.3/);
    await say('DATA');
    mail('Subject: large', '', ...Array.from({ length: 40 }, () => 'x'.repeat(70)));
    expect([await answer(), await answer(), await answer()].every((line) => line.startsWith('552'))).toBe(true);
    expect(world.mails).toEqual([]);
    await greeted(world);
    expect(await talk(connect(world.port, '127.0.0.1')).answer()).toMatch(/^421/);
  });

  test('nobody can log in, and without a certificate there is no STARTTLS', async () => {
    const { say } = await greeted(await start());
    expect(await say('AUTH PLAIN AGEAYg==')).toMatch(/^500/);
    expect(await say('STARTTLS')).toMatch(/^500/);
    expect(await say('EHLO x')).toMatch(/^500/);
  });

  test('the answer waits for the receiver, also while the server closes', async () => {
    const held = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    const world = await start({
      receiver: async ({ envelope }) => {
        begun.resolve();
        await held.promise;
        return new Map(envelope.to.map((address) => [address, receiptOf(address)]));
      },
    });
    const { say, mail, answer } = await greeted(world);
    await say('MAIL FROM:<>');
    await say('RCPT TO:<bob@here.example>');
    await say('DATA');
    mail('Subject: x', '');
    await begun.promise;
    const closed = world.listener.close();
    held.resolve();
    expect(await answer()).toBe('250 2.0.0 taken');
    expect(await answer()).toMatch(/^(?:421|closed)/);
    await closed;
  });

  test('a receiver that fails is temporary trouble', async () => {
    const { say, mail, answer } = await greeted(await start({ receiver: () => Promise.reject(new Error('bug')) }));
    await say('MAIL FROM:<>');
    await say('RCPT TO:<bob@here.example>');
    await say('DATA');
    mail('Subject: x', '');
    expect(await answer()).toMatch(/^451 4\.3\.0/);
  });
});

describe('SMTP', () => {
  const sent = async (...locals: readonly string[]): Promise<string> => {
    const { say, mail, answer } = await greeted(await start({ protocol: 'smtp' }), 'EHLO mx.here.example');
    await say('MAIL FROM:<a@there.example>');
    for (const local of locals) await say(`RCPT TO:<${local}@here.example>`);
    await say('DATA');
    mail('Subject: x', '');
    return answer();
  };

  test('there is one answer: to wait is contagious, and to be unknown is not', async () => {
    expect(await sent('bob')).toBe('250 2.0.0 taken');
    expect(await sent('bob', 'gone')).toBe('250 2.0.0 taken');
    expect(await sent('bob', 'gone', 'later')).toMatch(/^451/);
    expect(await sent('gone')).toMatch(/^550/);
  });

  test('a mail server on our side is no client for SPF', async () => {
    const world = await start({ protocol: 'smtp' });
    const { say, mail, answer } = await greeted(world, 'EHLO mx.here.example');
    await say('MAIL FROM:<a@there.example>');
    await say('RCPT TO:<bob@here.example>');
    await say('DATA');
    mail('Subject: x', '');
    await answer();
    expect(world.mails[0]).toMatchObject({ source: 'smtp', client: undefined });
  });
});

test('with a certificate, STARTTLS comes before the mail', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'kalends-listen-'));
  closing.push(() => rmSync(folder, { recursive: true }));
  const [certFile, keyFile] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  execFileSync('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'],
    ...['-subj', '/CN=localhost', '-keyout', keyFile, '-out', certFile],
  ]);
  const world = await start({ tls: { certFile, keyFile } });
  const plain = await greeted(world);
  expect(await plain.say('STARTTLS')).toMatch(/^220/);
  plain.socket.removeAllListeners('data');
  const secure = talk(connectTls({ socket: plain.socket, rejectUnauthorized: false }));
  expect(await secure.say('LHLO x')).toMatch(/^250/);
  await secure.say('MAIL FROM:<>');
  await secure.say('RCPT TO:<bob@here.example>');
  await secure.say('DATA');
  secure.mail('Subject: x', '');
  expect(await secure.answer()).toBe('250 2.0.0 taken');
});
