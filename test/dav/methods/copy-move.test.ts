import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { CALENDAR_TYPE, event, ics, startDavServer, XML, type DavServer } from '../../dav-server.ts';

let server: DavServer;
beforeAll(async () => {
  server = await startDavServer();
});
afterAll(() => server.close());

const HOME = '/dav/calendars/alice/';
const SOURCE = `${HOME}from/a b.ics`.replace(' ', '%20');
const put = (path: string, body: string) => server.request('PUT', path, { body, headers: CALENDAR_TYPE });

beforeEach(async () => {
  for (const name of ['from', 'to', 'renamed']) {
    await server.request('DELETE', `${HOME}${name}/`);
    if (name !== 'renamed') await server.request('MKCALENDAR', `${HOME}${name}/`);
  }
  await put(SOURCE, event('a', 'SUMMARY:source'));
  await put(`${HOME}to/same.ics`, event('a', 'SUMMARY:target'));
});

/** Destination, further headers, the statuses of COPY and of MOVE, and the condition named. */
interface Case {
  readonly destination: string;
  readonly headers: Record<string, string>;
  readonly copied: number;
  readonly moved: number;
  readonly condition: string;
}

const T = { overwrite: 'T' };
const F = { overwrite: 'F' };
const ROWS: readonly (readonly [string, string, Record<string, string>, number, number, string?])[] = [
  ['over what has its UID', `${HOME}to/same.ics`, {}, 204, 204],
  ['over it with Overwrite: T', `${HOME}to/same.ics`, T, 204, 204],
  ['over it with Overwrite: f', `${HOME}to/same.ics`, { overwrite: 'f' }, 412, 412],
  ['beside what has its UID', `${HOME}to/free.ics`, {}, 409, 409, 'no-uid-conflict'],
  ['within its calendar', `${HOME}from/free.ics`, F, 409, 201],
  ['to a name with odd characters', `${HOME}from/%C3%A9;%25%F0%9F%98%80.ics`, F, 409, 201],
  ['onto itself', SOURCE, {}, 403, 403],
  ['onto itself, spelled otherwise', `${HOME}from/a%20%62.ics`, {}, 403, 403],
  ['to a calendar of other components', `${HOME}tasks/a.ics`, {}, 403, 403, 'supported-calendar-component'],
  ['to a calendar that does not exist', `${HOME}none/a.ics`, {}, 409, 409],
  ['below an object', `${HOME}to/same.ics/a.ics`, {}, 409, 409],
  ['onto a calendar', `${HOME}to/`, {}, 403, 403],
  ['onto the home', HOME, {}, 403, 403],
  ['into the home', `${HOME}a.ics`, {}, 403, 403],
  ['into the inbox', `${HOME}inbox/a.ics`, {}, 403, 403],
  ['into the home of another', '/dav/calendars/bob/calendar/a.ics', {}, 403, 403, 'need-privileges'],
  ['to another server', 'http://example.com/dav/calendars/alice/to/same.ics', {}, 403, 403],
  ['to another port', 'http://127.0.0.1:1/dav/calendars/alice/to/same.ics', {}, 403, 403],
  ['to another scheme', 'ftp://127.0.0.1/dav/calendars/alice/to/same.ics', {}, 400, 400],
  ['to a relative path', 'same.ics', {}, 400, 400],
  ['to a path of another authority', '//example.com/dav/calendars/alice/to/same.ics', {}, 400, 400],
  ['to no path at all', ' ', {}, 400, 400],
  ['through dots', `${HOME}from/../to/same.ics`, {}, 400, 400],
  ['through encoded dots', `${HOME}from/%2e%2e/to/same.ics`, {}, 400, 400],
  ['to a broken encoding', `${HOME}to/%zz`, {}, 400, 400],
  ['to a name that is too long', `${HOME}to/${'x'.repeat(1001)}`, {}, 414, 414],
  ['with doubled slashes', `/dav//calendars/alice/to//same.ics`, {}, 204, 204],
  ['with a wrong Overwrite', `${HOME}to/same.ics`, { overwrite: 'yes' }, 400, 400],
];
const CASES = ROWS.map(([what, destination, headers, copied, moved, condition = '']): readonly [string, Case] => [
  what,
  { destination, headers, copied, moved, condition },
]);

describe.each(['COPY', 'MOVE'])('%s of an object', (method) => {
  test.each(CASES)('%s', async (_what, { destination, headers, copied, moved, condition }) => {
    const answer = await server.request(method, SOURCE, { headers: { destination, ...headers } });
    const expected = method === 'COPY' ? copied : moved;
    expect(answer.status).toBe(expected);
    expect(answer.body.toString()).toContain(condition);
    const isDone = expected < 300;
    expect((await server.request('GET', SOURCE)).status).toBe(isDone && method === 'MOVE' ? 404 : 200);
    const target = await server.request('GET', `${HOME}to/same.ics`);
    expect(target.body.toString()).toContain(isDone && destination.endsWith('same.ics') ? 'SUMMARY:source' : 'target');
  });

  test('the absolute URL of this server, with https where a proxy ends it', async () => {
    for (const url of [server.url, server.url.replace('http:', 'HTTPS:')]) {
      await put(SOURCE, event('a', 'SUMMARY:source'));
      const headers = { destination: `${url}dav/calendars/alice/to/same.ics` };
      expect((await server.request(method, SOURCE, { headers })).status).toBe(204);
    }
  });

  test('properties go along, octets and entity tag stay', async () => {
    await server.request('PROPPATCH', SOURCE, {
      headers: XML,
      body: '<D:propertyupdate xmlns:D="DAV:"><D:set><D:prop><x xmlns="urn:x">along</x></D:prop></D:set></D:propertyupdate>',
    });
    const before = await server.request('GET', SOURCE);
    const headers = { destination: `${HOME}to/same.ics` };
    expect((await server.request(method, SOURCE, { headers })).headers.etag).toBe(before.headers.etag);
    const after = await server.request('GET', headers.destination);
    expect([after.headers.etag, after.body]).toEqual([before.headers.etag, before.body]);
    const found = await server.request('PROPFIND', headers.destination, { headers: { depth: '0' } });
    expect(found.body.toString()).toContain('along');
  });

  test('of what does not exist, and without a Destination', async () => {
    const headers = { destination: `${HOME}to/x.ics` };
    expect((await server.request(method, `${HOME}from/none.ics`, { headers })).status).toBe(404);
    expect((await server.request(method, SOURCE)).status).toBe(400);
  });

  test('of what another has is refused, whether it is there or not', async () => {
    const headers = { destination: `${HOME}to/x.ics` };
    for (const path of ['/dav/calendars/bob/calendar/x.ics', '/dav/calendars/bob/none/x.ics']) {
      expect((await server.request(method, path, { headers })).status).toBe(403);
    }
  });
});

test('MOVE to another calendar where the UID is taken leaves both as they were', async () => {
  const answer = await server.request('MOVE', SOURCE, { headers: { destination: `${HOME}to/other.ics` } });
  expect(answer.status).toBe(409);
  expect(answer.body.toString()).toContain(`<D:href>${HOME}to/same.ics</D:href>`);
  expect((await server.request('GET', SOURCE)).status).toBe(200);
  expect((await server.request('GET', `${HOME}to/same.ics`)).body.toString()).toContain('target');
});

test('a destination that holds another UID keeps it (RFC 4791 §5.3.2.1)', async () => {
  await put(`${HOME}to/other.ics`, event('other'));
  await server.request('DELETE', `${HOME}to/same.ics`);
  const answer = await server.request('MOVE', SOURCE, { headers: { destination: `${HOME}to/other.ics` } });
  expect([answer.status, answer.body.toString().includes('no-uid-conflict')]).toEqual([409, true]);
  expect((await server.request('GET', `${HOME}to/other.ics`)).body.toString()).toContain('UID:other');
});

describe('MOVE of a calendar', () => {
  test.each([
    ['to a free name', `${HOME}renamed/`, {}, 201],
    ['to a free name without its slash', `${HOME}renamed`, { depth: 'infinity' }, 201],
    ['over another calendar', `${HOME}to/`, T, 204],
    ['over another calendar with Overwrite: F', `${HOME}to/`, F, 412],
    ['onto itself', `${HOME}from/`, {}, 403],
    ['with Depth: 0', `${HOME}renamed/`, { depth: '0' }, 400],
    ['with Depth: 1', `${HOME}renamed/`, { depth: '1' }, 400],
    ['into a calendar', `${HOME}to/renamed/`, {}, 403],
    ['over an object', `${HOME}to/same.ics`, {}, 403],
    ['over the inbox', `${HOME}inbox/`, {}, 403],
    ['over the home', HOME, {}, 403],
    ['to the home of another', '/dav/calendars/bob/renamed/', {}, 403],
    ['below what does not exist', `${HOME}none/renamed/`, {}, 409],
    ['to another server', 'http://example.com/renamed/', {}, 403],
  ])('%s', async (_what, destination, headers, status) => {
    const answer = await server.request('MOVE', `${HOME}from/`, { headers: { destination, ...headers } });
    expect(answer.status).toBe(status);
    const moved = status < 300;
    expect((await server.request('GET', SOURCE)).status).toBe(moved ? 404 : 200);
    expect((await server.request('GET', `${HOME}to/same.ics`)).status).toBe(status === 204 ? 404 : 200);
    if (!moved) return;
    const at = `${destination.replace(/\/$/, '')}/a%20b.ics`;
    expect((await server.request('GET', at)).body.toString()).toContain('SUMMARY:source');
  });

  test.each([`${HOME}inbox/`, `${HOME}outbox/`, HOME, '/dav/principals/users/alice/', '/dav/'])(
    'of %s is refused',
    async (path) => {
      const headers = { destination: `${HOME}renamed/` };
      expect((await server.request('MOVE', path, { headers })).status).toBe(403);
    },
  );
});

test('COPY of a collection is refused', async () => {
  const headers = { destination: `${HOME}renamed/` };
  for (const path of [`${HOME}from/`, HOME, '/']) {
    expect((await server.request('COPY', path, { headers })).status).toBe(403);
  }
  expect((await server.request('GET', `${HOME}renamed/`)).status).toBe(404);
});

test('what the destination would not take by PUT, it does not take by COPY', async () => {
  await put(`${HOME}tasks/t.ics`, ics('BEGIN:VTODO', 'UID:t', 'DTSTAMP:20260301T000000Z', 'END:VTODO'));
  const headers = { destination: `${HOME}calendar/t.ics` };
  const answer = await server.request('COPY', `${HOME}tasks/t.ics`, { headers });
  expect([answer.status, answer.body.toString().includes('supported-calendar-component')]).toEqual([403, true]);
});
