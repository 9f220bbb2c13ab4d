import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { afterEach, describe, expect, test } from 'vitest';
import { BadRequest, ConditionFailed } from '../../src/base/refusal.ts';
import type { Middleware } from '../../src/http/state.ts';
import { ask, run } from './harness.ts';
import type { Running } from './harness.ts';

let running: Running | undefined;
afterEach(async () => {
  await running?.listener.close(0);
  running = undefined;
});

async function serve(door: Middleware, options: Parameters<typeof run>[0] = {}): Promise<Running> {
  running = await run({ ...options, mount: [door] });
  return running;
}

/** Waits until the log has a line of a request: it is written when the answer has gone. */
async function requestLine({ lines }: Running): Promise<Readonly<Record<string, unknown>>> {
  for (;;) {
    const line = lines.find(({ fields }) => 'status' in fields);
    if (line !== undefined) return line.fields;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('every answer', () => {
  test('has the headers that keep a browser from doing more than show it', async () => {
    const { port } = await serve((ctx) => void (ctx.body = 'x'));
    const { headers } = await ask(port);
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'cache-control': 'private, no-cache',
    });
    expect(headers['content-security-policy']).not.toContain('unsafe');
    expect(headers['x-request-id']).toMatch(/^[0-9a-z]{13}-1$/);
  });

  test('discloses no software', async () => {
    const { port } = await serve((ctx) => void (ctx.body = 'x'));
    const { headers } = await ask(port);
    expect(headers).not.toHaveProperty('server');
    expect(headers).not.toHaveProperty('x-powered-by');
  });

  test('that no door gives is 404', async () => {
    const { port } = await serve((_ctx, next) => next());
    expect(await ask(port)).toMatchObject({ status: 404 });
  });
});

describe('an error', () => {
  test('that is a bug is 500 and discloses nothing; the log has the cause under the id of the answer', async () => {
    const served = await serve(() => {
      throw new Error('SELECT secret FROM /srv/kalends.db');
    });
    const { status, text, headers } = await ask(served.port);
    expect(status).toBe(500);
    expect(text).not.toMatch(/secret|kalends\.db|at /);
    const id = headers['x-request-id'];
    expect(text).toContain(id);
    const logged = served.lines.find(({ level }) => level === 'error')?.fields;
    expect(logged).toMatchObject({
      id,
      err: expect.objectContaining({ message: 'SELECT secret FROM /srv/kalends.db' }) as Error,
    });
  });

  test('that is no Error is 500 too', async () => {
    const { port } = await serve(() => {
      throw 'a string';
    });
    expect(await ask(port)).toMatchObject({ status: 500 });
  });

  test('of the client is said in plain text with its headers', async () => {
    const { port } = await serve(() => {
      throw new BadRequest('No <b>', { status: 405, headers: { Allow: 'GET' } });
    });
    const answer = await ask(port);
    expect(answer).toMatchObject({ status: 405, text: 'No <b>\n', headers: { allow: 'GET' } });
    expect(answer.headers['content-type']).toBe('text/plain; charset=utf-8');
  });

  test('of a condition is 412', async () => {
    const { port } = await serve(() => {
      throw new ConditionFailed('changed');
    });
    expect(await ask(port)).toMatchObject({ status: 412, text: 'changed\n' });
  });

  test('in the middle of a streamed answer breaks the connection off, so that the answer is not taken for whole', async () => {
    const served = await serve((ctx) => {
      ctx.body = Readable.from(
        (function* () {
          yield 'x'.repeat(200_000);
          throw new Error('the database went away');
        })(),
      );
    });
    await expect(ask(served.port)).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(await requestLine(served)).toMatchObject({ broken: true });
    expect(served.lines.some(({ level }) => level === 'error')).toBe(true);
    // The server lives.
    await expect(ask(served.port)).rejects.toMatchObject({ code: 'ECONNRESET' });
  });

  test('of a door that sends its answers itself, before it sent anything, is still answered', async () => {
    const { port } = await serve((ctx) => {
      ctx.respond = false;
      throw new Error('a header that cannot be sent');
    });
    expect(await ask(port)).toMatchObject({ status: 500 });
  });

  test('of a database that breaks off in the middle of an answer cuts it', async () => {
    const { port } = await serve((ctx) => {
      ctx.respond = false;
      ctx.res.write('half');
      throw Object.assign(new Error('the database is gone'), { code: 'ECONNRESET' });
    });
    await expect(ask(port)).rejects.toMatchObject({ code: 'ECONNRESET' });
  });

  test('a client that goes away is no error of ours', async () => {
    const client: { socket?: Socket } = {};
    const served = await serve(async (ctx) => {
      for await (const _chunk of ctx.req) client.socket?.destroy();
      ctx.body = 'x';
    });
    client.socket = connect(served.port, '127.0.0.1');
    client.socket.write('PUT /dav/a HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc');
    expect(await requestLine(served)).toMatchObject({ broken: true });
    expect(served.lines.filter(({ level }) => level === 'error')).toEqual([]);
  });
});

describe('the access log', () => {
  test('has ids, counts and times, and neither query nor header nor address', async () => {
    const served = await serve((ctx) => void (ctx.body = 'x'), { trustProxy: true });
    await ask(served.port, {
      path: '/dav/calendars/alice/?token=secret#x',
      headers: { authorization: 'Basic c2VjcmV0', 'x-forwarded-for': '203.0.113.7', 'user-agent': 'secret' },
    });
    const line = await requestLine(served);
    expect(line).toMatchObject({ method: 'GET', path: '/dav/calendars/alice/', status: 200, actor: 'alice' });
    expect(JSON.stringify(served.lines)).not.toMatch(/secret|203\.0\.113|127\.0\.0\.1|c2VjcmV0/);
  });

  test.each([
    ['/dav/', '/dav/'],
    ['/dav/calendars/alice/work/', '/dav/calendars/alice/work/'],
    ['/dav/calendars/alice/work/Dentist%20again.ics', '/dav/calendars/alice/work/*'],
    ['/dav/calendars/alice/work/a/b', '/dav/calendars/alice/work/*'],
    ['/dav/principals/users/alice%40example.com/', '/dav/principals/users/*/'],
    ['/dav/principals/users/alice@example.com/', '/dav/principals/users/*/'],
  ])('of %s it keeps %s', async (path, logged) => {
    const served = await serve((ctx) => void (ctx.body = 'x'));
    await ask(served.port, { path });
    expect((await requestLine(served))['path']).toBe(logged);
  });

  test('names only the door of a path that may be a secret', async () => {
    const served = await serve((ctx) => void (ctx.body = 'x'));
    await ask(served.port, { path: '/answer/0123456789abcdef/yes' });
    expect((await requestLine(served))['path']).toBe('/answer');
  });

  test('measures each request', async () => {
    const seen: unknown[] = [];
    const observe = (...args: readonly unknown[]): void => void seen.push(args);
    const served = await serve((ctx) => void (ctx.status = 204), { metrics: { observe } });
    await ask(served.port, { method: 'REPORT' });
    await requestLine(served);
    expect(seen).toEqual([['REPORT', 204, expect.any(Number)]]);
  });
});

test('what is open answers without a log-in, what is mounted does not', async () => {
  running = await run({
    open: [(ctx, next) => (ctx.path === '/open' ? void (ctx.body = 'open') : next())],
    authenticate: (ctx) => void (ctx.status = 401),
    mount: [(ctx) => void (ctx.body = 'mounted')],
  });
  expect(await ask(running.port, { path: '/open' })).toMatchObject({ status: 200, text: 'open' });
  expect(await ask(running.port, { path: '/other' })).toMatchObject({ status: 401 });
});

test.each([
  [false, {}, '127.0.0.1'],
  [false, { 'x-forwarded-for': '203.0.113.7' }, '127.0.0.1'],
  [true, {}, '127.0.0.1'],
  [true, { 'x-forwarded-for': '10.6.6.6, 203.0.113.7' }, '203.0.113.7'],
  [true, { 'x-forwarded-for': '::ffff:203.0.113.7' }, '203.0.113.7'],
  [true, { 'x-forwarded-for': '2001:DB8:1:2:3::4' }, '2001:db8:1:2::/64'],
  [true, { 'x-forwarded-for': '2001:db8::4' }, '2001:db8:0:0::/64'],
])('with a trusted proxy: %s, %j is the address %s', async (trustProxy, headers, address) => {
  const { port } = await serve((ctx) => void (ctx.body = ctx.state.address), { trustProxy });
  expect((await ask(port, { headers })).text).toBe(address);
});
