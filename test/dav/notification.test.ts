import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { putNotification, type HeldNotification } from '../../src/calendar/notifications.ts';
import { trashedVersions } from '../../src/store/versions.ts';
import { multistatus, propfind, syncCollection, type DavRequest } from '../dav-client.ts';
import { CALENDAR_TYPE, event, startDavServer, XML, type DavServer } from '../dav-server.ts';
import { calendarOf, mailto, noticeHrefs, notices, noticesOf, props, set, share } from './share-requests.ts';

/** Notices to people: caldav-notifications §4. */
let server: DavServer;
beforeEach(async () => {
  server = await startDavServer({
    users: ['alice', 'bob', 'carol'],
    limits: { notificationsPerHome: 2 },
    settings: { freeBusyForAll: false },
  });
  await share(
    server,
    calendarOf('alice'),
    set(mailto('bob'), 'read', '<CS:summary>&lt;b&gt;"A" &amp; B]]&gt;</CS:summary>'),
  );
});
afterEach(() => server.close());

const BOX = noticesOf('bob');

describe('a notice', () => {
  test('is an XML document with a time, whose text is escaped', async () => {
    const [href] = await noticeHrefs(server, 'bob');
    const answer = await server.request('GET', href!, { as: 'bob' });
    expect(answer.headers['content-type']).toBe('application/xml; charset=utf-8');
    const text = answer.body.toString();
    expect(text).toMatch(
      /^<\?xml[^>]*>\s*<CS:notification [^>]*><CS:dtstamp>20260302T080000Z<\/CS:dtstamp><CS:invite-notification/,
    );
    expect(text).toContain('<CS:summary>&lt;b&gt;&quot;A&quot; &amp; B]]&gt;</CS:summary>');
    const again = await server.request('GET', href!, {
      as: 'bob',
      headers: { 'if-none-match': String(answer.headers['etag']) },
    });
    expect(again.status).toBe(304);
    const head = await server.request('HEAD', href!, { as: 'bob' });
    expect(head.headers['etag']).toBe(answer.headers['etag']);
  });

  test('says what it is in its properties', async () => {
    const [href] = await noticeHrefs(server, 'bob');
    const found = await props(
      server,
      'bob',
      href!,
      'CS:notificationtype',
      'getcontenttype',
      'getcontentlength',
      'getetag',
    );
    expect(found).toContain(
      '<CS:notificationtype><CS:invite-notification shared-type="calendar"/></CS:notificationtype>',
    );
    expect(found).toContain('<D:getcontenttype>application/xml; charset=utf-8</D:getcontenttype>');
    const { body, headers } = await server.request('GET', href!, { as: 'bob' });
    expect(found).toContain(`<D:getcontentlength>${body.length}</D:getcontentlength>`);
    expect(found).toContain(`&quot;${String(headers['etag']).slice(1, -1)}&quot;`);
  });

  test('is deleted for good by whom it is for, and sync tells the other devices', async () => {
    const [href] = await noticeHrefs(server, 'bob');
    const before = multistatus((await server.request('REPORT', BOX, { as: 'bob', ...syncCollection(undefined) })).body);
    expect(before.entries.map((entry) => entry.href)).toEqual([href]);
    expect((await server.request('DELETE', href!, { as: 'alice' })).status).toBe(403);
    expect((await server.request('DELETE', href!, { as: 'bob' })).status).toBe(204);
    expect((await server.request('GET', href!, { as: 'bob' })).status).toBe(404);
    expect((await server.request('DELETE', href!, { as: 'bob' })).status).toBe(404);
    const after = multistatus(
      (await server.request('REPORT', BOX, { as: 'bob', ...syncCollection(before.syncToken) })).body,
    );
    expect(after.entries.map((entry) => [entry.href, entry.status])).toEqual([[href, 404]]);
    expect(await trashedVersions(server.context.store.db, 'bob')).toEqual([]);
  });

  test('is deleted only as it was seen', async () => {
    const [href] = await noticeHrefs(server, 'bob');
    const headers = { 'if-match': '"other"' };
    expect((await server.request('DELETE', href!, { as: 'bob', headers })).status).toBe(412);
    expect(await notices(server, 'bob')).toHaveLength(1);
  });

  test('of a device that is held tells the owner what to do', async () => {
    const notice: HeldNotification = {
      ...{ kind: 'held', at: server.time.now, holdId: 'h0ld' },
      ...{ calendar: { homeId: 'bob', uri: 'calendar' }, objects: 120, members: 200 },
    };
    await server.context.store.write((tx) => putNotification(server.context, tx, { homeId: 'bob', notice }));
    const text = (await notices(server, 'bob')).find((each) => each.includes('device-held'));
    expect(text).toContain('<device-held xmlns="urn:kalends:dav"><D:href>/dav/calendars/bob/calendar/</D:href>');
    expect(text).toContain('kalends guard release h0ld');
  });
});

describe('nobody else writes there', () => {
  const attempts: readonly (readonly [method: string, path: string, more: DavRequest])[] = [
    ['PUT', `${BOX}new.xml`, { headers: XML, body: '<x/>' }],
    ['PUT', `${BOX}new.ics`, { headers: CALENDAR_TYPE, body: event('new') }],
    ['MKCOL', `${BOX}below/`, {}],
    ['DELETE', BOX, {}],
    ['POST', BOX, { headers: CALENDAR_TYPE, body: event('new') }],
  ];

  test.each(attempts)('%s %s', async (method, path, more) => {
    for (const as of ['bob', 'alice']) {
      const answer = await server.request(method, path, { as, ...more });
      expect(answer.status, as).toBeGreaterThanOrEqual(400);
      expect(answer.status, as).toBeLessThan(500);
    }
    expect(await notices(server, 'bob')).toHaveLength(1);
  });

  test('a notice is neither rewritten, moved nor copied, and no event comes among them', async () => {
    const [href] = await noticeHrefs(server, 'bob');
    const [before] = await notices(server, 'bob');
    const put = await server.request('PUT', href!, { as: 'bob', headers: XML, body: '<x/>' });
    expect(put.status).toBeGreaterThanOrEqual(400);
    const own = calendarOf('bob');
    await server.request('PUT', `${own}a.ics`, { as: 'bob', headers: CALENDAR_TYPE, body: event('a') });
    for (const [from, to] of [
      [href!, `${own}notice.ics`],
      [`${own}a.ics`, `${BOX}a.ics`],
    ] as const) {
      for (const method of ['COPY', 'MOVE']) {
        const answer = await server.request(method, from, { as: 'bob', headers: { destination: to } });
        expect(answer.status, `${method} ${from}`).toBeGreaterThanOrEqual(400);
      }
    }
    expect(await notices(server, 'bob')).toEqual([before]);
  });

  test('nor reads', async () => {
    const [href] = await noticeHrefs(server, 'bob');
    expect((await server.request('GET', href!, { as: 'alice' })).status).toBe(403);
    expect((await server.request('PROPFIND', BOX, { as: 'alice', ...propfind('1', ['getetag']) })).status).toBe(403);
  });
});

test('so many are kept, the oldest goes first', async () => {
  for (const uri of ['one', 'two', 'three']) {
    server.time.now += 1000;
    await server.request('MKCALENDAR', calendarOf('alice', uri));
    await share(server, calendarOf('alice', uri), set(mailto('bob')));
  }
  const hosts = (await notices(server, 'bob')).map((text) => /<CS:hosturl><D:href>([^<]+)/.exec(text)![1]).toSorted();
  expect(hosts).toEqual(['/dav/calendars/alice/three', '/dav/calendars/alice/two']);
});
