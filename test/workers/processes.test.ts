import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import Database from 'better-sqlite3';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { diskSyncs } from '../../bench/disk-syncs.ts';
import { processTree } from '../../bench/cpu.ts';
import { CALENDAR_HEADERS } from '../dav-client.ts';
import { removeDir, startServer } from '../live-server.ts';
import { event, EVENT_PATH, lineToEach, startCrewServer, START_PATIENCE } from './crew.ts';

const WORKERS = 2;
type CrewServer = Awaited<ReturnType<typeof startCrewServer>>;

const workersOf = ({ pid }: CrewServer): number[] => processTree(pid).filter((each) => each !== pid);
const isAlive = (pid: number): boolean => existsSync(`/proc/${pid}`);
const socketFolders = (pid: number): string[] =>
  readdirSync(tmpdir()).filter((name) => name.startsWith(`kalends-writer-${pid}-`));

/** Sends octets as they are; `text` is what came back so far. */
function raw(port: number, octets: string) {
  const socket = connect(port, '127.0.0.1');
  const heard = { text: '', socket };
  socket.on('data', (chunk: Buffer) => (heard.text += chunk.toString('latin1')));
  socket.on('error', () => undefined);
  socket.write(octets);
  return heard;
}

const AUTHORIZATION = `Authorization: Basic ${Buffer.from('alice:alice').toString('base64')}`;

/** A PUT of which the last octet is not sent. */
function unfinishedPut(): { readonly head: string; readonly rest: string } {
  const body = event('sent slowly');
  const lines = [`PUT ${EVENT_PATH} HTTP/1.1`, 'Host: localhost', AUTHORIZATION, 'Content-Type: text/calendar'];
  const head = [...lines, `Content-Length: ${body.length}`, '', body.slice(0, -1)].join('\r\n');
  return { head, rest: body.slice(-1) };
}

/** A server for the tests of one `describe`; it is there once they run. */
function crewForAll(): () => CrewServer {
  let server: CrewServer | undefined;
  beforeAll(async () => {
    server = await startCrewServer(WORKERS);
  }, START_PATIENCE);
  afterAll(async () => {
    await server?.kill();
    if (server !== undefined) removeDir(server.dataDir);
  });
  return () => server!;
}

describe('a server of two workers', () => {
  const crew = crewForAll();

  test('hands connections to the workers in turn', async () => {
    expect(workersOf(crew())).toHaveLength(WORKERS);
    const counts = new Map<string, number>();
    for (let at = 0; at < 10 * WORKERS; at += 1) {
      const heard = raw(crew().port, 'GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
      await once(heard.socket, 'close');
      const worker = /x-request-id: (\w+)-/i.exec(heard.text)![1]!;
      counts.set(worker, (counts.get(worker) ?? 0) + 1);
    }
    expect([...counts.values()]).toEqual(Array.from({ length: WORKERS }, () => 10));
  });

  test('adds up the figures of its processes, whichever worker is asked', async () => {
    const lines = await lineToEach(crew(), WORKERS, { user: 'alice' });
    const syncs = await diskSyncs(crew().url);
    for (let at = 0; at < 6; at += 1) {
      const options = { headers: CALENDAR_HEADERS, body: event(`${at}`) };
      expect((await lines[at % WORKERS]!.request('PUT', EVENT_PATH, options)).status).toBe(at === 0 ? 201 : 204);
    }
    for (const line of lines) {
      const text = (await line.request('GET', '/metrics')).body.toString();
      // Counted once, by the worker that took it, and not by the process that wrote it, too.
      expect(text).toMatch(/^http_request_duration_seconds_count\{method="PUT",status="2xx"\} 6$/m);
      expect(Number(/^kalends_syncs (\d+)$/m.exec(text)?.[1]) - syncs).toBe(6);
      expect(Number(/^process_resident_memory_bytes (\d+)/m.exec(text)?.[1])).toBeGreaterThan(100e6);
      line.close();
    }
  });

  test(
    'does not start where the port is taken, and says so',
    async () => {
      const { dataDir, port } = crew();
      const second = startServer({ dataDir, port, args: ['--workers', '2'] });
      await expect(second).rejects.toThrow(/kalends: .*EADDRINUSE/);
    },
    START_PATIENCE,
  );

  test('counts wrong passwords over all workers together', async () => {
    const answers: number[] = [];
    for (let at = 0; at < 11; at += 1) {
      const [line] = await lineToEach(crew(), 1, { user: 'bob', password: `guess ${at}` });
      answers.push((await line!.request('GET', '/dav/')).status);
      line!.close();
    }
    expect(answers).toEqual([...Array.from({ length: 10 }, () => 401), 429]);
  });

  test('finishes what is under way when all its processes are told to end, and leaves nothing behind', async () => {
    for (const [at, line] of (await lineToEach(crew(), WORKERS, { user: 'alice' })).entries()) {
      const headers = { 'User-Agent': `device ${at}`, Depth: '0' };
      expect((await line.request('PROPFIND', '/dav/calendars/alice/', { headers })).status).toBe(207);
      line.close();
    }
    const workers = workersOf(crew());
    expect(socketFolders(crew().pid)).toHaveLength(1);
    const { head, rest } = unfinishedPut();
    const heard = raw(crew().port, head);
    // Later ones of both workers were answered: it has arrived.
    for (const line of await lineToEach(crew(), WORKERS, { user: 'alice' })) line.close();
    for (const pid of workers) process.kill(pid, 'SIGTERM');
    const stopped = crew().stop();
    // Nobody is taken any more, so that those who are to end have begun to.
    await expect.poll(() => fetch(crew().url).catch(() => 'refused'), { timeout: 10_000 }).toBe('refused');
    expect(workers.filter(isAlive)).not.toEqual([]);
    heard.socket.write(rest);
    await expect.poll(() => heard.text, { timeout: 10_000 }).toMatch(/^HTTP\/1\.1 204 No Content/);
    expect(await stopped).toBe(0);
    expect(workers.filter(isAlive)).toEqual([]);
    expect(socketFolders(crew().pid)).toEqual([]);
    const file = new Database(join(crew().dataDir, 'kalends.db'), { readonly: true });
    const seen = file.prepare("select user_agent from devices where user_agent like 'device%' order by 1").pluck();
    expect(seen.all()).toEqual(['device 0', 'device 1']);
    file.close();
  });
});

describe('where a process is killed', () => {
  const crew = crewForAll();

  test('a worker loses its requests alone, and another one takes its place', async () => {
    const lines = await lineToEach(crew(), WORKERS, { user: 'alice' });
    const options = { headers: CALENDAR_HEADERS, body: event('kept') };
    expect((await lines[0]!.request('PUT', EVENT_PATH, options)).status).toBe(201);
    const [victim] = workersOf(crew());
    process.kill(victim!, 'SIGKILL');
    await expect.poll(() => isAlive(victim!)).toBe(false);
    // Of the two lines one is broken, the other is as it was.
    const both = await Promise.allSettled(lines.map((line) => line.request('GET', EVENT_PATH)));
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const back = (): Promise<number> =>
      lineToEach(crew(), WORKERS, { user: 'alice' }).then(
        (found) => found.length,
        () => 0,
      );
    await expect.poll(back, { timeout: 20_000 }).toBe(WORKERS);
    expect(workersOf(crew())).toHaveLength(WORKERS);
    await expect.poll(() => crew().output()).toMatch(/a worker has ended/);
    const again = await lineToEach(crew(), WORKERS, { user: 'alice' });
    for (const line of again) expect((await line.request('GET', EVENT_PATH)).body.toString()).toBe(event('kept'));
    for (const line of [...lines, ...again]) line.close();
  });

  test('the workers end with the process that started them', async () => {
    const workers = workersOf(crew());
    expect(workers).toHaveLength(WORKERS);
    await crew().kill();
    await expect.poll(() => workers.filter(isAlive), { timeout: 10_000 }).toEqual([]);
  });
});

test(
  'one worker is one process',
  async () => {
    const server = await startCrewServer(1);
    try {
      expect(workersOf(server)).toEqual([]);
      expect((await fetch(new URL('/readyz', server.url))).status).toBe(200);
    } finally {
      await server.kill();
      removeDir(server.dataDir);
    }
  },
  START_PATIENCE,
);
