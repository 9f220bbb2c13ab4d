import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DAY, SECOND } from '../../../src/base/clock.ts';
import { createHub } from '../../../src/base/hub.ts';
import type { CalendarContext } from '../../../src/calendar/context.ts';
import { vapidKeys } from '../../../src/calendar/push-keys.ts';
import { deliverPushes } from '../../../src/jobs/handlers/deliver-pushes.ts';
import { createFetch } from '../../../src/net/fetch.ts';
import { openStore, type StoreOptions } from '../../../src/store/store.ts';
import { temporaryFolder } from '../../commands/run-cli.ts';
import { CALENDAR_TYPE, event, SILENT_LOG, startDavServer, XML, type DavServer } from '../../dav-server.ts';
import { postgresForTests } from '../../postgres/database.ts';
import { pushRegister, startPushService, type PushService } from '../../push-service.ts';

const CALENDAR = '/dav/calendars/alice/calendar/';
const folder = temporaryFolder();
let files = 0;
afterAll(() => folder.remove());
const postgres = await postgresForTests();

/** Two nodes on one database: each with a store, a hub and a job of its own. */
interface Nodes {
  readonly server: DavServer;
  readonly service: PushService;
  readonly other: CalendarContext;
  /** Runs the job on both at the same time, some seconds later. */
  run(): Promise<unknown>;
  /** Registers a device; returns the registration URL. */
  subscribe(name: string): Promise<string>;
  put(uid: string, headers?: Readonly<Record<string, string>>): Promise<unknown>;
  close(): Promise<void>;
}

const jobOn = (calendar: CalendarContext) => ({
  ...{ calendar, log: SILENT_LOG, retention: DAY, fetch: createFetch({ allow: ['127.0.0.1'] }) },
  random: () => 1,
});

/** Two nodes on one database: each with a store, a hub and a job of its own. */
async function startNodes(options: StoreOptions): Promise<Nodes> {
  const push = { contact: 'mailto:admin@example.com' };
  const server = await startDavServer({ settings: { push }, open: (services) => openStore(options, services) });
  const store = await openStore(options, { clock: server.context.clock, log: SILENT_LOG });
  const other: CalendarContext = { ...server.context, store, hub: createHub() };
  const service = await startPushService();
  const { signal } = new AbortController();
  return {
    server,
    service,
    other,
    run() {
      server.time.now += 10 * SECOND;
      return Promise.all([server.context, other].map((each) => deliverPushes.run(jobOn(each), signal)));
    },
    async subscribe(name) {
      const body = pushRegister(service.device(name));
      return (await server.request('POST', CALENDAR, { headers: XML, body })).headers.location!;
    },
    put: (uid, headers = {}) =>
      server.request('PUT', `${CALENDAR}${uid}.ics`, { headers: { ...CALENDAR_TYPE, ...headers }, body: event(uid) }),
    async close() {
      await service.close();
      await store.close();
      await server.close();
    },
  };
}

function onTwoNodes(engine: string, database: () => Promise<StoreOptions>): void {
  describe(`two nodes on ${engine}`, () => {
    let nodes: Nodes;
    beforeEach(async () => {
      nodes = await startNodes(await database());
    });
    afterEach(() => nodes.close());

    test('send each message once, and make one key pair; what one wrote wakes the other', async () => {
      const { server, other, service, run, put, subscribe } = nodes;
      expect(await vapidKeys(other)).toEqual(await vapidKeys(server.context));
      const names = Array.from({ length: 12 }, (_, n) => `device-${n}`);
      for (const name of names) await subscribe(name);
      let wakes = 0;
      const stop = deliverPushes.listen!(jobOn(other), () => void (wakes += 1));
      for (let round = 1; round <= 5; round += 1) {
        await put(`event-${round}`);
        await run();
        expect(service.messages).toHaveLength(round * names.length);
      }
      expect(new Set(service.messages.map(({ device }) => device)).size).toBe(names.length);
      other.store.look();
      await expect.poll(() => wakes).toBeGreaterThan(0);
      stop();
    });

    test('keep quiet of one’s own changes, also where many are made at once, and lose none of the others', async () => {
      const { service, run, put, subscribe } = nodes;
      const own = await subscribe('phone');
      const quietly = { 'push-dont-notify': `"${own}"` };
      const uids = (name: string) => Array.from({ length: 20 }, (_, n) => `${name}-${n}`);
      await Promise.all(uids('own').map((uid) => put(uid, quietly)));
      await run();
      expect(service.requests()).toBe(0);
      for (let round = 1; round <= 3; round += 1) {
        await Promise.all(uids(`mixed-${round}`).map((uid, n) => put(uid, n === 7 ? {} : quietly)));
        await run();
        expect(service.messages).toHaveLength(round);
      }
    });

    test('tell of a removal once, and then the subscription is gone', async () => {
      const { server, service, run, subscribe } = nodes;
      await subscribe('phone');
      await server.request('DELETE', CALENDAR);
      await run();
      await run();
      expect(service.messages).toHaveLength(1);
    });
  });
}

onTwoNodes('SQLite', () => Promise.resolve({ sqlite: folder.path(`nodes-${(files += 1)}.db`) }));
if ('missing' in postgres) {
  describe.skip(`two nodes on PostgreSQL: not installed are ${postgres.missing}`, () => undefined);
} else {
  onTwoNodes('PostgreSQL', async () => ({ postgres: await postgres.create() }));
}
