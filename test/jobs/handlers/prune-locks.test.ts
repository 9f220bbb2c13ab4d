import { afterAll, beforeAll, expect, test } from 'vitest';
import { DAY, SECOND } from '../../../src/base/clock.ts';
import { pruneLocks } from '../../../src/jobs/handlers/prune-locks.ts';
import { SILENT_LOG, startDavServer, XML, type DavServer } from '../../dav-server.ts';
import { NO_NETWORK } from '../no-network.ts';

let server: DavServer;
beforeAll(async () => {
  server = await startDavServer();
});
afterAll(() => server.close());

const body = '<lockinfo xmlns="DAV:"><lockscope><exclusive/></lockscope><locktype><write/></locktype></lockinfo>';
const lock = (uri: string, seconds: number) =>
  server.request('LOCK', `/dav/calendars/alice/${uri}/`, { body, headers: { ...XML, timeout: `Second-${seconds}` } });
const rows = async () => (await server.context.store.db.selectFrom('locks').select('expires_at').execute()).length;

test('locks go when their time is over, and none before', async () => {
  expect([(await lock('calendar', 60)).status, (await lock('tasks', 120)).status]).toEqual([200, 200]);
  const left: number[] = [];
  for (const seconds of [59, 1, 59, 1]) {
    server.time.now += seconds * SECOND;
    const context = { calendar: server.context, log: SILENT_LOG, retention: DAY, ...NO_NETWORK };
    await pruneLocks.run(context, new AbortController().signal);
    left.push(await rows());
  }
  expect(left).toEqual([2, 1, 1, 0]);
});
