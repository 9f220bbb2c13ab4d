import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { DAY, HOUR } from '../../../src/base/clock.ts';
import { listSubscriptions } from '../../../src/calendar/subscriptions.ts';
import { refreshSubscriptions } from '../../../src/jobs/handlers/refresh-subscriptions.ts';
import { createFetch } from '../../../src/net/fetch.ts';
import { feed, feedEvent } from '../../calendar/feed-server.ts';
import { SILENT_LOG, startDavServer, XML, type DavServer } from '../../dav-server.ts';

const NAMES = 'xmlns:D="DAV:" xmlns:CS="http://calendarserver.org/ns/"';
const TYPE = '<D:resourcetype><D:collection/><CS:subscribed/></D:resourcetype>';

let server: DavServer;
let remote: Server;
let answer: RequestListener;
const lines: unknown[] = [];

beforeEach(async () => {
  server = await startDavServer();
  remote = createServer((request, response) => answer(request, response));
  await new Promise<void>((done) => remote.listen(0, '127.0.0.1', done));
  lines.length = 0;
});
afterEach(async () => {
  await server.close();
  remote.closeAllConnections();
  await new Promise((done) => remote.close(done));
});

async function subscribe(name: string, url: string): Promise<string> {
  const path = `/dav/calendars/alice/${name}/`;
  const source = `<CS:source><D:href>${url}</D:href></CS:source>`;
  const body = `<D:mkcol ${NAMES}><D:set><D:prop>${TYPE}${source}</D:prop></D:set></D:mkcol>`;
  expect((await server.request('MKCOL', path, { headers: XML, body })).status).toBe(201);
  return path;
}

function run(allow: readonly string[]): Promise<void> {
  const keep = (...line: unknown[]): void => void lines.push(line);
  const log = { ...SILENT_LOG, info: keep, warn: keep, error: keep };
  const fetch = createFetch({ allow, resolve: async () => ['127.0.0.1'] });
  const context = { calendar: server.context, log, retention: DAY, fetch, random: () => 0.5 };
  return refreshSubscriptions.run(context, new AbortController().signal);
}

const port = (): number => (remote.address() as AddressInfo).port;
const whole = async (path: string): Promise<string> => (await server.request('GET', path)).body.toString();

test('a feed behind a redirect is fetched, kept fresh with its ETag, and refreshed when it changed', async () => {
  let version = 1;
  const asked: (string | undefined)[] = [];
  answer = (request, response) => {
    if (request.url === '/old') return void response.writeHead(301, { Location: '/feed.ics' }).end();
    asked.push(request.headers['if-none-match']);
    const etag = `"v${version}"`;
    if (request.headers['if-none-match'] === etag) return void response.writeHead(304, { ETag: etag }).end();
    response.writeHead(200, { ETag: etag }).end(feed(feedEvent('a', `version ${version}`)));
  };
  const path = await subscribe('feed', `http://feed.test:${port()}/old`);
  await run(['feed.test']);
  expect(await whole(path)).toContain('version 1');
  await run(['feed.test']);
  expect(asked).toHaveLength(1);
  server.time.now += 2 * HOUR;
  await run(['feed.test']);
  version = 2;
  server.time.now += 2 * HOUR;
  await run(['feed.test']);
  expect(asked).toEqual([undefined, '"v1"', '"v1"']);
  expect(await whole(path)).toContain('version 2');
});

test('what is not public is not fetched, and the log has no part of the address', async () => {
  let hits = 0;
  answer = (_request, response) => {
    hits++;
    response.end(feed(feedEvent('a')));
  };
  await subscribe('name', `http://user:s3cret@inside.test:${port()}/s3cret?t=s3cret`);
  await subscribe('literal', `webcal://127.0.0.1:${port()}/s3cret`);
  await subscribe('mapped', `http://[::ffff:127.0.0.1]:${port()}/s3cret`);
  await run([]);
  expect(hits).toBe(0);
  const states = await listSubscriptions(server.context);
  expect(states.map(({ failures, error }) => [failures, error?.includes('not a public one')])).toEqual(
    states.map(() => [1, true]),
  );
  expect(states).toHaveLength(3);
  expect(lines).toHaveLength(3);
  expect(JSON.stringify([lines, states])).not.toContain('s3cret');
});

test('one that hangs or fails keeps no other waiting for ever', async () => {
  answer = (request, response) => {
    if (request.url === '/broken') response.destroy();
    else response.end(feed(feedEvent('a')));
  };
  await subscribe('broken', `http://feed.test:${port()}/broken`);
  const paths = [];
  for (let count = 0; count < 6; count++) paths.push(await subscribe(`f${count}`, `http://feed.test:${port()}/`));
  await run(['feed.test']);
  for (const path of paths) expect(await whole(path)).toContain('UID:a');
  expect((await listSubscriptions(server.context)).filter(({ failures }) => failures > 0)).toHaveLength(1);
});

test('a mistake of ours with one is told, and the others are fetched', async () => {
  answer = (_request, response) => void response.end(feed(feedEvent('a')));
  await subscribe('one', `http://feed.test:${port()}/`);
  const keep = (...line: unknown[]): void => void lines.push(line);
  const fetch = () => Promise.reject(new TypeError('a mistake'));
  const context = {
    calendar: server.context,
    log: { ...SILENT_LOG, error: keep },
    retention: DAY,
    fetch,
    random: () => 0,
  };
  await refreshSubscriptions.run(context, new AbortController().signal);
  expect(lines).toHaveLength(1);
  expect(await listSubscriptions(server.context)).toMatchObject([{ failures: 1, error: 'It could not be stored' }]);
});

test('a remote that does not answer keeps nobody else waiting', async () => {
  let slow: ServerResponse | undefined;
  let asked = 0;
  answer = (request, response) => {
    if (request.url === '/slow') slow = response;
    else response.end(feed(feedEvent('a')));
    // It answers when all others were asked.
    if (request.url !== '/slow') asked++;
    if (asked === 9) slow?.end(feed(feedEvent('slow')));
  };
  const path = await subscribe('slow', `http://feed.test:${port()}/slow`);
  for (let at = 0; at < 9; at++) await subscribe(`feed-${at}`, `http://feed.test:${port()}/${at}`);
  await run(['feed.test']);
  expect(await whole(path)).toContain('UID:slow');
});
