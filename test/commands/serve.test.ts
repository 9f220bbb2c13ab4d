import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import { missingForPhones, setUpText } from '../../src/commands/set-up-text.ts';
import { runCli, temporaryFolder } from './run-cli.ts';

const BIN = new URL('../../bin/kalends.mjs', import.meta.url).pathname;
const folder = temporaryFolder();
const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});
afterAll(() => folder.remove());

interface Running {
  readonly child: ChildProcess;
  readonly url: string;
  readonly stdout: () => string;
}

async function serve(name: string, env: Readonly<Record<string, string>> = {}): Promise<Running> {
  const child = spawn(
    process.execPath,
    [BIN, 'serve', '--port', '0', '--data', folder.path(name), '--log-level', 'warn'],
    {
      env: { ...process.env, npm_lifecycle_event: '', ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  children.push(child);
  let stdout = '';
  const url = await new Promise<string>((resolve, reject) => {
    child.once('exit', () => reject(new Error(`the server ended:\n${stdout}`)));
    child.stdout?.on('data', (chunk: Buffer) => {
      stdout += chunk.toString('utf8');
      const found = /listening on (\S+)/.exec(stdout)?.[1];
      if (found !== undefined) resolve(found);
    });
  });
  return { child, url, stdout: () => stdout };
}

const basic = (user: string, password: string): string =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
const propfind = (url: string, authorization?: string): Promise<Response> =>
  fetch(`${url}dav/`, {
    method: 'PROPFIND',
    headers: { Depth: '0', ...(authorization && { Authorization: authorization }) },
  });

describe('serve', () => {
  test('the first start makes an administrator who can log in, the second says nothing of it', async () => {
    const first = await serve('first');
    expect(first.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/);
    const password = /Password +(\S+)/.exec(first.stdout())?.[1] ?? '';
    expect(password.length).toBeGreaterThan(15);
    expect((await propfind(first.url)).status).toBe(401);
    expect((await propfind(first.url, basic('admin', password))).status).toBe(207);
    first.child.kill('SIGTERM');
    expect(await once(first.child, 'exit')).toEqual([0, null]);

    const second = await serve('first');
    expect(second.stdout()).not.toContain('Password');
    expect((await propfind(second.url, basic('admin', password))).status).toBe(207);
  });

  test('a password that is set beside the running server replaces the old one at once', async () => {
    const data = ['--data', folder.path('beside')];
    await runCli(['user', 'add', 'alice', ...data], { stdin: 'old' });
    const { url } = await serve('beside');
    expect((await propfind(url, basic('alice', 'old'))).status).toBe(207);
    await runCli(['user', 'passwd', 'alice', ...data], { stdin: 'new' });
    await expect.poll(async () => (await propfind(url, basic('alice', 'old'))).status).toBe(401);
    expect((await propfind(url, basic('alice', 'new'))).status).toBe(207);
  });

  test('SIGTERM finishes the request under way and ends with 0', async () => {
    const data = ['--data', folder.path('term')];
    await runCli(['user', 'add', 'alice', ...data], { stdin: 'pw' });
    const { child, url } = await serve('term');
    const body = '<propfind xmlns="DAV:"><prop><displayname/></prop></propfind>';
    const headers = {
      Authorization: basic('alice', 'pw'),
      Depth: '0',
      'Content-Length': body.length,
      Expect: '100-continue',
    };
    const req = request(`${url}dav/`, { method: 'PROPFIND', headers });
    req.flushHeaders();
    // The server has begun with the request once it asks for the body.
    await once(req, 'continue');
    child.kill('SIGTERM');
    await expect
      .poll(() =>
        fetch(`${url}healthz`).then(
          () => 'answers',
          () => 'refused',
        ),
      )
      .toBe('refused');
    req.end(body);
    const [res] = (await once(req, 'response')) as [IncomingMessage];
    expect(res.statusCode).toBe(207);
    res.resume();
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  test('a restore is refused while the server runs', async () => {
    const data = ['--data', folder.path('busy')];
    await serve('busy');
    expect((await runCli(['backup', folder.path('busy.backup'), ...data])).code).toBe(0);
    expect(await runCli(['restore', folder.path('busy.backup'), ...data])).toMatchObject({
      code: 1,
      stderr: 'kalends: a server or another command uses the database; stop it first\n',
    });
  });

  test('a port that is taken ends with 1 and no administrator whose password nobody saw', async () => {
    const { url } = await serve('taken');
    const there = ['--data', folder.path('late')];
    const { code, stderr } = await runCli(['serve', '--port', new URL(url).port, '--log-level', 'silent', ...there]);
    expect([code, stderr]).toEqual([1, expect.stringContaining('EADDRINUSE')]);
    expect((await runCli(['user', 'list', '--json', ...there])).stdout).toBe('');
  });
});

describe('what the first start tells', () => {
  const administrator = { id: 'admin', password: 'abcde-fghij' };

  test('the lines for each client hold the address and the log-in', () => {
    const text = setUpText({ address: 'http://127.0.0.1:8080/', administrator, config: loadConfig({}) });
    for (const client of ['Apple Calendar', 'Thunderbird', 'DAVx5', 'vdirsyncer']) expect(text).toContain(client);
    expect(text).toContain('server path /dav/principals/users/admin/, Use SSL off');
    expect(text.match(/abcde-fghij/g)).toHaveLength(1);
  });

  test('the verbs are said as they are called: by npm in a clone, and with the data folder that is not the default', async () => {
    const byNpm = await serve('npm', { npm_lifecycle_event: 'start' });
    expect(byNpm.stdout()).toContain(`npm run -s kalends -- user passwd admin --data ${folder.path('npm')}\n`);
    const text = setUpText({ address: 'http://127.0.0.1:8080/', administrator, config: loadConfig({}) });
    expect(text).toContain(' kalends user passwd admin\n');
  });

  test.each([
    [{}, ['TLS', 'public URL', 'network']],
    [{ host: '0.0.0.0' }, ['TLS', 'public URL']],
    [{ 'public-url': 'https://calendar.example.org', 'trust-proxy': true }, []],
    [{ host: '0.0.0.0', 'tls-cert': 'c.pem', 'tls-key': 'k.pem', 'public-url': 'https://c.example' }, []],
    [{ 'tls-cert': 'c.pem', 'tls-key': 'k.pem', 'public-url': 'https://c.example' }, ['network']],
  ])('with %j, %j is missing for a phone', (flags, missing) => {
    const lines = missingForPhones('http://127.0.0.1:8080/', loadConfig({ flags }));
    expect(lines.flatMap((line) => /^ {2}(\S[\S ]*?) {2}/.exec(line)?.[1] ?? [])).toEqual(missing);
  });
});
