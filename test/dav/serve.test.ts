import { afterAll, beforeAll, expect, test } from 'vitest';

import { CALENDAR_TYPE, event, startDavServer, type DavServer } from '../dav-server.ts';

let server: DavServer;
beforeAll(async () => {
  server = await startDavServer();
  await server.request('PUT', OBJECT, { body: event('a'), headers: CALENDAR_TYPE });
});
afterAll(() => server.close());

const CALENDAR = '/dav/calendars/alice/calendar/';
const OBJECT = `${CALENDAR}a.ics`;

test.each([
  ['DELETE', {}],
  ['COPY', { destination: '/dav/calendars/alice/tasks/a.ics' }],
  ['MOVE', { destination: `${CALENDAR}b.ics` }],
  ['UNLOCK', { 'lock-token': '<urn:uuid:f81de2ad-7f3d-a1b2-4f3c-00a0c91a9d76>' }],
])('%s with a body that would be ignored is refused (RFC 4918 §8.4), and does nothing', async (method, headers) => {
  const before = await server.request('GET', OBJECT);
  const asked = { body: '<extension xmlns="urn:x"/>', headers: { ...headers, 'content-type': 'application/xml' } };
  expect((await server.request(method, OBJECT, asked)).status).toBe(415);
  expect((await server.request('GET', OBJECT)).headers.etag).toBe(before.headers.etag);
});

test('an empty body is none, whatever its type', async () => {
  await server.request('PUT', `${CALENDAR}c.ics`, { body: event('c'), headers: CALENDAR_TYPE });
  const headers = { 'content-type': 'application/xml', 'transfer-encoding': 'chunked' };
  expect((await server.request('DELETE', `${CALENDAR}c.ics`, { headers })).status).toBe(204);
});

test('the outbox has a getctag as other calendar collections have, and it is its sync token', async () => {
  const body =
    '<D:propfind xmlns:D="DAV:" xmlns:CS="http://calendarserver.org/ns/"><D:prop><CS:getctag/><D:sync-token/></D:prop></D:propfind>';
  const headers = { depth: '0', 'content-type': 'application/xml' };
  const answer = (await server.request('PROPFIND', '/dav/calendars/alice/outbox/', { headers, body })).body.toString();
  const ctag = /<CS:getctag>([^<]+)</.exec(answer)?.[1];
  expect(ctag).toBeDefined();
  expect(/<D:sync-token>([^<]+)</.exec(answer)?.[1]).toBe(ctag);
});
