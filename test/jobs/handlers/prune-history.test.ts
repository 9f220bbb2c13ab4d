import { expect, test } from 'vitest';
import { DAY } from '../../../src/base/clock.ts';
import { auditLog } from '../../../src/calendar/audit.ts';
import { collectionAt } from '../../../src/calendar/collections.ts';
import { historyOf } from '../../../src/calendar/history.ts';
import { restoreAsOf } from '../../../src/calendar/restore-collection.ts';
import { trashOf } from '../../../src/calendar/trash.ts';
import { pruneHistory } from '../../../src/jobs/handlers/prune-history.ts';
import type { JobContext } from '../../../src/jobs/job.ts';
import { CALENDAR_TYPE, event, SILENT_LOG, startDavServer } from '../../dav-server.ts';

const PATH = '/dav/calendars/alice/calendar/';
const actor = { id: 'alice' as never, admin: true, adminReadOnly: false, deviceId: undefined };

test('versions, trash and audit are kept as long as it is configured, and as of any time since then is answered', async () => {
  const server = await startDavServer({ settings: { historyDays: 90 } });
  const { context, time } = server;
  const put = (name: string, text: string) =>
    server.request('PUT', PATH + name, { headers: CALENDAR_TYPE, body: event(name, `SUMMARY:${text}`) });
  const prune = () => {
    const job = { calendar: context, log: SILENT_LOG } as unknown as JobContext; // it asks for no more
    return pruneHistory.run(job, new AbortController().signal);
  };
  const kinds = async (uid: string) =>
    (await historyOf(context, actor, { homeId: 'alice', uid })).map(({ kind }) => kind);
  await put('a.ics', 'one');
  await put('gone.ics', 'x');
  time.now += DAY;
  await server.request('DELETE', `${PATH}gone.ics`);
  await put('a.ics', 'two');
  const second = time.now;
  await server.request('MKCALENDAR', '/dav/calendars/alice/work/');
  await server.request('DELETE', '/dav/calendars/alice/work/');
  time.now += 30 * DAY;
  await put('a.ics', 'three');

  time.now = second + 89 * DAY;
  await prune();
  expect(await kinds('a.ics')).toEqual(['updated', 'updated', 'created']);
  expect(await trashOf(context, actor, 'alice')).toHaveLength(2);

  time.now = second + 90 * DAY + 1;
  await prune();
  expect(await kinds('a.ics')).toEqual(['updated']);
  expect(await trashOf(context, actor, 'alice')).toEqual([]);
  const acts: string[] = [];
  for await (const { act } of auditLog(context, { actor, since: 0 })) acts.push(act);
  expect(acts).toEqual(['object-updated']);
  const collection = (await collectionAt(context, 'alice', 'calendar'))!;
  await restoreAsOf(context, { actor, collection, at: second + 1 });
  expect((await server.request('GET', `${PATH}a.ics`)).body.toString()).toContain('SUMMARY:two');
  await server.close();
});
