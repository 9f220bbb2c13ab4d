import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import type { ShareAccess } from '../../src/calendar/model.ts';
import { homeUsage } from '../../src/store/objects.ts';
import { CALENDAR_TYPE, startDavServer, XML, type DavServer } from '../dav-server.ts';
import { report, responsesIn } from './reports/report-client.ts';
import { shareCalendar } from './shared-calendar.ts';

/** What each user of a shared calendar has for themselves of its objects (caldav-sharing §5.5.4). */

let server: DavServer;
let made = 0;
let own: string;
let seen: string;

beforeAll(async () => {
  server = await startDavServer({ users: ['owner', 'sharee', 'third', 'other'] });
});
afterAll(() => server.close());
beforeEach(async () => {
  made += 1;
  own = `/dav/calendars/owner/c${made}/`;
  expect((await server.request('MKCALENDAR', own, { as: 'owner' })).status).toBe(201);
});

const share = async (access: ShareAccess, sharee = 'sharee', transparent = false): Promise<string> => {
  const uri = `c${made}`;
  return shareCalendar(server, { sharer: 'owner', sharee, access, calendar: uri, uri, transparent });
};

const alarm = (minutes: number): readonly string[] => [
  ...['BEGIN:VALARM', 'ACTION:DISPLAY', 'DESCRIPTION:Soon', `TRIGGER:-PT${minutes}M`, 'END:VALARM'],
];
const event = (...lines: readonly string[]): string =>
  [
    ...['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//Example//Test//EN', 'BEGIN:VEVENT', 'UID:1'],
    ...['DTSTAMP:20260101T000000Z', 'DTSTART:20260302T090000Z', 'DURATION:PT1H', ...lines, 'END:VEVENT'],
    ...['END:VCALENDAR', ''],
  ].join('\r\n');

const put = (as: string, path: string, body: string, headers: Readonly<Record<string, string>> = {}) =>
  server.request('PUT', path, { as, body, headers: { ...CALENDAR_TYPE, ...headers } });
const textAt = async (as: string, path: string): Promise<string> =>
  (await server.request('GET', path, { as })).body.toString();
const etagAt = async (as: string, path: string): Promise<string> =>
  String((await server.request('HEAD', path, { as })).headers['etag']);

/** Complaint 29: an alarm of one user of a shared calendar rings for all, and one for all is deleted by each. */
test("complaint 29: a sharee's alarm is the sharee's, the owner's the owner's, and each may have or drop it alone", async () => {
  seen = await share('read-write');
  const third = await share('read', 'third');
  await put('owner', `${own}a.ics`, event('SUMMARY:Talk', ...alarm(10)));
  expect(await textAt('sharee', `${seen}a.ics`)).toBe(event('SUMMARY:Talk'));
  const tag = await etagAt('owner', `${own}a.ics`);
  const mine = event('SUMMARY:Talk', 'TRANSP:TRANSPARENT', ...alarm(30));
  const answer = await put('sharee', `${seen}a.ics`, mine);
  expect([answer.status, answer.headers['etag']]).toEqual([204, await etagAt('sharee', `${seen}a.ics`)]);
  expect(await textAt('sharee', `${seen}a.ics`)).toBe(mine);
  expect(await textAt('owner', `${own}a.ics`)).toBe(event('SUMMARY:Talk', ...alarm(10)));
  expect(await etagAt('owner', `${own}a.ics`)).toBe(tag);
  expect(await textAt('third', `${third}a.ics`)).toBe(event('SUMMARY:Talk'));
  await put('owner', `${own}a.ics`, event('SUMMARY:Talk'));
  expect(await textAt('sharee', `${seen}a.ics`)).toBe(mine);
});

describe('a sharee who may write', () => {
  test('changes an event for all, and leaves everybody their alarms', async () => {
    seen = await share('read-write');
    await put('owner', `${own}a.ics`, event('SUMMARY:Talk', ...alarm(10)));
    await put('sharee', `${seen}a.ics`, event('SUMMARY:Long talk', 'TRANSP:TRANSPARENT', ...alarm(30)));
    expect(await textAt('owner', `${own}a.ics`)).toBe(event('SUMMARY:Long talk', ...alarm(10)));
    await put('owner', `${own}a.ics`, event('SUMMARY:Talk again', ...alarm(5)));
    const text = await textAt('sharee', `${seen}a.ics`);
    expect(text).toBe(event('SUMMARY:Talk again', 'TRANSP:TRANSPARENT', ...alarm(30)));
  });

  test('adds an event that rings for nobody else', async () => {
    seen = await share('read-write');
    expect((await put('sharee', `${seen}a.ics`, event('SUMMARY:Mine', ...alarm(30)))).status).toBe(201);
    expect(await textAt('owner', `${own}a.ics`)).toBe(event('SUMMARY:Mine'));
    expect(await textAt('sharee', `${seen}a.ics`)).toBe(event('SUMMARY:Mine', ...alarm(30)));
  });

  test('is held to the tag that the sharee sees', async () => {
    seen = await share('read-write');
    await put('owner', `${own}a.ics`, event('SUMMARY:Talk', ...alarm(10)));
    const [theirs, mine] = [await etagAt('owner', `${own}a.ics`), await etagAt('sharee', `${seen}a.ics`)];
    expect(theirs).not.toBe(mine);
    const body = event('SUMMARY:Talk', ...alarm(30));
    expect((await put('sharee', `${seen}a.ics`, body, { 'if-match': theirs })).status).toBe(412);
    expect((await put('sharee', `${seen}a.ics`, body, { 'if-match': mine })).status).toBe(204);
    const remove = (tag: string) =>
      server.request('DELETE', `${seen}a.ics`, { as: 'sharee', headers: { 'if-match': tag } });
    expect((await remove(mine)).status).toBe(412);
    expect((await remove(await etagAt('sharee', `${seen}a.ics`))).status).toBe(204);
    expect((await server.request('GET', `${own}a.ics`, { as: 'owner' })).status).toBe(404);
  });

  test('takes a copy with the alarms that the sharee sees, and moves nothing away', async () => {
    seen = await share('read-write');
    await put('owner', `${own}a.ics`, event('SUMMARY:Talk', ...alarm(10)));
    await put('sharee', `${seen}a.ics`, event('SUMMARY:Talk', ...alarm(30)));
    const to = `/dav/calendars/sharee/calendar/copy-${made}.ics`;
    const transfer = (method: string, destination: string, path = `${seen}a.ics`) =>
      server.request(method, path, { as: 'sharee', headers: { destination: `${server.url}${destination}` } });
    expect((await transfer('MOVE', to)).status).toBe(403);
    expect((await transfer('COPY', to)).status).toBe(201);
    expect(await textAt('sharee', to)).toBe(event('SUMMARY:Talk', ...alarm(30)));
    await server.request('DELETE', `${seen}a.ics`, { as: 'sharee' });
    const back = await transfer('MOVE', `${seen}b.ics`, to);
    expect([back.status, back.headers['etag']]).toEqual([201, await etagAt('sharee', `${seen}b.ics`)]);
    expect(await textAt('owner', `${own}b.ics`)).toBe(event('SUMMARY:Talk'));
    expect(await textAt('sharee', `${seen}b.ics`)).toBe(event('SUMMARY:Talk', ...alarm(30)));
    expect((await transfer('MOVE', `${seen}c.ics`, `${seen}b.ics`)).status).toBe(201);
    expect(await textAt('sharee', `${seen}c.ics`)).toBe(event('SUMMARY:Talk', ...alarm(30)));
  });
});

describe('a sharee who may read', () => {
  test('has alarms, and changes nothing else', async () => {
    seen = await share('read');
    await put('owner', `${own}a.ics`, event('SUMMARY:Talk'));
    const answer = await put('sharee', `${seen}a.ics`, event('SUMMARY:Talk', ...alarm(30)));
    expect(answer.status).toBe(204);
    expect((await put('sharee', `${seen}a.ics`, event('SUMMARY:Mine', ...alarm(30)))).status).toBe(403);
    expect((await put('sharee', `${seen}b.ics`, event('SUMMARY:Mine').replace('UID:1', 'UID:2'))).status).toBe(403);
    expect((await server.request('DELETE', `${seen}a.ics`, { as: 'sharee' })).status).toBe(403);
    expect(await textAt('owner', `${own}a.ics`)).toBe(event('SUMMARY:Talk'));
  });

  test('sees of what is not public the times alone, and no alarm of the owner', async () => {
    seen = await share('read');
    await put('owner', `${own}a.ics`, event('SUMMARY:Secret', 'CLASS:PRIVATE', ...alarm(10)));
    const text = await textAt('sharee', `${seen}a.ics`);
    expect(text).toContain('SUMMARY:Busy');
    expect(text).not.toMatch(/Secret|VALARM/);
    expect((await put('sharee', `${seen}a.ics`, text)).status).toBe(403);
    const guessed = event('SUMMARY:Secret', 'CLASS:PRIVATE', ...alarm(3));
    expect((await put('sharee', `${seen}a.ics`, guessed)).status).toBe(403);
  });

  test('has a delegate who may read, and who leaves the alarms alone', async () => {
    seen = await share('read-write');
    await put('owner', `${own}a.ics`, event('SUMMARY:Talk'));
    const { store } = server.context;
    const delegate = (access: 'read' | 'write') =>
      store.write(async (tx) => {
        await tx.deleteFrom('delegates').execute();
        await tx.insertInto('delegates').values({ principal_id: 'sharee', delegate_id: 'other', access }).execute();
      });
    await delegate('read');
    expect((await put('other', `${seen}a.ics`, event('SUMMARY:Talk', ...alarm(3)))).status).toBe(403);
    await delegate('write');
    expect((await put('other', `${seen}a.ics`, event('SUMMARY:Talk', ...alarm(3)))).status).toBe(204);
    expect(await textAt('sharee', `${seen}a.ics`)).toBe(event('SUMMARY:Talk', ...alarm(3)));
    expect(await textAt('owner', `${own}a.ics`)).toBe(event('SUMMARY:Talk'));
  });

  test('finds events by the sharee’s own alarms, and not by those of others', async () => {
    seen = await share('read');
    await put('owner', `${own}a.ics`, event('SUMMARY:Talk', ...alarm(10)));
    const query = (start: string, end: string, path: string, as: string) =>
      report(
        server,
        path,
        `<C:calendar-query xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:D="DAV:"><D:prop><D:getetag/></D:prop><C:filter><C:comp-filter name="VCALENDAR"><C:comp-filter name="VEVENT"><C:comp-filter name="VALARM"><C:time-range start="${start}" end="${end}"/></C:comp-filter></C:comp-filter></C:comp-filter></C:filter></C:calendar-query>`,
        { as },
      );
    const [atTen, atHalfAnHour] = [
      ['20260302T084500Z', '20260302T085500Z'],
      ['20260302T082500Z', '20260302T083500Z'],
    ] as const;
    await put('sharee', `${seen}a.ics`, event('SUMMARY:Talk', ...alarm(30)));
    const counts = async (path: string, as: string) =>
      Promise.all(
        [atTen, atHalfAnHour].map(async ([from, to]) => responsesIn((await query(from, to, path, as)).text).length),
      );
    expect(await counts(own, 'owner')).toEqual([1, 0]);
    expect(await counts(seen, 'sharee')).toEqual([0, 1]);
  });
});

test('a sharee of the free-busy alone sees times, whatever the class, and writes nothing', async () => {
  seen = await share('free-busy');
  await put('owner', `${own}a.ics`, event('SUMMARY:Talk', 'LOCATION:Here', ...alarm(10)));
  const text = await textAt('sharee', `${seen}a.ics`);
  expect(text).toContain('SUMMARY:Busy');
  expect(text).not.toMatch(/Talk|Here|VALARM/);
  for (const body of [text, event('SUMMARY:Talk', ...alarm(5))]) {
    expect((await put('sharee', `${seen}a.ics`, body)).status).toBe(403);
  }
  const headers = { destination: `${server.url}/dav/calendars/sharee/calendar/times.ics` };
  expect((await server.request('COPY', `${seen}a.ics`, { as: 'sharee', headers })).status).toBe(403);
});

describe('the free-busy of a sharee', () => {
  const busyOf = async (as: string, path: string): Promise<readonly string[]> => {
    const answer = await report(
      server,
      path,
      '<C:free-busy-query xmlns:C="urn:ietf:params:xml:ns:caldav"><C:time-range start="20260302T000000Z" end="20260303T000000Z"/></C:free-busy-query>',
      { as },
    );
    return answer.text.match(/^FREEBUSY.*$/gm) ?? [];
  };

  test('goes by what the sharee says of an event, and not by what the owner says', async () => {
    seen = await share('read-write');
    await put('owner', `${own}a.ics`, event('SUMMARY:Talk', 'TRANSP:TRANSPARENT'));
    expect([(await busyOf('owner', own)).length, (await busyOf('sharee', seen)).length]).toEqual([0, 1]);
    await put('sharee', `${seen}a.ics`, event('SUMMARY:Talk', 'TRANSP:TRANSPARENT'));
    await put('owner', `${own}a.ics`, event('SUMMARY:Talk', 'TRANSP:OPAQUE'));
    expect([(await busyOf('owner', own)).length, (await busyOf('sharee', seen)).length]).toEqual([1, 0]);
  });
});

describe('of a recurring event', () => {
  const series = (master: readonly string[], ...overrides: readonly (readonly string[])[]): string =>
    event('RRULE:FREQ=DAILY;COUNT=5', 'SUMMARY:Daily', ...master).replace(
      'END:VCALENDAR',
      overrides
        .flatMap(([id, ...lines]) => [
          ...['BEGIN:VEVENT', 'UID:1', 'DTSTAMP:20260101T000000Z', `RECURRENCE-ID:${id}`, `DTSTART:${id}`],
          ...['DURATION:PT1H', 'SUMMARY:Daily', ...lines, 'END:VEVENT', ''],
        ])
        .join('\r\n') + 'END:VCALENDAR',
    );

  test('an instance that differs in alarms alone is seen by who has them', async () => {
    seen = await share('read-write');
    const tuesday = ['20260303T090000Z', ...alarm(5)];
    await put('owner', `${own}a.ics`, series(alarm(10), tuesday));
    expect(await textAt('sharee', `${seen}a.ics`)).toBe(series([]));
    const mine = series([], ['20260304T090000Z', 'TRANSP:TRANSPARENT']);
    await put('sharee', `${seen}a.ics`, mine);
    expect(await textAt('sharee', `${seen}a.ics`)).toBe(mine);
    expect(await textAt('owner', `${own}a.ics`)).toBe(series(alarm(10), tuesday));
    await put('sharee', `${seen}a.ics`, mine.replaceAll('SUMMARY:Daily', 'SUMMARY:Each day'));
    const text = await textAt('owner', `${own}a.ics`);
    expect(text).toBe(
      series(alarm(10)).replace('SUMMARY:Daily', 'SUMMARY:Each day').replace('END:VCALENDAR\r\n', '') +
        text.slice(text.lastIndexOf('BEGIN:VEVENT')),
    );
    expect(text).toContain('RECURRENCE-ID:20260303T090000Z');
    expect(text).not.toMatch(/TRANSP|20260304T090000Z/);
  });
});

test('what cannot be read any more rings for nobody else, and hinders nobody', async () => {
  seen = await share('read-write');
  await put('owner', `${own}a.ics`, event('SUMMARY:Talk'));
  const broken = Buffer.from(event('SUMMARY:Talk', 'no colon here', ...alarm(10)));
  const { store } = server.context;
  await store.write((tx) =>
    tx
      .updateTable('objects')
      .set({ octets: broken, etag: 'broken' })
      .where('uid', '=', '1')
      .where('name', '=', 'a.ics')
      .execute(),
  );
  const text = await textAt('sharee', `${seen}a.ics`);
  expect(text).toContain('no colon here');
  expect(text).not.toContain('VALARM');
  const body = `<D:propfind xmlns:D="DAV:"><D:prop><D:getetag/></D:prop></D:propfind>`;
  const listing = await server.request('PROPFIND', seen, { as: 'sharee', body, headers: { ...XML, depth: '1' } });
  expect(listing.status).toBe(207);
  expect((await put('sharee', `${seen}a.ics`, event('SUMMARY:Mended', ...alarm(3)))).status).toBe(204);
  expect(await textAt('owner', `${own}a.ics`)).toContain('SUMMARY:Mended');
});

test('a token of what a sharee saw is worth nothing once the share allows more or less', async () => {
  seen = await share('free-busy');
  await put('owner', `${own}a.ics`, event('SUMMARY:Talk'));
  const sync = (token: string) =>
    report(
      server,
      seen,
      `<D:sync-collection xmlns:D="DAV:"><D:sync-token>${token}</D:sync-token><D:sync-level>1</D:sync-level><D:prop><D:getetag/></D:prop></D:sync-collection>`,
      { as: 'sharee' },
    );
  const first = await sync('');
  const token = /<D:sync-token>([^<]*)<\/D:sync-token><\/D:multistatus>/.exec(first.text)?.[1] ?? '';
  expect((await sync(token)).status).toBe(207);
  await server.context.store.write((tx) => tx.updateTable('shares').set({ access: 'read' }).execute());
  const refused = await sync(token);
  expect([refused.status, refused.text]).toEqual([403, expect.stringContaining('valid-sync-token')]);
});

describe('whatever way a sharee writes', () => {
  test('a new event by POST has the tag of what the sharee reads back, and rings for nobody else', async () => {
    seen = await share('read-write');
    const headers = CALENDAR_TYPE;
    const made = await server.request('POST', `${seen};add-member`, {
      as: 'sharee',
      body: event(...alarm(3)),
      headers,
    });
    const location = String(made.headers['location']);
    expect([made.status, made.headers['etag']]).toEqual([201, await etagAt('sharee', location)]);
    expect(await textAt('sharee', location)).toBe(event(...alarm(3)));
    expect(await textAt('owner', location.replace(seen, own))).toBe(event());
  });

  test('many events at once keep everybody’s alarms, each under the tag that the sharee sees', async () => {
    seen = await share('read-write');
    await put('owner', `${own}a.ics`, event('SUMMARY:Talk', ...alarm(10)));
    const resource = (tag: string, text: string) =>
      `<M:resource><D:href>${seen}a.ics</D:href><M:if-match><D:getetag>${tag}</D:getetag></M:if-match><D:set><D:prop><C:calendar-data><![CDATA[${text}]]></C:calendar-data></D:prop></D:set></M:resource>`;
    const mine = event('SUMMARY:Long talk', ...alarm(3));
    const [theirs, tag] = [await etagAt('owner', `${own}a.ics`), await etagAt('sharee', `${seen}a.ics`)];
    const body = `<M:multiput xmlns:M="http://me.com/_namespace/" xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav">${resource(theirs, mine)}${resource(tag, mine)}</M:multiput>`;
    const answer = await server.request('POST', seen, { as: 'sharee', body, headers: XML });
    const codes = [...answer.body.toString().matchAll(/HTTP\/1.1 (\d+)/g)].map(([, status]) => status);
    expect([answer.status, codes]).toEqual([207, ['412', '200']]);
    expect(await textAt('sharee', `${seen}a.ics`)).toContain('TRIGGER:-PT3M');
    // XML has one kind of line break.
    const expected = event('SUMMARY:Long talk', ...alarm(10)).replaceAll('\r\n', '\n');
    expect(await textAt('owner', `${own}a.ics`)).toBe(expected);
  });

  test('an attachment goes to all, and no alarm with it', async () => {
    seen = await share('read-write');
    await put('owner', `${own}a.ics`, event('SUMMARY:Talk', ...alarm(10)));
    await put('sharee', `${seen}a.ics`, event('SUMMARY:Talk', ...alarm(30)));
    const headers = { 'content-type': 'text/plain', 'content-disposition': 'attachment;filename=a.txt' };
    const path = `${seen}a.ics?action=attachment-add`;
    const added = await server.request('POST', path, { as: 'sharee', body: 'hello', headers });
    expect(added.status).toBe(201);
    const [theirs, mine] = [await textAt('owner', `${own}a.ics`), await textAt('sharee', `${seen}a.ics`)];
    for (const text of [theirs, mine]) expect(text.match(/^ATTACH;MANAGED-ID/gm)).toHaveLength(1);
    expect([theirs.match(/TRIGGER.*/g), mine.match(/TRIGGER.*/g)]).toEqual([['TRIGGER:-PT10M'], ['TRIGGER:-PT30M']]);
  });

  test('a rename leaves everybody their alarms', async () => {
    seen = await share('read-write');
    await put('owner', `${own}a.ics`, event('SUMMARY:Talk', ...alarm(10)));
    await put('sharee', `${seen}a.ics`, event('SUMMARY:Talk', ...alarm(30)));
    const headers = { destination: `${server.url}${own}b.ics` };
    expect((await server.request('MOVE', `${own}a.ics`, { as: 'owner', headers })).status).toBe(201);
    expect(await textAt('owner', `${own}b.ics`)).toBe(event('SUMMARY:Talk', ...alarm(10)));
    expect(await textAt('sharee', `${seen}b.ics`)).toBe(event('SUMMARY:Talk', ...alarm(30)));
  });

  test('what the sharee keeps takes room in the home of the sharee, until it is gone', async () => {
    seen = await share('read');
    await put('owner', `${own}a.ics`, event('SUMMARY:Talk'));
    const before = await homeUsage(server.context.store.db, 'sharee');
    const mine = event('SUMMARY:Talk', ...alarm(30));
    await put('sharee', `${seen}a.ics`, mine);
    expect((await homeUsage(server.context.store.db, 'sharee')) - before).toBe(mine.length);
    await server.request('DELETE', `${own}a.ics`, { as: 'owner' });
    expect(await homeUsage(server.context.store.db, 'sharee')).toBe(before);
  });
});
