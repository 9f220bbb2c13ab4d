import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { request as httpsRequest } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { createInterface } from 'node:readline';
import { text as readAll } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CALENDAR_HEADERS, multistatus, propfind, syncCollection } from '../dav-client.ts';
import { event } from '../dav-server.ts';
import { ROOT } from '../live-server.ts';
import { runCli, temporaryFolder } from './run-cli.ts';
import { startRunning } from './running-server.ts';

const folder = temporaryFolder();
afterAll(() => folder.remove());
const CALENDAR = '/dav/calendars/alice/calendar/';

const makeAlice = async (name: string): Promise<readonly string[]> => {
  const data = ['--data', folder.path(name)];
  await runCli(['user', 'add', 'alice', ...data], { stdin: 'pw' });
  return data;
};

describe('what an operator asks', () => {
  test('/healthz, /readyz and /metrics answer without a log-in, metrics to this machine or the token alone', async () => {
    const server = await startRunning({ data: folder.path('asked') }, { KALENDS_METRICS_TOKEN: 't0ken' });
    const ask = async (path: string, headers = {}): Promise<readonly [number, string]> => {
      const answer = await fetch(`${server.url}${path}`, { headers });
      return [answer.status, await answer.text()];
    };
    expect(await ask('healthz')).toEqual([200, 'ok\n']);
    expect((await ask('readyz'))[0]).toBe(200);
    expect(await ask('metrics')).toEqual([200, expect.stringMatching(/^kalends_commits \d+$/m)]);
    expect((await ask('metrics', { 'x-forwarded-for': '127.0.0.1' }))[0]).toBe(403);
    expect((await ask('metrics', { 'x-forwarded-for': '1.2.3.4', authorization: 'Bearer t0ken' }))[0]).toBe(200);
    await server.context.store.close();
    expect([(await ask('healthz'))[0], (await ask('readyz'))[0]]).toEqual([200, 503]);
    await server.close();
  });

  test('links are built from the public URL, whatever Host and proxy say', async () => {
    const data = folder.path('public');
    await makeAlice('public');
    const server = await startRunning({ data, 'public-url': 'https://calendar.example.com', 'trust-proxy': true });
    const alice = server.as('alice', 'pw');
    await alice.request('PUT', `${CALENDAR}a.ics`, { body: event('a'), headers: CALENDAR_HEADERS });
    const forwarded = { host: 'evil.example', 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'http' };
    const found = await alice.request('PROPFIND', '/.well-known/caldav', { headers: forwarded });
    expect([found.status, found.headers.location]).toEqual([301, '/dav/']);
    // As a client behind the proxy says it, and as another server would.
    const move = (destination: string) =>
      alice.request('MOVE', `${CALENDAR}a.ics`, { headers: { ...forwarded, destination } });
    expect((await move(`https://elsewhere.example.com${CALENDAR}b.ics`)).status).toBe(403);
    expect((await move(`https://calendar.example.com${CALENDAR}b.ics`)).status).toBe(201);
    await server.close();
  });

  test('with a certificate and its key the server speaks TLS', async () => {
    await makeAlice('tls');
    const [cert, key] = [folder.path('cert.pem'), folder.path('key.pem')];
    const make = `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=localhost`;
    execFileSync('openssl', [...make.split(' '), '-keyout', key, '-out', cert], { stdio: 'ignore' });
    const server = await startRunning({ data: folder.path('tls'), 'tls-cert': cert, 'tls-key': key });
    expect(server.url).toMatch(/^https:/);
    const asked = httpsRequest(`${server.url}dav/`, {
      method: 'PROPFIND',
      auth: 'alice:pw',
      headers: { Depth: '0' },
      rejectUnauthorized: false,
      agent: false,
    }).end();
    const [answer] = (await once(asked, 'response')) as [IncomingMessage];
    answer.resume();
    expect(answer.statusCode).toBe(207);
    await server.close();
  });

  test('every key may stand in the environment, and one that is none is named', async () => {
    const child = spawn(process.execPath, [`${ROOT}/bin/kalends.mjs`, 'serve'], {
      env: {
        ...process.env,
        KALENDS_PORT: '0',
        KALENDS_DATA: folder.path('env'),
        KALENDS_LOG_LEVEL: 'silent',
        KALENDS_PROT: '1',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const stderr = readAll(child.stderr);
    const lines: string[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      lines.push(line);
      if (line.startsWith('listening on ')) child.kill('SIGTERM');
    }
    expect(lines.at(-1)).toMatch(/^listening on http:\/\/127\.0\.0\.1:\d+\/$/);
    expect(await stderr).toBe('kalends: no such configuration: KALENDS_PROT\n');
    expect(child.exitCode ?? (await once(child, 'exit'))[0]).toBe(0);
    expect((await runCli(['user', 'list', '--data', folder.path('env')])).stdout).toContain('admin');
  });
});

describe('failure 6: the database is lost', () => {
  let tags: ReadonlyMap<string, string | undefined>;
  let backedUp: ReadonlySet<string>;
  let oldToken: string | undefined;
  const backup = folder.path('alice.backup');
  const restored = folder.path('restored');

  beforeAll(async () => {
    const data = await makeAlice('lost');
    const server = await startRunning({ data: folder.path('lost') });
    const alice = server.as('alice', 'pw');
    const seen = new Map<string, string | undefined>();
    const put = async (number: number): Promise<void> => {
      const path = `${CALENDAR}${number}.ics`;
      const answer = await alice.request('PUT', path, { body: event(`${number}`), headers: CALENDAR_HEADERS });
      seen.set(path, answer.headers.etag);
    };
    for (let number = 0; number < 20; number += 1) await put(number);
    backedUp = new Set(seen.keys());
    let running = true;
    const copying = runCli(['backup', backup, ...data]).finally(() => (running = false));
    for (let number = 20; running; number += 1) await put(number);
    expect((await copying).code).toBe(0);
    await put(10_000);
    oldToken = multistatus((await alice.request('REPORT', CALENDAR, syncCollection(undefined))).body).syncToken;
    tags = seen;
    await server.close();
    expect((await runCli(['restore', backup, '--data', restored])).code).toBe(0);
  });

  test('a backup taken while clients write restores to a whole state of that time, the same by every way of asking', async () => {
    const server = await startRunning({ data: restored });
    const alice = server.as('alice', 'pw');
    const listed = multistatus((await alice.request('PROPFIND', CALENDAR, propfind('1', ['getetag']))).body).entries;
    const members = listed.filter(({ href }) => href !== CALENDAR);
    const synced = multistatus((await alice.request('REPORT', CALENDAR, syncCollection(undefined))).body).entries;
    expect(new Set(synced.map(({ href }) => href))).toEqual(new Set(members.map(({ href }) => href)));
    for (const path of backedUp) expect(members.map(({ href }) => href)).toContain(path);
    expect(members.map(({ href }) => href)).not.toContain(`${CALENDAR}10000.ics`);
    for (const { href, props } of members) {
      expect(props.get('getetag')).toBe(tags.get(href));
      expect((await alice.request('GET', href)).headers.etag).toBe(tags.get(href));
    }
    await server.close();
  });

  test('security 20: a sync token from before the restore is refused, so that clients list anew', async () => {
    const server = await startRunning({ data: restored });
    const answer = await server.as('alice', 'pw').request('REPORT', CALENDAR, syncCollection(oldToken));
    expect([answer.status, answer.body.toString()]).toEqual([403, expect.stringContaining('valid-sync-token')]);
    await server.close();
  });
});
