import { createPublicKey } from 'node:crypto';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { authenticate } from 'mailauth';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startSmtpSink, type SmtpSink } from '../smtp-sink.ts';
import { runCli, temporaryFolder } from './run-cli.ts';

const folder = temporaryFolder();
afterAll(() => folder.remove());
const data = ['--data', folder.path('data')];

describe('mail test', () => {
  let sink: SmtpSink;
  beforeEach(async () => {
    sink = await startSmtpSink();
  });
  afterEach(() => sink.close());
  const run = (address: string, env: Readonly<Record<string, string>> = {}) =>
    runCli(['mail', 'test', address, ...data], {
      env: {
        ...{ KALENDS_MAIL_HOST: '127.0.0.1', KALENDS_MAIL_PORT: String(sink.port), KALENDS_MAIL_TLS: 'off' },
        KALENDS_MAIL_FROM: 'kalends@example.org',
        ...env,
      },
    });

  test('sends one mail, and prints what the server answers', async () => {
    const { code, stdout, stderr } = await run('ann@example.com');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toBe(
      `127.0.0.1:${sink.port} took a mail from kalends@example.org to ann@example.com, without a DKIM signature: 250 queued as 1\n`,
    );
    expect(sink.mails).toMatchObject([{ from: 'kalends@example.org', to: 'ann@example.com' }]);
    expect(sink.mails[0]!.text).toMatch(/^From: Kalends <kalends@example\.org>\r$/m);
    expect(sink.mails[0]!.text).toMatch(/^Auto-Submitted: auto-generated\r$/m);
  });

  test('tells in a sentence what is wrong', async () => {
    sink.rule = () => ({ code: 550, text: '5.7.1 relaying denied' });
    expect(await run('ann@example.com')).toMatchObject({
      ...{ code: 1, stdout: '' },
      stderr: `kalends: 127.0.0.1:${sink.port} does not take it: 550 5.7.1 relaying denied\n`,
    });
    sink.rule = () => ({ code: 451, text: '4.7.1 greylisted' });
    expect((await run('ann@example.com')).stderr).toMatch(/does not take it now, but perhaps later: 451/);
    expect((await run('not an address')).stderr).toMatch(/"not an address" is no address that mail can be sent to/);
    expect((await run('ann@example.com', { KALENDS_MAIL_TLS: 'required' })).stderr).toMatch(
      /it offers no TLS \(500 .*\); see mail\.tls\n$/,
    );
    await sink.down();
    expect((await run('ann@example.com')).stderr).toMatch(/cannot be reached: the connection is refused\n$/);
    await sink.up();
  });

  test('without a mail server it says so', async () => {
    const { code, stderr } = await runCli(['mail', 'test', 'ann@example.com', ...data]);
    expect([code, stderr]).toEqual([1, expect.stringContaining('mail.host is not set')]);
  });
});

describe('mail dkim', () => {
  const file = folder.path('dkim.pem');
  const run = (...args: string[]) => runCli(['mail', 'dkim', ...args, ...data]);

  test('makes a key that only its owner can read, and prints its records', async () => {
    const { code, stdout } = await run('--domain', 'Example.org', '--selector', 'k1', '--out', file);
    expect(code).toBe(0);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(stdout).toMatch(/^example\.org\. IN TXT "v=spf1 mx ~all"$/m);
    expect(stdout).toMatch(/^_dmarc\.example\.org\. IN TXT "v=DMARC1; p=none"$/m);
    const [, strings = ''] = /^k1\._domainkey\.example\.org\. IN TXT (.*)$/m.exec(stdout) ?? [];
    const texts = [...strings.matchAll(/"([^"]*)"/g)].map(([, text = '']) => text);
    expect(Math.max(...texts.map((text) => text.length))).toBeLessThanOrEqual(255);
    const [, p = ''] = /^v=DKIM1; k=rsa; p=(.*)$/.exec(texts.join('')) ?? [];
    const fromDns = createPublicKey({ key: Buffer.from(p, 'base64'), format: 'der', type: 'spki' });
    expect(fromDns.equals(createPublicKey(readFileSync(file)))).toBe(true);
    expect(fromDns.asymmetricKeyDetails?.modulusLength).toBe(2048);
  });

  test('never writes over a key, and prints the records of the one that is there', async () => {
    const before = readFileSync(file);
    const { code, stdout } = await run('--domain', 'example.org', '--selector', 'k1', '--out', file);
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^.*dkim\.pem is kept\n/)]);
    expect(readFileSync(file)).toEqual(before);
    const other = folder.path('other.pem');
    writeFileSync(other, 'not a key');
    expect(await run('--domain', 'example.org', '--out', other)).toMatchObject({ code: 1, stdout: '' });
    expect(readFileSync(other, 'utf8')).toBe('not a key');
  });

  test('its key signs what is sent: a mail of mail test verifies with the record', async () => {
    const sink = await startSmtpSink();
    const env = {
      ...{ KALENDS_MAIL_HOST: '127.0.0.1', KALENDS_MAIL_PORT: String(sink.port), KALENDS_MAIL_TLS: 'off' },
      ...{ KALENDS_MAIL_FROM: 'kalends@example.org', KALENDS_MAIL_DKIM_DOMAIN: 'example.org' },
      ...{ KALENDS_MAIL_DKIM_SELECTOR: 'k1', KALENDS_MAIL_DKIM_KEY_FILE: file },
    };
    const { stdout, stderr } = await runCli(['mail', 'test', 'ann@example.com', ...data], { env });
    await sink.close();
    expect([stdout, stderr]).toEqual([expect.stringContaining('signed by example.org'), '']);
    expect(sink.mails[0]!.text).toMatch(/^DKIM-Signature: v=1; a=rsa-sha256;[^]*d=example\.org;[^]*s=k1;/);
    const { stdout: records } = await run('--domain', 'example.org', '--selector', 'k1', '--out', file);
    const [, strings = ''] = /^k1\._domainkey\.example\.org\. IN TXT (.*)$/m.exec(records) ?? [];
    const resolver = async (name: string): Promise<string[][]> => {
      if (name !== 'k1._domainkey.example.org') throw Object.assign(new Error(name), { code: 'ENOTFOUND' });
      return [[...strings.matchAll(/"([^"]*)"/g)].map(([, text = '']) => text)];
    };
    const { dkim } = await authenticate(sink.mails[0]!.text, {
      resolver,
      disableArc: true,
      disableDmarc: true,
      disableBimi: true,
    });
    expect(dkim.results.map(({ status }) => status.result)).toEqual(['pass']);
  });

  test('wants a domain', async () => {
    expect(await run()).toMatchObject({ code: 2, stderr: expect.stringContaining('--domain is missing') });
    expect(await run('--domain', 'a b')).toMatchObject({ code: 2 });
  });

  test('a configuration with a key that cannot be used is told before anything is done', async () => {
    const env = (keyFile: string) => ({
      ...{ KALENDS_MAIL_HOST: 'localhost', KALENDS_MAIL_FROM: 'kalends@example.org' },
      ...{ KALENDS_MAIL_DKIM_DOMAIN: 'example.org', KALENDS_MAIL_DKIM_KEY_FILE: keyFile },
    });
    const told = async (keyFile: string) =>
      runCli(['user', 'add', 'alice', ...data], { stdin: 'x', env: env(keyFile) });
    expect(await told(folder.path('none.pem'))).toMatchObject({
      ...{ code: expect.any(Number), stdout: '' },
      stderr: expect.stringContaining('mail.dkim.keyFile: ' + folder.path('none.pem') + ' cannot be read (ENOENT)'),
    });
    expect((await told(folder.path('other.pem'))).stderr).toContain('is no private key in PEM');
  });
});

test.each([
  [{ KALENDS_MAIL_HOST: 'mail.example.org' }, 'mail.from: is needed with mail.host'],
  [{ KALENDS_MAIL_USER: 'kalends' }, 'mail.password: is needed with mail.user'],
  [{ KALENDS_MAIL_PASSWORD: 'geheim' }, 'mail.user: is needed with mail.password'],
  [{ KALENDS_MAIL_SECURE: 'true', KALENDS_MAIL_TLS: 'off' }, 'mail.tls: is off, but mail.secure asks for TLS'],
  [{ KALENDS_MAIL_ORGANIZER: 'reply' }, 'mail.reply: is needed where mail.organizer is reply'],
  [{ KALENDS_MAIL_DKIM_DOMAIN: 'example.org' }, 'mail.dkim.keyFile: is needed with mail.dkim.domain'],
  [{ KALENDS_MAIL_DKIM_KEY_FILE: 'x.pem' }, 'mail.dkim.domain: is needed with mail.dkim.keyFile'],
])('%o is no configuration', async (env, problem) => {
  const { code, stderr } = await runCli(['mail', 'test', 'ann@example.com', ...data], { env });
  expect([code, stderr]).toEqual([expect.any(Number), expect.stringContaining(problem)]);
  expect(code).not.toBe(0);
  expect(stderr).not.toContain('geheim');
});
