import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import type { ShareAccess } from '../../src/calendar/model.ts';
import { CALENDAR_TYPE, event, startDavServer, XML, type DavServer } from '../dav-server.ts';
import { report, statuses } from './reports/report-client.ts';
import { shareCalendar } from './shared-calendar.ts';

/** A calendar of the sharer, mounted in the home of a sharee (caldav-sharing §5.4.1). */

let server: DavServer;
let made = 0;
const sharers = Array.from({ length: 40 }, (_, index) => `sharer${index}`);
const sharees = Array.from({ length: 40 }, (_, index) => `sharee${index}`);
let sharer: string;
let sharee: string;
let own: string;
let seen: string;

beforeAll(async () => {
  server = await startDavServer({ users: [...sharers, ...sharees, 'other'], admins: ['admin'] });
});
afterAll(() => server.close());
beforeEach(() => {
  sharer = sharers[made]!;
  sharee = sharees[made]!;
  made += 1;
  own = `/dav/calendars/${sharer}/calendar/`;
  seen = `/dav/calendars/${sharee}/theirs/`;
});

const mount = (access: ShareAccess): Promise<string> =>
  shareCalendar(server, { sharer, sharee, access, transparent: true });

const put = (as: string, path: string, uid: string, ...lines: readonly string[]) =>
  server.request('PUT', path, { as, body: event(uid, ...lines), headers: CALENDAR_TYPE });
const get = (as: string, path: string) => server.request('GET', path, { as });
const remove = (as: string, path: string) => server.request('DELETE', path, { as });

async function props(as: string, path: string, asked: string, depth = '0'): Promise<string> {
  const body = `<D:propfind xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:A="http://apple.com/ns/ical/" xmlns:X="urn:x"><D:prop>${asked}</D:prop></D:propfind>`;
  const answer = await server.request('PROPFIND', path, { as, body, headers: { ...XML, depth } });
  return answer.body.toString();
}

const proppatch = (as: string, path: string, set: string) =>
  server.request('PROPPATCH', path, {
    as,
    headers: XML,
    body: `<D:propertyupdate xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:A="http://apple.com/ns/ical/" xmlns:X="urn:x"><D:set><D:prop>${set}</D:prop></D:set></D:propertyupdate>`,
  });

const privilegesIn = (xml: string) => [...xml.matchAll(/<D:privilege><[DC]:([a-z-]+)\/>/g)].map(([, name]) => name);

async function sync(as: string, path: string, token: string, level = '1', limit?: number) {
  const body = `<D:sync-collection xmlns:D="DAV:"><D:sync-token>${token}</D:sync-token><D:sync-level>${level}</D:sync-level>${
    limit === undefined ? '' : `<D:limit><D:nresults>${limit}</D:nresults></D:limit>`
  }<D:prop><D:getetag/></D:prop></D:sync-collection>`;
  const answer = await report(server, path, body, { as });
  return {
    status: answer.status,
    told: statuses(answer.text),
    token: /<D:sync-token>([^<]*)<\/D:sync-token><\/D:multistatus>/.exec(answer.text)?.[1] ?? '',
  };
}

describe('members', () => {
  test('are read and written at both URLs, each named where it was asked for', async () => {
    await mount('read-write');
    expect((await put(sharer, `${own}a.ics`, 'a')).status).toBe(201);
    expect((await put(sharee, `${seen}b.ics`, 'b')).status).toBe(201);
    expect((await get(sharee, `${seen}a.ics`)).body.toString()).toBe(event('a'));
    expect((await get(sharer, `${own}b.ics`)).body.toString()).toBe(event('b'));
    const listed = await props(sharee, seen, '<D:getetag/>', '1');
    expect([...listed.matchAll(/<D:href>([^<]*)</g)].map(([, href]) => href)).toEqual([
      seen,
      `${seen}a.ics`,
      `${seen}b.ics`,
    ]);
    expect((await remove(sharee, `${seen}a.ics`)).status).toBe(204);
    expect((await get(sharer, `${own}a.ics`)).status).toBe(404);
  });

  test('a conflict of UIDs is told with the URL in the home of who asked', async () => {
    await mount('read-write');
    await put(sharer, `${own}a.ics`, 'same');
    const answer = await put(sharee, `${seen}b.ics`, 'same');
    expect(answer.status).toBe(409);
    expect(answer.body.toString()).toContain(`<D:href>${seen}a.ics</D:href>`);
  });

  test('cannot be written by who may only read', async () => {
    await mount('read');
    await put(sharer, `${own}a.ics`, 'a');
    expect((await put(sharee, `${seen}a.ics`, 'a', 'SUMMARY:mine')).status).toBe(403);
    expect((await put(sharee, `${seen}b.ics`, 'b')).status).toBe(403);
    expect((await remove(sharee, `${seen}a.ics`)).status).toBe(403);
    expect((await get(sharer, `${own}a.ics`)).body.toString()).toBe(event('a'));
  });

  test('are shown as busy time and nothing else where that is all that is shared', async () => {
    await mount('free-busy');
    await put(sharer, `${own}a.ics`, 'a', 'SUMMARY:Secret', 'LOCATION:Secret');
    const answer = await get(sharee, `${seen}a.ics`);
    expect(answer.status).toBe(200);
    expect(answer.body.toString()).toContain('DTSTART:20260302T090000Z');
    expect(answer.body.toString()).not.toContain('Secret');
    expect((await get(sharee, `${own}a.ics`)).status).toBe(403);
    expect((await put(sharee, `${seen}b.ics`, 'b')).status).toBe(403);
  });

  test('nobody else sees them there', async () => {
    await mount('read-write');
    await put(sharer, `${own}a.ics`, 'a');
    for (const as of ['other', sharer]) expect((await get(as, `${seen}a.ics`)).status).toBe(403);
    expect((await get('other', `${own}a.ics`)).status).toBe(403);
  });
});

describe('the place', () => {
  test('has privileges by the level, and its properties are the sharee’s', async () => {
    for (const [access, expected] of [
      ['free-busy', ['read', 'write-properties']],
      ['read', ['read', 'write-properties']],
      ['read-write', ['read', 'write', 'write-properties', 'write-content', 'bind', 'unbind', 'unlock']],
      ['manage', ['read', 'write', 'read-acl', 'write-acl', 'unlock']],
    ] as const) {
      sharer = sharers[made]!;
      sharee = sharees[made]!;
      made += 1;
      seen = `/dav/calendars/${sharee}/theirs/`;
      await mount(access);
      const held = privilegesIn(await props(sharee, seen, '<D:current-user-privilege-set/>'));
      expect(held, access).toEqual(expect.arrayContaining([...expected]));
      expect(held.includes('write-content'), access).toBe(access === 'read-write' || access === 'manage');
      expect(held.includes('write-acl'), access).toBe(access === 'manage');
      expect(held, access).not.toContain('all');
    }
  });

  test('name, description, colour, order, transparency and dead properties are each one’s own', async () => {
    await mount('read');
    await proppatch(sharer, own, '<D:displayname>Mine</D:displayname><X:note>sharer</X:note>');
    const set = [
      '<D:displayname>My view</D:displayname><A:calendar-color>#112233FF</A:calendar-color>',
      '<A:calendar-order>7</A:calendar-order><C:calendar-description>text</C:calendar-description>',
      '<C:schedule-calendar-transp><C:opaque/></C:schedule-calendar-transp><X:note>sharee</X:note>',
    ].join('');
    const answer = await proppatch(sharee, seen, set);
    expect(answer.body.toString()).toContain('200 OK');
    expect(answer.body.toString()).not.toContain('403');
    const asked =
      '<D:displayname/><A:calendar-color/><A:calendar-order/><C:calendar-description/><C:schedule-calendar-transp/><X:note/>';
    const theirs = await props(sharee, seen, asked);
    for (const value of ['My view', '#112233FF', '>7<', '>text<', 'opaque', '>sharee<'])
      expect(theirs).toContain(value);
    const mine = await props(sharer, own, asked);
    for (const value of ['My view', '#112233FF', '>7<', '>text<', '>sharee<']) expect(mine).not.toContain(value);
    expect(mine).toContain('>Mine<');
    expect(mine).toContain('>sharer<');
  });

  test('what decides of the members cannot be set by a sharee', async () => {
    await mount('manage');
    const answer = await proppatch(
      sharee,
      seen,
      '<C:source xmlns:C="http://calendarserver.org/ns/"><D:href>https://example.com/a.ics</D:href></C:source>',
    );
    expect(answer.body.toString()).toContain('cannot-modify-protected-property');
  });

  test('is removed by the sharee alone: the calendar stays, whatever the level', async () => {
    for (const access of ['read', 'manage'] as const) {
      sharer = sharers[made]!;
      sharee = sharees[made]!;
      made += 1;
      own = `/dav/calendars/${sharer}/calendar/`;
      seen = `/dav/calendars/${sharee}/theirs/`;
      await mount(access);
      await put(sharer, `${own}a.ics`, 'a');
      expect((await remove(sharer, seen)).status).toBe(403);
      expect((await remove(sharee, seen)).status).toBe(204);
      expect((await get(sharee, `${seen}a.ics`)).status).toBe(404);
      expect((await get(sharer, `${own}a.ics`)).status).toBe(200);
      expect(await props(sharee, `/dav/calendars/${sharee}/`, '<D:displayname/>', '1')).not.toContain('theirs');
    }
  });

  test('is renamed in the home of the sharee alone', async () => {
    await mount('read');
    await put(sharer, `${own}a.ics`, 'a');
    const to = `/dav/calendars/${sharee}/renamed/`;
    expect((await server.request('MOVE', seen, { as: sharee, headers: { destination: to } })).status).toBe(201);
    expect((await get(sharee, `${to}a.ics`)).status).toBe(200);
    expect((await get(sharee, `${seen}a.ics`)).status).toBe(404);
    expect((await get(sharer, `${own}a.ics`)).status).toBe(200);
  });

  test('is never replaced by another calendar', async () => {
    await mount('read');
    const answer = await server.request('MOVE', `/dav/calendars/${sharee}/tasks/`, {
      as: sharee,
      headers: { destination: seen, overwrite: 'T' },
    });
    expect(answer.status).toBe(403);
    expect((await server.request('MKCALENDAR', seen, { as: sharee })).status).toBe(403);
  });

  test('goes with the calendar, and the sharee’s home tells of it', async () => {
    await mount('read-write');
    const home = `/dav/calendars/${sharee}/`;
    const { token } = await sync(sharee, home, '');
    expect((await remove(sharer, own)).status).toBe(204);
    expect((await get(sharee, seen)).status).toBe(404);
    expect((await sync(sharee, home, token)).told).toEqual({ [seen]: 404, [`${home}notification/`]: 200 });
  });
});

describe('sync', () => {
  test('of the calendar is the same at both URLs', async () => {
    await mount('read-write');
    const { token } = await sync(sharee, seen, '');
    await put(sharer, `${own}a.ics`, 'a');
    const changed = await sync(sharee, seen, token);
    expect(changed.told).toEqual({ [`${seen}a.ics`]: 200 });
    await remove(sharer, `${own}a.ics`);
    expect((await sync(sharee, seen, changed.token)).told).toEqual({ [`${seen}a.ics`]: 404 });
  });

  test('of the sharee’s home tells of what the sharer changes, and of nothing twice', async () => {
    await mount('read-write');
    const home = `/dav/calendars/${sharee}/`;
    const first = await sync(sharee, home, '');
    expect(first.told).toMatchObject({ [seen]: 200 });
    expect((await sync(sharee, home, first.token)).told).toEqual({});
    await put(sharer, `${own}a.ics`, 'a');
    const second = await sync(sharee, home, first.token);
    expect(second.told).toEqual({ [seen]: 200 });
    expect((await sync(sharee, home, second.token)).told).toEqual({});
    const whole = await sync(sharee, home, first.token, 'infinite');
    expect(whole.told).toEqual({ [seen]: 200, [`${seen}a.ics`]: 200 });
    await remove(sharer, `${own}a.ics`);
    const gone = await sync(sharee, home, whole.token, 'infinite');
    expect(gone.told).toEqual({ [seen]: 200, [`${seen}a.ics`]: 404 });
    expect((await sync(sharee, home, gone.token, 'infinite')).told).toEqual({});
  });

  test('of the home by pages of two comes to the same', async () => {
    await mount('read-write');
    for (let n = 0; n < 7; n += 1) await put(sharer, `${own}e${n}.ics`, `e${n}`);
    const home = `/dav/calendars/${sharee}/`;
    const whole = await sync(sharee, home, '', 'infinite');
    const found: Record<string, number> = {};
    let token = '';
    let rounds = 0;
    for (;;) {
      const page = await sync(sharee, home, token, 'infinite', 2);
      expect(page.token).not.toBe(token);
      for (const [href, status] of Object.entries(page.told)) if (href !== home) found[href] = status;
      token = page.token;
      rounds += 1;
      if (page.told[home] === undefined) break;
      expect(rounds).toBeLessThan(40);
    }
    expect(found).toEqual(whole.told);
    expect((await sync(sharee, home, token, 'infinite')).told).toEqual({});
  });

  test('a token with a made-up state of a mount is refused', async () => {
    await mount('read');
    const home = `/dav/calendars/${sharee}/`;
    const { token } = await sync(sharee, home, '');
    expect(token).toMatch(/;\d+=\d+$/);
    expect((await sync(sharee, home, token.replace(/=\d+$/, '=999999'))).status).toBe(403);
    expect((await sync(sharee, home, token.replace(/;.*$/, ''))).told).toEqual({ [seen]: 200 });
    expect((await sync(sharee, own, `${token.replace(/;.*$/, '')};1=1`)).status).toBe(403);
  });
});

describe('delegates', () => {
  test('of the sharee see and write it as far as both say', async () => {
    await mount('read-write');
    await put(sharer, `${own}a.ics`, 'a');
    const { store } = server.context;
    const delegate = (access: 'read' | 'write') =>
      store.write(async (tx) => {
        await tx.deleteFrom('delegates').where('principal_id', '=', sharee).execute();
        await tx.insertInto('delegates').values({ principal_id: sharee, delegate_id: 'other', access }).execute();
      });
    await delegate('read');
    expect((await get('other', `${seen}a.ics`)).status).toBe(200);
    expect((await put('other', `${seen}b.ics`, 'b')).status).toBe(403);
    expect((await get('other', `${own}a.ics`)).status).toBe(403);
    await delegate('write');
    expect((await put('other', `${seen}b.ics`, 'b')).status).toBe(201);
  });
});

describe('the access control list of the calendar', () => {
  const acl = (kind: 'grant' | 'deny', privilege: string) =>
    server.request('ACL', own, {
      as: sharer,
      headers: XML,
      body: `<D:acl xmlns:D="DAV:"><D:ace><D:principal><D:href>/dav/principals/users/${sharee}/</D:href></D:principal><D:${kind}><D:privilege><D:${privilege}/></D:privilege></D:${kind}></D:ace></D:acl>`,
    });

  test('takes from a sharee what it denies, at both URLs', async () => {
    await mount('read-write');
    await put(sharer, `${own}a.ics`, 'a');
    expect((await acl('deny', 'write-content')).status).toBe(200);
    expect((await put(sharee, `${seen}a.ics`, 'a', 'SUMMARY:new')).status).toBe(403);
    expect((await get(sharee, `${seen}a.ics`)).status).toBe(200);
    const held = privilegesIn(await props(sharee, seen, '<D:current-user-privilege-set/>'));
    expect(held).toContain('bind');
    expect(held).not.toContain('write');
    expect((await acl('deny', 'read')).status).toBe(200);
    for (const path of [seen, own]) expect((await get(sharee, `${path}a.ics`)).status).toBe(403);
  });

  test('shows who has accepted a share, as an entry that ACL does not change', async () => {
    await mount('read');
    const entry = `<D:ace><D:principal><D:href>/dav/principals/users/${sharee}/</D:href></D:principal><D:grant><D:privilege><D:read/></D:privilege><D:privilege><D:read-current-user-privilege-set/></D:privilege></D:grant><D:protected/></D:ace>`;
    expect(await props(sharer, own, '<D:acl/>')).toContain(entry);
    expect((await acl('grant', 'read-acl')).status).toBe(200);
    expect(await props(sharer, own, '<D:acl/>')).toContain(entry);
  });
});
