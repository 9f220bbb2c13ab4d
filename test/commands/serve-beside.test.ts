import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { listDevices } from '../../src/store/devices.ts';
import { CALENDAR_HEADERS, multistatus, propfind, syncCollection, type DavClient } from '../dav-client.ts';
import { event, ics } from '../dav-server.ts';
import { postgresForTests } from '../postgres/database.ts';
import { runCli, temporaryFolder } from './run-cli.ts';
import { startRunning, type RunningServer } from './running-server.ts';

const folder = temporaryFolder();
afterAll(() => folder.remove());
const postgres = await postgresForTests();

const CALENDAR = '/dav/calendars/alice/calendar/';
const nameOf = propfind('0', ['displayname']);
const statusFor = async (client: DavClient, path: string): Promise<number> =>
  (await client.request('PROPFIND', path, nameOf)).status;

/** Every verb in another process, as far as the database can tell: it opens connections of its own. */
function besideAServer(name: string, database: () => Promise<Readonly<Record<string, string>>>): void {
  describe(`beside a server on ${name}`, () => {
    let server: RunningServer;
    let flags: readonly string[];
    beforeAll(async () => {
      const settings = { data: folder.path(name), ...(await database()) };
      flags = Object.entries(settings).flatMap(([flag, value]) => [`--${flag}`, value]);
      await runCli(['user', 'add', 'alice', ...flags], { stdin: 'pw' });
      server = await startRunning(settings);
    });
    afterAll(() => server.close());

    const provision = async (content: unknown): Promise<void> => {
      const file = folder.path('people.json');
      writeFileSync(file, JSON.stringify(content));
      expect(await runCli(['provision', file, ...flags])).toMatchObject({ code: 0, stderr: '' });
    };

    test('a calendar that is provisioned is there at once', async () => {
      const alice = server.as('alice', 'pw');
      expect(await statusFor(alice, '/dav/calendars/alice/team/')).toBe(404);
      const calendars = [{ uri: 'team', name: 'Team' }];
      await provision({ users: [{ id: 'alice', name: 'Alice', emails: [], calendars }] });
      expect(await statusFor(alice, '/dav/calendars/alice/team/')).toBe(207);
    });

    test('a person who is provisioned can log in, also who tried before', async () => {
      const carol = server.as('carol@example.com', 'new');
      expect(await statusFor(carol, '/dav/')).toBe(401);
      await provision({ users: [{ id: 'carol', name: 'Carol', emails: ['carol@example.com'], password: 'new' }] });
      await expect.poll(() => statusFor(carol, '/dav/calendars/carol/')).toBe(207);
    });

    test('a password that is set replaces the old one', async () => {
      const old = server.as('dave', 'old');
      await runCli(['user', 'add', 'dave', ...flags], { stdin: 'old' });
      expect(await statusFor(old, '/dav/')).toBe(207);
      await runCli(['user', 'passwd', 'dave', ...flags], { stdin: 'new' });
      // PostgreSQL sends its notice, SQLite is looked at with each request.
      if (name === 'PostgreSQL') await expect.poll(() => statusFor(old, '/dav/')).toBe(401);
      expect(await statusFor(old, '/dav/')).toBe(401);
      expect(await statusFor(server.as('dave', 'new'), '/dav/')).toBe(207);
    });

    test('failure 10: what is imported is in the next sync, and no answer is of before', async () => {
      const alice = server.as('alice', 'pw');
      const before = multistatus((await alice.request('REPORT', CALENDAR, syncCollection(undefined))).body);
      const file = folder.path('three.ics');
      const events = ['a', 'b', 'c'].flatMap((uid) => event(`import-${uid}`).split('\r\n').slice(3, -2));
      writeFileSync(file, ics(...events));
      expect((await runCli(['import', file, '--user', 'alice', ...flags])).stdout).toMatch(/^imported 3,/);
      const after = multistatus((await alice.request('REPORT', CALENDAR, syncCollection(before.syncToken))).body);
      expect(after.entries.map(({ status }) => status)).toEqual([undefined, undefined, undefined]);
      const again = multistatus((await alice.request('REPORT', CALENDAR, syncCollection(after.syncToken))).body);
      expect(again.entries).toEqual([]);
    });

    test('U6: devices are recorded with their sync and their trouble, and without a write per request', async () => {
      const { context } = server;
      const alice = server.as('alice', 'pw');
      const as = (name: string) => ({ 'user-agent': name });
      await alice.request('PROPFIND', CALENDAR, nameOf);
      const before = context.store.stats().units;
      for (let count = 0; count < 50; count += 1) {
        await alice.request('PROPFIND', CALENDAR, { ...nameOf, headers: { ...nameOf.headers, ...as('phone') } });
      }
      const sync = syncCollection(undefined);
      await alice.request('REPORT', CALENDAR, { ...sync, headers: { ...sync.headers, ...as('phone') } });
      const wrong = { body: 'no calendar', headers: { ...CALENDAR_HEADERS, ...as('laptop') } };
      expect((await alice.request('PUT', `${CALENDAR}wrong.ics`, wrong)).status).toBe(403);
      expect(context.store.stats().units - before).toBe(0);
      await server.close();
      server = await startRunning({ data: folder.path(name), ...(await databaseOf(flags)) });
      const devices = await listDevices(server.context.store.db, 'alice');
      const [phone, laptop] = ['phone', 'laptop'].map((agent) => devices.find(({ userAgent }) => userAgent === agent));
      expect(phone?.lastSync).toBeGreaterThanOrEqual(phone?.firstSeen ?? NaN);
      expect(phone?.lastSeen).toBeGreaterThanOrEqual(phone?.firstSeen ?? NaN);
      expect([phone?.lastError, laptop?.lastError, laptop?.lastSync]).toEqual([undefined, 'PUT 403', undefined]);
    });
  });
}

const databaseOf = async (flags: readonly string[]): Promise<Readonly<Record<string, string>>> => {
  const at = flags.indexOf('--database');
  return at === -1 ? {} : { database: flags[at + 1] ?? '' };
};

besideAServer('SQLite', () => Promise.resolve({}));
if ('missing' in postgres)
  describe.skip(`beside a server on PostgreSQL: not installed are ${postgres.missing}`, () => undefined);
else {
  besideAServer('PostgreSQL', async () => ({ database: await postgres.create() }));

  test('on PostgreSQL, backup and restore name the tools that do it', async () => {
    const flags = ['--data', folder.path('tools'), '--database', await postgres.create()];
    await runCli(['user', 'add', 'alice', ...flags], { stdin: 'pw' });
    const backup = await runCli(['backup', folder.path('none.backup'), ...flags]);
    expect([backup.code, backup.stderr]).toEqual([1, expect.stringContaining('pg_dump --format=custom')]);
    const restore = await runCli(['restore', folder.path('three.ics'), ...flags]);
    expect([restore.code, restore.stderr]).toEqual([1, expect.stringContaining('pg_restore')]);
  });

  test('security 20: after pg_restore, a sync token from before is refused, so that clients list anew', async () => {
    const settings = { data: folder.path('dumped'), database: await postgres.create() };
    const flags = Object.entries(settings).flatMap(([flag, value]) => [`--${flag}`, value]);
    await runCli(['user', 'add', 'alice', ...flags], { stdin: 'pw' });
    const askedBy = async (token: string | undefined) => {
      const server = await startRunning(settings);
      const answer = await server.as('alice', 'pw').request('REPORT', CALENDAR, syncCollection(token));
      await server.close();
      return answer;
    };
    const { syncToken } = multistatus((await askedBy(undefined)).body);
    expect((await askedBy(syncToken)).status).toBe(207);
    expect((await runCli(['restore', '--after-pg-restore', ...flags])).code).toBe(0);
    const refused = await askedBy(syncToken);
    expect([refused.status, refused.body.toString()]).toEqual([403, expect.stringContaining('valid-sync-token')]);
  });
}
