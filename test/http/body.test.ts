import { connect } from 'node:net';
import { once } from 'node:events';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { Agent, request } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readBody } from '../../src/http/body.ts';
import { ask, run } from './harness.ts';
import type { Running } from './harness.ts';

const LIMIT = 100_000;
let running: Running;
let port: number;
beforeAll(async () => {
  running = await run({
    limits: { requestOctets: 1_000_000 },
    mount: [
      async (ctx) => {
        const body = await readBody(ctx.req, LIMIT, ctx.state.takeRoom);
        ctx.body = `${body.length}:${Buffer.from(body).toString('latin1').slice(0, 10)}`;
      },
    ],
  });
  port = running.port;
});
afterAll(() => running.listener.close(0));

const put = (body: string | Uint8Array, headers = {}) => ask(port, { method: 'PUT', path: '/dav/x', body, headers });

test('a body is read whole, an empty one too', async () => {
  expect(await put('hello')).toMatchObject({ status: 200, text: '5:hello' });
  expect(await put('')).toMatchObject({ status: 200, text: '0:' });
  expect((await put('x'.repeat(LIMIT))).text).toBe(`${LIMIT}:xxxxxxxxxx`);
});

describe('a Content-Encoding', () => {
  test.each([
    ['gzip', gzipSync],
    ['x-gzip', gzipSync],
    ['GZIP', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
    ['identity', (body: string) => Buffer.from(body)],
  ])('%s is undone', async (encoding, encode) => {
    expect((await put(encode('hello'), { 'content-encoding': encoding })).text).toBe('5:hello');
  });

  test.each(['compress', 'gzip, gzip', 'zstd'])('%s is 415, with what would do', async (encoding) => {
    expect(await put('x', { 'content-encoding': encoding })).toMatchObject({
      status: 415,
      headers: { 'accept-encoding': 'gzip, deflate, br' },
    });
  });

  test.each(['gzip', 'deflate', 'br'])('%s of what is none is 400', async (encoding) => {
    expect(await put('this was never compressed', { 'content-encoding': encoding })).toMatchObject({ status: 400 });
  });

  test('that ends before its end is 400', async () => {
    const whole = gzipSync('x'.repeat(10_000));
    expect(await put(whole.subarray(0, whole.length - 12), { 'content-encoding': 'gzip' })).toMatchObject({
      status: 400,
    });
  });

  test('that inflates beyond the limit is 413, without having been inflated whole', async () => {
    const bomb = gzipSync(Buffer.alloc(90_000_000));
    expect(bomb.length).toBeLessThan(LIMIT);
    const before = process.memoryUsage().arrayBuffers;
    expect(await put(bomb, { 'content-encoding': 'gzip' })).toMatchObject({ status: 413 });
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20_000_000);
  });
});

describe('a body that is too large', () => {
  test('is 413 by its Content-Length', async () => {
    expect(await put(Buffer.alloc(LIMIT + 1))).toMatchObject({ status: 413 });
  });

  test('is 413 for any door beyond the limit of all requests, and the connection can be used again', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const large = await ask(port, { method: 'PUT', body: Buffer.alloc(5_000_000), agent });
    expect(large).toMatchObject({ status: 413, text: 'The body is longer than 1000000 octets\n' });
    expect(await ask(port, { method: 'PUT', body: 'hello', agent })).toMatchObject({ status: 200 });
    agent.destroy();
  });

  test('is 413 when it says no length, and is not kept in memory', async () => {
    const sent = request({ port, host: '127.0.0.1', method: 'PUT', path: '/', agent: false });
    const answered = once(sent, 'response') as Promise<[{ statusCode: number; resume(): void }]>;
    const chunk = Buffer.alloc(64 * 1024);
    const before = process.memoryUsage().arrayBuffers;
    let status: number | undefined;
    void answered.then(([response]) => {
      status = response.statusCode;
      response.resume();
    });
    for (let i = 0; i < 1600 && status === undefined; i += 1) {
      if (!sent.write(chunk)) await Promise.race([once(sent, 'drain'), answered]);
    }
    await answered;
    expect(status).toBe(413);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(30_000_000);
    sent.destroy();
  });

  test('is told so before it is sent, where the client asks', async () => {
    const socket = connect(port, '127.0.0.1');
    socket.write('PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 99000000\r\nExpect: 100-continue\r\n\r\n');
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 413 /);
    expect(answer.toString()).toMatch(/^connection: close\r$/im);
    socket.destroy();
  });
});

test('a client that asks whether to go on is told to', async () => {
  const sent = request({
    port,
    host: '127.0.0.1',
    method: 'PUT',
    headers: { expect: '100-continue', 'content-length': 5 },
  });
  sent.flushHeaders();
  await once(sent, 'continue');
  sent.end('hello');
  const [response] = (await once(sent, 'response')) as [{ statusCode: number; resume(): void }];
  response.resume();
  expect(response.statusCode).toBe(200);
});

describe('room for the bodies of all requests', () => {
  /** Sends the beginning of a body, and tells when it has been read. */
  async function begin(at: Running, received: () => number, octets: number) {
    const before = received();
    const slow = request({ port: at.port, host: '127.0.0.1', method: 'PUT', headers: { 'content-length': 90_000 } });
    slow.on('error', () => undefined);
    slow.write(Buffer.alloc(octets));
    await expect.poll(() => received() - before).toBeGreaterThanOrEqual(octets);
    return slow;
  }

  test('is what has arrived, and is given back; without any, a request is told to come again', async () => {
    let received = 0;
    const small = await run({
      limits: { bodiesOctets: 100_000 },
      mount: [
        async (ctx) => {
          ctx.req.on('data', (chunk: Uint8Array) => (received += chunk.length));
          const body = await readBody(ctx.req, LIMIT, ctx.state.takeRoom);
          ctx.body = String(body.length);
        },
      ],
    });
    const ask60 = () => ask(small.port, { method: 'PUT', body: Buffer.alloc(60_000) });
    const announced = await begin(small, () => received, 1);
    expect(await ask60()).toMatchObject({ status: 200, text: '60000' });
    const slow = await begin(small, () => received, 60_000);
    expect(await ask60()).toMatchObject({ status: 503, headers: { 'retry-after': '5' } });
    expect(await ask(small.port, { method: 'PUT', body: 'hello' })).toMatchObject({ status: 200 });
    slow.destroy();
    await expect.poll(async () => (await ask60()).status).toBe(200);
    announced.destroy();
    await small.listener.close(0);
  });
});
