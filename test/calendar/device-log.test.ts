import { afterEach, beforeEach, expect, test } from 'vitest';
import { createLog } from '../../src/base/log.ts';
import { createDeviceLog, type DeviceLog, type Sighting, writeDevices } from '../../src/calendar/device-log.ts';
import { listDevices } from '../../src/store/devices.ts';
import { savePrincipal } from '../../src/store/principals.ts';
import { openStore, type Store } from '../../src/store/store.ts';

let store: Store;
let devices: DeviceLog;
const log = createLog('silent');
beforeEach(async () => {
  store = await openStore({ sqlite: ':memory:' }, { clock: () => 0, log });
  await store.write((tx) => savePrincipal(tx, { id: 'alice', kind: 'user', name: 'Alice' }, 0));
  devices = createDeviceLog({ store }, { log });
});
afterEach(async () => {
  await devices.close();
  await store.close();
});

const sighting = (fields: Partial<Sighting>): Sighting => ({
  principalId: 'alice',
  credential: 'password',
  userAgent: 'phone',
  at: 1000,
  synced: false,
  error: undefined,
  ...fields,
});

test('a hundred requests of a device are one write, which keeps the last of each kind', async () => {
  const before = store.stats().units;
  for (let at = 1; at <= 100; at++)
    devices.seen(sighting({ at, synced: at === 40, error: at === 60 ? 'PUT 507' : undefined }));
  await devices.flush();
  await devices.flush();
  expect(store.stats().units - before).toBe(1);
  expect(await listDevices(store.db, 'alice')).toMatchObject([
    { userAgent: 'phone', lastSeen: 100, lastSync: 40, lastError: 'PUT 507', lastErrorAt: 60 },
  ]);
});

test('devices are told apart by their user agent', async () => {
  devices.seen(sighting({ userAgent: 'phone' }));
  devices.seen(sighting({ userAgent: 'laptop', at: 2000 }));
  await devices.flush();
  expect((await listDevices(store.db, 'alice')).map(({ userAgent }) => userAgent)).toEqual(['laptop', 'phone']);
});

test('what was gathered is written when the server closes', async () => {
  devices.seen(sighting({}));
  await devices.close();
  expect(await listDevices(store.db, 'alice')).toHaveLength(1);
});

test('thousands of devices are written some at a time, and other writes come between', async () => {
  for (let at = 0; at < 100; at++) devices.seen(sighting({ userAgent: `device ${at}`, at }));
  const order: string[] = [];
  const written = devices.flush().then(() => order.push('devices'));
  await store.write(async () => {});
  order.push('other');
  await written;
  expect(order).toEqual(['other', 'devices']);
  expect(await listDevices(store.db, 'alice')).toHaveLength(100);
});

test('where some cannot be written the others are, and who asked is told', async () => {
  const batch = Array.from({ length: 100 }, (_, at) => ({
    principalId: 'alice',
    credential: 'password',
    userAgent: `device ${at}`,
    seenAt: at,
  }));
  let writes = 0;
  const failing: Store = {
    ...store,
    write: (work) => ((writes += 1) === 2 ? Promise.reject(new Error('no room')) : store.write(work)),
  };
  await expect(writeDevices({ store: failing }, batch)).rejects.toThrow('no room');
  const kept = (await listDevices(store.db, 'alice')).map(({ lastSeen }) => lastSeen);
  // 32 at a time: the second part is missing.
  expect(kept.toSorted((left, right) => left - right)).toEqual([...range(0, 32), ...range(64, 100)]);
});

const range = (from: number, until: number): readonly number[] =>
  Array.from({ length: until - from }, (_, at) => from + at);
