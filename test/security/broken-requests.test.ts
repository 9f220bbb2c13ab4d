import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { CALENDAR_TYPE, event, startDavServer, type DavServer } from '../dav-server.ts';
import { basic } from '../live-server.ts';

let server: DavServer;
beforeAll(async () => {
  server = await startDavServer();
});
afterAll(() => server.close());

const CALENDAR = '/dav/calendars/alice/calendar/';
const OCTETS = event('cut', 'SUMMARY:complete');
const head = (method: string, path: string, ...headers: readonly string[]): string =>
  [`${method} ${path} HTTP/1.1`, 'Host: localhost', `Authorization: ${basic('alice', 'x')}`, ...headers, '', ''].join(
    '\r\n',
  );

/** Sends octets as they are and gives what came back until the server closed the connection. */
const send = (...pieces: readonly string[]): Promise<string> => exchange(pieces, false);
/** As send, but the client goes away. */
const sendAndLeave = (...pieces: readonly string[]): Promise<string> => exchange(pieces, true);

function exchange(pieces: readonly string[], leaves: boolean): Promise<string> {
  return new Promise((answered) => {
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    let text = '';
    socket.on('data', (chunk) => (text += chunk.toString('latin1')));
    socket.on('error', () => answered(text));
    socket.on('close', () => answered(text));
    for (const piece of pieces) socket.write(piece);
    if (leaves) socket.end();
  });
}

const statuses = (text: string): readonly number[] =>
  [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
const isStored = async (name: string): Promise<boolean> =>
  (await server.request('GET', CALENDAR + name)).status === 200;

test.each([
  ['a connection that ends within the body', ['Content-Length: 4000'], OCTETS],
  ['chunks that end within the body', ['Transfer-Encoding: chunked'], `${OCTETS.length.toString(16)}\r\n${OCTETS}\r\n`],
  ['chunks without their length', ['Transfer-Encoding: chunked'], `zz\r\n${OCTETS}\r\n0\r\n\r\n`],
  ['a length that is too short', [`Content-Length: ${OCTETS.length - 20}`], OCTETS],
  ['two lengths', ['Content-Length: 10', `Content-Length: ${OCTETS.length}`], OCTETS],
  ['a length and chunks', ['Content-Length: 10', 'Transfer-Encoding: chunked'], `5\r\nhello\r\n0\r\n\r\n`],
  ['a length that is none', ['Content-Length: -1'], OCTETS],
  ['an encoding that it does not have', ['Content-Encoding: gzip', `Content-Length: ${OCTETS.length}`], OCTETS],
])('a PUT with %s stores nothing', async (_what, headers, body) => {
  const text = await sendAndLeave(head('PUT', `${CALENDAR}cut.ics`, 'Content-Type: text/calendar', ...headers), body);
  for (const status of statuses(text)) expect(status).toBeGreaterThanOrEqual(400);
  for (const status of statuses(text)) expect(status).not.toBe(500);
  expect(await isStored('cut.ics')).toBe(false);
});

test('a change that breaks off leaves what was there', async () => {
  await server.request('PUT', `${CALENDAR}kept.ics`, { body: event('kept'), headers: CALENDAR_TYPE });
  await sendAndLeave(head('PUT', `${CALENDAR}kept.ics`, 'Content-Length: 4000'), event('kept', 'SUMMARY:half'));
  expect((await server.request('GET', `${CALENDAR}kept.ics`)).body.toString()).toBe(event('kept'));
});

test('requests one behind the other are answered in their order, each for itself', async () => {
  const body = event('piped');
  const text = await send(
    head('PUT', `${CALENDAR}piped.ics`, `Content-Length: ${body.length}`) + body,
    head('GET', `${CALENDAR}piped.ics`),
    head('PUT', `${CALENDAR}wrong.ics`, 'Content-Length: 5') + 'hello',
    head('DELETE', `${CALENDAR}piped.ics`),
    head('GET', `${CALENDAR}piped.ics`, 'Connection: close'),
  );
  expect(statuses(text)).toEqual([201, 200, 403, 204, 404]);
});

test.each([
  ['GET', `${CALENDAR}none.ics`, 404],
  // RFC 4918 §8.4: no body is defined for it.
  ['DELETE', `${CALENDAR}none.ics`, 415],
  ['OPTIONS', CALENDAR, 200],
  ['COPY', `${CALENDAR}none.ics`, 415],
])('%s with a body that nobody asked for is answered, and so is what comes after it', async (method, path, status) => {
  const body = 'x'.repeat(300_000);
  const text = await send(
    head(method, path, `Content-Length: ${body.length}`) + body,
    head('OPTIONS', CALENDAR, 'Connection: close'),
  );
  expect(statuses(text)).toEqual([status, 200]);
});

test('the absolute form and an asterisk are request targets as well (RFC 9112 §3.2)', async () => {
  await server.request('PUT', `${CALENDAR}form.ics`, { body: event('form'), headers: CALENDAR_TYPE });
  const absolute = await send(head('GET', `http://localhost${CALENDAR}form.ics`, 'Connection: close'));
  expect(statuses(absolute)).toEqual([200]);
  expect(statuses(await send(head('OPTIONS', '*', 'Connection: close')))).toEqual([200]);
});
