import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { davClient, type DavClient } from '../dav-client.ts';
import { CALENDAR_TYPE, event, XML } from '../dav-server.ts';
import { kalends, removeDir, startServer, temporaryDir, type LiveServer } from '../live-server.ts';
import { pushRegister, startPushService, type PushService } from '../push-service.ts';

const CALENDAR = '/dav/calendars/alice/calendar/';

let dataDir: string;
let config: string;
let service: PushService;
let server: LiveServer;
let alice: DavClient;

async function start(): Promise<void> {
  server = await startServer({ dataDir, config });
  alice = davClient({ url: server.url, user: 'alice', password: 'pw' });
}

beforeEach(async () => {
  dataDir = temporaryDir('push');
  const people = join(dataDir, 'people.json');
  config = join(dataDir, 'config.json');
  writeFileSync(people, JSON.stringify({ users: [{ id: 'alice', name: 'Alice', emails: [], password: 'pw' }] }));
  writeFileSync(config, JSON.stringify({ net: { allow: ['127.0.0.1'] } }));
  kalends('provision', people, '--data', dataDir);
  service = await startPushService();
  await start();
});
afterEach(async () => {
  alice.close();
  await server.stop();
  await service.close();
  removeDir(dataDir);
});

const put = (uid: string, headers: Readonly<Record<string, string>> = {}) =>
  alice.request('PUT', `${CALENDAR}${uid}.ics`, { headers: { ...CALENDAR_TYPE, ...headers }, body: event(uid) });

async function subscribe(name: string): Promise<string> {
  const answer = await alice.request('POST', CALENDAR, { headers: XML, body: pushRegister(service.device(name)) });
  expect(answer.status).toBe(204);
  return answer.headers.location!;
}

test('complaint 27: a running server wakes the other devices within a moment', async () => {
  const own = await subscribe('phone');
  await subscribe('laptop');
  const began = performance.now();
  expect((await put('a', { 'push-dont-notify': `"${own}"` })).status).toBe(201);
  await service.reached(1);
  expect(performance.now() - began).toBeLessThan(5000);
  expect(service.messages.map(({ device }) => device)).toEqual(['laptop']);
  expect(service.messages[0]!.claims.sub).toBe('mailto:postmaster@localhost');
  expect(server.output()).not.toContain(service.url);
  expect(server.output()).not.toMatch(/Warning/);
});

test('a server that is killed after the change and before the message sends it when it comes back', async () => {
  await subscribe('phone');
  expect((await put('a')).status).toBe(201);
  await server.kill();
  expect(service.messages).toHaveLength(0);
  alice.close();
  await start();
  await service.reached(1);
  expect(service.messages.map(({ device }) => device)).toEqual(['phone']);
});
