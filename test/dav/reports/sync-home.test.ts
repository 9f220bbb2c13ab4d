import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { pruneTombstones } from '../../../src/store/changes.ts';
import { multistatus, propfind } from '../../dav-client.ts';
import { CALENDAR_TYPE, event, startDavServer, XML, type DavServer } from '../../dav-server.ts';
import { report, responsesIn, statuses } from './report-client.ts';

let server: DavServer;
let made = 0;
const users = Array.from({ length: 50 }, (_, index) => `user${index}`);
beforeAll(async () => {
  server = await startDavServer({ users, admins: ['admin'] });
});
afterAll(() => server.close());

interface Options {
  readonly level?: '1' | 'infinite' | 'infinity' | null;
  readonly limit?: number;
  readonly prop?: string;
  readonly as?: string;
  readonly depth?: string;
}

/** A home of its own for each test, and one who follows it. */
function newHome() {
  const user = users[made++]!;
  const home = `/dav/calendars/${user}/`;
  const request: DavServer['request'] = (method, path, options) =>
    server.request(method, path.startsWith('/') ? path : home + path, { as: user, ...options });
  return {
    user,
    home,
    request,
    put: (path: string, ...lines: readonly string[]) =>
      request('PUT', path, { body: event(path, ...lines), headers: CALENDAR_TYPE }),
    move: (from: string, to: string) => request('MOVE', from, { headers: { destination: home + to } }),
    async sync(token: string, { level = 'infinite', limit, prop = '<D:getetag/>', as = user, depth }: Options = {}) {
      const body = [
        '<D:sync-collection xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:X="urn:x">',
        `<D:sync-token>${token}</D:sync-token>`,
        level === null ? '' : `<D:sync-level>${level}</D:sync-level>`,
        limit === undefined ? '' : `<D:limit><D:nresults>${limit}</D:nresults></D:limit>`,
        `<D:prop>${prop}</D:prop></D:sync-collection>`,
      ].join('');
      const answer = await report(server, home, body, { as, ...(depth === undefined ? {} : { depth }) });
      const told = Object.entries(statuses(answer.text)).map(([href, status]) => [href.slice(home.length), status]);
      return {
        ...answer,
        told: Object.fromEntries(told) as Readonly<Record<string, number>>,
        token: /<D:sync-token>([^<]*)<\/D:sync-token><\/D:multistatus>/.exec(answer.text)?.[1] ?? '',
      };
    },
  };
}

/** What stands in a new home. freebusy holds nothing and has no report. */
const FIXED = {
  ...{ 'calendar/': 200, 'tasks/': 200, 'inbox/': 200, 'outbox/': 200, 'notification/': 200 },
  'freebusy/': 403,
};

describe('the home', () => {
  test('names the report, and has a token that its report takes (RFC 6578 §3.2, §4)', async () => {
    const { home, request, sync } = newHome();
    const found = await request('PROPFIND', home, propfind('0', ['supported-report-set', 'sync-token']));
    expect(found.body.toString()).toContain('<D:report><D:sync-collection/></D:report>');
    const token = multistatus(found.body).entries[0]?.props.get('sync-token') ?? '';
    expect(token).toMatch(/^data:,[\w-]+:[\w-]+:\d+$/);
    expect((await sync(token)).told).toEqual({});
    expect((await sync('')).token).toBe(token);
  });

  test.each([
    ['freebusy/', false],
    ['outbox/', true],
    ['inbox/', true],
    ['calendar/', true],
  ])('has %s, which names the report and has a token: %s', async (path, expected) => {
    const { request } = newHome();
    const found = await request('PROPFIND', path, propfind('0', ['supported-report-set', 'sync-token']));
    expect(found.body.toString().includes('<D:sync-collection/>')).toBe(expected);
    expect(multistatus(found.body).entries[0]?.props.has('sync-token')).toBe(expected);
  });

  test('tells of itself in the DAV header, as Apple’s clients look for it', async () => {
    const { user, request } = newHome();
    const options = await request('OPTIONS', `/dav/principals/users/${user}/`);
    expect(options.headers['dav']?.toString().split(/,\s*/)).toContain('calendarserver-home-sync');
  });
});

describe('an initial synchronisation', () => {
  test('at level 1 lists the collections, at level infinite what they hold as well', async () => {
    const { put, sync } = newHome();
    await put('calendar/%C3%A4%201.ics');
    expect((await sync('', { level: '1' })).told).toEqual(FIXED);
    expect((await sync('')).told).toEqual({ ...FIXED, 'calendar/%C3%A4%201.ics': 200 });
    expect((await sync('', { level: 'infinity' })).told).toEqual((await sync('')).told);
  });

  test('tells of a collection before its members, and of none that was removed', async () => {
    const { home, put, request, sync } = newHome();
    await request('MKCALENDAR', 'gone/');
    await put('gone/a.ics');
    await put('calendar/b.ics');
    await put('calendar/c.ics');
    await request('DELETE', 'gone/');
    await request('DELETE', 'calendar/b.ics');
    const { text, told } = await sync('');
    expect(told).toEqual({ ...FIXED, 'calendar/c.ics': 200 });
    const hrefs = responsesIn(text).map((each) => /<D:href>([^<]*)</.exec(each)?.[1]);
    expect(hrefs.indexOf(`${home}calendar/`)).toBeLessThan(hrefs.indexOf(`${home}calendar/c.ics`));
  });

  test('says why a collection is not followed, once (RFC 6578 §3.3)', async () => {
    const { request, sync } = newHome();
    const first = await sync('');
    expect(first.text).toMatch(/freebusy\/<\/D:href><D:status>HTTP\/1.1 403 Forbidden<\/D:status><D:error><D:supp/);
    const body =
      '<D:propertyupdate xmlns:D="DAV:"><D:set><D:prop><x xmlns="urn:x"/></D:prop></D:set></D:propertyupdate>';
    expect((await request('PROPPATCH', 'freebusy/', { body, headers: XML })).status).toBe(207);
    expect((await sync(first.token)).told).toEqual({});
  });

  test.each([
    ['1', FIXED],
    ['infinity', { ...FIXED, 'calendar/a.ics': 200 }],
  ])('without a level is as deep as Depth: %s (RFC 6578 Appendix A)', async (depth, expected) => {
    const { put, sync } = newHome();
    await put('calendar/a.ics');
    expect((await sync('', { level: null, depth })).told).toEqual(expected);
    expect((await sync('', { level: null, depth: '0' })).status).toBe(400);
  });

  test('gives properties of collections and objects, and calendar-data of objects', async () => {
    const { put, sync } = newHome();
    await put('calendar/a.ics');
    const { text } = await sync('', { prop: '<D:getetag/><D:resourcetype/><C:calendar-data/>' });
    const [calendar, object] = ['calendar/', 'calendar/a.ics'].map(
      (path) => responsesIn(text).find((each) => each.includes(`/${path}</D:href>`)) ?? '',
    );
    expect(calendar).toContain('<C:calendar/>');
    expect(calendar).not.toContain('BEGIN:VEVENT');
    expect(object).toContain('BEGIN:VEVENT&#13;\nUID:calendar/a.ics&#13;');
  });
});

describe('a later synchronisation', () => {
  test('without a change is empty and has the same token', async () => {
    const { put, sync } = newHome();
    await put('calendar/a.ics');
    const { token } = await sync('');
    expect(await sync(token)).toMatchObject({ told: {}, token });
  });

  test('tells of what was made, changed and removed, at the level that is asked for', async () => {
    const { put, request, sync } = newHome();
    await put('calendar/a.ics');
    await put('calendar/b.ics');
    const { token } = await sync('');
    await put('calendar/a.ics', 'SUMMARY:Changed');
    await request('DELETE', 'calendar/b.ics');
    await request('MKCALENDAR', 'new/');
    await put('new/c.ics');
    expect((await sync(token, { level: '1' })).told).toEqual({ 'calendar/': 200, 'new/': 200 });
    expect((await sync(token)).told).toEqual({
      ...{ 'calendar/': 200, 'calendar/a.ics': 200, 'calendar/b.ics': 404 },
      ...{ 'new/': 200, 'new/c.ics': 200 },
    });
  });

  test('the token of one level serves at the other (RFC 6578 §3.3)', async () => {
    const { put, sync } = newHome();
    const [one, infinite] = [await sync('', { level: '1' }), await sync('')];
    expect(one.token).toBe(infinite.token);
    await put('calendar/a.ics');
    expect((await sync(one.token)).told).toEqual({ 'calendar/': 200, 'calendar/a.ics': 200 });
    expect((await sync(infinite.token, { level: '1' })).told).toEqual({ 'calendar/': 200 });
  });

  test.each([
    ['a live', '<D:displayname>Other</D:displayname>'],
    ['a dead', '<X:dead>Other</X:dead>'],
  ])('%s property makes its collection a changed one', async (_, property) => {
    const { request, sync } = newHome();
    const { token } = await sync('');
    const body = `<D:propertyupdate xmlns:D="DAV:" xmlns:X="urn:x"><D:set><D:prop>${property}</D:prop></D:set></D:propertyupdate>`;
    await request('PROPPATCH', 'calendar/', { body, headers: XML });
    expect((await sync(token)).told).toEqual({ 'calendar/': 200 });
  });

  test('a removed collection is told alone (RFC 6578 §3.5.2)', async () => {
    const { put, request, sync } = newHome();
    await put('calendar/a.ics');
    await put('calendar/b.ics');
    const { token } = await sync('');
    await request('DELETE', 'calendar/a.ics');
    await request('DELETE', 'calendar/');
    expect((await sync(token)).told).toEqual({ 'calendar/': 404 });
    expect((await sync(token, { level: '1' })).told).toEqual({ 'calendar/': 404 });
  });

  test('a renamed collection is told with all it holds', async () => {
    const { put, move, sync } = newHome();
    await put('calendar/a.ics');
    const { token } = await sync('');
    expect((await move('calendar/', 'renamed/')).status).toBe(201);
    expect((await sync(token)).told).toEqual({ 'calendar/': 404, 'renamed/': 200, 'renamed/a.ics': 200 });
  });

  test('a collection that was removed and made again is changed, and what it held is removed (§3.5.1, §3.5.2)', async () => {
    const { put, request, sync } = newHome();
    await put('calendar/a.ics');
    await put('calendar/b.ics');
    const { token } = await sync('');
    await request('DELETE', 'calendar/');
    const between = await sync(token);
    await request('MKCALENDAR', 'calendar/');
    await put('calendar/b.ics');
    expect((await sync(token)).told).toEqual({ 'calendar/': 200, 'calendar/a.ics': 404, 'calendar/b.ics': 200 });
    expect((await sync(between.token)).told).toEqual({ 'calendar/': 200, 'calendar/b.ics': 200 });
  });

  test('an object that moves is removed here and new there', async () => {
    const { put, move, request, sync } = newHome();
    await request('MKCALENDAR', 'other/');
    await put('calendar/a.ics');
    const { token } = await sync('');
    await move('calendar/a.ics', 'other/a.ics');
    expect((await sync(token)).told).toEqual({
      ...{ 'calendar/': 200, 'calendar/a.ics': 404 },
      ...{ 'other/': 200, 'other/a.ics': 200 },
    });
  });
});

describe('DAV:limit (RFC 6578 §3.6, §3.7)', () => {
  test('pages through the changes: never more than asked for, 507 on the home until all are told', async () => {
    const { put, move, request, sync } = newHome();
    for (const name of ['a', 'b', 'c:/d']) await put(`calendar/${encodeURIComponent(name).replaceAll('%2F', '-')}.ics`);
    const { token } = await sync('');
    await move('calendar/', 'x y/');
    await request('MKCALENDAR', 'calendar/');
    for (const limit of [1, 2, 3, 4, 7, 8]) {
      const told: Record<string, number>[] = [];
      for (let [next, more] = [token, true]; more;) {
        const page = await sync(next, { limit });
        expect(page.status).toBe(207);
        const { '': home, ...rest } = page.told;
        more = home === 507;
        expect(page.text.includes('<D:error><D:number-of-matches-within-limits/></D:error>')).toBe(more);
        expect(Object.keys(rest).length).toBeLessThanOrEqual(limit);
        expect(page.token).not.toBe(next);
        told.push(rest);
        next = page.token;
      }
      expect(Object.assign({}, ...told)).toEqual({
        ...{ 'x%20y/': 200, 'x%20y/a.ics': 200, 'x%20y/b.ics': 200, 'x%20y/c:-d.ics': 200 },
        ...{ 'calendar/': 200, 'calendar/a.ics': 404, 'calendar/b.ics': 404, 'calendar/c:-d.ics': 404 },
      });
      if (limit < 8) expect(told.length).toBeGreaterThan(1);
    }
  });

  test('an initial list in pages tells of no removal from before it began', async () => {
    const { put, request, sync } = newHome();
    for (const name of ['a', 'b', 'c', 'd']) await put(`calendar/${name}.ics`);
    await request('DELETE', 'calendar/b.ics');
    await request('DELETE', 'tasks/');
    let page = await sync('', { limit: 3 });
    await request('DELETE', 'calendar/a.ics');
    const told = { ...page.told };
    while (page.told[''] === 507) {
      page = await sync(page.token, { limit: 3 });
      Object.assign(told, page.told);
    }
    const { 'tasks/': _, ...rest } = FIXED;
    expect(told).toEqual({
      ...{ '': 507, ...rest, 'calendar/c.ics': 200, 'calendar/d.ics': 200 },
      'calendar/a.ics': 404,
    });
  });
});

describe('valid-sync-token', () => {
  const refused = async (answer: Promise<{ readonly status: number; readonly text: string }>) => {
    const { status, text } = await answer;
    expect(status).toBe(403);
    expect(text).toContain('<D:valid-sync-token/>');
  };

  test.each([
    ['text', () => 'garbage'],
    ['a foreign URI', () => 'http://example.com/ns/sync/1'],
    ['another epoch, as after a restore', (token: string) => token.replace(server.context.store.epoch, 'other')],
    ['the future', (token: string) => token.replace(/\d+$/, '999999')],
    ['a list that began in the future', (token: string) => `${token}:999999`],
    ['a place that is not percent-encoded UTF-8', (token: string) => `${token}:a/%ff`],
    ['a place with a NUL', (token: string) => `${token}:a/%00`],
    ['a place without a collection', (token: string) => `${token}:/a`],
    ['more than a token', (token: string) => `${token}:a/b/c`],
  ])('refuses %s', async (_, forge) => {
    const { sync } = newHome();
    await refused(sync(forge((await sync('')).token)));
  });

  test('refuses the token of another home, of a collection, and a home’s on a collection', async () => {
    const [mine, other] = [newHome(), newHome()];
    await refused(mine.sync((await other.sync('')).token));
    const calendar = await mine.request('PROPFIND', 'calendar/', propfind('0', ['sync-token']));
    const token = multistatus(calendar.body).entries[0]?.props.get('sync-token') ?? '';
    await refused(mine.sync(token));
    const body = (of: string) =>
      `<D:sync-collection xmlns:D="DAV:"><D:sync-token>${of}</D:sync-token><D:sync-level>1</D:sync-level><D:prop/></D:sync-collection>`;
    const ask = (of: string) => report(server, `${mine.home}calendar/`, body(of), { as: mine.user });
    await refused(ask((await mine.sync('')).token));
    await refused(ask(`${token}:calendar/a.ics`));
    expect((await ask(token)).status).toBe(207);
  });

  test('refuses one from before removals that were forgotten, and takes one from after them', async () => {
    const { put, request, sync } = newHome();
    await put('calendar/a.ics');
    await put('calendar/b.ics');
    const old = await sync('');
    await request('DELETE', 'calendar/a.ics');
    const recent = await sync('');
    await server.context.store.write((tx) => pruneTombstones(tx, server.time.now + 1, 1000));
    await refused(sync(old.token));
    await refused(sync(old.token, { level: '1' }));
    expect((await sync(recent.token)).told).toEqual({});
  });

  test('refuses one in the middle of a change of which some removals were forgotten', async () => {
    const { move, sync } = newHome();
    await move('tasks/', 'y/');
    const { token } = await sync('');
    // Its coming stands before its going: the page ends between them.
    await move('y/', 'a/');
    const page = await sync(token, { limit: 1 });
    expect(page.told).toEqual({ 'a/': 200, '': 507 });
    expect((await sync(page.token)).told).toEqual({ 'y/': 404 });
    await server.context.store.write((tx) => pruneTombstones(tx, server.time.now + 1, 1000));
    await refused(sync(page.token));
  });

  test('takes a list in pages that began after the removals that were forgotten', async () => {
    const { put, request, sync } = newHome();
    for (const name of ['a', 'b', 'c']) await put(`calendar/${name}.ics`);
    await put('calendar/d.ics');
    await request('DELETE', 'calendar/d.ics');
    await server.context.store.write((tx) => pruneTombstones(tx, server.time.now + 1, 1000));
    const first = await sync('', { limit: 7 });
    expect(first.told['']).toBe(507);
    expect((await sync(first.token)).told).toEqual({ 'calendar/': 200, 'calendar/b.ics': 200, 'calendar/c.ics': 200 });
    await request('DELETE', 'calendar/b.ics');
    await server.context.store.write((tx) => pruneTombstones(tx, server.time.now + 1, 1000));
    await refused(sync(first.token));
  });
});

describe('access', () => {
  test('in another’s home it is refused like everything else there, whether the home exists or not', async () => {
    const [{ user, home, sync }, other] = [newHome(), newHome()];
    expect((await sync('', { as: other.user })).status).toBe(403);
    expect((await sync((await sync('')).token, { as: other.user })).status).toBe(403);
    const body =
      '<D:sync-collection xmlns:D="DAV:"><D:sync-token/><D:sync-level>1</D:sync-level><D:prop/></D:sync-collection>';
    const [existing, missing] = [
      await report(server, home, body, { as: other.user }),
      await report(server, '/dav/calendars/nobody/', body, { as: other.user }),
    ];
    expect(missing.status).toBe(existing.status);
    expect(missing.text).toBe(existing.text.replaceAll(home, '/dav/calendars/nobody/'));
    expect(existing.text).not.toContain(`${user}/calendar`);
  });

  test('an administrator may', async () => {
    const { sync } = newHome();
    expect((await sync('', { as: 'admin' })).told).toEqual(FIXED);
  });
});
