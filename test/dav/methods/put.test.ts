import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { propfind, multistatus } from '../../dav-client.ts';
import { CALENDAR_TYPE, event, ics, startDavServer, type DavServer } from '../../dav-server.ts';

let server: DavServer;
beforeAll(async () => {
  server = await startDavServer({ limits: { resourceOctets: 20_000, attendeesPerInstance: 5 } });
});
afterAll(() => server.close());

const CAL = '/dav/calendars/alice/calendar/';
const put = (name: string, body: string | Buffer, headers: Record<string, string> = {}, as = 'alice') =>
  server.request('PUT', name.startsWith('/') ? name : CAL + name, {
    as,
    body,
    headers: { ...CALENDAR_TYPE, ...headers },
  });
const ctag = async (): Promise<string | undefined> => {
  const answer = await server.request('PROPFIND', CAL, propfind('0', ['CS:getctag']));
  return multistatus(answer.body).entries[0]?.props.get('getctag');
};

test('a new object is 201, comes back octet for octet with the ETag of the answer, and changes the ctag', async () => {
  const before = await ctag();
  const octets = event('octets', 'SUMMARY;X-ODD="a,b";x-low=1:Lunch 🍣\\, folded', ' over lines', 'X-UNKNOWN:kept');
  const created = await put('octets.ics', octets, { 'if-none-match': '*' });
  expect(created.status).toBe(201);
  expect(created.headers.etag).toMatch(/^"[\w-]+"$/);
  const got = await server.request('GET', `${CAL}octets.ics`);
  expect(got.status).toBe(200);
  expect(got.body.toString()).toBe(octets);
  expect(got.headers.etag).toBe(created.headers.etag);
  expect(got.headers['content-type']).toContain('text/calendar');
  expect(await ctag()).not.toBe(before);
});

test('a change is 204 with another ETag; the same octets again keep the ETag', async () => {
  const first = await put('change.ics', event('change', 'SUMMARY:one'));
  const second = await put('change.ics', event('change', 'SUMMARY:two'));
  expect([first.status, second.status]).toEqual([201, 204]);
  expect(second.headers.etag).not.toBe(first.headers.etag);
  const again = await put('change.ics', event('change', 'SUMMARY:two'));
  expect(again.status).toBe(204);
  expect(again.headers.etag).toBe(second.headers.etag);
});

test('If-None-Match: * on what exists and a stale If-Match are 412 and change nothing', async () => {
  const { headers } = await put('conditions.ics', event('conditions'));
  const changed = event('conditions', 'SUMMARY:changed');
  expect((await put('conditions.ics', changed, { 'if-none-match': '*' })).status).toBe(412);
  expect((await put('conditions.ics', changed, { 'if-match': '"stale"' })).status).toBe(412);
  expect((await server.request('GET', `${CAL}conditions.ics`)).headers.etag).toBe(headers.etag);
  expect((await put('conditions.ics', changed, { 'if-match': headers.etag ?? '' })).status).toBe(204);
});

test('a UID that lives elsewhere in the calendar is 409 no-uid-conflict with the href', async () => {
  await put('holder.ics', event('twice'));
  const answer = await put('second.ics', event('twice'));
  expect(answer.status).toBe(409);
  expect(answer.body.toString()).toMatch(
    /<C:no-uid-conflict>\s*<D:href>\/dav\/calendars\/alice\/calendar\/holder\.ics<\/D:href>/,
  );
  expect((await server.request('GET', `${CAL}second.ics`)).status).toBe(404);
});

test('complaint 36: a UID is unique in its calendar, not in the home', async () => {
  await server.request('MKCALENDAR', '/dav/calendars/alice/second/');
  expect((await put('both.ics', event('both'))).status).toBe(201);
  expect((await put('/dav/calendars/alice/second/both.ics', event('both'))).status).toBe(201);
});

test('another UID at a name that exists is refused', async () => {
  await put('fixed.ics', event('fixed-1'));
  const answer = await put('fixed.ics', event('fixed-2'));
  expect(answer.status).toBe(409);
  expect(answer.body.toString()).toContain('no-uid-conflict');
});

describe('what RFC 4791 §5.3.2.1 refuses has its own element and status', () => {
  const cases: readonly [string, string, Record<string, string>, number, string][] = [
    ['text that is no iCalendar', 'hello', {}, 403, 'valid-calendar-data'],
    ['an event without UID', ics('BEGIN:VEVENT', 'DTSTART:20260302T090000Z', 'END:VEVENT'), {}, 403, 'valid-calendar'],
    ['a DTSTART that cannot be read', event('bad-start', 'DTSTART:garbage'), {}, 403, 'valid-calendar-data'],
    [
      'a rule that can never match',
      event('never', 'DTSTART:20260302T090000Z', 'RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30'),
      {},
      403,
      'valid-calendar-data',
    ],
    [
      'METHOD',
      event('method').replace('VERSION:2.0', 'VERSION:2.0\r\nMETHOD:REQUEST'),
      {},
      403,
      'valid-calendar-object-resource',
    ],
    [
      'two UIDs',
      event('one').replace(
        'END:VCALENDAR',
        'BEGIN:VEVENT\r\nUID:two\r\nDTSTART:20260302T090000Z\r\nEND:VEVENT\r\nEND:VCALENDAR',
      ),
      {},
      403,
      'valid-calendar-object-resource',
    ],
    [
      'a task in a calendar for events',
      ics('BEGIN:VTODO', 'UID:task', 'END:VTODO'),
      {},
      403,
      'supported-calendar-component',
    ],
    ['another media type', event('type'), { 'content-type': 'text/plain' }, 403, 'supported-calendar-data'],
    ['a large object', event('large', `DESCRIPTION:${'x'.repeat(30_000)}`), {}, 403, 'max-resource-size'],
    [
      'too many attendees',
      event('many', ...Array.from({ length: 6 }, (_, n) => `ATTENDEE:mailto:a${n}@example.com`)),
      {},
      403,
      'max-attendees-per-instance',
    ],
  ];
  test.each(cases)('%s', async (name, body, headers, status, element) => {
    const path = `${name.replaceAll(' ', '-')}.ics`;
    const answer = await put(path, body, headers);
    expect(answer.body.toString()).toContain(element);
    expect(answer.status).toBe(status);
    expect((await server.request('GET', CAL + path)).status).toBe(404);
  });
});

test('octets that are not UTF-8 are refused', async () => {
  const octets = Buffer.concat([Buffer.from(event('latin').slice(0, -15)), Buffer.from([0xe9, 0x0d, 0x0a])]);
  const answer = await put('latin.ics', octets);
  expect(answer.status).toBe(403);
  expect(answer.body.toString()).toContain('valid-calendar-data');
});

test('Evolution: an event with DTSTART alone is accepted', async () => {
  expect((await put('start-only.ics', event('start-only', 'DTSTART:20260302T090000Z'))).status).toBe(201);
});

test('a slip that can be read is stored as sent', async () => {
  const octets = event('slip', 'DTSTART:20260302T090000Z', 'DURATION:P1DT', 'CREATED:yesterday');
  expect((await put('slip.ics', octets)).status).toBe(201);
  expect((await server.request('GET', `${CAL}slip.ics`)).body.toString()).toBe(octets);
});

test('a parent that does not exist is 409; a collection, the root and the inbox are no place for an object', async () => {
  expect((await put('/dav/calendars/alice/nowhere/x.ics', event('x'))).status).toBe(409);
  expect((await put(CAL, event('x'))).status).toBe(405);
  // Thunderbird asks in this way whether an address is a writable file.
  expect((await put('/', event('x'), { 'if-match': 'nothing' })).status).toBe(405);
  expect((await put('/dav/calendars/alice/inbox/x.ics', event('x'))).status).toBe(403);
  expect((await put('/dav/calendars/alice/x.ics', event('x'))).status).toBe(403);
});

test('Prefer: return=representation sends the object back', async () => {
  const octets = event('represent');
  const answer = await put('represent.ics', octets, { prefer: 'return=representation' });
  expect(answer.status).toBe(201);
  expect(answer.body.toString()).toBe(octets);
  expect(answer.headers['preference-applied']).toBe('return=representation');
});

test('Evolution: a quoted charset is accepted, another one is not', async () => {
  const quoted = { 'content-type': 'text/calendar; charset="utf-8"' };
  expect((await put('quoted.ics', event('quoted'), quoted)).status).toBe(201);
  const latin = { 'content-type': 'text/calendar; charset=iso-8859-1' };
  expect((await put('latin1.ics', event('latin1'), latin)).status).toBe(403);
});

test('a part of a resource is not taken for the whole (RFC 9110 §14.5)', async () => {
  const answer = await put('part.ics', event('part'), { 'content-range': 'bytes 0-99/4000' });
  expect(answer.status).toBe(400);
  expect((await server.request('GET', `${CAL}part.ics`)).status).toBe(404);
});

test('a body that goes on past what an object may have is refused, whether it says so or not', async () => {
  const large = Buffer.alloc(200_000, 'x');
  for (const headers of [{}, { 'content-encoding': 'gzip' }]) {
    const body = 'content-encoding' in headers ? gzipSync(large) : large;
    const answer = await put('endless.ics', body, headers);
    expect(answer.status).toBe(403);
    expect(answer.body.toString()).toContain('max-resource-size');
  }
});

test.each([
  ['a name that is encoded', '%C3%A9%20%3B%2B%25.ics'],
  ['a name in the other Unicode form', 'e%CC%81.ics'],
  ['a name of one character', '%F0%9F%98%80'],
  ['a name of a dot and an ending', '..ics'],
  ['a name with a line break', 'a%0D%0Ab.ics'],
  ['a name of quotes and brackets', '%22%3Cb%3E%27.ics'],
  ['a name of 600 characters', 'n'.repeat(600)],
])('%s is kept: what a listing calls it leads to it', async (_what, name) => {
  const octets = event(`named ${name.slice(0, 50)}`);
  expect((await put(name, octets)).status).toBe(201);
  const listing = (await server.request('PROPFIND', CAL, propfind('1', ['getetag']))).body.toString();
  const hrefs = [...listing.matchAll(/<D:href>([^<]*)</g)].map(([, href = '']) => href.replaceAll('&amp;', '&'));
  const href = hrefs.find((each) => decodeURIComponent(each) === decodeURIComponent(CAL + name)) ?? '';
  expect((await server.request('GET', href)).body.toString()).toBe(octets);
  expect((await server.request('DELETE', CAL + name)).status).toBe(204);
});

test.each([
  ['a slash', 'a%2Fb.ics', 400],
  ['a backslash', 'a%5Cb.ics', 400],
  ['NUL', 'a%00.ics', 400],
  ['dots alone', '%2E%2e', 400],
  ['what is no UTF-8', '%FF.ics', 400],
  ['a broken encoding', '%zz.ics', 400],
  ['1001 octets', 'n'.repeat(1001), 414],
  ['334 characters of three octets', encodeURIComponent('時'.repeat(334)), 414],
  ['a fragment', 'a.ics#b', 400],
])('a name with %s is refused', async (_what, name, status) => {
  expect((await put(name, event('never'))).status).toBe(status);
});
