import { afterEach, beforeEach, expect, test } from 'vitest';

import { MINUTE, SECOND } from '../../src/base/clock.ts';
import { collectionAt } from '../../src/calendar/collections.ts';
import { forgetHistory } from '../../src/calendar/forget-history.ts';
import { historyOf } from '../../src/calendar/history.ts';
import type { Collection } from '../../src/calendar/model.ts';
import { getPrincipal } from '../../src/calendar/principals.ts';
import { putObject } from '../../src/calendar/put-object.ts';
import { restoreAsOf } from '../../src/calendar/restore-collection.ts';
import { emptyTrash } from '../../src/calendar/trash.ts';
import { historySize } from '../../src/store/history-size.ts';
import { CALENDAR_TYPE, event, startDavServer, type DavServer } from '../dav-server.ts';

const HISTORY_OCTETS = 20_000;
let server: DavServer;
let calendar: Collection;
beforeEach(async () => {
  server = await startDavServer({ settings: { historyDays: 90 }, limits: { historyOctets: HISTORY_OCTETS } });
  calendar = (await collectionAt(server.context, 'alice', 'calendar'))!;
});
afterEach(() => server.close());

const actorOf = (deviceId?: string) => ({ id: 'alice' as never, admin: false, adminReadOnly: false, deviceId });
const PATH = '/dav/calendars/alice/calendar/';

async function put(summary: string, deviceId: string | undefined, after: number): Promise<void> {
  server.time.now += after;
  const owner = (await getPrincipal(server.context, 'alice'))!;
  const octets = Buffer.from(event('u', `SUMMARY:${summary}`));
  const request = { actor: actorOf(deviceId), owner, collection: calendar, name: 'a.ics', octets, unchanged: [] };
  await putObject(server.context, { ...request, check: () => undefined });
}

/** What the versions of the home take, counted one by one. */
async function counted(): Promise<number> {
  const rows = await server.context.store.db.selectFrom('versions').select(['size', 'dead']).execute();
  return rows.reduce((sum, { size, dead }) => sum + size + 500 + (dead?.length ?? 0), 0);
}
const size = () => historySize(server.context.store.db, 'alice');
const kept = async () =>
  (await historyOf(server.context, actorOf(), { homeId: 'alice', uid: 'u' })).filter(({ kind }) => kind === 'updated');
async function textAt(at: number): Promise<string | undefined> {
  await restoreAsOf(server.context, { actor: actorOf(), collection: calendar, at });
  return /SUMMARY:(\w+)/.exec((await server.request('GET', `${PATH}a.ics`)).body.toString())?.[1];
}

test('what a device rewrites again and again is one state a minute; every instant still has a state', async () => {
  await put('created', 'phone', 0);
  const begun = server.time.now;
  for (let second = 0; second < 50; second += 1) await put(`s${second}`, 'phone', SECOND);
  // The first two are kept whatever it does, so that a slip of the hand can be taken back.
  expect(await kept()).toHaveLength(2);
  await put('later', 'phone', 5 * MINUTE);
  expect(await kept()).toHaveLength(3);
  expect(await textAt(begun)).toBe('created');
  expect(await textAt(begun + SECOND)).toBe('s0');
  expect(await textAt(begun + 20 * SECOND)).toBe('s49');
  expect(await textAt(begun + 50 * SECOND)).toBe('s49');
});

test('what another device, or the same one in its own time, rewrites is kept each time', async () => {
  for (let turn = 0; turn < 10; turn += 1) await put(`p${turn}`, turn % 2 === 0 ? 'phone' : 'desk', SECOND);
  expect(await kept()).toHaveLength(9);
  for (let turn = 0; turn < 3; turn += 1) await put(`m${turn}`, 'phone', 2 * MINUTE);
  expect(await kept()).toHaveLength(12);
});

test('the past of a home takes so many octets and no more: the oldest are forgotten first', async () => {
  for (let turn = 0; turn < 60; turn += 1) {
    await put(`${'x'.repeat(300)}${turn}`, undefined, MINUTE);
    expect(await size()).toBe(await counted());
    // The write that is under way adds one at most.
    expect(await size()).toBeLessThan(HISTORY_OCTETS + 1500);
  }
  const versions = await server.context.store.db.selectFrom('versions').select(['from_at']).execute();
  expect(versions.length).toBeGreaterThan(10);
  const oldest = Math.min(...versions.map(({ from_at: at }) => at));
  expect(oldest).toBeGreaterThan(server.time.now - 30 * MINUTE);
});

test('what is counted is what is there, after deletions, the trash, a removed calendar and the passing of time', async () => {
  const body = event('b', 'SUMMARY:b');
  await put('a', undefined, MINUTE);
  await put('b', undefined, MINUTE);
  await server.request('MKCALENDAR', '/dav/calendars/alice/other/');
  await server.request('PUT', '/dav/calendars/alice/other/b.ics', { body, headers: CALENDAR_TYPE });
  await server.request('DELETE', `${PATH}a.ics`);
  await server.request('DELETE', '/dav/calendars/alice/other/');
  expect([await size(), (await counted()) > 0]).toEqual([await counted(), true]);
  await put('c', undefined, MINUTE);
  await put('d', undefined, MINUTE);
  await Array.fromAsync(forgetHistory(server.context, server.time.now));
  expect([await size(), (await counted()) > 0]).toEqual([await counted(), true]);
  await server.request('DELETE', `${PATH}a.ics`);
  await emptyTrash(server.context, actorOf(), { homeId: 'alice' });
  expect([await size(), await counted()]).toEqual([0, 0]);
});
