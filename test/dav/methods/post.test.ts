import { afterAll, beforeAll, expect, test } from 'vitest';

import { multistatus, propfind } from '../../dav-client.ts';
import { CALENDAR_TYPE, event, ics, startDavServer, XML, type DavServer } from '../../dav-server.ts';

let server: DavServer;
beforeAll(async () => {
  server = await startDavServer({ limits: { resourceOctets: 5000, bulkResources: 30, bulkOctets: 40_000 } });
});
afterAll(() => server.close());

const CAL = '/dav/calendars/alice/calendar/';
const post = (path: string, body: string, headers: Record<string, string> = {}, as = 'alice') =>
  server.request('POST', path, { as, body, headers: { ...CALENDAR_TYPE, ...headers } });

const vevent = (uid: string, ...lines: readonly string[]) => [
  ...['BEGIN:VEVENT', `UID:${uid}`, 'DTSTAMP:20260301T000000Z', 'DTSTART:20260302T090000Z', ...lines, 'END:VEVENT'],
];

test('DAV:add-member names a URL at which POST makes a new object, with its Location and ETag', async () => {
  const asked = await server.request('PROPFIND', CAL, propfind('0', ['add-member', 'supported-live-property-set']));
  expect(asked.body.toString()).toContain(`<D:add-member><D:href>${CAL};add-member</D:href></D:add-member>`);
  expect(asked.body.toString()).toContain('<D:supported-live-property><D:prop><D:add-member/>');
  const created = await post(`${CAL};add-member`, event('added'));
  expect(created.status).toBe(201);
  const got = await server.request('GET', String(created.headers.location));
  expect(got.body.toString()).toBe(event('added'));
  expect(got.headers.etag).toBe(created.headers.etag);
  expect((await server.request('GET', `${CAL};add-member`)).status).toBe(404);
});

test('an object that was put at the Add-Member URI is in nobody’s way', async () => {
  const there = await server.request('PUT', `${CAL};add-member`, { headers: CALENDAR_TYPE, body: event('in-the-way') });
  expect(there.status).toBe(201);
  const created = await post(`${CAL};add-member`, event('beside'));
  expect(created.status).toBe(201);
  expect((await server.request('GET', String(created.headers.location))).body.toString()).toBe(event('beside'));
  expect((await server.request('GET', `${CAL};add-member`)).body.toString()).toBe(event('in-the-way'));
  expect((await server.request('DELETE', `${CAL};add-member`)).status).toBe(204);
});

test('the preconditions of PUT hold at the Add-Member URI', async () => {
  expect((await post(`${CAL};add-member`, event('twice'))).status).toBe(201);
  const twice = await post(`${CAL};add-member`, event('twice'));
  expect([twice.status, twice.body.toString()]).toEqual([409, expect.stringContaining('no-uid-conflict')]);
  const broken = await post(`${CAL};add-member`, 'nothing');
  expect([broken.status, broken.body.toString()]).toEqual([403, expect.stringContaining('valid-calendar-data')]);
  const large = await post(`${CAL};add-member`, event('large', `SUMMARY:${'x'.repeat(6000)}`));
  expect(large.body.toString()).toContain('max-resource-size');
  expect((await post(`${CAL};add-member`, event('match'), { 'if-match': '"any"' })).status).toBe(412);
  expect((await post(`${CAL};add-member`, event('foreign'), {}, 'bob')).status).toBe(403);
  expect((await post('/dav/calendars/alice/;add-member', event('home'))).status).toBe(404);
  expect((await post(CAL, 'text', { 'content-type': 'text/plain' })).status).toBe(415);
});

test('iCalendar with many UIDs is stored one by one: what is refused does not stop the others', async () => {
  const body = ics(
    ...vevent('bulk-1'),
    ...vevent('bulk-2'),
    ...vevent('twice'),
    ...vevent('bulk-1', 'RECURRENCE-ID:20260309T090000Z'),
  );
  const answer = await post(CAL, body);
  expect(answer.status).toBe(207);
  const { entries } = multistatus(answer.body);
  expect(entries.map(({ props }) => props.get('uid'))).toEqual(['bulk-1', 'bulk-2', undefined]);
  expect(answer.body.toString()).toContain('<C:no-uid-conflict>');
  const got = await server.request('GET', entries[0]?.href ?? '');
  expect(got.headers.etag).toBe(entries[0]?.props.get('getetag'));
  expect(got.body.toString().match(/BEGIN:VEVENT/g)).toHaveLength(2);
  expect(answer.body.toString()).not.toContain('calendar-data');
  const wished = await post(CAL, ics(...vevent('bulk-3')), { 'x-mobileme-dav-options': 'return-changed-data' });
  expect(multistatus(wished.body).entries[0]?.props.get('calendar-data')).toContain('UID:bulk-3');
});

test('a bulk request past the bounds that bulk-requests tells is refused whole', async () => {
  const many = await post(CAL, ics(...Array.from({ length: 31 }, (_, at) => vevent(`many-${at}`)).flat()));
  expect([many.status, many.body.toString()]).toEqual([403, expect.stringContaining('<ME:max-resources/>')]);
  const long = await post(CAL, ics(...vevent('long', `SUMMARY:${'x'.repeat(41_000)}`)));
  expect([long.status, long.body.toString()]).toEqual([403, expect.stringContaining('<ME:max-bytes/>')]);
  const asked = await server.request('PROPFIND', CAL, {
    headers: { ...XML, depth: '0' },
    body: '<propfind xmlns="DAV:"><prop><bulk-requests xmlns="http://me.com/_namespace/"/></prop></propfind>',
  });
  expect(asked.body.toString()).toContain('<ME:max-resources>30</ME:max-resources><ME:max-bytes>40000</ME:max-bytes>');
});

test('a bulk request of more components than its resources can have is refused whole', async () => {
  const small = await startDavServer({ limits: { bulkResources: 1 } });
  try {
    const body = ics(...Array.from({ length: 101 }, () => ['BEGIN:VEVENT', 'END:VEVENT']).flat());
    const answer = await small.request('POST', CAL, { headers: CALENDAR_TYPE, body });
    expect([answer.status, answer.body.toString()]).toEqual([403, expect.stringContaining('There are more than 100')]);
  } finally {
    await small.close();
  }
});

const multiput = (...resources: readonly string[]) =>
  `<M:multiput xmlns:M="http://me.com/_namespace/" xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav">${resources
    .map((resource) => `<M:resource>${resource}</M:resource>`)
    .join('')}</M:multiput>`;
const data = (octets: string) => `<D:set><C:calendar-data><![CDATA[${octets}]]></C:calendar-data></D:set>`;

test('a multiput makes, changes and removes, each under its own If-Match', async () => {
  const one = (await post(`${CAL};add-member`, event('crud-1'))).headers;
  const two = (await post(`${CAL};add-member`, event('crud-2'))).headers;
  const match = (etag: unknown) => `<M:if-match><D:getetag>${String(etag)}</D:getetag></M:if-match>`;
  const href = (path: unknown) => `<D:href>${String(path)}</D:href>`;
  const body = multiput(
    data(event('crud-new')),
    href(one.location) + match(one.etag) + data(event('crud-1', 'SUMMARY:changed')),
    href(one.location) + match(one.etag) + data(event('crud-1', 'SUMMARY:again')),
    `${href(two.location)}${match('"stale"')}<M:delete/>`,
    `${href(two.location)}${match(two.etag)}<M:delete/>`,
    `${href('/dav/calendars/bob/calendar/x.ics')}${data(event('elsewhere'))}`,
    `${href(two.location)}<M:delete/>`,
  );
  const answer = await post(CAL, body, XML);
  const statuses = [...answer.body.toString().matchAll(/HTTP\/1.1 (\d+)/g)].map(([, status]) => status);
  expect([answer.status, statuses]).toEqual([207, ['200', '200', '412', '412', '200', '403', '404']]);
  expect((await server.request('GET', String(one.location))).body.toString()).toContain('SUMMARY:changed');
  expect((await server.request('GET', String(two.location))).status).toBe(404);
  expect((await post(CAL, multiput('<D:href>/x</D:href>'), XML)).status).toBe(400);
});
