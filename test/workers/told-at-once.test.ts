import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CALENDAR_HEADERS, type Answer } from '../dav-client.ts';
import { kalends, removeDir } from '../live-server.ts';
import { postgresForTests } from '../postgres/database.ts';
import { accounts, event, EVENT_PATH, lineToEach, startCrewServer, START_PATIENCE, type Line } from './crew.ts';

const WORKERS = 2;
const postgres = await postgresForTests();

const statuses = (answers: readonly Answer[]): number[] => answers.map(({ status }) => status);
const all = (status: number): number[] => Array.from({ length: WORKERS }, () => status);
const onEach = (lines: readonly Line[], method: string, path: string): Promise<Answer[]> =>
  Promise.all(lines.map((line) => line.request(method, path)));

const ACL_OF = (grants: string): { body: string; headers: Record<string, string> } => ({
  headers: { 'Content-Type': 'application/xml' },
  body: `<D:acl xmlns:D="DAV:">${grants}</D:acl>`,
});
const BOB_READS =
  '<D:ace><D:principal><D:href>/dav/principals/users/bob/</D:href></D:principal><D:grant><D:privilege><D:read/></D:privilege></D:grant></D:ace>';

describe.each(['sqlite', 'postgres'] as const)('on %s', (engine) => {
  describe.skipIf(engine === 'postgres' && 'missing' in postgres)('what is written', () => {
    let server: Awaited<ReturnType<typeof startCrewServer>>;
    let alice: Line[];
    let bob: Line[];
    beforeAll(async () => {
      const database = engine === 'postgres' && 'create' in postgres ? { database: await postgres.create() } : {};
      server = await startCrewServer(WORKERS, database);
      alice = await lineToEach(server, WORKERS, { user: 'alice' });
      bob = await lineToEach(server, WORKERS, { user: 'bob' });
    }, START_PATIENCE);
    afterAll(async () => {
      for (const line of [...alice, ...bob]) line.close();
      expect(await server.stop()).toBe(0);
      removeDir(server.dataDir);
    });

    test('by one connection is read by every other as soon as it is acknowledged', async () => {
      for (let turn = 0; turn < 20; turn += 1) {
        const writer = alice[turn % WORKERS]!;
        const body = event(`turn ${turn}`);
        const put = await writer.request('PUT', EVENT_PATH, { headers: CALENDAR_HEADERS, body });
        expect(put.status).toBe(turn === 0 ? 201 : 204);
        const read = await onEach(alice, 'GET', EVENT_PATH);
        expect(read.map((answer) => answer.body.toString())).toEqual(Array.from({ length: WORKERS }, () => body));
        expect(new Set(read.map(({ headers }) => headers.etag))).toEqual(new Set([put.headers.etag]));
      }
      expect(statuses([await alice[0]!.request('DELETE', EVENT_PATH)])).toEqual([204]);
      expect(statuses(await onEach(alice, 'GET', EVENT_PATH))).toEqual(all(404));
    });

    test('a right that is taken away is gone for every worker at once', async () => {
      await alice[0]!.request('PUT', EVENT_PATH, { headers: CALENDAR_HEADERS, body: event('shown') });
      for (let turn = 0; turn < 5; turn += 1) {
        const writer = alice[turn % WORKERS]!;
        expect(statuses(await onEach(bob, 'GET', EVENT_PATH))).toEqual(all(403));
        expect((await writer.request('ACL', '/dav/calendars/alice/calendar/', ACL_OF(BOB_READS))).status).toBe(200);
        expect(statuses(await onEach(bob, 'GET', EVENT_PATH))).toEqual(all(200));
        expect((await writer.request('ACL', '/dav/calendars/alice/calendar/', ACL_OF(''))).status).toBe(200);
      }
      expect(statuses(await onEach(bob, 'GET', EVENT_PATH))).toEqual(all(403));
    });

    test('a share that is taken away beside the server is gone for every worker at once', async () => {
      kalends('share', 'add', 'calendar', 'bob', '--user', 'alice', '--accept', ...server.where);
      expect(statuses(await onEach(bob, 'GET', EVENT_PATH))).toEqual(all(200));
      kalends('share', 'remove', 'calendar', 'bob', '--user', 'alice', ...server.where);
      expect(statuses(await onEach(bob, 'GET', EVENT_PATH))).toEqual(all(403));
    });

    test('a password that is set beside the server counts for every worker, and the old one for none', async () => {
      expect(statuses(await onEach(bob, 'GET', '/dav/'))).not.toContain(401);
      kalends('provision', accounts(server.dataDir, { bob: 'another' }), ...server.where);
      expect(statuses(await onEach(bob, 'GET', '/dav/'))).toEqual(all(401));
      const again = await lineToEach(server, WORKERS, { user: 'bob', password: 'another' });
      expect(statuses(await onEach(again, 'GET', '/dav/'))).not.toContain(401);
      for (const line of again) line.close();
    });

    test('a person who is removed beside the server is nobody for every worker', async () => {
      const lines = await lineToEach(server, WORKERS, { user: 'bob', password: 'another' });
      expect(statuses(await onEach(lines, 'GET', '/dav/'))).not.toContain(401);
      kalends('user', 'remove', 'bob', '--yes', ...server.where);
      expect(statuses(await onEach(lines, 'GET', '/dav/'))).toEqual(all(401));
      for (const line of lines) line.close();
    });
  });
});
