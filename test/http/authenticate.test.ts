import { Agent } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import { createPasswords } from '../../src/auth/passwords.ts';
import { createVerifiedCredentials } from '../../src/auth/verified-credentials.ts';
import { asPrincipalId } from '../../src/base/ids.ts';
import { authenticate } from '../../src/http/authenticate.ts';
import type { Sighting } from '../../src/http/authenticate.ts';
import { ask, run } from './harness.ts';
import type { Running } from './harness.ts';

let running: Running | undefined;
afterEach(async () => {
  await running?.listener.close(0);
  running = undefined;
});

const basic = (login: string, password: string) => ({
  authorization: `Basic ${Buffer.from(`${login}:${password}`).toString('base64')}`,
});

async function serve(): Promise<{ port: number; seen: Sighting[]; hashes: () => number }> {
  const passwords = createPasswords({ concurrent: 2 });
  const stored = new Map([
    ['alice', await passwords.hash('secret')],
    ['bob', await passwords.hash('grün')],
  ]);
  let hashes = 0;
  const credentials = createVerifiedCredentials({
    clock: () => 1000,
    passwords: {
      ...passwords,
      verify: (hash, password) => {
        hashes += 1;
        return passwords.verify(hash, password);
      },
      verifyNobody: (password) => {
        hashes += 1;
        return passwords.verifyNobody(password);
      },
    },
    lookup: (login) => {
      const passwordHash = stored.get(login);
      if (passwordHash === undefined) return undefined;
      return { principalId: asPrincipalId(login), passwordHash, admin: false, adminReadOnly: false, version: 1 };
    },
  });
  const seen: Sighting[] = [];
  running = await run({
    authenticate: authenticate({
      credentials,
      clock: () => 1000,
      devices: { seen: (sighting) => void seen.push(sighting) },
    }),
    mount: [
      (ctx) => {
        if (ctx.path === '/conflict') ctx.status = 409;
        else if (ctx.path === '/missing') ctx.status = 404;
        else if (ctx.path === '/bug') throw new Error('bug');
        else {
          ctx.state.synced = ctx.path === '/sync';
          ctx.body = ctx.state.actor.id;
        }
      },
    ],
  });
  return { port: running.port, seen, hashes: () => hashes };
}

describe('two people on one connection', () => {
  test('are each who they say, and nobody inherits the log-in of the one before', async () => {
    const { port } = await serve();
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const as = (headers: Record<string, string>) => ask(port, { agent, headers, path: '/dav/' });
    const sockets = new Set<unknown>();
    agent.on('free', (socket) => sockets.add(socket));
    expect((await as(basic('alice', 'secret'))).text).toBe('alice');
    expect((await as(basic('bob', 'grün'))).text).toBe('bob');
    expect(await as({})).toMatchObject({ status: 401 });
    expect(await as(basic('alice', 'grün'))).toMatchObject({ status: 401 });
    expect((await as(basic('alice', 'secret'))).text).toBe('alice');
    expect(await as({ authorization: 'Bearer x' })).toMatchObject({ status: 401 });
    expect(sockets.size).toBe(1);
    agent.destroy();
  });
});

test('every 401 has the same challenge, on whatever path and for whatever reason', async () => {
  const { port } = await serve();
  const answers = [
    await ask(port, { path: '/' }),
    await ask(port, { path: '/dav/calendars/alice/', method: 'PROPFIND' }),
    await ask(port, { path: '/dav/principals/', headers: basic('alice', 'wrong') }),
    await ask(port, { path: '/nothing', headers: basic('nobody', 'wrong') }),
    await ask(port, { path: '/x', headers: { authorization: 'Basic ???' } }),
  ];
  for (const { status, headers, text } of answers) {
    expect(status).toBe(401);
    expect(headers['www-authenticate']).toBe('Basic realm="Kalends", charset="UTF-8"');
    expect(text).toBe(answers[0]?.text);
  }
});

test('a request costs no hash once its credential is verified', async () => {
  const { port, hashes } = await serve();
  await Promise.all(Array.from({ length: 20 }, () => ask(port, { headers: basic('alice', 'secret') })));
  expect(hashes()).toBe(1);
});

test('a flood of wrong log-ins leaves those who are logged in their answers', async () => {
  const { port } = await serve();
  await ask(port, { headers: basic('alice', 'secret') });
  const flood = Promise.all(
    Array.from({ length: 80 }, (_, i) => ask(port, { headers: basic(`nobody-${i}`, `guess-${i}`) })),
  );
  const times: number[] = [];
  for (let i = 0; i < 20; i += 1) {
    const start = performance.now();
    expect((await ask(port, { headers: basic('alice', 'secret') })).text).toBe('alice');
    times.push(performance.now() - start);
  }
  const median = times.sort((a, b) => a - b)[10]!;
  // A hash takes 30 ms, and 80 of them wait: who is logged in waits for none.
  expect(median).toBeLessThan(150);
  expect(new Set((await flood).map(({ status }) => status))).toEqual(new Set([401]));
});

describe('a device', () => {
  test('is the same for the same person, credential and program, and no other', async () => {
    const { port, seen } = await serve();
    const from = (agent: string, who = basic('alice', 'secret')) =>
      ask(port, { headers: { ...who, 'user-agent': agent } });
    await from('iOS/18.1');
    await from('iOS/18.1');
    await from('Thunderbird');
    await from('iOS/18.1', basic('bob', 'grün'));
    const ids = seen.map(({ deviceId }) => deviceId);
    expect(ids[0]).toBe(ids[1]);
    expect(new Set(ids).size).toBe(3);
    expect(ids[0]).toMatch(/^[0-9a-f]{32}$/);
    expect(seen[0]).toMatchObject({ principalId: 'alice', credential: 'password', userAgent: 'iOS/18.1', at: 1000 });
  });

  test('is recorded with its sync and its trouble, and not with what is none', async () => {
    const { port, seen } = await serve();
    for (const path of ['/', '/sync', '/conflict', '/missing', '/bug']) {
      await ask(port, { path, headers: basic('alice', 'secret') });
    }
    expect(seen.map(({ synced, error }) => [synced, error])).toEqual([
      [false, undefined],
      [true, undefined],
      [false, 'GET 409'],
      [false, undefined],
      [false, 'GET 500'],
    ]);
  });

  test('is nobody where nobody logged in', async () => {
    const { port, seen } = await serve();
    await ask(port, { headers: basic('alice', 'wrong') });
    expect(seen).toEqual([]);
  });
});
