import { afterAll, beforeAll, expect, test } from 'vitest';

import { DAY } from '../../../src/base/clock.ts';
import { forgetMemories } from '../../../src/jobs/handlers/forget-memories.ts';
import { meeting, onlyEvent, putEvent } from '../../dav/meeting.ts';
import { SILENT_LOG, startDavServer, type DavServer } from '../../dav-server.ts';
import { NO_NETWORK } from '../no-network.ts';

let server: DavServer;
beforeAll(async () => {
  server = await startDavServer({ users: ['alice', 'bob'], limits: { meetingMemoryDays: 100 } });
});
afterAll(() => server.close());

const run = () =>
  forgetMemories.run(
    { calendar: server.context, log: SILENT_LOG, retention: DAY, ...NO_NETWORK },
    new AbortController().signal,
  );
const remembered = async (): Promise<readonly string[]> => {
  const rows = await server.context.store.db.selectFrom('scheduling_memory').select(['home_id', 'uid']).execute();
  return rows.map(({ home_id, uid }) => `${home_id} ${uid}`).toSorted();
};

test('what is remembered of meetings that are gone is forgotten in time, and nothing of those that are there', async () => {
  for (const uid of ['kept', 'gone']) {
    await putEvent(server, `/dav/calendars/alice/calendar/${uid}.ics`, meeting(uid, ['bob']));
    if (uid === 'kept') {
      const { path, text } = await onlyEvent(server, 'bob');
      const answer = text.replace(/ATTENDEE[^:\r]*:mailto:bob/, 'ATTENDEE;PARTSTAT=ACCEPTED:mailto:bob');
      expect((await putEvent(server, path, answer, { as: 'bob' })).status).toBe(204);
    } else {
      await server.request('DELETE', '/dav/calendars/alice/calendar/gone.ics');
    }
  }
  const whole = await remembered();
  expect(whole).toEqual(expect.arrayContaining(['alice gone', 'alice kept', 'bob kept']));
  server.time.now += 99 * DAY;
  await run();
  expect(await remembered()).toEqual(whole);
  server.time.now += 2 * DAY;
  await run();
  expect(await remembered()).toEqual(whole.filter((name) => name !== 'alice gone'));
});
