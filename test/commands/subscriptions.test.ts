import { writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createLog } from '../../src/base/log.ts';
import { createCollection } from '../../src/calendar/create-collection.ts';
import { getPrincipal } from '../../src/calendar/principals.ts';
import { loadConfig } from '../../src/config.ts';
import { openContext } from '../../src/open-context.ts';
import { feed, feedEvent } from '../calendar/feed-server.ts';
import { runCli, temporaryFolder } from './run-cli.ts';

const folder = temporaryFolder();
const data = ['--data', folder.path('data')];
const ALLOW = { env: { KALENDS_NET_ALLOW: '127.0.0.1, intranet.example' } };
let remote: Server;
let answer: RequestListener = (_request, response) => void response.end(feed(feedEvent('a'), feedEvent('b')));

beforeAll(async () => {
  remote = createServer((request, response) => answer(request, response));
  await new Promise<void>((done) => remote.listen(0, '127.0.0.1', done));
  await runCli(['user', 'add', 'alice', ...data], { stdin: 'pw' });
  const config = loadConfig({ flags: { data: folder.path('data') } });
  const context = await openContext(config, { log: createLog('silent') });
  const owner = (await getPrincipal(context, 'alice'))!;
  const actor = { id: owner.id, admin: false, adminReadOnly: false, deviceId: undefined };
  const source = `http://user:s3cret@127.0.0.1:${(remote.address() as AddressInfo).port}/s3cret`;
  const changes = { live: { source }, dead: new Map() };
  await createCollection(context, { actor, owner, uri: 'feed', kind: 'calendar', changes });
  await context.store.close();
});
afterAll(async () => {
  folder.remove();
  remote.closeAllConnections();
  await new Promise((done) => remote.close(done));
});

const list = (...more: string[]) => runCli(['subscriptions', 'list', ...more, ...data]);
const refresh = (...more: string[]) => runCli(['subscriptions', 'refresh', ...more, ...data], ALLOW);

test('what was not fetched yet is listed, with the host and nothing else of its address', async () => {
  const { code, stdout } = await list();
  expect([code, stdout]).toEqual([
    0,
    expect.stringMatching(/^alice\/feed {2}http:\/\/127\.0\.0\.1:\d+ {2}fetched never/),
  ]);
  expect(stdout + (await list('--json')).stdout).not.toContain('s3cret');
});

test('a private address is refused where it is not allowed, and that is told', async () => {
  const { code, stdout } = await runCli(['subscriptions', 'refresh', ...data]);
  expect([code, stdout]).toEqual([1, expect.stringContaining('its address is not a public one')]);
  expect(stdout).not.toContain('s3cret');
  expect(JSON.parse((await list('--json')).stdout)).toMatchObject({ user: 'alice', calendar: 'feed', failures: 1 });
});

test('a refresh fetches now, and says what changed', async () => {
  expect(await refresh('--user', 'alice')).toMatchObject({
    code: 0,
    stdout: 'alice/feed  2 created, 0 updated, 0 removed\n',
  });
  expect(await refresh('--calendar', 'feed')).toMatchObject({ code: 0, stdout: 'alice/feed  unchanged\n' });
  expect(await refresh('--calendar', 'other')).toMatchObject({ code: 0, stdout: '' });
  expect(JSON.parse((await list('--json', '--user', 'alice')).stdout)).toMatchObject({ failures: 0, error: null });
});

test('a failure leaves what was there, and is the exit code', async () => {
  answer = (_request, response) => void response.writeHead(410).end();
  expect(await refresh()).toMatchObject({ code: 1, stdout: expect.stringContaining('it answered 410') });
  const exported = await runCli(['export', '--user', 'alice', '--calendar', 'feed', ...data]);
  expect(exported.stdout.match(/BEGIN:VEVENT/g)).toHaveLength(2);
});

test('nothing is imported into it', async () => {
  const file = folder.path('own.ics');
  writeFileSync(file, feed(feedEvent('own')));
  const named = await runCli(['import', file, '--user', 'alice', '--calendar', 'feed', ...data]);
  expect([named.code, named.stderr]).toEqual([1, expect.stringContaining('is fetched from elsewhere')]);
  expect(await runCli(['import', file, '--user', 'alice', ...data])).toMatchObject({ code: 0 });
});

test.each(['10.0.0.0/99', 'http://x', 'a b/c'])('net.allow takes no "%s"', async (value) => {
  const { code, stderr } = await runCli(['subscriptions', 'refresh', ...data], { env: { KALENDS_NET_ALLOW: value } });
  expect([code, stderr]).toEqual([2, expect.stringContaining('net.allow: expected a list of networks')]);
});
