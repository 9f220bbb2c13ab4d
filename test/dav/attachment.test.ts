import { afterEach, beforeEach, expect, test } from 'vitest';

import { DAY } from '../../src/base/clock.ts';
import { grantedTo } from '../../src/calendar/linked-attachments.ts';
import { readObject } from '../../src/calendar/read-object.ts';
import { asPrincipalId } from '../../src/base/ids.ts';
import { forgetAttachments } from '../../src/calendar/attachment-octets.ts';
import { collectionAt } from '../../src/calendar/collections.ts';
import { forgetHistory } from '../../src/calendar/forget-history.ts';
import { replaceAces } from '../../src/store/aces.ts';
import { propfind, type Answer } from '../dav-client.ts';
import { CALENDAR_TYPE, event, startDavServer, type DavServer } from '../dav-server.ts';

const HOME = '/dav/calendars/alice/';
const EVENT = `${HOME}calendar/a.ics`;
const TEXT = { 'content-type': 'text/plain; charset=utf-8', 'content-disposition': 'attachment;filename=test.txt' };

const OWNER = { id: asPrincipalId('alice'), admin: false, adminReadOnly: false, deviceId: undefined };

let server: DavServer;
beforeEach(async () => {
  server = await startDavServer({
    limits: { attachmentSize: 600_000, attachmentOctets: 1_000_000, attachmentsPerResource: 2 },
  });
  await put(EVENT, 'a');
});
afterEach(() => server.close());

const put = (path: string, uid: string, ...lines: readonly string[]) =>
  server.request('PUT', path, { headers: CALENDAR_TYPE, body: event(uid, ...lines) });
const add = (body: string | Buffer = 'hello', headers: Record<string, string> = {}, path = EVENT): Promise<Answer> =>
  server.request('POST', `${path}?action=attachment-add`, { headers: { ...TEXT, ...headers }, body });
const get = (path: string, as = 'alice') => server.request('GET', path, { as });
const idOf = (answer: Answer) => String(answer.headers['cal-managed-id']);
const locationOf = (answer: Answer) => String(answer.headers['location']);
const textOf = async (path: string) => (await get(path)).body.toString().replaceAll('\r\n ', '');
/** Without a length; `stop` leaves the body without its end. */
const streamed = (pieces: readonly Buffer[], stop?: AbortController): Promise<Response> =>
  fetch(new URL(`${EVENT.slice(1)}?action=attachment-add`, server.url), {
    ...{ method: 'POST', duplex: 'half', signal: stop?.signal ?? null },
    headers: { ...TEXT, authorization: `Basic ${Buffer.from('alice:x').toString('base64')}` },
    body: new ReadableStream({
      start(controller) {
        for (const piece of pieces) controller.enqueue(piece);
        if (stop === undefined) controller.close();
      },
    }),
  } as RequestInit);

async function forget(): Promise<number> {
  let count = 0;
  for await (const removed of forgetAttachments(server.context)) count += removed;
  return count;
}

test('an attachment is added, named by the event, fetched, and removed without a trace', async () => {
  const before = await get(EVENT);
  const added = await add();
  expect(added.status).toBe(201);
  expect(locationOf(added)).toBe(`${HOME}attachments/${idOf(added)}`);
  const after = await get(EVENT);
  expect(added.headers.etag).toBe(after.headers.etag);
  expect(await textOf(EVENT)).toContain(
    `ATTACH;MANAGED-ID=${idOf(added)};FMTTYPE=text/plain;FILENAME=test.txt;SIZE=5:${locationOf(added)}\r\n`,
  );
  const fetched = await get(locationOf(added));
  expect([fetched.status, fetched.body.toString()]).toEqual([200, 'hello']);
  expect(fetched.headers).toMatchObject({
    'content-type': 'text/plain; charset=utf-8',
    'content-disposition': 'attachment; filename="test.txt"; filename*=UTF-8\'\'test.txt',
    'content-length': '5',
    'x-content-type-options': 'nosniff',
  });
  const removed = await server.request('POST', `${EVENT}?action=attachment-remove&managed-id=${idOf(added)}`);
  expect([removed.status, removed.headers['cal-managed-id']]).toEqual([204, undefined]);
  expect((await get(EVENT)).body.equals(before.body)).toBe(true);
  expect((await get(locationOf(added))).status).toBe(403);
});

test('an attachment of many pieces comes back octet for octet, with its tag, and HEAD without them', async () => {
  const octets = Buffer.alloc(599_999, Buffer.from([0, 255, 13, 10, 7]));
  const added = await add(octets, { 'content-type': 'application/x-thing' });
  const fetched = await get(locationOf(added));
  expect(fetched.body.equals(octets)).toBe(true);
  const again = await server.request('GET', locationOf(added), { headers: { 'if-none-match': fetched.headers.etag! } });
  expect(again.status).toBe(304);
  const head = await server.request('HEAD', locationOf(added));
  expect([head.status, head.headers['content-length'], head.body.length]).toEqual([200, '599999', 0]);
});

test('an update gives it another id in the same place; the representation is sent to who prefers it', async () => {
  const added = await add();
  const updated = await server.request('POST', `${EVENT}?action=attachment-update&managed-id=${idOf(added)}`, {
    headers: { ...TEXT, 'content-type': 'text/html', prefer: 'return=representation' },
    body: '<script>',
  });
  expect([updated.status, updated.headers['content-type']]).toEqual([200, 'text/calendar;charset=utf-8']);
  expect(idOf(updated)).not.toBe(idOf(added));
  expect(updated.body.toString().replaceAll('\r\n ', '')).toContain(`MANAGED-ID=${idOf(updated)};FMTTYPE=text/html`);
  expect(updated.headers.etag).toBe((await get(EVENT)).headers.etag);
  expect((await get(locationOf(added))).status).toBe(403);
  expect((await get(locationOf(updated))).body.toString()).toBe('<script>');
});

test('the attachment is in the master and in each override', async () => {
  const lines = ['RRULE:FREQ=DAILY;COUNT=3', 'END:VEVENT', 'BEGIN:VEVENT', 'UID:r', 'DTSTAMP:20260301T000000Z'];
  const path = `${HOME}calendar/r.ics`;
  await put(
    path,
    'r',
    'DTSTART:20260302T090000Z',
    ...lines,
    'RECURRENCE-ID:20260303T090000Z',
    'DTSTART:20260303T100000Z',
  );
  const added = await add('x', {}, path);
  expect((await textOf(path)).split(`MANAGED-ID=${idOf(added)}`)).toHaveLength(3);
});

test('an attachment of one instance makes an override of it; there it is updated and removed alone', async () => {
  const path = `${HOME}calendar/r.ics`;
  await put(path, 'r', 'DTSTART:20260302T090000Z', 'DURATION:PT1H', 'RRULE:FREQ=DAILY;COUNT=5');
  const act = (query: string, body = 'x') =>
    server.request('POST', `${path}?action=attachment-${query}`, { headers: TEXT, body });
  const count = async (text: string) => (await textOf(path)).split(text).length - 1;
  const one = await act('add&rid=20260303T090000Z');
  expect([one.status, await count('RECURRENCE-ID:20260303T090000Z'), await count(`MANAGED-ID=${idOf(one)}`)]).toEqual([
    201, 1, 1,
  ]);
  const all = await act('add&rid=M,20260303T090000Z,20260304T090000Z');
  expect([await count('BEGIN:VEVENT'), await count(`MANAGED-ID=${idOf(all)}`)]).toEqual([3, 3]);
  // An instance that has none of its own shows the master's: to take it away there is to make an override without it.
  expect((await act(`remove&rid=20260305T090000Z&managed-id=${idOf(all)}`)).status).toBe(204);
  expect([await count('BEGIN:VEVENT'), await count(`MANAGED-ID=${idOf(all)}`)]).toEqual([4, 3]);
  const updated = await act(`update&rid=20260303T090000Z&managed-id=${idOf(all)}`, 'new');
  expect([await count(`MANAGED-ID=${idOf(all)}`), await count(`MANAGED-ID=${idOf(updated)}`)]).toEqual([2, 1]);
  expect((await get(locationOf(all))).status).toBe(200);
  const none = await act(`remove&rid=20260305T090000Z&managed-id=${idOf(all)}`);
  expect([none.status, String(none.body)]).toEqual([403, expect.stringContaining('valid-managed-id-parameter')]);
  expect((await act(`remove&managed-id=${idOf(all)}`)).status).toBe(204);
  expect((await get(locationOf(all))).status).toBe(403);
  expect((await get(locationOf(updated))).body.toString()).toBe('new');
});

test.each([
  ['action=attachment-eat', 'valid-action-parameter'],
  ['', 'valid-action-parameter'],
  ['action=attachment-add&rid=20260309T090000Z', 'valid-rid-parameter'],
  ['action=attachment-add&rid=M,never', 'valid-rid-parameter'],
  ['action=attachment-add&rid=', 'valid-rid-parameter'],
  ['action=attachment-add&managed-id=1', 'valid-managed-id-parameter'],
  ['action=attachment-update', 'valid-managed-id-parameter'],
  ['action=attachment-update&managed-id=1', 'valid-managed-id-parameter'],
  ['action=attachment-remove', 'valid-managed-id-parameter'],
  ['action=attachment-remove&managed-id=1', 'valid-managed-id-parameter'],
])('POST with "%s" is refused with %s and changes nothing', async (query, precondition) => {
  const before = (await get(EVENT)).headers.etag;
  const answer = await server.request('POST', `${EVENT}?${query}`, { headers: TEXT, body: 'x' });
  expect(answer.status).toBe(403);
  expect(answer.body.toString()).toContain(`<C:${precondition}/>`);
  expect((await get(EVENT)).headers.etag).toBe(before);
  server.time.now += 2 * DAY;
  expect(await forget()).toBe(0);
});

test('size, number and the room of the home are bounded, and what was refused leaves nothing behind', async () => {
  const large = await add(Buffer.alloc(600_001));
  expect([large.status, String(large.body)]).toEqual([403, expect.stringContaining('max-attachment-size')]);
  const unannounced = await streamed([Buffer.alloc(600_001)]);
  expect([unannounced.status, await unannounced.text()]).toEqual([403, expect.stringContaining('max-attachment-size')]);
  expect((await add(Buffer.alloc(600_000))).status).toBe(201);
  const full = await add(Buffer.alloc(400_001));
  expect([full.status, String(full.body)]).toEqual([507, expect.stringContaining('quota-not-exceeded')]);
  expect((await add(Buffer.alloc(400_000))).status).toBe(201);
  const many = await add('');
  expect([many.status, String(many.body)]).toEqual([403, expect.stringContaining('max-attachments-per-resource')]);
  server.time.now += 2 * DAY;
  expect(await forget()).toBe(0);
});

test('in a full home an attachment may be replaced, but none that was dropped comes back', async () => {
  const first = await add(Buffer.alloc(500_000));
  const second = await add(Buffer.alloc(500_000));
  const replaced = await server.request('POST', `${EVENT}?action=attachment-update&managed-id=${idOf(second)}`, {
    headers: TEXT,
    body: Buffer.alloc(499_000),
  });
  expect(replaced.status).toBe(204);
  const lines = [first, second, replaced].map((each) => `ATTACH;MANAGED-ID=${idOf(each)}:${locationOf(each)}`);
  const before = (await get(EVENT)).headers.etag;
  const back = await put(EVENT, 'a', ...lines);
  expect([back.status, String(back.body)]).toEqual([507, expect.stringContaining('quota-not-exceeded')]);
  expect((await get(EVENT)).headers.etag).toBe(before);
  expect((await put(EVENT, 'a', ...lines.slice(0, 2))).status).toBe(204);
});

test('If-Match counts, and a conflict leaves nothing behind', async () => {
  const stale = await add('x', { 'if-match': '"old"' });
  expect(stale.status).toBe(412);
  const { etag } = (await get(EVENT)).headers;
  expect((await add('x', { 'if-match': etag! })).status).toBe(201);
});

test('a lock counts as it does for PUT', async () => {
  const body =
    '<D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope><D:locktype><D:write/></D:locktype></D:lockinfo>';
  const lock = await server.request('LOCK', EVENT, { headers: { 'content-type': 'application/xml' }, body });
  expect((await add()).status).toBe(423);
  const token = String(lock.headers['lock-token']);
  expect((await add('x', { if: `(${token})` })).status).toBe(201);
  server.time.now += 2 * DAY;
  expect(await forget()).toBe(0);
});

test('two who add at the same time both succeed', async () => {
  const answers = await Promise.all([add('one'), add('two')]);
  expect(answers.map(({ status }) => status)).toEqual([201, 201]);
  const bodies = await Promise.all(answers.map(async (answer) => (await get(locationOf(answer))).body.toString()));
  expect(bodies).toEqual(['one', 'two']);
});

async function share(...privileges: readonly ('read' | 'write')[]): Promise<void> {
  const collection = (await collectionAt(server.context, 'alice', 'calendar'))!;
  const principal = { kind: 'principal' as const, id: asPrincipalId('bob') };
  await server.context.store.write((tx) => replaceAces(tx, collection, [{ principal, deny: false, privileges }]));
}

test('who may read the event may read the attachment, who may write it may change it, and nobody else', async () => {
  const location = locationOf(await add());
  const asBob = () => server.request('POST', `${EVENT}?action=attachment-add`, { headers: TEXT, body: 'b', as: 'bob' });
  expect([(await get(location, 'bob')).status, (await asBob()).status]).toEqual([403, 403]);
  await share('read');
  expect([(await get(location, 'bob')).status, (await asBob()).status]).toEqual([200, 403]);
  await share('read', 'write');
  expect((await asBob()).status).toBe(201);
  await share();
  expect([(await get(location, 'bob')).status, (await asBob()).status]).toEqual([403, 403]);
});

test('to a stranger, and to the owner, what does not exist answers as what may not be read', async () => {
  const added = await add();
  const none = `${HOME}attachments/00000000000000000000000000`;
  const forbidden = (path: string) =>
    get(path, 'bob').then(({ status, body }) => [status, String(body).replace(path, '')]);
  expect(await forbidden(none)).toEqual(await forbidden(locationOf(added)));
  expect((await get(none)).status).toBe(403);
  expect((await get(`/dav/calendars/bob/attachments/${idOf(added)}`)).status).toBe(403);
});

test('attachments are written by nothing but POST to the event, and not listed', async () => {
  const location = locationOf(await add());
  for (const method of ['PUT', 'DELETE', 'PROPPATCH', 'MOVE', 'POST', 'LOCK']) {
    const answer = await server.request(method, location, {
      headers: { destination: `${HOME}calendar/x.ics` },
      body: 'x',
    });
    expect([method, answer.status >= 403 && answer.status < 500]).toEqual([method, true]);
  }
  const listed = await server.request('PROPFIND', `${HOME}attachments/`, propfind('1', ['D:resourcetype']));
  expect([listed.status, String(listed.body).includes(location)]).toEqual([207, false]);
  const stranger = await server.request('PROPFIND', `${HOME}attachments/`, {
    ...propfind('1', ['D:resourcetype']),
    as: 'bob',
  });
  expect(stranger.status).toBe(403);
  expect((await server.request('MKCALENDAR', `${HOME}attachments/`)).status).toBeGreaterThanOrEqual(403);
  expect((await get(location)).body.toString()).toBe('hello');
});

test('PUT may drop an attachment and take over one that may be read, and not forge one', async () => {
  const added = await add();
  const line = `ATTACH;MANAGED-ID=${idOf(added)}:${locationOf(added)}`;
  expect((await put(`${HOME}calendar/b.ics`, 'b', line)).status).toBe(201);
  await put(EVENT, 'a');
  expect((await get(locationOf(added))).status).toBe(200);
  const forged = await put(`${HOME}calendar/c.ics`, 'c', 'ATTACH;MANAGED-ID=1234:http://x.example/');
  expect([forged.status, String(forged.body)]).toEqual([403, expect.stringContaining('<C:valid-managed-id/>')]);
  const body = event('d', line);
  const foreign = await server.request('PUT', '/dav/calendars/bob/calendar/d.ics', {
    headers: CALENDAR_TYPE,
    body,
    as: 'bob',
  });
  expect([foreign.status, String(foreign.body)]).toEqual([403, expect.stringContaining('<C:valid-managed-id/>')]);
  await put(`${HOME}calendar/b.ics`, 'b');
  expect((await get(locationOf(added))).status).toBe(403);
  // An attachment that went comes back with the octets of the event.
  await put(EVENT, 'a', line);
  expect((await get(locationOf(added))).body.toString()).toBe('hello');
});

test('an ATTACH that lost its parameters on the way through a client still holds its attachment', async () => {
  const location = locationOf(await add());
  await put(EVENT, 'a', `ATTACH:${location}`);
  expect((await get(location)).status).toBe(200);
});

test('a URL alone opens nothing that could not be read before', async () => {
  const location = locationOf(await add());
  const body = event('e', `ATTACH:${location}`);
  const options = { headers: CALENDAR_TYPE, body, as: 'bob' };
  expect((await server.request('PUT', '/dav/calendars/bob/calendar/e.ics', options)).status).toBe(201);
  expect((await get(location, 'bob')).status).toBe(403);
});

test('MOVE and COPY take attachments along, also into another home', async () => {
  const location = locationOf(await add());
  await server.request('MKCALENDAR', `${HOME}other/`);
  await server.request('MOVE', EVENT, { headers: { destination: `${HOME}other/a.ics` } });
  expect((await get(location)).status).toBe(200);
  const copied = await server.request('COPY', `${HOME}other/a.ics`, {
    headers: { destination: `${HOME}calendar/a.ics` },
  });
  expect(copied.status).toBe(201);
  await server.request('DELETE', `${HOME}other/`);
  expect((await get(location)).status).toBe(200);
  await server.request('DELETE', EVENT);
  expect((await get(location)).status).toBe(403);
});

test('octets are kept while a version names them, and go with the last one', async () => {
  const added = await add();
  await put(EVENT, 'a');
  server.time.now += 2 * DAY;
  expect(await forget()).toBe(0);
  for await (const _ of forgetHistory(server.context, server.time.now)) expect(_).toBeGreaterThan(0);
  expect(await forget()).toBe(1);
  const body = event('a', `ATTACH;MANAGED-ID=${idOf(added)}:${locationOf(added)}`);
  expect((await server.request('PUT', EVENT, { headers: CALENDAR_TYPE, body })).status).toBe(403);
});

test('what the event still holds is never forgotten, however old it is', async () => {
  const location = locationOf(await add());
  server.time.now += 1000 * DAY;
  for await (const _ of forgetHistory(server.context, server.time.now)) expect(_).toBeGreaterThan(0);
  expect(await forget()).toBe(0);
  expect((await get(location)).status).toBe(200);
  await server.request('DELETE', EVENT);
  expect(await forget()).toBe(0);
  for await (const _ of forgetHistory(server.context, server.time.now + DAY)) expect(_).toBeGreaterThan(0);
  expect(await forget()).toBe(1);
});

test('what a broken upload left is invisible, and removed after a day', async () => {
  const request = new AbortController();
  const sent = streamed([Buffer.alloc(300_000)], request);
  setImmediate(() => request.abort());
  await expect(sent).rejects.toThrow('abort');
  expect((await get(EVENT)).body.toString()).not.toContain('ATTACH');
  server.time.now += 2 * DAY;
  await forget();
  expect(await server.context.store.db.selectFrom('attachments').select('id').execute()).toEqual([]);
});

test('the home and the calendar say what is accepted', async () => {
  const names = ['managed-attachments-server-URL', 'max-attachment-size', 'max-attachments-per-resource'].map(
    (name) => `${name} xmlns="urn:ietf:params:xml:ns:caldav"`,
  );
  const home = String((await server.request('PROPFIND', HOME, propfind('0', names))).body);
  expect(home).toContain('<C:managed-attachments-server-URL/>');
  expect(home).toContain('<C:max-attachment-size>600000</C:max-attachment-size>');
  expect(home).toContain('<C:max-attachments-per-resource>2</C:max-attachments-per-resource>');
  const options = await server.request('OPTIONS', HOME);
  expect(String(options.headers['dav'])).toMatch(/ calendar-managed-attachments(,|$)/);
});

test('its URL is made of the configured one, whatever Host says', async () => {
  const other = await startDavServer({ publicUrl: 'https://cal.example.org' });
  try {
    await other.request('PUT', EVENT, { headers: CALENDAR_TYPE, body: event('a') });
    const headers = { ...TEXT, host: 'evil.example' };
    const added = await other.request('POST', `${EVENT}?action=attachment-add`, { headers, body: 'x' });
    expect(locationOf(added)).toBe(`https://cal.example.org${HOME}attachments/${idOf(added)}`);
    const text = (await other.request('GET', EVENT)).body.toString().replaceAll('\r\n ', '');
    expect(text).toContain(`;SIZE=1:${locationOf(added)}\r\n`);
    const name = 'managed-attachments-server-URL xmlns="urn:ietf:params:xml:ns:caldav"';
    expect(String((await other.request('PROPFIND', HOME, propfind('0', [name]))).body)).toContain(
      '<D:href>https://cal.example.org/</D:href>',
    );
  } finally {
    await other.close();
  }
});

test('whoever replaces an attachment without end does not fill the disk: the oldest of the past go first', async () => {
  const stored = async () => {
    const rows = await server.context.store.db.selectFrom('attachment_chunks').select('octets').execute();
    return rows.reduce((sum, { octets }) => sum + octets.byteLength, 0);
  };
  const octets = Buffer.alloc(500_000, 'x');
  let last = await add(octets);
  for (let turn = 0; turn < 8; turn += 1) {
    server.time.now += 1000;
    last = await server.request('POST', `${EVENT}?action=attachment-update&managed-id=${idOf(last)}`, {
      headers: TEXT,
      body: octets,
    });
    expect(last.status).toBe(204);
    expect(await stored()).toBeLessThanOrEqual(2_000_000);
  }
  expect((await get(locationOf(last))).body.length).toBe(500_000);
  expect(await stored()).toBeGreaterThan(1_000_000);
});

test('what is still coming in counts: many who send at once take no more room than one after the other', async () => {
  const stops = Array.from({ length: 6 }, () => new AbortController());
  // More than one piece is stored of each, and none has an end.
  const sending = stops.map((stop) => streamed([Buffer.alloc(590_000, 'x')], stop).catch(() => undefined));
  const refused = await Promise.race(sending);
  expect(refused?.status).toBe(507);
  for (const stop of stops) stop.abort();
  await Promise.all(sending);
});

test('a copy in another home takes of the room there: nobody is left to pay for what another keeps', async () => {
  const aces = [{ principal: { kind: 'principal' as const, id: 'bob' }, deny: false, privileges: ['read'] }];
  const calendar = (await collectionAt(server.context, 'alice', 'calendar'))!;
  await server.context.store.write((tx) => replaceAces(tx, calendar, aces));
  for (const name of ['one', 'two', 'three']) {
    await put(`${HOME}calendar/${name}.ics`, name);
    const added = await add(Buffer.alloc(500_000, name), {}, `${HOME}calendar/${name}.ics`);
    expect(added.status, name).toBe(name === 'three' ? 507 : 201);
    if (name === 'three') break;
    const headers = { destination: `/dav/calendars/bob/calendar/${name}.ics` };
    expect((await server.request('COPY', `${HOME}calendar/${name}.ics`, { as: 'bob', headers })).status).toBe(201);
  }
  for (const name of ['one', 'two']) await server.request('DELETE', `${HOME}calendar/${name}.ics`);
  const third = await add(Buffer.alloc(500_000, 'third'), {}, `${HOME}calendar/three.ics`);
  expect(third.status).toBe(201);
  const headers = { destination: '/dav/calendars/bob/calendar/three.ics' };
  const copy = await server.request('COPY', `${HOME}calendar/three.ics`, { as: 'bob', headers });
  expect(copy.status).toBe(507);
  const attached = await textOf(`${HOME}calendar/three.ics`);
  expect((await get(/:(\/dav\/\S+attachments\S+)/.exec(attached)![1]!)).body.length).toBe(500_000);
});

test('a body full of attachments that do not exist is no work', async () => {
  const lines = Array.from({ length: 20_000 }, (_, at) => `ATTACH:${HOME}attachments/${String(at).padStart(26, '0')}`);
  let questions = 0;
  const { db } = server.context.store;
  const counting = db.withPlugin({
    transformQuery: ({ node }) => {
      questions += 1;
      return node;
    },
    transformResult: ({ result }) => Promise.resolve(result),
  });
  const store = { ...server.context.store, db: counting };
  const request = {
    actor: OWNER,
    collection: (await collectionAt(server.context, 'alice', 'calendar'))!,
    name: 'many.ics',
  };
  const object = await readObject(server.context, request.collection, Buffer.from(event('many', ...lines)));
  await grantedTo({ ...server.context, store }, request, object);
  expect(questions).toBeLessThan(10);
});
