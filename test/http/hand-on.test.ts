import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, request, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { handOn, type HandOn } from '../../src/http/hand-on.ts';
import { listenInside, type InnerListener } from '../../src/http/listen-inside.ts';
import { peerOf } from '../../src/http/peer.ts';
import { defaultLimits } from '../../src/base/limits.ts';
import { ask, recordingLog, run, type Running } from './harness.ts';

const folder = mkdtempSync(join(tmpdir(), 'kalends-hand-on-'));
const socketPath = join(folder, 'inner.sock');

/** What the other process does; each test sets its own. */
let inside: (req: IncomingMessage, res: ServerResponse) => void;
let handing: HandOn;
let inner: InnerListener;
let outer: Running;

beforeAll(async () => {
  const handler = (req: IncomingMessage, res: ServerResponse): void => inside(req, res);
  inner = await listenInside({ handler, path: socketPath, limits: defaultLimits(), log: recordingLog().log });
  handing = handOn({ socketPath, isForOther: ({ method }) => method !== 'PROPFIND' });
  outer = await run({ open: [handing.middleware], mount: [(ctx) => void (ctx.body = 'from here')] });
});
afterAll(async () => {
  await outer.listener.close(0);
  handing.close();
  await inner.close();
  rmSync(folder, { recursive: true });
});
beforeEach(() => {
  inside = (_req, res) => res.end('from there');
});

/** Sends octets as they are; `text` is what came back so far. */
function raw(octets: string) {
  const socket = connect(outer.port, '127.0.0.1');
  const heard = { text: '', socket };
  socket.on('data', (chunk: Buffer) => (heard.text += chunk.toString('latin1')));
  socket.on('error', () => undefined);
  socket.write(octets);
  return heard;
}

test('what is for the other process is answered by it, the rest is not', async () => {
  expect((await ask(outer.port, { method: 'PUT', body: 'x' })).text).toBe('from there');
  expect((await ask(outer.port, { method: 'PROPFIND' })).text).toBe('from here');
});

test('the other process is told the address, the scheme and the name of the request', async () => {
  const seen: ReturnType<typeof peerOf>[] = [];
  inside = (req, res) => {
    seen.push(peerOf(req));
    res.setHeader('X-Kalends-Actor', 'alice').end();
  };
  const { headers } = await ask(outer.port, {
    method: 'PUT',
    headers: { 'X-Kalends-Peer': 'https forged 192.0.2.66' },
  });
  expect(seen).toEqual([{ address: '127.0.0.1', encrypted: false, requestId: headers['x-request-id'] }]);
  expect(headers).not.toHaveProperty('x-kalends-actor');
  expect(outer.lines.at(-1)?.fields).toMatchObject({ id: headers['x-request-id'], method: 'PUT', actor: 'alice' });
});

test('what concerns one connection alone is not handed on, in either direction', async () => {
  let given: IncomingMessage['headers'] = {};
  inside = (req, res) => {
    given = req.headers;
    res.writeHead(200, { Connection: 'X-Inside', 'X-Inside': '1', 'Keep-Alive': 'timeout=1', 'X-Kept': '2' }).end('!');
  };
  const { headers } = await ask(outer.port, {
    method: 'PUT',
    headers: { Connection: 'X-Mine', 'X-Mine': '1', TE: 'trailers', 'Proxy-Connection': 'close', 'X-Kept': '3' },
  });
  expect(given).toMatchObject({ 'x-kept': '3', connection: 'keep-alive' });
  for (const name of ['x-mine', 'te', 'proxy-connection', 'x-kalends-peer']) expect(given).not.toHaveProperty(name);
  expect(headers['x-kept']).toBe('2');
  expect(headers).not.toHaveProperty('x-inside');
  expect(headers['keep-alive']).not.toBe('timeout=1');
});

test('answers without a body leave the connection usable', async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  for (const [method, status] of [
    ['DELETE', 204],
    ['GET', 304],
    ['HEAD', 200],
    ['PUT', 201],
  ] as const) {
    inside = (_req, res) => res.writeHead(status, status === 200 ? { 'Content-Length': 5 } : {}).end();
    const answer = await ask(outer.port, { method, agent });
    expect([method, answer.status, answer.text]).toEqual([method, status, '']);
    if (method === 'HEAD') expect(answer.headers['content-length']).toBe('5');
  }
  inside = (_req, res) => res.end('the next');
  expect((await ask(outer.port, { agent })).text).toBe('the next');
  agent.destroy();
});

test('a large body comes back octet for octet, with a length and without one', async () => {
  inside = (req, res) => void req.pipe(res);
  const body = Buffer.alloc(8_000_000, 'kalends');
  const known = await ask(outer.port, { method: 'PUT', body });
  expect(known.text === body.toString()).toBe(true);
  const chunked = await ask(outer.port, { method: 'PUT', body, headers: { 'Transfer-Encoding': 'chunked' } });
  expect(chunked.text === body.toString()).toBe(true);
});

test('who does not read is waited for, instead of keeping the answer in memory', async () => {
  const chunk = Buffer.alloc(65_536, 'x');
  let written = 0;
  inside = (_req, res) => {
    const more = (): void => {
      while (written < 1000) {
        written += 1;
        if (!res.write(chunk)) return void res.once('drain', more);
      }
      res.end();
    };
    more();
  };
  const sent = request({ port: outer.port, host: '127.0.0.1', method: 'POST' }).end();
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  answer.pause();
  let before = -1;
  // Until nothing more is written.
  await expect
    .poll(() => {
      const isQuiet = written === before;
      before = written;
      return isQuiet;
    })
    .toBe(true);
  expect(written).toBeLessThan(500);
  answer.resume();
  await once(answer, 'end');
  expect(written).toBe(1000);
});

test('a client that goes away breaks the request off there as well', async () => {
  const { promise: arrived, resolve: arrive } = Promise.withResolvers<void>();
  const { promise: broken, resolve: breakOff } = Promise.withResolvers<boolean>();
  inside = (_req, res) => {
    arrive();
    res.once('close', () => breakOff(!res.writableFinished));
  };
  const { socket } = raw('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc');
  await arrived;
  socket.destroy();
  expect(await broken).toBe(true);
});

test('an answer that breaks off there breaks off here', async () => {
  inside = (_req, res) => {
    res.writeHead(200, { 'Content-Length': 100 }).write('half');
    res.once('close', () => undefined);
    setImmediate(() => res.destroy());
  };
  await expect(ask(outer.port, { method: 'POST' })).rejects.toThrow();
});

test('a request that the other process dropped without an answer breaks off: nobody knows what became of it', async () => {
  inside = (_req, res) => void res.destroy();
  await expect(ask(outer.port, { method: 'PUT', body: 'x' })).rejects.toThrow();
});

test('a process that is not there is a 503, and the client may come again', async () => {
  const closed = handOn({ socketPath: join(folder, 'nobody.sock'), isForOther: () => true });
  const alone = await run({ open: [closed.middleware] });
  const answer = await ask(alone.port, { method: 'PUT', body: 'x' });
  expect([answer.status, answer.headers['retry-after']]).toEqual([503, '5']);
  await alone.listener.close(0);
});

test('a body is asked for by 100 (Continue) before it is sent', async () => {
  inside = (req, res) => void req.pipe(res);
  const heard = raw('PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n');
  await expect.poll(() => heard.text).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\n$/);
  heard.socket.write('body');
  await expect.poll(() => heard.text).toMatch(/HTTP\/1\.1 200 OK[^]*body/);
  heard.socket.destroy();
});

test('an answer before the end of the body reaches the client, and the next request is served', async () => {
  inside = (_req, res) => res.writeHead(403, { 'Content-Length': 2 }).end('no');
  const heard = raw('PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc');
  await expect.poll(() => heard.text).toMatch(/403 Forbidden[^]*no$/);
  inside = (_req, res) => res.writeHead(200, { 'Content-Length': 6 }).end('second');
  heard.socket.write('defghijPUT / HTTP/1.1\r\nHost: x\r\n\r\n');
  await expect.poll(() => heard.text).toMatch(/second$/);
  heard.socket.destroy();
});

test('so is one behind a body that is long, of which nobody wanted the rest', async () => {
  inside = (_req, res) => res.writeHead(403, { 'Content-Length': 2 }).end('no');
  const rest = 'x'.repeat(3_000_000);
  const heard = raw(`PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: ${rest.length + 3}\r\n\r\nabc`);
  await expect.poll(() => heard.text).toMatch(/403 Forbidden[^]*no$/);
  inside = (_req, res) => res.writeHead(200, { 'Content-Length': 6 }).end('second');
  heard.socket.write(`${rest}PUT / HTTP/1.1\r\nHost: x\r\n\r\n`);
  await expect.poll(() => heard.text).toMatch(/second$/);
  heard.socket.destroy();
});

test('one that waits for another is not handed on when its client has gone', async () => {
  const urls: (string | undefined)[] = [];
  let isGone = false;
  inside = (req, res) => {
    urls.push(req.url);
    if (req.url === '/first') res.once('close', () => (isGone = true));
    else res.end();
  };
  const heard = raw('PUT /first HTTP/1.1\r\nHost: x\r\n\r\nDELETE /second HTTP/1.1\r\nHost: x\r\n\r\n');
  await expect.poll(() => urls).toEqual(['/first']);
  heard.socket.destroy();
  await expect.poll(() => isGone).toBe(true);
  await ask(outer.port, { method: 'PUT', path: '/third' });
  expect(urls).toEqual(['/first', '/third']);
});

test('requests that are sent without waiting are handed on one after the other', async () => {
  const order: string[] = [];
  inside = (req, res) => {
    order.push(`${req.method} begins`);
    void turn()
      .then(() => turn())
      .then(() => {
        order.push(`${req.method} ends`);
        res.end();
      });
  };
  const heard = raw(
    'PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx' +
      'DELETE / HTTP/1.1\r\nHost: x\r\n\r\n' +
      'PROPFIND / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
  );
  await once(heard.socket, 'close');
  expect(order).toEqual(['PUT begins', 'PUT ends', 'DELETE begins', 'DELETE ends']);
  expect(heard.text).toMatch(/from here$/);
});

test('a client of HTTP/1.0 without a Host is served', async () => {
  const heard = raw('POST / HTTP/1.0\r\n\r\n');
  await once(heard.socket, 'close');
  expect(heard.text).toMatch(/200 OK[^]*from there$/);
});
