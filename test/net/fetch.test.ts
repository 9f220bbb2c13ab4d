import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import {
  createServer as createSocketServer,
  type AddressInfo,
  type Server as SocketServer,
  type Socket,
} from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import { createFetch, OutboundFailure, type FetchOptions, type OutboundRequest } from '../../src/net/fetch.ts';

type Closing = Server | SocketServer;
const closing: Closing[] = [];
const sockets = new Set<Socket>();

afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  await Promise.all(closing.splice(0).map((server) => new Promise((done) => server.close(done))));
});

async function listening(server: Closing, host = '127.0.0.1'): Promise<number> {
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => undefined);
  });
  closing.push(server);
  await new Promise<void>((done) => server.listen(0, host, done));
  return (server.address() as AddressInfo).port;
}

/** A server that keeps what it was asked. */
async function serving(handler: RequestListener): Promise<{ port: number; seen: IncomingMessage[] }> {
  const seen: IncomingMessage[] = [];
  const port = await listening(
    createServer((request, response) => {
      seen.push(request);
      handler(request, response);
    }),
  );
  return { port, seen };
}

/** Every name of .test is this machine; each name is allowed by itself, so that addresses stay refused. */
const NAMES: FetchOptions = { allow: ['*.test'], resolve: async () => ['127.0.0.1'] };
const MOST = 100_000;

async function get(request: Omit<OutboundRequest, 'maxOctets'>, options = NAMES): Promise<[number, string]> {
  const { status, body } = await createFetch(options)({ maxOctets: MOST, ...request });
  return [status, Buffer.concat(await Array.fromAsync(body)).toString()];
}

/** The word of the failure. */
async function refused(request: Omit<OutboundRequest, 'maxOctets'>, options = NAMES): Promise<string> {
  try {
    const [status] = await get(request, options);
    return `answered ${status}`;
  } catch (error) {
    if (!(error instanceof OutboundFailure)) throw error;
    return error.reason;
  }
}

const ok: RequestListener = (_request, response) => void response.end('ok');

describe('what is not public is refused before anything is sent', () => {
  // security.md item 9, as URL parses them: decimal, octal, hexadecimal and short forms are the same address.
  test.each([
    'http://127.0.0.1/',
    'http://127.1/',
    'http://2130706433/',
    'http://0x7f000001/',
    'http://0x7f.1/',
    'http://017700000001/',
    'http://0177.0.0.1/',
    'http://127.0.0.1./',
    'http://①②⑦.⓪.⓪.①/',
    'http://0.0.0.0/',
    'http://0/',
    'http://10.0.0.1/',
    'http://172.16.0.1/',
    'http://192.168.0.1/',
    'http://169.254.169.254/latest/meta-data/',
    'http://100.100.100.200/',
    'http://198.18.0.1/',
    'http://224.0.0.1/',
    'http://255.255.255.255/',
    'http://[::]/',
    'http://[::1]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[::ffff:7f00:1]/',
    'http://[::ffff:169.254.169.254]/',
    'http://[::127.0.0.1]/',
    'http://[64:ff9b::7f00:1]/',
    'http://[64:ff9b:1::7f00:1]/',
    'http://[2002:7f00:1::]/',
    'http://[2001::7f00:1]/',
    'http://[fd00::1]/',
    'http://[fe80::1]/',
    'http://[ff02::1]/',
    'http://user:secret@127.0.0.1/',
    'https://127.0.0.1/',
  ])('%s', async (url) => {
    expect(await refused({ url })).toBe('refused-address');
  });

  test.each([
    '127.0.0.1',
    '10.0.0.1',
    '169.254.169.254',
    '100.64.0.1',
    '::1',
    '::ffff:10.0.0.1',
    'fd00::1',
    'fe80::1%eth0',
  ])('a name that has the address %s', async (address) => {
    const options = { resolve: async () => [address] };
    expect(await refused({ url: 'http://innocent.example/' }, options)).toBe('refused-address');
  });

  test.each(['localhost', 'LOCALHOST'])('%s, as the system resolves it', async (host) => {
    expect(await refused({ url: `http://${host}/` }, {})).toBe('refused-address');
  });

  test.each([
    'file:///etc/passwd',
    'gopher://feed.test/',
    'ftp://feed.test/',
    'data:text/calendar,BEGIN',
    'webcal://127.0.0.1/',
    'javascript:1',
    'unix:/run/x',
    'not a url',
    '',
  ])('%s is not HTTP', async (url) => {
    expect(await refused({ url })).toBe('not-http');
  });

  test.each([22, 25, 110, 143, 465, 587, 993, 3306, 5432, 6379, 6667, 11211])('port %i', async (port) => {
    expect(await refused({ url: `http://feed.test:${port}/` })).toBe('refused-port');
  });
});

describe('what is allowed', () => {
  test('a named host may have a private address', async () => {
    const { port, seen } = await serving(ok);
    expect(await get({ url: `http://feed.test:${port}/a?b=c` })).toEqual([200, 'ok']);
    expect(seen[0]?.url).toBe('/a?b=c');
    expect(seen[0]?.headers.host).toBe(`feed.test:${port}`);
  });

  test('a network is allowed for names and for literals', async () => {
    const { port } = await serving(ok);
    const options = { allow: ['127.0.0.0/8'], resolve: NAMES.resolve! };
    expect(await refused({ url: `http://other.example:${port}/` }, options)).toBe('answered 200');
    expect(await refused({ url: `http://127.0.0.1:${port}/` }, options)).toBe('answered 200');
    expect(await refused({ url: `http://[::ffff:127.0.0.1]:${port}/` }, options)).toBe('answered 200');
    expect(await refused({ url: 'http://10.0.0.1/' }, options)).toBe('refused-address');
  });

  test('of the addresses of a name only those that may be are tried', async () => {
    const { port } = await serving(ok);
    const options = { allow: ['127.0.0.1'], resolve: async () => ['10.0.0.1', '127.0.0.1'] };
    expect(await refused({ url: `http://two.example:${port}/` }, options)).toBe('answered 200');
  });

  test('the next address is tried where the first takes no connection', async () => {
    const { port } = await serving(ok);
    const options = { allow: ['127.0.0.0/8'], resolve: async () => ['127.0.0.3', '127.0.0.1'] };
    expect(await refused({ url: `http://two.example:${port}/` }, options)).toBe('answered 200');
  });
});

describe('a name that changes its address', () => {
  test('is resolved once: what was checked is what is connected to', async () => {
    const { port, seen } = await serving(ok);
    let asked = 0;
    // Nobody listens at the address that is allowed; somebody does at the one that the next look-up would give.
    const options = { allow: ['127.0.0.9'], resolve: async () => [asked++ === 0 ? '127.0.0.9' : '127.0.0.1'] };
    expect(await refused({ url: `http://rebinding.example:${port}/` }, options)).toBe('unreachable');
    expect([asked, seen.length]).toEqual([1, 0]);
    expect(await refused({ url: `http://rebinding.example:${port}/` }, options)).toBe('refused-address');
    expect(seen).toHaveLength(0);
  });

  test('is checked anew at a redirect to itself', async () => {
    const { port, seen } = await serving((_request, response) => {
      response.writeHead(302, { Location: '/again' }).end();
    });
    let asked = 0;
    const options = { allow: ['127.0.0.1'], resolve: async () => [asked++ === 0 ? '127.0.0.1' : '10.0.0.1'] };
    expect(await refused({ url: `http://rebinding.example:${port}/` }, options)).toBe('refused-address');
    expect(seen).toHaveLength(1);
  });
});

describe('a redirect', () => {
  const redirecting = (location: string, status = 302): Promise<{ port: number; seen: IncomingMessage[] }> =>
    serving((request, response) => {
      if (request.url !== '/') response.end(`${request.method} ${request.url}`);
      else response.writeHead(status, { Location: location }).end('moved');
    });

  test.each([
    ['file:///etc/passwd', 'not-http'],
    ['gopher://feed.test/', 'not-http'],
    ['webcal://feed.test/', 'not-http'],
    ['http://127.0.0.1/', 'refused-address'],
    ['http://[::ffff:127.0.0.1]/', 'refused-address'],
    ['http://169.254.169.254/latest/', 'refused-address'],
    ['//10.0.0.1/', 'refused-address'],
    ['http://feed.test:25/', 'refused-port'],
    ['http://[', 'bad-answer'],
  ])('to %s is %s', async (location, reason) => {
    const { port } = await redirecting(location);
    expect(await refused({ url: `http://feed.test:${port}/` })).toBe(reason);
  });

  test.each([301, 302, 303, 307, 308])('by %i is followed', async (status) => {
    const { port } = await redirecting('/next', status);
    expect(await get({ url: `http://feed.test:${port}/` })).toEqual([200, 'GET /next']);
  });

  test('of a POST becomes a GET without a body, but by 307', async () => {
    const { port, seen } = await redirecting('/next', 303);
    await get({
      url: `http://feed.test:${port}/`,
      method: 'POST',
      body: 'x',
      headers: { 'Content-Type': 'text/plain' },
    });
    expect(seen.map(({ method }) => method)).toEqual(['POST', 'GET']);
    expect(seen[1]?.headers).not.toHaveProperty('content-length');
    expect(seen[1]?.headers).not.toHaveProperty('content-type');
    const kept = await redirecting('/next', 307);
    expect(await get({ url: `http://feed.test:${kept.port}/`, method: 'POST', body: 'x' })).toEqual([
      200,
      'POST /next',
    ]);
  });

  test('does not carry a body to another origin', async () => {
    const other = await serving(ok);
    const { port } = await redirecting(`http://other.test:${other.port}/`, 307);
    expect(await refused({ url: `http://feed.test:${port}/`, method: 'POST', body: 'x' })).toBe('refused-redirect');
    expect(other.seen).toHaveLength(0);
  });

  test('is followed a few times, and not for ever', async () => {
    const { port, seen } = await serving((_request, response) => response.writeHead(302, { Location: '/' }).end());
    expect(await refused({ url: `http://feed.test:${port}/` })).toBe('too-many-redirects');
    expect(seen).toHaveLength(6);
    expect(await refused({ url: `http://feed.test:${port}/`, redirects: 0 })).toBe('too-many-redirects');
  });
});

describe('secrets', () => {
  const SECRETS = { Authorization: 'Bearer s3cret', Cookie: 's3cret', 'X-Api-Key': 's3cret', 'If-None-Match': '"1"' };

  test('stay with the origin that they were given for', async () => {
    const other = await serving(ok);
    const own = await serving((request, response) => {
      const location = request.url === '/' ? '/second' : `http://other.test:${other.port}/`;
      response.writeHead(302, { Location: location }).end();
    });
    await get({ url: `http://feed.test:${own.port}/`, headers: SECRETS });
    expect(own.seen.map(({ headers }) => headers.authorization)).toEqual(['Bearer s3cret', 'Bearer s3cret']);
    expect(JSON.stringify(other.seen[0]?.rawHeaders)).not.toContain('s3cret');
    expect(other.seen[0]?.headers['if-none-match']).toBe('"1"');
  });

  test('another port and another scheme are other origins', async () => {
    const other = await serving(ok);
    const own = await serving((_request, response) => {
      response.writeHead(301, { Location: `http://feed.test:${other.port}/` }).end();
    });
    await get({ url: `http://user:s3cret@feed.test:${own.port}/` });
    expect(own.seen[0]?.headers.authorization).toBe(`Basic ${btoa('user:s3cret')}`);
    expect(other.seen[0]?.headers).not.toHaveProperty('authorization');
  });

  test('of a URL are sent as Basic, decoded, and are no part of the request target', async () => {
    const { port, seen } = await serving(ok);
    const answer = await createFetch(NAMES)({ url: `http://us%40er:p%3Ass%@feed.test:${port}/x`, maxOctets: 9 });
    answer.close();
    expect(seen[0]?.headers.authorization).toBe(`Basic ${btoa('us@er:p%3Ass%')}`);
    expect(seen[0]?.url).toBe('/x');
    expect(answer.url).toBe(`http://feed.test:${port}/x`);
  });

  test('of a redirect log us in nowhere', async () => {
    const { port, seen } = await serving((request, response) => {
      if (request.url === '/next') response.end('ok');
      else response.writeHead(302, { Location: `http://user:pw@feed.test:${port}/next` }).end();
    });
    await get({ url: `http://feed.test:${port}/` });
    expect(seen[1]?.headers).not.toHaveProperty('authorization');
  });

  test.each([
    ['http://user:s3cret@10.0.0.1/s3cret?s3cret', NAMES],
    ['http://user:s3cret@feed.test:25/s3cret', NAMES],
    ['http://user:s3cret@feed.test:9/s3cret?token=s3cret', NAMES],
    ['http://user:s3cret@feed.test:1024/s3cret?token=s3cret', NAMES],
    ['ftp://user:s3cret@feed.test/s3cret', NAMES],
    ['http://user:s3cret@no.test/s3cret', { resolve: () => Promise.reject(new Error('s3cret')) }],
    ['http://user:s3cret@[', NAMES],
  ] satisfies [string, FetchOptions][])('are not told in the failure of %s', async (url, options) => {
    const failure = await createFetch(options)({ url, maxOctets: MOST }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(OutboundFailure);
    const told = failure as OutboundFailure;
    expect(`${told.message} ${told.stack} ${JSON.stringify(told)} ${String(told.cause)}`).not.toContain('s3cret');
  });
});

describe('the answer', () => {
  test('has its status, headers and body whatever the status', async () => {
    const { port } = await serving((_request, response) => {
      response.writeHead(404, { ETag: '"x"', 'X-Two': ['a', 'b'] }).end('gone');
    });
    const { status, headers, body } = await createFetch(NAMES)({ url: `http://feed.test:${port}/`, maxOctets: 9 });
    expect([status, headers.etag, headers['x-two']]).toEqual([404, '"x"', 'a, b']);
    expect(Buffer.concat(await Array.fromAsync(body)).toString()).toBe('gone');
  });

  test.each([
    ['gzip', gzipSync],
    ['br', brotliCompressSync],
    ['deflate', deflateSync],
  ] as const)('is decompressed: %s', async (encoding, compress) => {
    const { port } = await serving((_request, response) => {
      response.writeHead(200, { 'Content-Encoding': encoding }).end(compress('BEGIN:VCALENDAR'));
    });
    expect(await get({ url: `http://feed.test:${port}/` })).toEqual([200, 'BEGIN:VCALENDAR']);
  });

  test.each(['gzip', 'br', 'deflate'])('whose %s is broken is no answer', async (encoding) => {
    const { port } = await serving((_request, response) => {
      response.writeHead(200, { 'Content-Encoding': encoding }).end('BEGIN:VCALENDAR');
    });
    expect(await refused({ url: `http://feed.test:${port}/` })).toBe('bad-answer');
  });

  test.each(['gzip, gzip', 'compress', 'constructor'])('compressed as "%s" is no answer', async (encoding) => {
    const { port } = await serving((_request, response) => {
      response.writeHead(200, { 'Content-Encoding': encoding }).end(gzipSync(gzipSync('x')));
    });
    expect(await refused({ url: `http://feed.test:${port}/` })).toBe('bad-answer');
  });

  test.each([204, 304])('%i has no body, compressed or not', async (status) => {
    const { port } = await serving((_request, response) => {
      response.writeHead(status, { 'Content-Encoding': 'gzip' }).end();
    });
    expect(await get({ url: `http://feed.test:${port}/` })).toEqual([status, '']);
  });

  test('that breaks off in the body fails', async () => {
    const { port } = await serving((_request, response) => {
      response.writeHead(200, { 'Content-Length': '1000' });
      response.write('half', () => response.destroy());
    });
    expect(await refused({ url: `http://feed.test:${port}/` })).toBe('unreachable');
  });

  test.each(['SSH-2.0-OpenSSH\r\n', '+OK redis\r\n', ''])('that is not HTTP fails: %j', async (banner) => {
    const port = await listening(createSocketServer((socket) => void socket.end(banner)));
    expect(['bad-answer', 'unreachable']).toContain(await refused({ url: `http://feed.test:${port}/` }));
  });
});

describe('size', () => {
  test('of a body is bounded by what it says, and by what comes', async () => {
    const { port } = await serving((request, response) => {
      const body = Buffer.alloc(MOST + (request.url === '/fits' ? 0 : 1));
      if (request.url === '/chunked') response.write(body.subarray(0, 10));
      response.end(request.url === '/chunked' ? body.subarray(10) : body);
    });
    expect(await refused({ url: `http://feed.test:${port}/fits` })).toBe('answered 200');
    expect(await refused({ url: `http://feed.test:${port}/said` })).toBe('too-large');
    expect(await refused({ url: `http://feed.test:${port}/chunked` })).toBe('too-large');
  });

  test.each([
    ['gzip', gzipSync],
    ['br', brotliCompressSync],
    ['deflate', deflateSync],
  ] as const)('a %s bomb is stopped by its size and by its ratio, long before its end', async (encoding, compress) => {
    const bomb = compress(Buffer.alloc(64 * 1024 * 1024));
    const { port } = await serving((_request, response) => {
      response.writeHead(200, { 'Content-Encoding': encoding }).end(bomb);
    });
    const url = `http://feed.test:${port}/`;
    expect(await refused({ url })).toBe('too-large');
    let octets = 0;
    const answer = await createFetch(NAMES)({ url, maxOctets: 1024 * 1024 * 1024 });
    const reading = (async () => {
      for await (const chunk of answer.body) octets += chunk.length;
    })();
    await expect(reading).rejects.toThrow('it is compressed beyond measure');
    expect(octets).toBeLessThan(4 * 1024 * 1024);
  });

  test('of the headers is bounded', async () => {
    const port = await listening(
      createSocketServer((socket) => {
        socket.write(`HTTP/1.1 200 OK\r\nX: ${'x'.repeat(64 * 1024)}\r\n\r\n`);
      }),
    );
    expect(await refused({ url: `http://feed.test:${port}/` })).toBe('too-large');
  });
});

describe('time', () => {
  const quick = (timeouts: NonNullable<FetchOptions['timeouts']>): FetchOptions => ({ ...NAMES, timeouts });

  test('for the headers is bounded, also where they trickle in', async () => {
    let trickle: NodeJS.Timeout | undefined;
    const port = await listening(
      createSocketServer((socket) => {
        socket.write('HTTP/1.1 200 OK\r\n');
        trickle = setInterval(() => socket.write('X: y\r\n'), 10);
        socket.on('close', () => clearInterval(trickle));
      }),
    );
    expect(await refused({ url: `http://feed.test:${port}/` }, quick({ headers: 100 }))).toBe('timeout');
  });

  test('for the whole is bounded, also where the body trickles in', async () => {
    const { port } = await serving((_request, response) => {
      const trickle = setInterval(() => response.write('x'), 10);
      response.on('close', () => clearInterval(trickle));
    });
    expect(await refused({ url: `http://feed.test:${port}/` }, quick({ whole: 100 }))).toBe('timeout');
    expect(await refused({ url: `http://feed.test:${port}/`, timeout: 100 })).toBe('timeout');
  });

  test('for the TLS handshake is bounded', async () => {
    const port = await listening(createSocketServer(() => undefined));
    expect(await refused({ url: `https://feed.test:${port}/` }, quick({ connect: 100 }))).toBe('timeout');
  });

  test('for the name is bounded', async () => {
    const options = { resolve: () => new Promise<never>(() => undefined), timeouts: { whole: 50 } };
    expect(await refused({ url: 'http://slow.example/' }, options)).toBe('timeout');
  });

  test('ends where the caller gives up', async () => {
    const { port } = await serving(() => undefined);
    const giveUp = new AbortController();
    const going = refused({ url: `http://feed.test:${port}/`, signal: giveUp.signal });
    giveUp.abort();
    expect(await going).toBe('timeout');
    expect(await refused({ url: `http://feed.test:${port}/`, signal: AbortSignal.abort() })).toBe('timeout');
  });

  test('is not kept by a reader that stops early', async () => {
    const { port } = await serving((_request, response) => void response.write('x'.repeat(10)));
    const { body } = await createFetch(NAMES)({ url: `http://feed.test:${port}/`, maxOctets: MOST });
    for await (const chunk of body) if (chunk.length > 0) break;
    await expect.poll(() => sockets.size).toBe(0);
  });
});

test('a name without an address, and one that cannot be looked up, are told apart from what is refused', async () => {
  expect(await refused({ url: 'http://none.example/' }, { resolve: async () => [] })).toBe('dns');
  const failing = { resolve: () => Promise.reject(Object.assign(new Error('no'), { code: 'ENOTFOUND' })) };
  expect(await refused({ url: 'http://none.example/' }, failing)).toBe('dns');
});

test('the certificate must be that of the name, not of the address', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'kalends-fetch-'));
  const command =
    'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=feed.test ' +
    '-addext subjectAltName=DNS:feed.test -keyout key -out crt';
  execFileSync('openssl', command.split(' '), { cwd: folder, stdio: 'ignore' });
  const [key, cert] = ['key', 'crt'].map((name) => readFileSync(join(folder, name), 'utf8')) as [string, string];
  rmSync(folder, { recursive: true });
  const port = await listening(createSecureServer({ key, cert }, ok));
  const options = { ...NAMES, ca: cert };
  expect(await refused({ url: `https://feed.test:${port}/` }, options)).toBe('answered 200');
  expect(await refused({ url: `https://other.test:${port}/` }, options)).toBe('unreachable');
  expect(await refused({ url: `https://127.0.0.1:${port}/` }, { ...options, allow: ['127.0.0.1'] })).toBe(
    'unreachable',
  );
  expect(await refused({ url: `https://feed.test:${port}/` })).toBe('unreachable');
});
