import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { pruneTombstones } from '../../../src/store/changes.ts';
import { CALENDAR_TYPE, event, startDavServer, type DavServer } from '../../dav-server.ts';
import { report, responsesIn, statuses } from './report-client.ts';

let server: DavServer;
beforeAll(async () => {
  server = await startDavServer();
});
afterAll(() => server.close());

let calendar: string;
let made = 0;
beforeEach(async () => {
  calendar = `/dav/calendars/alice/sync${++made}/`;
  expect((await server.request('MKCALENDAR', calendar)).status).toBe(201);
});

const put = (name: string, uid = name) =>
  server.request('PUT', `${calendar}${encodeURIComponent(name)}`, { body: event(uid), headers: CALENDAR_TYPE });
const remove = (name: string) => server.request('DELETE', `${calendar}${name}`);

interface Options {
  readonly inside?: string;
  readonly level?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
}

async function sync(
  token: string,
  { inside = '<D:prop><D:getetag/></D:prop>', level = '1', headers = {} }: Options = {},
) {
  const levelXml = level === null ? '' : `<D:sync-level>${level}</D:sync-level>`;
  const body = `<D:sync-collection xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><D:sync-token>${token}</D:sync-token>${levelXml}${inside}</D:sync-collection>`;
  const answer = await report(server, calendar, body, headers);
  return { ...answer, token: /<D:sync-token>([^<]*)<\/D:sync-token><\/D:multistatus>/.exec(answer.text)?.[1] ?? '' };
}

describe('an initial synchronisation', () => {
  test('of an empty calendar is a token and nothing else', async () => {
    const { status, text, token } = await sync('');
    expect(status).toBe(207);
    expect(responsesIn(text)).toEqual([]);
    // RFC 6578 §6.2: a URI.
    expect(token).toMatch(/^[a-z]+:\S+$/);
  });

  test('lists every member and no removed one (RFC 6578 §3.4)', async () => {
    await put('a.ics');
    await put('b.ics');
    await remove('a.ics');
    const { text } = await sync('');
    expect(statuses(text)).toEqual({ [`${calendar}b.ics`]: 200 });
    expect(text).toMatch(/<D:getetag>&quot;[\w-]+&quot;<\/D:getetag>/);
  });

  test('with an empty prop has responses that are found', async () => {
    await put('a.ics');
    const { text } = await sync('', { inside: '<D:prop/>' });
    expect(text).toContain('<D:propstat><D:prop/><D:status>HTTP/1.1 200 OK</D:status></D:propstat>');
  });

  test.each([['0'], ['1'], ['infinity']])('with Depth: %s is the same', async (depth) => {
    await put('a.ics');
    expect(statuses((await sync('', { headers: { depth } })).text)).toEqual({ [`${calendar}a.ics`]: 200 });
  });

  test('gives calendar-data where it is asked for, as tsdav does', async () => {
    await put('a.ics');
    const { text } = await sync('', { inside: '<D:prop><D:getetag/><C:calendar-data/></D:prop>' });
    expect(text).toContain('BEGIN:VEVENT&#13;\nUID:a.ics&#13;');
  });
});

describe('a later synchronisation', () => {
  test('without a change is empty and has the same token', async () => {
    await put('a.ics');
    const { token } = await sync('');
    const again = await sync(token);
    expect(responsesIn(again.text)).toEqual([]);
    expect(again.token).toBe(token);
  });

  test('tells what was changed, made and removed', async () => {
    for (const name of ['a.ics', 'b.ics', 'c.ics']) await put(name);
    const { token } = await sync('');
    await server.request('PUT', `${calendar}a.ics`, {
      body: event('a.ics', 'SUMMARY:Changed'),
      headers: CALENDAR_TYPE,
    });
    await remove('b.ics');
    await put('ä d.ics', 'd');
    const { text } = await sync(token);
    expect(statuses(text)).toEqual({
      [`${calendar}a.ics`]: 200,
      [`${calendar}b.ics`]: 404,
      [`${calendar}%C3%A4%20d.ics`]: 200,
    });
  });

  test('tells of a member that came and went in between (RFC 6578 §3.5.2)', async () => {
    const { token } = await sync('');
    await put('a.ics');
    await remove('a.ics');
    expect(statuses((await sync(token)).text)).toEqual({ [`${calendar}a.ics`]: 404 });
  });
});

test('DAV:limit pages through the changes: 507 on the collection until all are told (RFC 6578 §3.6)', async () => {
  for (const name of ['a.ics', 'b.ics', 'c.ics']) await put(name);
  const inside = '<D:limit><D:nresults>2</D:nresults></D:limit><D:prop><D:getetag/></D:prop>';
  const first = await sync('', { inside });
  expect(statuses(first.text)).toEqual({ [`${calendar}a.ics`]: 200, [`${calendar}b.ics`]: 200, [calendar]: 507 });
  expect(first.text).toContain('<D:error><D:number-of-matches-within-limits/></D:error>');
  const second = await sync(first.token, { inside });
  expect(statuses(second.text)).toEqual({ [`${calendar}c.ics`]: 200 });
});

test('an initial list in pages ends also where older removals were forgotten, and tells of none of them', async () => {
  for (const name of ['a.ics', 'b.ics', 'c.ics', 'd.ics', 'e.ics']) await put(name);
  await remove('c.ics');
  const inside = '<D:limit><D:nresults>1</D:nresults></D:limit><D:prop><D:getetag/></D:prop>';
  const first = await sync('', { inside });
  expect(statuses(first.text)).toEqual({ [`${calendar}a.ics`]: 200, [calendar]: 507 });
  const prune = () => server.context.store.write((tx) => pruneTombstones(tx, server.time.now + 1, 1000));
  expect(statuses((await sync(first.token)).text)).not.toHaveProperty(`${calendar}c.ics`);
  await prune();
  await remove('d.ics');
  const rest = await sync(first.token);
  expect(statuses(rest.text)).toEqual({
    [`${calendar}b.ics`]: 200,
    [`${calendar}d.ics`]: 404,
    [`${calendar}e.ics`]: 200,
  });
  await prune();
  expect((await sync(first.token)).text).toContain('<D:valid-sync-token/>');
  expect(statuses((await sync(rest.token)).text)).toEqual({});
});

describe('is refused', () => {
  test.each(['http://invalid.example/ns/sync/none', 'data:,other:other:1'])('the token %s', async (token) => {
    const { status, text } = await sync(token);
    expect(status).toBe(403);
    expect(text).toContain('<D:valid-sync-token/>');
  });

  test('the token of another calendar', async () => {
    const { token } = await sync('');
    calendar = '/dav/calendars/alice/calendar/';
    expect((await sync(token)).text).toContain('<D:valid-sync-token/>');
  });

  test.each([
    ['a level that is none', { level: 'bogus' }],
    ['no level with Depth: 0', { level: null, headers: { depth: '0' } }],
    ['a limit of nothing', { inside: '<D:limit><D:nresults>0</D:nresults></D:limit><D:prop/>' }],
    ['a limit that is no number', { inside: '<D:limit><D:nresults>-1</D:nresults></D:limit><D:prop/>' }],
  ])('%s', async (_, options) => {
    expect((await sync('', options)).status).toBe(400);
  });
});

test('without a level the Depth header gives it (RFC 6578 Appendix A)', async () => {
  await put('a.ics');
  expect((await sync('', { level: null, headers: { depth: '1' } })).status).toBe(207);
});

test('Prefer: return=minimal leaves out what a member does not have', async () => {
  await put('a.ics');
  const inside = '<D:prop><D:getetag/><D:bogus/></D:prop>';
  expect((await sync('', { inside })).text).toContain('<D:bogus/>');
  expect((await sync('', { inside, headers: { prefer: 'return=minimal' } })).text).not.toContain('bogus');
});
