import { afterAll, beforeAll, expect, test } from 'vitest';
import { DAY } from '../../../src/base/clock.ts';
import { pruneRemoved } from '../../../src/jobs/handlers/prune-removed.ts';
import { CALENDAR_TYPE, event, SILENT_LOG, startDavServer, type DavServer } from '../../dav-server.ts';
import { report, statuses } from '../../dav/reports/report-client.ts';
import { NO_NETWORK } from '../no-network.ts';

const CALENDAR = '/dav/calendars/alice/calendar/';
const RETENTION = 180 * DAY;

let server: DavServer;
beforeAll(async () => {
  server = await startDavServer();
});
afterAll(() => server.close());

const put = (name: string) => server.request('PUT', CALENDAR + name, { body: event(name), headers: CALENDAR_TYPE });

async function sync(token: string) {
  const body = `<D:sync-collection xmlns:D="DAV:"><D:sync-token>${token}</D:sync-token><D:sync-level>1</D:sync-level><D:prop><D:getetag/></D:prop></D:sync-collection>`;
  const { status, text } = await report(server, CALENDAR, body);
  return { status, text, token: /<D:sync-token>([^<]*)</.exec(text)?.[1] ?? '' };
}

const prune = () =>
  pruneRemoved.run(
    { calendar: server.context, log: SILENT_LOG, retention: RETENTION, ...NO_NETWORK },
    new AbortController().signal,
  );

test('a removal is told of for as long as it is remembered; a device away for longer starts anew', async () => {
  await put('a.ics');
  await put('b.ics');
  const { token: old } = await sync('');
  await server.request('DELETE', `${CALENDAR}a.ics`);
  const { token: since } = await sync(old);

  server.time.now += RETENTION;
  await prune();
  expect(statuses((await sync(old)).text)).toEqual({ [`${CALENDAR}a.ics`]: 404 });

  server.time.now += 1;
  await prune();
  const refused = await sync(old);
  expect([refused.status, refused.text]).toEqual([403, expect.stringContaining('<D:valid-sync-token/>')]);
  // Whoever knew of the removal already goes on as before.
  expect((await sync(since)).status).toBe(207);
  expect(statuses((await sync('')).text)).toEqual({ [`${CALENDAR}b.ics`]: 200 });
});
