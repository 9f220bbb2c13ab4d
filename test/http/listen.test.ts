import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { defaultLimits } from '../../src/base/limits.ts';
import { listen } from '../../src/http/listen.ts';
import type { Listener } from '../../src/http/listen.ts';
import { ask, recordingLog } from './harness.ts';

const listeners: Listener[] = [];
afterEach(async () => {
  await Promise.all(listeners.splice(0).map((listener) => listener.close(0)));
});

async function start(options: Partial<Parameters<typeof listen>[0]> = {}): Promise<Listener> {
  const listener = await listen({
    handler: (_req, res) => void res.end('ok'),
    host: '127.0.0.1',
    port: 0,
    limits: defaultLimits(),
    log: recordingLog().log,
    ...options,
  });
  listeners.push(listener);
  return listener;
}

/** What comes back for octets that node's own client would not send. */
async function raw(port: number, octets: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.end(octets);
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(socket, 'close');
  return Buffer.concat(chunks).toString();
}

describe('a listener', () => {
  test('says where it listens', async () => {
    const { url, port } = await start();
    expect(url).toBe(`http://127.0.0.1:${port}/`);
    expect(await ask(port)).toMatchObject({ status: 200, text: 'ok' });
  });

  test('rejects where the port is taken', async () => {
    const { port } = await start();
    await expect(start({ port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });

  test.each([
    'MKCALENDAR',
    'REPORT',
    'PROPFIND',
    'PROPPATCH',
    'ACL',
    'LOCK',
    'UNLOCK',
    'MKCOL',
    'COPY',
    'MOVE',
    'SEARCH',
  ])('takes %s', async (method) => {
    const { port } = await start({ handler: (req, res) => void res.end(req.method) });
    expect((await ask(port, { method })).text).toBe(method);
  });

  test.each([
    ['a method that HTTP does not know', 'BREW / HTTP/1.1\r\nHost: x\r\n\r\n', 501],
    ['what is no HTTP', 'hello there\r\n\r\n', 501],
    ['two lengths', 'PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab', 400],
    [
      'a length and chunks',
      'PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      400,
    ],
    ['a header with a control character', 'GET / HTTP/1.1\r\nHost: x\r\nX: a\u0001b\r\n\r\n', 400],
    ['no Host', 'GET / HTTP/1.1\r\n\r\n', 400],
    [
      'an expectation that nobody has',
      'GET / HTTP/1.1\r\nHost: x\r\nExpect: wonders\r\nConnection: close\r\n\r\n',
      417,
    ],
  ])('answers %s with a status of its own', async (_what, octets, status) => {
    const { port } = await start();
    expect(await raw(port, octets)).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  });

  test('refuses more headers than the limit with 431', async () => {
    const { port } = await start({ limits: { ...defaultLimits(), headerOctets: 4096 } });
    const octets = `GET / HTTP/1.1\r\nHost: x\r\nX: ${'a'.repeat(8000)}\r\n\r\n`;
    expect(await raw(port, octets)).toMatch(/^HTTP\/1\.1 431 /);
  });
});

describe('closing', () => {
  test('finishes the request under way, and takes no new one', async () => {
    let finish = (): void => undefined;
    const arrived = new Promise<void>((resolve) => {
      listeners.length = 0;
      void start({
        handler: (_req, res) => {
          finish = () => void res.end('finished');
          resolve();
        },
      });
    });
    await expect.poll(() => listeners.length).toBe(1);
    const [listener] = listeners.splice(0);
    const agent = new Agent({ keepAlive: true });
    const answer = ask(listener!.port, { agent });
    await arrived;
    const closed = listener!.close(60_000);
    await expect(ask(listener!.port)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    finish();
    expect(await answer).toMatchObject({ status: 200, text: 'finished', headers: { connection: 'close' } });
    await closed;
    agent.destroy();
  });

  test('does not wait for connections that only stand open', async () => {
    const listener = await start();
    const agent = new Agent({ keepAlive: true });
    await ask(listener.port, { agent });
    const start_ = performance.now();
    await listener.close(60_000);
    expect(performance.now() - start_).toBeLessThan(5000);
    agent.destroy();
  });

  test('cuts off what does not come to an end in time', async () => {
    let arrived = (): void => undefined;
    const isThere = new Promise<void>((resolve) => (arrived = resolve));
    const listener = await start({ handler: () => arrived() });
    const answer = ask(listener.port);
    await isThere;
    const [cut] = await Promise.allSettled([answer, listener.close(20)]);
    expect(cut.status).toBe('rejected');
  });
});

describe('TLS', () => {
  let folder: string;
  const fileOf = (name: string): string => join(folder, name);
  const openssl = (args: readonly string[]): void =>
    void execFileSync('openssl', args, { cwd: folder, stdio: 'ignore' });
  const make = (name: string): void =>
    openssl(
      `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=${name} -keyout ${name}.key -out ${name}.crt`.split(
        ' ',
      ),
    );
  const put = (name: string): void => {
    execFileSync('cp', [fileOf(`${name}.crt`), fileOf('now.crt')]);
    execFileSync('cp', [fileOf(`${name}.key`), fileOf('now.key')]);
  };

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'kalends-tls-'));
    make('first');
    make('second');
    return () => rmSync(folder, { recursive: true });
  });

  async function nameOf(port: number): Promise<string | undefined> {
    const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false });
    await once(socket, 'secureConnect');
    const name = String(socket.getPeerCertificate().subject.CN);
    socket.destroy();
    return name;
  }

  test('is spoken with the files given, which are read again when they change', async () => {
    put('first');
    const { log, lines } = recordingLog();
    const tls = { certFile: fileOf('now.crt'), keyFile: fileOf('now.key') };
    const listener = await start({ tls, log, tlsPollMilliseconds: 20 });
    expect(listener.url).toBe(`https://127.0.0.1:${listener.port}/`);
    expect(await nameOf(listener.port)).toBe('first');
    put('second');
    await expect.poll(() => nameOf(listener.port), { timeout: 10_000 }).toBe('second');
    // A file that is broken for a while leaves the old certificate in use.
    execFileSync('cp', ['/dev/null', fileOf('now.crt')]);
    await expect.poll(() => lines.some(({ level }) => level === 'warn'), { timeout: 10_000 }).toBe(true);
    expect(await nameOf(listener.port)).toBe('second');
  });

  test('without its files does not start', async () => {
    const tls = { certFile: fileOf('none.crt'), keyFile: fileOf('none.key') };
    await expect(start({ tls })).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
