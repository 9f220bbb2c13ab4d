import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { setDelegates, setMembers } from '../../../src/store/memberships.ts';
import { savePrincipal } from '../../../src/store/principals.ts';
import { asPrincipalId } from '../../../src/base/ids.ts';
import { multistatus, propfind } from '../../dav-client.ts';
import { CALENDAR_TYPE, event, startDavServer, XML, type DavServer } from '../../dav-server.ts';

let server: DavServer;
beforeAll(async () => {
  server = await startDavServer({
    users: ['alice', 'bob', 'carol', 'dora', 'emil'],
    admins: ['root'],
    settings: { freeBusyForAll: false },
    limits: { acesPerCollection: 3 },
  });
  await server.context.store.write(async (tx) => {
    for (const id of ['inner', 'outer']) {
      await savePrincipal(tx, { id: asPrincipalId(id), kind: 'group', name: id, emails: [] }, 0);
    }
    await setMembers(tx, 'outer', ['inner'], 0);
    await setMembers(tx, 'inner', ['carol'], 0);
    await setDelegates(tx, 'alice', { read: ['dora'], write: ['emil'] }, 0);
  });
});
afterAll(() => server.close());

let calendars = 0;
/** A calendar of Alice's with one event. */
async function calendar(): Promise<string> {
  const path = `/dav/calendars/alice/acl${(calendars += 1)}/`;
  expect((await server.request('MKCALENDAR', path)).status).toBe(201);
  expect((await server.request('PUT', `${path}a.ics`, { headers: CALENDAR_TYPE, body: event('a') })).status).toBe(201);
  return path;
}

const user = (id: string): string => `<D:href>/dav/principals/users/${id}/</D:href>`;
const group = (id: string): string => `<D:href>/dav/principals/groups/${id}/</D:href>`;
const ace = (principal: string, kind: 'grant' | 'deny', ...privileges: readonly string[]): string =>
  `<D:ace><D:principal>${principal}</D:principal><D:${kind}>${privileges
    .map((name) => `<D:privilege><${name}/></D:privilege>`)
    .join('')}</D:${kind}></D:ace>`;
const set = (path: string, aces: string, as = 'alice') =>
  server.request('ACL', path, {
    as,
    headers: XML,
    body: `<D:acl xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav">${aces}</D:acl>`,
  });
const get = async (path: string, as: string): Promise<number> =>
  (await server.request('GET', `${path}a.ics`, { as })).status;
const write = async (path: string, as: string): Promise<number> =>
  (await server.request('PUT', `${path}a.ics`, { as, headers: CALENDAR_TYPE, body: event('a', `X-BY:${as}`) })).status;

describe('ACL (RFC 3744 §8.1)', () => {
  test('grants a principal what it says, on the calendar and on what it holds, and nothing else', async () => {
    const path = await calendar();
    expect(await get(path, 'bob')).toBe(403);
    expect((await set(path, ace(user('bob'), 'grant', 'D:read'))).status).toBe(200);
    expect(await get(path, 'bob')).toBe(200);
    expect(await write(path, 'bob')).toBe(403);
    expect((await server.request('DELETE', `${path}a.ics`, { as: 'bob' })).status).toBe(403);
    expect((await server.request('PROPFIND', '/dav/calendars/alice/', { as: 'bob' })).status).toBe(403);
    expect(await get(path, 'carol')).toBe(403);
  });

  test('lets write who may, and takes it back at once', async () => {
    const path = await calendar();
    await set(path, ace(user('bob'), 'grant', 'D:read', 'D:write'));
    expect(await write(path, 'bob')).toBe(204);
    expect(
      (await server.request('PUT', `${path}b.ics`, { as: 'bob', headers: CALENDAR_TYPE, body: event('b') })).status,
    ).toBe(201);
    expect((await server.request('DELETE', `${path}b.ics`, { as: 'bob' })).status).toBe(204);
    // The calendar itself is a member of the home, which nobody may change.
    expect((await server.request('DELETE', path, { as: 'bob' })).status).toBe(403);
    await set(path, '');
    expect(await get(path, 'bob')).toBe(403);
    expect(await write(path, 'bob')).toBe(403);
  });

  test('grants groups, and the groups in them, and everybody', async () => {
    const path = await calendar();
    await set(path, ace(group('outer'), 'grant', 'D:read'));
    expect(await get(path, 'carol')).toBe(200);
    expect(await get(path, 'bob')).toBe(403);
    await set(path, ace('<D:authenticated/>', 'grant', 'D:read'));
    expect(await get(path, 'bob')).toBe(200);
  });

  test('denies in the order of its entries', async () => {
    const path = await calendar();
    await set(path, ace(user('carol'), 'deny', 'D:read') + ace(group('outer'), 'grant', 'D:all'));
    expect(await get(path, 'carol')).toBe(403);
    await set(path, ace(group('outer'), 'grant', 'D:read') + ace(user('carol'), 'deny', 'D:read'));
    expect(await get(path, 'carol')).toBe(200);
  });

  test('with write-acl, others may use it; without, not even to read it', async () => {
    const path = await calendar();
    await set(path, ace(user('bob'), 'grant', 'D:read', 'D:write-acl') + ace(user('carol'), 'grant', 'D:read'));
    expect((await set(path, ace(user('carol'), 'grant', 'D:all'), 'carol')).status).toBe(403);
    const read = await server.request('PROPFIND', path, { as: 'carol', ...propfind('0', ['D:acl']) });
    expect(read.body.toString()).toContain('403 Forbidden');
    expect((await set(path, ace(user('bob'), 'grant', 'D:read'), 'bob')).status).toBe(200);
    expect((await set(path, ace(user('bob'), 'grant', 'D:all'), 'bob')).status).toBe(403);
  });

  test('a delegate acts in the whole home, but for what others may do', async () => {
    const path = await calendar();
    expect([await get(path, 'dora'), await write(path, 'dora')]).toEqual([200, 403]);
    expect([await get(path, 'emil'), await write(path, 'emil')]).toEqual([200, 204]);
    expect((await set(path, ace(user('bob'), 'grant', 'D:read'), 'emil')).status).toBe(403);
    expect((await server.request('MKCALENDAR', `${path.slice(0, -1)}x/`, { as: 'emil' })).status).toBe(201);
  });

  test('what somebody may do is told to them, and to the owner who is named', async () => {
    const path = await calendar();
    await set(path, ace(user('bob'), 'grant', 'D:read', 'D:read-acl', 'D:bind'));
    const own = await server.request('PROPFIND', path, {
      as: 'bob',
      ...propfind('0', ['D:current-user-privilege-set']),
    });
    expect(own.body.toString()).toContain('<D:bind/>');
    expect(own.body.toString()).not.toContain('<D:unbind/>');
    const list = (await server.request('PROPFIND', path, { as: 'bob', ...propfind('0', ['D:acl']) })).body.toString();
    expect(list).toContain('<D:property><D:owner/></D:property>');
    expect(list).toContain('<D:href>/dav/principals/users/bob/</D:href>');
    const named = await server.request('REPORT', path, {
      headers: { ...XML, depth: '0' },
      body: '<D:acl-principal-prop-set xmlns:D="DAV:"><D:prop><D:displayname/></D:prop></D:acl-principal-prop-set>',
    });
    expect(multistatus(named.body).entries.map(({ href }) => href)).toEqual([
      '/dav/principals/users/alice/',
      '/dav/principals/users/alice/calendar-proxy-read/',
      '/dav/principals/users/alice/calendar-proxy-write/',
      '/dav/principals/users/bob/',
    ]);
  });

  test('changes the entity tag of the calendar, so that of two with the same If-Match one fails', async () => {
    const path = await calendar();
    const tag = async () => (await server.request('GET', path)).headers.etag!;
    const before = await tag();
    const conditional = () =>
      server.request('ACL', path, {
        headers: { ...XML, 'if-match': before },
        body: `<D:acl xmlns:D="DAV:">${ace(user('bob'), 'grant', 'D:read')}</D:acl>`,
      });
    expect((await conditional()).status).toBe(200);
    expect(await tag()).not.toBe(before);
    expect((await conditional()).status).toBe(412);
  });

  test('what is granted goes with the one to whom it was, and with the calendar', async () => {
    const path = await calendar();
    await set(path, ace(user('bob'), 'grant', 'D:read'));
    expect((await server.request('DELETE', path)).status).toBe(204);
    expect((await server.request('MKCALENDAR', path)).status).toBe(201);
    expect((await server.request('PROPFIND', path, { as: 'bob' })).status).toBe(403);
  });
});

describe('a request that cannot be (RFC 3744 §8.1.1)', () => {
  const one = (inner: string): string => `<D:ace>${inner}</D:ace>`;
  const grant = '<D:grant><D:privilege><D:read/></D:privilege></D:grant>';
  const bob = `<D:principal>${user('bob')}</D:principal>`;
  const rows: readonly (readonly [string, string, number, string])[] = [
    ['an unknown principal', ace(user('nobody'), 'grant', 'D:read'), 403, 'recognized-principal'],
    [
      'an href of something else',
      ace('<D:href>/dav/calendars/bob/</D:href>', 'grant', 'D:read'),
      403,
      'recognized-principal',
    ],
    ['a broken href', ace('<D:href>http://[</D:href>', 'grant', 'D:read'), 403, 'recognized-principal'],
    [
      'an href of another server',
      ace('<D:href>http://example.com/dav/principals/users/bob/</D:href>', 'grant', 'D:read'),
      403,
      'recognized-principal',
    ],
    ['everybody without log-in', ace('<D:all/>', 'grant', 'D:read'), 403, 'allowed-principal'],
    ['who is not logged in', ace('<D:unauthenticated/>', 'grant', 'D:read'), 403, 'allowed-principal'],
    ['an unknown privilege', ace(user('bob'), 'grant', 'C:schedule'), 403, 'not-supported-privilege'],
    ['a privilege of the inbox', ace(user('bob'), 'grant', 'C:schedule-deliver'), 403, 'not-supported-privilege'],
    ['an inverted entry', one(`<D:invert>${bob}</D:invert>${grant}`), 403, 'no-invert'],
    ['a protected entry', one(`${bob}${grant}<D:protected/>`), 403, 'no-ace-conflict'],
    ['an inherited entry', one(`${bob}${grant}<D:inherited><D:href>/</D:href></D:inherited>`), 403, 'no-ace-conflict'],
    ['a denial to the owner', ace(user('alice'), 'deny', 'D:write'), 403, 'no-inherited-ace-conflict'],
    ['a denial to an administrator', ace(user('root'), 'deny', 'D:write'), 403, 'no-protected-ace-conflict'],
    ['too many entries', ace(user('bob'), 'grant', 'D:read').repeat(4), 403, 'limited-number-of-aces'],
    ['no principal', one(grant), 400, ''],
    ['neither grant nor deny', one(bob), 400, ''],
    ['both', one(`${bob}${grant}<D:deny/>`), 400, ''],
    ['something else', '<D:nothing/>', 400, ''],
  ];
  test.each(rows)('%s is refused, and nothing changes', async (_, aces, status, condition) => {
    const path = await calendar();
    await set(path, ace(user('carol'), 'grant', 'D:read'));
    const answer = await set(path, aces);
    expect(answer.status).toBe(status);
    if (condition !== '') expect(answer.body.toString()).toContain(`<D:${condition}/>`);
    expect(await get(path, 'carol')).toBe(200);
    expect(await get(path, 'bob')).toBe(403);
  });

  test('where nothing is granted one by one, the method does not work', async () => {
    for (const path of ['/dav/calendars/alice/', '/dav/principals/users/alice/', '/dav/']) {
      expect((await set(path, '')).status).toBe(405);
    }
    const path = await calendar();
    expect((await set(`${path}a.ics`, '')).status).toBe(405);
    expect((await set(`${path}none.ics`, '')).status).toBe(404);
  });
});

describe('DAV:acl of what nobody can grant (RFC 3744 §5.5)', () => {
  const AUTHENTICATED = '<D:principal><D:authenticated/></D:principal>';
  const privilegesIn = (text: string): readonly string[] =>
    [...text.matchAll(/<D:privilege><[DC]:([\w-]+)\/>/g)].map(([, name = '']) => name);
  async function acesOf(path: string, as: string): Promise<readonly string[]> {
    const { body } = await server.request('PROPFIND', path, { as, ...propfind('0', ['D:acl']) });
    const status = /HTTP\/1\.1 (\d+)/.exec(body.toString())?.[1];
    return status === '200' ? (body.toString().match(/<D:ace>.*?<\/D:ace>/gs) ?? []) : [String(status)];
  }

  test.each([
    ...['/', '/dav/', '/dav/principals/', '/dav/principals/users/', '/dav/calendars/'],
    ...['/dav/addressbooks/', '/dav/addressbooks/directory/', '/dav/addressbooks/directory/alice.vcf'],
    '/dav/principals/groups/inner/',
  ])('%s: everybody who is logged in reads it, and an administrator is told so', async (path) => {
    const [everybody, ...others] = await acesOf(path, 'root');
    expect(everybody).toContain(AUTHENTICATED);
    expect(everybody).toContain('<D:protected/>');
    expect(privilegesIn(everybody!)).toEqual(['read', 'read-current-user-privilege-set']);
    expect(others).toEqual([]);
    expect(await acesOf(path, 'bob')).toEqual(['403']);
  });

  test('a principal has its own privileges as DAV:self, and tells itself so', async () => {
    const [self, everybody, ...others] = await acesOf('/dav/principals/users/alice/', 'alice');
    expect(self).toContain('<D:principal><D:self/></D:principal>');
    expect(privilegesIn(self!)).toEqual(['read', 'read-acl', 'read-current-user-privilege-set', 'write-properties']);
    expect(everybody).toContain(AUTHENTICATED);
    expect(others).toEqual([]);
    expect(await acesOf('/dav/principals/users/alice/', 'bob')).toEqual(['403']);
  });

  test('the principal of delegates is its owner’s', async () => {
    const [owner, everybody] = await acesOf('/dav/principals/users/alice/calendar-proxy-read/', 'alice');
    expect(owner).toContain(`<D:principal>${user('alice')}</D:principal>`);
    expect(everybody).toContain(AUTHENTICATED);
  });

  test.each(['', 'notification/', 'freebusy/', 'inbox/', 'outbox/', 'calendar/'])(
    'the home’s %s has its owner and delegates, all of it protected',
    async (name) => {
      const aces = await acesOf(`/dav/calendars/alice/${name}`, 'alice');
      expect(aces[0]).toContain('<D:principal><D:property><D:owner/></D:property></D:principal>');
      expect(aces[1]).toContain('calendar-proxy-read/');
      expect(aces[2]).toContain('calendar-proxy-write/');
      expect(aces.every((each) => each.includes('<D:protected/>'))).toBe(true);
      const inherited = '<D:inherited><D:href>/dav/calendars/alice/</D:href></D:inherited>';
      expect(aces.slice(0, 3).every((each) => each.includes(inherited))).toBe(name !== '');
    },
  );

  test('what the list says is what who it speaks of may do', async () => {
    for (const [path, as, at] of [
      ['/dav/calendars/alice/', 'alice', 0],
      ['/dav/calendars/alice/', 'dora', 1],
      ['/dav/calendars/alice/notification/', 'emil', 2],
      ['/dav/principals/users/alice/', 'alice', 0],
    ] as const) {
      const said = privilegesIn((await acesOf(path, 'alice'))[at]!);
      const own = await server.request('PROPFIND', path, { as, ...propfind('0', ['D:current-user-privilege-set']) });
      expect(privilegesIn(own.body.toString())).toEqual(expect.arrayContaining([...said]));
    }
  });
});
