import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { asPrincipalId } from '../../src/base/ids.ts';
import { collectionAt } from '../../src/calendar/collections.ts';
import { createGuard } from '../../src/calendar/guard-rule.ts';
import { historyOf } from '../../src/calendar/history.ts';
import { splitObject } from '../../src/calendar/split-object.ts';
import { replaceAces } from '../../src/store/aces.ts';
import { openStore } from '../../src/store/store.ts';
import { calendarReport, eventsWithin, multistatus, propfind, syncCollection, type Answer } from '../dav-client.ts';
import {
  CALENDAR_TYPE,
  event,
  ics,
  startDavServer,
  XML,
  type DavServer,
  type DavServerOptions,
} from '../dav-server.ts';
import { postgresForTests } from '../postgres/database.ts';

const HOME = '/dav/calendars/alice/';
const CALENDAR = `${HOME}calendar/`;
const EVENT = `${CALENDAR}a.ics`;
const RID = 'rid=20260310T090000Z';
const RULE = 'RRULE:FREQ=DAILY;COUNT=20';
const ALICE = { id: asPrincipalId('alice'), admin: false, adminReadOnly: false, deviceId: undefined };

let server: DavServer;
let open: DavServerOptions['open'];
beforeEach(async () => {
  server = await startDavServer({ limits: { resourcesPerCollection: 3 }, ...(open && { open }) });
  expect((await put(EVENT, 'a', RULE)).status).toBe(201);
});
afterEach(() => server.close());

const put = (path: string, uid: string, ...lines: readonly string[]) =>
  server.request('PUT', path, { headers: CALENDAR_TYPE, body: event(uid, ...lines) });
const split = (query = RID, headers: Record<string, string> = {}, as = 'alice', path = EVENT): Promise<Answer> =>
  server.request('POST', `${path}?action=split&${query}`, { headers, as });
const get = (path: string) => server.request('GET', path);
const textOf = async (path: string) => (await get(path)).body.toString().replaceAll('\r\n ', '');
const newUrl = (answer: Answer) => String(answer.headers['split-component-url']);
const precondition = ({ body }: Answer) => /<D:error[^>]*>\s*<([^\s/>]+)/.exec(String(body))?.[1];
/** What there is, by name and tag. */
const state = async () =>
  multistatus((await server.request('PROPFIND', CALENDAR, propfind('1', ['getetag']))).body)
    .entries.map(({ href, props }) => `${href} ${props.get('getetag')}`)
    .toSorted();

test('a home says that it can be done (caldav-recursplit §3)', async () => {
  const { headers } = await server.request('OPTIONS', HOME);
  expect(String(headers['dav'])).toMatch(/ calendarserver-recurrence-split(,|$)/);
});

test('both are in the index: each is found where its instances are, and nowhere else', async () => {
  const url = newUrl(await split());
  const found = async (day: number) => {
    const start = Date.UTC(2026, 2, day);
    const query = calendarReport('calendar-query', eventsWithin(start, start + 86_400_000));
    return multistatus((await server.request('REPORT', CALENDAR, query)).body).entries.map(({ href }) => href);
  };
  expect([await found(9), await found(10), await found(21), await found(22)]).toEqual([[url], [EVENT], [EVENT], []]);
});

test('Prefer: return=representation answers both with their tags and their data', async () => {
  const answer = await split(`${RID}&uid=the-first%20half`, { prefer: 'return=representation' });
  expect(answer.status).toBe(207);
  expect(answer.headers).toMatchObject({ 'preference-applied': 'return=representation' });
  const { entries } = multistatus(answer.body);
  expect(entries.map(({ href }) => href)).toEqual([EVENT, newUrl(answer)]);
  for (const { href, props } of entries) {
    const stored = await get(href);
    expect(props.get('getetag')).toBe(stored.headers.etag);
    expect(props.get('calendar-data')?.replace(/\r?\n/g, '\r\n')).toBe(stored.body.toString());
  }
  expect(answer.headers.etag).toBe(entries[0]?.props.get('getetag'));
  expect(await textOf(newUrl(answer))).toContain('UID:the-first half\r\n');
});

test('a half can be split again, and stays in the same set', async () => {
  await split();
  const again = await split('rid=20260315T000000Z');
  expect(again.status).toBe(204);
  const sets = [await textOf(EVENT), await textOf(newUrl(again))].map((text) => text.match(/RELATED-TO[^\r]*/g));
  expect(sets[0]).toHaveLength(1);
  expect(sets[0]).toEqual(sets[1]);
});

test.each([
  ['', 403, 'C:valid-rid-parameter'],
  ['rid=', 403, 'C:valid-rid-parameter'],
  ['rid=20260310', 403, 'C:valid-rid-parameter'],
  ['rid=20260310T090000', 403, 'C:valid-rid-parameter'],
  ['rid=20260301T090000Z', 403, 'CS:invalid-split'],
  ['rid=20260302T090000Z', 403, 'CS:invalid-split'],
  ['rid=20260322T090000Z', 403, 'CS:invalid-split'],
  [`${RID}&uid=`, 403, 'CS:invalid-split'],
  [`${RID}&uid=a%0D%0AX-B:c`, 403, 'CS:invalid-split'],
  [`${RID}&uid=${'u'.repeat(256)}`, 403, 'CS:invalid-split'],
  [`${RID}&uid=a`, 409, 'C:no-uid-conflict'],
])('"%s" is refused with %i %s, and nothing is changed', async (query, status, element) => {
  const before = await state();
  const answer = await split(query);
  expect([answer.status, precondition(answer)]).toEqual([status, element]);
  expect(await state()).toEqual(before);
});

test('what does not recur is not split, nor what is no event', async () => {
  await put(`${CALENDAR}b.ics`, 'b');
  const answer = await split(RID, {}, 'alice', `${CALENDAR}b.ics`);
  expect([answer.status, precondition(answer)]).toEqual([403, 'CS:invalid-split']);
  expect((await split(RID, {}, 'alice', `${CALENDAR}none.ics`)).status).toBe(404);
  expect((await split(RID, {}, 'alice', CALENDAR)).status).toBe(415);
});

test('an attendee cannot split, the organizer can; what others answered stays as it is', async () => {
  const people = [
    'ATTENDEE;PARTSTAT=ACCEPTED:mailto:bob@example.com',
    'ATTENDEE;PARTSTAT=TENTATIVE:mailto:c@x.example',
  ];
  const invited = `${CALENDAR}b.ics`;
  await put(invited, 'b', RULE, 'ORGANIZER:mailto:bob@example.com', 'ATTENDEE:mailto:alice@example.com', ...people);
  const before = await state();
  const refused = await split(RID, {}, 'alice', invited);
  expect([refused.status, precondition(refused)]).toEqual([403, 'CS:invalid-split']);
  expect(await state()).toEqual(before);
  await server.request('DELETE', invited);
  for (const organizer of ['MAILTO:Alice@Example.com', 'http://cal.example.com/dav/principals/users/alice']) {
    await put(EVENT, 'a', RULE, `ORGANIZER:${organizer}`, ...people);
    const stored = (await textOf(EVENT)).match(/ATTENDEE[^\r]*/g);
    expect(stored).toHaveLength(2);
    const answer = await split();
    expect(answer.status).toBe(204);
    for (const path of [EVENT, newUrl(answer)]) {
      expect((await textOf(path)).match(/ATTENDEE[^\r]*/g)).toEqual(stored);
    }
  }
});

async function share(...privileges: readonly ('read' | 'write-content' | 'bind')[]): Promise<void> {
  const collection = (await collectionAt(server.context, 'alice', 'calendar'))!;
  const principal = { kind: 'principal' as const, id: asPrincipalId('bob') };
  await server.context.store.write((tx) => replaceAces(tx, collection, [{ principal, deny: false, privileges }]));
}

test('it takes the right to change the resource and to add another', async () => {
  const before = await state();
  for (const privileges of [[], ['read'], ['read', 'write-content'], ['read', 'bind']] as const) {
    await share(...privileges);
    const answer = await split(RID, {}, 'bob');
    expect([answer.status, precondition(answer)]).toEqual([403, 'D:need-privileges']);
  }
  expect(await state()).toEqual(before);
  await share('read', 'write-content', 'bind');
  expect((await split(RID, {}, 'bob')).status).toBe(204);
});

test('the locks of the resource and of the calendar count', async () => {
  const body =
    '<D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope><D:locktype><D:write/></D:locktype></D:lockinfo>';
  const before = await state();
  for (const [path, depth] of [
    [EVENT, '0'],
    [CALENDAR, '0'],
  ] as const) {
    const lock = await server.request('LOCK', path, { headers: { ...XML, depth }, body });
    const refused = await split();
    expect([refused.status, precondition(refused)]).toEqual([423, 'D:lock-token-submitted']);
    await server.request('UNLOCK', path, { headers: { 'lock-token': String(lock.headers['lock-token']) } });
  }
  expect(await state()).toEqual(before);
  const lock = await server.request('LOCK', EVENT, { headers: XML, body });
  expect((await split(RID, { if: `(${String(lock.headers['lock-token'])})` })).status).toBe(204);
});

test('neither is written where one of them is larger than an object may be', async () => {
  const small = await startDavServer({ limits: { resourceOctets: 320, homeOctets: 500 } });
  try {
    const path = '/dav/calendars/alice/calendar/a.ics';
    const ask = (method: string, query = '', body?: string) =>
      small.request(method, `${path}${query}`, { headers: CALENDAR_TYPE, ...(body === undefined ? {} : { body }) });
    expect((await ask('PUT', '', event('a', RULE, `X-A:${'x'.repeat(60)}`))).status).toBe(201);
    const { etag } = (await ask('GET')).headers;
    const large = await ask('POST', `?action=split&${RID}`);
    expect([large.status, precondition(large)]).toEqual([403, 'C:max-resource-size']);
    expect((await ask('PUT', '', event('a', RULE))).status).toBe(204);
    const full = await ask('POST', `?action=split&${RID}`);
    expect([full.status, precondition(full)]).toEqual([507, 'D:quota-not-exceeded']);
    expect(etag).toBeDefined();
    expect((await ask('GET')).body.toString()).toBe(event('a', RULE));
  } finally {
    await small.close();
  }
});

test('a private event is split by its owner, as it is', async () => {
  await put(EVENT, 'a', RULE, 'CLASS:PRIVATE');
  const url = newUrl(await split());
  expect([await textOf(EVENT), await textOf(url)].every((text) => text.includes('CLASS:PRIVATE'))).toBe(true);
});

test('tasks that recur are split, too', async () => {
  const path = `${HOME}tasks/t.ics`;
  const task = [
    'BEGIN:VTODO',
    'UID:t',
    'DTSTAMP:20260301T000000Z',
    'DTSTART;VALUE=DATE:20260302',
    'DUE;VALUE=DATE:20260303',
  ];
  const body = ics(...task, 'RRULE:FREQ=WEEKLY', 'END:VTODO');
  expect((await server.request('PUT', path, { headers: CALENDAR_TYPE, body })).status).toBe(201);
  const answer = await split('rid=20260310', {}, 'alice', path);
  expect(answer.status).toBe(204);
  expect(await textOf(path)).toContain('DTSTART;VALUE=DATE:20260316\r\nDUE;VALUE=DATE:20260317\r\n');
  expect(await textOf(newUrl(answer))).toContain('RRULE:FREQ=WEEKLY;UNTIL=20260315\r\n');
});

test('a device that has rewritten too much is held from splitting, too', async () => {
  const context = { ...server.context, guard: createGuard({ objects: 1, share: 0, minutes: 10 }) };
  const collection = (await collectionAt(context, 'alice', 'calendar'))!;
  const by = { actor: { ...ALICE, deviceId: 'phone' }, collection, check: () => undefined, unchanged: [] };
  const ask = (name: string, newName: string) =>
    splitObject(context, { ...by, name, newName, rid: RID.slice(4), uid: undefined, isOrganizer: () => true });
  await put(`${CALENDAR}b.ics`, 'b', RULE);
  // What is rewritten counts, what is added does not.
  await expect(ask('a.ics', 'a-first.ics')).resolves.toMatchObject({ earlier: { name: 'a-first.ics' } });
  await server.request('DELETE', `${CALENDAR}a-first.ics`);
  const before = await state();
  await expect(ask('b.ics', 'b-first.ics')).rejects.toMatchObject({ code: 'device-held' });
  expect(await state()).toEqual(before);
});

function writes(engine: string, on: DavServerOptions['open']): void {
  describe(`both are written or none, on ${engine}`, () => {
    beforeAll(() => {
      open = on;
    });
    afterAll(() => {
      open = undefined;
    });

    test('the resource keeps the later instances, the earlier ones go to a new one whose URI is told', async () => {
      const { syncToken } = multistatus((await server.request('REPORT', CALENDAR, syncCollection(undefined))).body);
      const answer = await split();
      expect([answer.status, answer.body.length]).toEqual([204, 0]);
      expect(newUrl(answer)).toMatch(new RegExp(`^${CALENDAR}[0-9a-z]{26}\\.ics$`));
      expect(answer.headers.etag).toBe((await get(EVENT)).headers.etag);
      const later = await textOf(EVENT);
      expect(later).toContain('UID:a\r\n');
      expect(later).toContain('DTSTART:20260310T090000Z\r\n');
      expect(later).toContain('RRULE:FREQ=DAILY;COUNT=12\r\n');
      const earlier = await textOf(newUrl(answer));
      expect(earlier).toMatch(/UID:[0-9a-z]{26}\r\n/);
      expect(earlier).toContain('DTSTART:20260302T090000Z\r\n');
      expect(earlier).toContain('RRULE:FREQ=DAILY;UNTIL=20260310T085959Z\r\n');
      const link = /RELATED-TO;RELTYPE=X-CALENDARSERVER-RECURRENCE-SET:[0-9a-z]{26}\r\n/;
      expect(link.exec(later)?.[0]).toBe(link.exec(earlier)?.[0]);
      const changed = multistatus((await server.request('REPORT', CALENDAR, syncCollection(syncToken))).body);
      expect(changed.entries.map(({ href }) => href).toSorted()).toEqual([EVENT, newUrl(answer)].toSorted());
    });

    test('If-Match counts, and of two at the same time both count', async () => {
      expect((await split(RID, { 'if-match': '"old"' })).status).toBe(412);
      const { etag } = (await get(EVENT)).headers;
      const both = await Promise.all([split(RID, { 'if-match': etag! }), split(RID, { 'if-match': etag! })]);
      expect(both.map(({ status }) => status).toSorted()).toEqual([204, 412]);
      // Without a condition, the second finds what the first has left: it begins there, and has nothing before it.
      await put(EVENT, 'a', RULE);
      const free = await Promise.all([split(), split()]);
      expect(free.map(({ status }) => status).toSorted()).toEqual([204, 403]);
    });

    test('in a calendar or a home without room neither is written', async () => {
      await put(`${CALENDAR}b.ics`, 'b');
      await put(`${CALENDAR}c.ics`, 'c');
      const before = await state();
      const full = await split();
      expect([full.status, precondition(full)]).toEqual([507, 'D:quota-not-exceeded']);
      expect(await state()).toEqual(before);
    });

    test('the past knows what it was, and both have its dead properties', async () => {
      const property = '<X:note xmlns:X="urn:x">kept</X:note>';
      const body = `<D:propertyupdate xmlns:D="DAV:"><D:set><D:prop>${property}</D:prop></D:set></D:propertyupdate>`;
      await server.request('PROPPATCH', EVENT, { headers: XML, body });
      const url = newUrl(await split(`${RID}&uid=first`));
      for (const path of [EVENT, url]) {
        const found = await server.request('PROPFIND', path, propfind('0', ['note xmlns="urn:x"']));
        expect(String(found.body)).toContain('>kept<');
      }
      const changes = await historyOf(server.context, ALICE, { homeId: 'alice', uid: 'a' });
      expect(changes.map(({ kind, by }) => `${kind} by ${by?.principalId}`)).toEqual([
        ...['updated by alice', 'created by alice'],
      ]);
      const [created] = await historyOf(server.context, ALICE, { homeId: 'alice', uid: 'first' });
      expect([created?.kind, created?.by?.principalId]).toEqual(['created', 'alice']);
    });

    test('managed attachments are kept by each part that names them', async () => {
      const headers = { 'content-type': 'text/plain', 'content-disposition': 'attachment;filename=a.txt' };
      const add = (query: string, body: string) =>
        server.request('POST', `${EVENT}?action=attachment-add${query}`, { headers, body });
      const everywhere = String((await add('', 'everywhere')).headers['location']);
      const once = String((await add('&rid=20260304T090000Z', 'once')).headers['location']);
      const url = newUrl(await split());
      expect([await textOf(everywhere), await textOf(once)]).toEqual(['everywhere', 'once']);
      expect((await textOf(url)).match(/ATTACH;/g)).toHaveLength(3);
      expect((await textOf(EVENT)).match(/ATTACH;/g)).toHaveLength(1);
      await server.request('DELETE', EVENT);
      expect([await textOf(everywhere), await textOf(once)]).toEqual(['everywhere', 'once']);
      await server.request('DELETE', url);
      expect([(await get(everywhere)).status, (await get(once)).status]).toEqual([403, 403]);
    });
  });
}

writes('SQLite', undefined);

const postgres = await postgresForTests();
if ('missing' in postgres) {
  describe.skip(`splitting on PostgreSQL: not installed are ${postgres.missing}`, () => undefined);
} else {
  writes('PostgreSQL', async (services) => openStore({ postgres: await postgres.create() }, services));
}
