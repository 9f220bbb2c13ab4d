import { EventEmitter, once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { defaultLimits, type Limits } from '../../src/base/limits.ts';
import { boundConnections } from '../../src/http/connections.ts';
import { listen, type Listener, type ListenOptions } from '../../src/http/listen.ts';
import { createShed } from '../../src/http/shed.ts';
import { SECURITY_HEADERS } from '../../src/http/security-headers.ts';
import { ask, recordingLog } from './harness.ts';

/** However busy the machine is. */
const soon = <T>(look: () => T) => expect.poll(look, { timeout: 10_000 });

const listeners: Listener[] = [];
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await Promise.all(listeners.splice(0).map((listener) => listener.close(0)));
});

async function start(limits: Partial<Limits>, options: Partial<ListenOptions> = {}): Promise<Listener> {
  const listener = await listen({
    handler: (req, res) => {
      req.resume();
      res.end(`${req.method} ${req.url}`);
    },
    host: '127.0.0.1',
    port: 0,
    limits: { ...defaultLimits(), ...limits },
    log: recordingLog().log,
    ...options,
  });
  listeners.push(listener);
  return listener;
}

/** A connection on which octets are sent as they are; `text` is what came back so far. */
async function open(port: number): Promise<{ socket: Socket; text: () => string }> {
  const socket = connect(port, '127.0.0.1');
  sockets.push(socket);
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return { socket, text: () => text };
}

/** A handler that answers when it is told to. */
function holding(): { handler: ListenOptions['handler']; held: (() => void)[] } {
  const held: (() => void)[] = [];
  return { held, handler: (_req, res) => void held.push(() => void res.end('late')) };
}

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;

describe('past the requests under way', () => {
  test('503 says when to come again, with the headers of every answer, and soon afterwards all is well', async () => {
    const { handler, held } = holding();
    const shed: string[] = [];
    const { port } = await start({ requestsUnderWay: 2 }, { handler, onShed: (reason) => shed.push(reason) });
    const [first, second] = [ask(port), ask(port)];
    await soon(() => held.length).toBe(2);
    const third = await ask(port);
    expect(third.status).toBe(503);
    expect(third.text).toMatch(/Try again soon/);
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) expect(third.headers[name.toLowerCase()]).toBe(value);
    const seconds = Number(third.headers['retry-after']);
    expect(seconds).toBeGreaterThanOrEqual(5);
    expect(seconds).toBeLessThanOrEqual(15);
    expect(shed).toEqual(['requests']);
    held.splice(0).forEach((end) => end());
    expect([(await first).status, (await second).status]).toEqual([200, 200]);
    const fourth = ask(port);
    await soon(() => held.length).toBe(1);
    held.splice(0).forEach((end) => end());
    expect((await fourth).status).toBe(200);
  });

  test('health and metrics answer all the same', async () => {
    const { handler, held } = holding();
    const { port } = await start(
      { requestsUnderWay: 1 },
      {
        handler: (req, res) => {
          if (req.url === '/slow') handler(req, res);
          else res.end('well');
        },
      },
    );
    void ask(port, { path: '/slow' }).catch(() => undefined);
    await soon(() => held.length).toBe(1);
    for (const path of ['/healthz', '/readyz', '/metrics', '/metrics?now']) {
      expect(await ask(port, { path })).toMatchObject({ status: 200, text: 'well' });
    }
    for (const path of ['/healthzz', '/dav/metrics', '/']) expect((await ask(port, { path })).status).toBe(503);
  });

  test('who sends slowly, takes slowly or asks twice on one connection takes no place from others', async () => {
    const { handler, held } = holding();
    const { port } = await start(
      { requestsUnderWay: 3 },
      {
        handler: (req, res) => {
          if (req.url === '/slow') handler(req, res);
          else if (req.url === '/large') res.write(Buffer.alloc(16 * 1024 * 1024));
          else if (req.method === 'GET') res.end('quick');
        },
      },
    );
    const sending = await open(port);
    sending.socket.write('PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf');
    const taking = await open(port);
    // At once, or all of it may have come before anybody looks.
    taking.socket.once('data', () => taking.socket.pause());
    taking.socket.write(get('/large'));
    await soon(taking.text).not.toBe('');
    const twice = await open(port);
    twice.socket.write(get('/slow').repeat(3));
    await soon(() => held.length).toBe(3);
    expect(await ask(port)).toMatchObject({ status: 200, text: 'quick' });
  });
});

describe('a body that is not looked at', () => {
  const busy = async (): Promise<number> => {
    const { handler, held } = holding();
    const { port } = await start(
      { requestsUnderWay: 1 },
      { handler: (req, res) => (req.url === '/slow' ? handler(req, res) : res.end('well')) },
    );
    void ask(port, { path: '/slow' }).catch(() => undefined);
    await soon(() => held.length).toBe(1);
    return port;
  };

  test.each([
    ['with its length', `Content-Length: 26\r\n\r\nGET /readyz HTTP/1.1\r\n\r\n\r\n`],
    ['in chunks', `Transfer-Encoding: chunked\r\n\r\n1a\r\nGET /readyz HTTP/1.1\r\n\r\n\r\n\r\n0\r\n\r\n`],
  ])('%s is not taken for the next request of its connection', async (_what, rest) => {
    const { socket, text } = await open(await busy());
    socket.write(`PUT /a HTTP/1.1\r\nHost: x\r\n${rest}${get('/healthz')}`);
    await soon(text).toMatch(/well/);
    expect(text().match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 503', 'HTTP/1.1 200']);
    expect(text()).toMatch(/Connection: keep-alive/i);
  });

  test('that comes after its answer is thrown away, however large', async () => {
    const { socket, text } = await open(await busy());
    const octets = 8 * 1024 * 1024;
    socket.write(`PUT /a HTTP/1.1\r\nHost: x\r\nContent-Length: ${octets}\r\n\r\n`);
    await soon(text).toMatch(/^HTTP\/1\.1 503 /);
    socket.write(Buffer.alloc(octets, 'x'));
    socket.write(get('/healthz'));
    await soon(text).toMatch(/well$/);
  });

  test('is not asked for where its client asks first', async () => {
    const { socket, text } = await open(await busy());
    socket.write('PUT /a HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\nExpect: 100-continue\r\n\r\n');
    await once(socket, 'close');
    expect(text()).toMatch(/^HTTP\/1\.1 503 /);
    expect(text()).toMatch(/\r\nConnection: close\r\n/i);
  });
});

describe('a turn of the event loop that lasts too long', () => {
  const work = (milliseconds: number): void => {
    const end = performance.now() + milliseconds;
    while (performance.now() < end);
  };

  test('ends with 503 for who comes last, is told once a second, and the next request is answered', async () => {
    const { log, lines } = recordingLog();
    const shed: string[] = [];
    const { port } = await start(
      { turnMilliseconds: 10 },
      {
        log,
        onShed: (reason) => shed.push(reason),
        handler: (_req, res) => {
          work(5);
          res.end('worked');
        },
      },
    );
    const { socket, text } = await open(port);
    // All of these are read in one turn.
    socket.write(get('/').repeat(100));
    await soon(() => text().match(/HTTP\/1\.1 \d+/g)?.length).toBe(100);
    const statuses = text().match(/HTTP\/1\.1 \d+/g)!;
    const late = statuses.filter((status) => status.endsWith('503')).length;
    // 32 are never too late; in five times the bound no more are answered.
    expect(late).toBe(68);
    expect(shed).toEqual(Array(68).fill('turn'));
    expect(await ask(port)).toMatchObject({ status: 200, text: 'worked' });
    // So is who was sent away.
    socket.write(get('/'));
    await soon(text).toMatch(/worked$/);
    await soon(() => lines.filter(({ level }) => level === 'warn').length).toBe(1);
    expect(lines.at(-1)?.fields).toMatchObject({ turn: 68, requests: 0, connections: 0 });
  });
});

test('who was sent away is not read from again before the turn has ended', async () => {
  let reads = true;
  const socket = { destroyed: false, pause: () => (reads = false), resume: () => (reads = true) };
  const req = { url: '/', headers: {}, socket } as unknown as IncomingMessage;
  const answer = Object.assign(new EventEmitter(), { writeHead: () => undefined, end: () => undefined });
  const res = answer as unknown as ServerResponse; // all that is asked of it here
  let now = 0;
  const shed = createShed({
    limits: { turnMilliseconds: 100, requestsUnderWay: 500 },
    log: recordingLog().log,
    underWay: new Set(),
    isSurplus: () => false,
    now: () => now,
  });
  for (let at = 0; at < 32; at += 1) expect(shed.turnsAway(req, res)).toBe(false);
  now = 1000;
  expect(shed.turnsAway(req, res)).toBe(true);
  answer.emit('finish');
  expect(reads).toBe(false);
  await new Promise((resolve) => setImmediate(resolve));
  expect(reads).toBe(true);
});

describe('past the connections', () => {
  test('one more is told so with 503 and is closed, and served as soon as there is room', async () => {
    const shed: string[] = [];
    const { port } = await start({ connections: 1 }, { onShed: (reason) => shed.push(reason) });
    const first = await open(port);
    const second = await open(port);
    second.socket.write(get('/'));
    await once(second.socket, 'close');
    expect(second.text()).toMatch(/^HTTP\/1\.1 503 [^]*Retry-After: \d+[^]*Connection: close/);
    expect(shed).toEqual(['connections']);
    const third = await open(port);
    first.socket.end();
    await once(first.socket, 'close');
    third.socket.write(get('/now'));
    await soon(third.text).toMatch(/^HTTP\/1\.1 200 [^]*GET \/now$/);
  });

  test('health answers on one that is too many', async () => {
    const { port } = await start({ connections: 1 });
    await open(port);
    expect(await ask(port, { path: '/healthz' })).toMatchObject({ status: 200, headers: { connection: 'close' } });
  });

  test('far too many are closed without a word', async () => {
    const { port } = await start({ connections: 1 });
    await open(port);
    await open(port);
    const third = await open(port);
    if (!third.socket.closed) await once(third.socket, 'close');
    expect(third.text()).toBe('');
  });

  test.each([
    [20_000, 65_536, 20_000, false],
    [20_000, 1024, 731, true],
    [20_000, 100, 1, true],
    [20_000, undefined, 20_000, false],
  ])('of %i with %s files that may be open are %i', (most, openFiles, taken, isTold) => {
    const { log, lines } = recordingLog();
    const server = createServer();
    boundConnections(server, { most, event: 'connection', log, openFiles: openFiles ?? Infinity });
    expect(server.maxConnections).toBe(taken + Math.ceil(taken / 20));
    expect(lines.map(({ fields }) => fields['connections'])).toEqual(isTold ? [taken] : []);
  });
});
