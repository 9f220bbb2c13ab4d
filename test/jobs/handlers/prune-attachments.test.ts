import { afterAll, beforeAll, expect, test } from 'vitest';

import { DAY } from '../../../src/base/clock.ts';
import { forgetHistory } from '../../../src/calendar/forget-history.ts';
import { pruneAttachments } from '../../../src/jobs/handlers/prune-attachments.ts';
import { CALENDAR_TYPE, event, SILENT_LOG, startDavServer, type DavServer } from '../../dav-server.ts';
import { NO_NETWORK } from '../no-network.ts';

let server: DavServer;
beforeAll(async () => {
  server = await startDavServer();
});
afterAll(() => server.close());

const EVENT = '/dav/calendars/alice/calendar/a.ics';
const add = () => server.request('POST', `${EVENT}?action=attachment-add`, { body: 'x' });
const rows = async (): Promise<number> => {
  const { db } = server.context.store;
  const chunks = await db.selectFrom('attachment_chunks').select('place').execute();
  expect(chunks).toHaveLength((await db.selectFrom('attachments').select('id').execute()).length);
  return chunks.length;
};
const run = () =>
  pruneAttachments.run(
    { calendar: server.context, log: SILENT_LOG, retention: DAY, ...NO_NETWORK },
    new AbortController().signal,
  );

test('an attachment goes with its octets once neither the event nor a kept version names it', async () => {
  await server.request('PUT', EVENT, { headers: CALENDAR_TYPE, body: event('a') });
  const added = await add();
  await add();
  const query = `action=attachment-remove&managed-id=${String(added.headers['cal-managed-id'])}`;
  await server.request('POST', `${EVENT}?${query}`);
  server.time.now += 2 * DAY;
  await run();
  expect(await rows()).toBe(2);
  for await (const forgotten of forgetHistory(server.context, server.time.now)) expect(forgotten).toBeGreaterThan(0);
  await run();
  await run();
  expect(await rows()).toBe(1);
});
