import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CALENDAR_HEADERS } from '../dav-client.ts';
import { event } from '../dav-server.ts';
import { runCli, temporaryFolder } from '../commands/run-cli.ts';
import { startRunning, type RunningServer } from '../commands/running-server.ts';
import { postgresForTests } from '../postgres/database.ts';

const folder = temporaryFolder();
afterAll(() => folder.remove());
const postgres = await postgresForTests();

/** The way to the database, which can be cut and made again: a port of this machine before its Unix socket. */
async function cuttable(url: string) {
  const target = new URL(url);
  const socket = `${target.searchParams.get('host') ?? ''}/.s.PGSQL.${target.port || '5432'}`;
  const sockets = new Set<Socket>();
  let server: Server;
  const open = async (port: number): Promise<number> => {
    server = createServer((near) => {
      const far = connect(socket);
      for (const end of [near, far]) {
        sockets.add(end);
        end.on('error', () => end.destroy()).on('close', () => sockets.delete(end));
      }
      near.pipe(far).pipe(near);
    }).listen(port, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port; // a TCP server that listens has one
  };
  const port = await open(0);
  return {
    url: `postgres://${target.username}@127.0.0.1:${port}${target.pathname}`,
    async cut() {
      server.close();
      for (const end of sockets) end.destroy();
      await once(server, 'close');
    },
    mend: () => open(port),
  };
}

if ('missing' in postgres) {
  describe.skip(`PostgreSQL away: not installed are ${postgres.missing}`, () => undefined);
} else {
  describe('failure 6: while PostgreSQL is away', () => {
    const path = '/dav/calendars/alice/calendar/a.ics';
    let way: Awaited<ReturnType<typeof cuttable>>;
    let server: RunningServer;
    beforeAll(async () => {
      way = await cuttable(await postgres.create());
      const settings = { data: folder.path('data'), database: way.url };
      await runCli(['user', 'add', 'alice', '--data', settings.data, '--database', way.url], { stdin: 'pw' });
      server = await startRunning(settings);
      return async () => {
        await server.close();
        await way.cut();
      };
    });

    test('a request is told to come again, the process lives, and it goes on when the database is back', async () => {
      const alice = server.as('alice', 'pw');
      const put = (name: string) => alice.request('PUT', path, { body: event(name), headers: CALENDAR_HEADERS });
      const ask = async (name: string): Promise<number> => (await fetch(`${server.url}${name}`)).status;
      expect((await put('a')).status).toBe(201);
      await way.cut();
      const [write, read] = [await put('a'), await alice.request('GET', path)];
      expect([write.status, write.headers['retry-after']]).toEqual([503, '5']);
      expect([read.status, read.headers['retry-after']]).toEqual([503, '5']);
      expect([await ask('readyz'), await ask('healthz')]).toEqual([503, 200]);
      await way.mend();
      await expect.poll(async () => (await alice.request('GET', path)).status, { timeout: 5000 }).toBe(200);
      expect([(await put('a')).status, await ask('readyz')]).toEqual([204, 200]);
    });
  });
}
