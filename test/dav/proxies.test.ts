import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { asPrincipalId } from '../../src/base/ids.ts';
import { auditLog } from '../../src/calendar/audit.ts';
import { ensureHome } from '../../src/calendar/create-home.ts';
import { removePrincipal } from '../../src/calendar/remove-principal.ts';
import { openStore } from '../../src/store/store.ts';
import { savePrincipal, setDelegates, setMembers } from '../../src/store/principals.ts';
import { multistatus, propfind, type Answer } from '../dav-client.ts';
import { CALENDAR_TYPE, event, startDavServer, XML, type DavServer, type DavServerOptions } from '../dav-server.ts';
import { postgresForTests } from '../postgres/database.ts';

const user = (id: string) => `/dav/principals/users/${id}/`;
const group = (id: string) => `/dav/principals/groups/${id}/`;
const ATTIC = '/dav/principals/rooms/attic/';
const reads = (principal: string) => `${principal}calendar-proxy-read/`;
const writes = (principal: string) => `${principal}calendar-proxy-write/`;
const HOME = '/dav/calendars/alice/';
const EVENT = `${HOME}calendar/a.ics`;

/** Alice is in the group `staff`, Carol in `juniors`, which is in `staff`. */
async function startHouse(open: DavServerOptions['open']): Promise<DavServer> {
  const server = await startDavServer({
    users: ['alice', 'bob', 'carol', 'dora', 'emil'],
    admins: ['root'],
    settings: { freeBusyForAll: false },
    limits: { livePropertyOctets: 2000 },
    ...(open === undefined ? {} : { open }),
  });
  await server.context.store.write(async (tx) => {
    for (const id of ['staff', 'juniors', 'é 1']) {
      await savePrincipal(tx, { id: asPrincipalId(id), kind: 'group', name: id, emails: [] }, 0);
    }
    const room = { id: asPrincipalId('attic'), kind: 'room', name: 'Attic', emails: [] } as const;
    const { principal } = await savePrincipal(tx, room, 0);
    const calendar = { uri: 'calendar', name: 'Calendar', components: ['VEVENT'] } as const;
    await ensureHome(tx, principal, [calendar], 0);
    await setMembers(tx, 'staff', ['alice', 'juniors'], 0);
    await setMembers(tx, 'juniors', ['carol'], 0);
  });
  await server.request('PUT', EVENT, { headers: CALENDAR_TYPE, body: event('a') });
  return server;
}

function proxies(database: string, open: DavServerOptions['open']): void {
  describe(`proxies on ${database}`, () => {
    let server: DavServer;
    beforeAll(async () => {
      server = await startHouse(open);
    });
    afterAll(() => server.close());
    beforeEach(() =>
      server.context.store.write(async (tx) => {
        for (const id of ['alice', 'attic', 'bob']) await setDelegates(tx, id, { read: [], write: [] }, 0);
      }),
    );

    const update = (proxy: string, inner: string, as = 'alice') =>
      server.request('PROPPATCH', proxy, {
        as,
        headers: XML,
        body: `<D:propertyupdate xmlns:D="DAV:">${inner}</D:propertyupdate>`,
      });
    const setTo = (hrefs: readonly string[]) =>
      `<D:set><D:prop><D:group-member-set>${hrefs.map((href) => `<D:href>${href}</D:href>`).join('')}</D:group-member-set></D:prop></D:set>`;
    /** The statuses of an update's propstats. */
    const put = async (proxy: string, hrefs: readonly string[], as = 'alice') => {
      const answer = await update(proxy, setTo(hrefs), as);
      return answer.status === 207 ? propstatus(answer) : [answer.status];
    };
    const propstatus = ({ body }: Answer): readonly number[] =>
      [...body.toString().matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => Number(status));
    const asked = async (path: string, name: string, as = 'alice') => {
      const answer = await server.request('PROPFIND', path, { as, ...propfind('0', [name]) });
      expect(answer.status).toBe(207);
      return answer.body.toString();
    };
    /** The hrefs in one property. */
    const hrefs = async (path: string, name: string, as = 'alice') =>
      [...(/<D:prop>(.*)<\/D:prop>/s.exec(await asked(path, name, as))?.[1] ?? '').matchAll(/<D:href>(.*?)<\/D:href>/g)]
        .map(([, href]) => href)
        .toSorted();
    const members = (proxy: string) => hrefs(proxy, 'D:group-member-set');
    const get = async (as: string, path = EVENT) => (await server.request('GET', path, { as })).status;
    const write = async (as: string, path = EVENT) =>
      (await server.request('PUT', path, { as, headers: CALENDAR_TYPE, body: event('a', `X-BY:${as}`) })).status;

    test('a person and a room have two, which a listing shows and which are groups of their own', async () => {
      for (const principal of [user('alice'), ATTIC]) {
        const listing = await server.request('PROPFIND', principal, propfind('1', ['D:resourcetype']));
        const found = multistatus(listing.body).entries.map(({ href }) => href);
        expect(found).toEqual([principal, reads(principal), writes(principal)]);
        expect(listing.body.toString()).toContain('<CS:calendar-proxy-write/>');
      }
      const type = '<D:resourcetype><D:collection/><D:principal/><CS:calendar-proxy-read/></D:resourcetype>';
      expect(await asked(reads(user('alice')), 'D:resourcetype')).toContain(type);
      expect(await hrefs(writes(ATTIC), 'D:principal-URL')).toEqual([writes(ATTIC)]);
      expect(await hrefs(writes(ATTIC), 'D:owner')).toEqual([ATTIC]);
      expect(await hrefs(writes(ATTIC), 'D:group-membership')).toEqual([]);
      expect(await asked(writes(ATTIC), 'D:alternate-URI-set')).toContain('<D:alternate-URI-set/>');
      expect(await asked(writes(ATTIC), 'D:displayname')).toContain('Attic (delegates, read and write)');
      expect(await asked(writes(ATTIC), 'CS:record-type')).toContain('>write-delegate-group<');
      expect(await asked(ATTIC, 'CS:record-type')).toContain('>locations<');
      const ids = await Promise.all(
        [ATTIC, reads(ATTIC), writes(ATTIC)].map(async (path) => (await hrefs(path, 'D:resource-id'))[0]),
      );
      expect(new Set(ids).size).toBe(3);
      const options = await server.request('OPTIONS', user('alice'));
      expect(options.headers['dav']).toContain('calendar-proxy');
    });

    test.each([
      reads(group('staff')),
      writes(user('nobody')),
      `${reads(user('alice'))}deeper/`,
      `${user('alice')}calendar-proxy-manage/`,
      '/dav/principals/rooms/alice/calendar-proxy-read/',
    ])('there is nothing at %s', async (path) => {
      expect((await server.request('PROPFIND', path, propfind('0', ['D:displayname']))).status).toBe(404);
    });

    test('who is put into the list for reading reads the whole home from the next request on, and no longer', async () => {
      expect(await get('bob')).toBe(403);
      expect(await put(reads(user('alice')), [user('bob')])).toEqual([200]);
      expect(await members(reads(user('alice')))).toEqual([user('bob')]);
      expect([await get('bob'), await write('bob')]).toEqual([200, 403]);
      expect(await asked(`${HOME}inbox/`, 'D:displayname', 'bob')).toContain('Inbox');
      expect(await asked(`${HOME}outbox/`, 'D:current-user-privilege-set', 'bob')).not.toContain('schedule-send');
      expect(await asked(HOME, 'D:acl', 'bob')).toContain('need-privileges');
      expect((await server.request('PROPFIND', HOME, { as: 'bob', ...propfind('1', ['D:displayname']) })).status).toBe(
        207,
      );
      expect(await hrefs(user('bob'), 'D:group-membership')).toEqual([reads(user('alice'))]);
      expect(await hrefs(user('bob'), 'CS:calendar-proxy-read-for')).toEqual([user('alice')]);
      expect(await hrefs(user('bob'), 'CS:calendar-proxy-write-for')).toEqual([]);
      expect(await put(reads(user('alice')), [])).toEqual([200]);
      expect(await get('bob')).toBe(403);
      expect(await hrefs(user('bob'), 'D:group-membership')).toEqual([]);
    });

    test('who is put into the list for writing acts, schedules, and grants nothing', async () => {
      expect(await put(writes(user('alice')), [user('bob')])).toEqual([200]);
      expect([await get('bob'), await write('bob')]).toEqual([200, 204]);
      const made = `${HOME}by-bob/`;
      expect((await server.request('MKCALENDAR', made, { as: 'bob' })).status).toBe(201);
      expect((await server.request('DELETE', made, { as: 'bob' })).status).toBe(204);
      expect(await asked(`${HOME}inbox/`, 'D:current-user-privilege-set', 'bob')).toContain('schedule-deliver');
      expect(await asked(`${HOME}outbox/`, 'D:current-user-privilege-set', 'bob')).toContain('schedule-send');
      const acl = { as: 'bob', headers: XML, body: '<D:acl xmlns:D="DAV:"/>' };
      expect((await server.request('ACL', `${HOME}calendar/`, acl)).status).toBe(403);
      expect((await update(reads(user('alice')), setTo([user('dora')]), 'bob')).status).toBe(403);
      expect(await hrefs(user('bob'), 'CS:calendar-proxy-write-for')).toEqual([user('alice')]);
      expect(await put(writes(user('alice')), [])).toEqual([200]);
      expect([await get('bob'), await write('bob')]).toEqual([403, 403]);
    });

    test('a group lets in all who are in it, at any depth, as long as they are', async () => {
      expect(await put(writes(user('alice')), [group('staff')])).toEqual([200]);
      expect([await get('carol'), await write('carol'), await get('bob')]).toEqual([200, 204, 403]);
      const proxy = writes(user('alice'));
      expect(await hrefs(group('staff'), 'D:group-membership')).toEqual([proxy]);
      expect(await hrefs(user('carol'), 'D:group-membership')).toEqual([group('juniors'), proxy]);
      expect(await hrefs(user('carol'), 'CS:calendar-proxy-write-for')).toEqual([user('alice')]);
      // Alice is in the group herself, and no delegate of her own.
      expect(await hrefs(user('alice'), 'D:group-membership')).toEqual([group('staff')]);
      expect(await hrefs(user('alice'), 'CS:calendar-proxy-write-for')).toEqual([]);
      const leave = (ids: string[]) => server.context.store.write((tx) => setMembers(tx, 'juniors', ids, 0));
      await leave([]);
      expect(await get('carol')).toBe(403);
      await leave(['carol']);
      expect(await get('carol')).toBe(200);
    });

    test('both ways to Carol are told, and the stronger one counts', async () => {
      await put(reads(user('alice')), [group('staff')]);
      await put(writes(user('alice')), [user('carol')]);
      expect(await write('carol')).toBe(204);
      expect(await hrefs(user('carol'), 'CS:calendar-proxy-read-for')).toEqual([user('alice')]);
      expect(await hrefs(user('carol'), 'CS:calendar-proxy-write-for')).toEqual([user('alice')]);
    });

    test('who is put into one list leaves the other, in whatever order a client says it', async () => {
      const [read, written] = [reads(user('alice')), writes(user('alice'))];
      await put(read, [user('bob'), user('dora')]);
      await put(written, [user('bob')]);
      expect([await members(read), await members(written)]).toEqual([[user('dora')], [user('bob')]]);
      await put(read, [user('bob'), user('dora')]);
      expect([await members(read), await members(written)]).toEqual([[user('bob'), user('dora')], []]);
      await put(written, []);
      expect(await members(read)).toEqual([user('bob'), user('dora')]);
      expect([await get('bob'), await write('bob')]).toEqual([200, 403]);
    });

    test('a room has delegates, whom an administrator names and nobody else', async () => {
      const calendar = '/dav/calendars/attic/calendar/';
      expect(await put(writes(ATTIC), [user('bob')], 'root')).toEqual([200]);
      expect(await put(reads(ATTIC), [user('alice')], 'root')).toEqual([200]);
      expect(await write('bob', `${calendar}a.ics`)).toBe(201);
      expect([await get('alice', `${calendar}a.ics`), await write('alice', `${calendar}a.ics`)]).toEqual([200, 403]);
      for (const as of ['alice', 'bob', 'carol']) {
        expect((await update(writes(ATTIC), setTo([]), as)).status).toBe(403);
      }
      expect(await members(writes(ATTIC))).toEqual([user('bob')]);
      expect(await hrefs(user('alice'), 'CS:calendar-proxy-read-for')).toEqual([ATTIC]);
    });

    test('expand-property shows the people behind a proxy, and behind those for whom one acts', async () => {
      await put(writes(user('alice')), [user('bob'), group('staff')]);
      const expand = async (path: string, outer: string) => {
        const inner =
          '<D:property name="displayname"/><D:property name="calendar-user-address-set" namespace="urn:ietf:params:xml:ns:caldav"/>';
        const body = `<D:expand-property xmlns:D="DAV:"><D:property ${outer}>${inner}</D:property></D:expand-property>`;
        return (await server.request('REPORT', path, { as: 'bob', headers: XML, body })).body.toString();
      };
      const people = await expand(writes(user('alice')), 'name="group-member-set"');
      expect(people).toContain('<D:displayname>bob</D:displayname>');
      expect(people).toContain('<D:displayname>staff</D:displayname>');
      const outer = 'name="calendar-proxy-write-for" namespace="http://calendarserver.org/ns/"';
      expect(await expand(user('bob'), outer)).toContain('mailto:alice@example.com');
      expect(await expand(user('bob'), 'name="group-membership"')).toContain('alice (delegates, read and write)');
    });

    test.each([
      ['an absolute URI', () => `${server.url.slice(0, -1)}${user('bob')}`],
      ['no slash at the end', () => user('bob').slice(0, -1)],
      ['needless encoding and blanks around it', () => `\n /dav/principals/users/%62ob/ `],
      ['a needed encoding', () => '/dav/principals/groups/%C3%A9%201/'],
      ['the same twice', () => `${user('bob')}</D:href><D:href>${user('bob')}`],
    ])('a member is named by %s', async (_, href) => {
      expect(await put(reads(user('alice')), [href()])).toEqual([200]);
      expect(await members(reads(user('alice')))).toHaveLength(1);
    });

    test.each([
      ['who does not exist', user('nobody'), 'recognized-principal'],
      ['of another kind than the URL says', group('bob'), 'recognized-principal'],
      ['on another server', `https://elsewhere.example${user('bob')}`, 'recognized-principal'],
      ['on another server, without a scheme', `//elsewhere.example${user('bob')}`, 'recognized-principal'],
      ['by an address', 'mailto:bob@example.com', 'recognized-principal'],
      ['by a relative reference', 'users/bob/', 'recognized-principal'],
      ['by a path that leaves its folder', '/dav/principals/users/carol/../bob/', 'recognized-principal'],
      ['with broken encoding', '/dav/principals/users/%zz/', 'recognized-principal'],
      ['with nothing', '', 'recognized-principal'],
      ['by a calendar', HOME, 'recognized-principal'],
      ['by a folder of principals', '/dav/principals/users/', 'recognized-principal'],
      ['by a proxy', writes(user('carol')), 'recognized-principal'],
      ['who is the owner', user('alice'), 'allowed-principal'],
      ['who is a room', ATTIC, 'allowed-principal'],
    ])('a member %s is refused, and nothing changes', async (_, href, code) => {
      await put(reads(user('alice')), [user('dora')]);
      const answer = await update(reads(user('alice')), setTo([user('bob'), href]));
      expect(propstatus(answer)).toEqual([403]);
      expect(answer.body.toString()).toContain(`<D:${code}/>`);
      expect(await members(reads(user('alice')))).toEqual([user('dora')]);
    });

    test.each<[string, string, readonly number[], string]>([
      ['a name', '<D:set><D:prop><D:displayname>x</D:displayname></D:prop></D:set>', [403], 'cannot-modify-protected'],
      ['a dead property', '<D:set><D:prop><x xmlns="urn:x"/></D:prop></D:set>', [403], 'cannot-modify-protected'],
      [
        'a list beside what cannot be set',
        `${setTo([user('bob')])}<D:set><D:prop><x xmlns="urn:x"/></D:prop></D:set>`,
        [424, 403],
        'cannot-modify-protected',
      ],
      ['more than a property holds', setTo(Array<string>(60).fill(user('bob'))), [507], 'quota-not-exceeded'],
    ])('%s is refused, and the list stays', async (_, inner, wanted, code) => {
      await put(reads(user('alice')), [user('dora')]);
      const answer = await update(reads(user('alice')), inner);
      expect(propstatus(answer)).toEqual(wanted);
      expect(answer.body.toString()).toContain(code);
      expect(await members(reads(user('alice')))).toEqual([user('dora')]);
    });

    test('the members of a group are the administrator’s, whoever asks', async () => {
      const inner = setTo([user('bob')]);
      expect((await update(group('staff'), inner)).status).toBe(403);
      expect(propstatus(await update(group('staff'), inner, 'root'))).toEqual([403]);
    });

    test('removing the property empties the list; of several instructions the last one counts', async () => {
      const proxy = reads(user('alice'));
      await update(proxy, setTo([user('bob')]) + setTo([user('dora')]));
      expect(await members(proxy)).toEqual([user('dora')]);
      const removed = await update(proxy, '<D:remove><D:prop><D:group-member-set/></D:prop></D:remove>');
      expect(propstatus(removed)).toEqual([200]);
      expect(await members(proxy)).toEqual([]);
    });

    test('others are told that the privilege is missing, and no list changes', async () => {
      const answer = await update(reads(user('alice')), setTo([user('bob')]), 'bob');
      expect([answer.status, answer.body.toString().includes('need-privileges')]).toEqual([403, true]);
      expect(await members(reads(user('alice')))).toEqual([]);
      expect(await put(reads(user('alice')), [user('bob')], 'root')).toEqual([200]);
    });

    test('a delegate who is removed leaves the list', async () => {
      await server.context.store.write((tx) =>
        savePrincipal(tx, { id: asPrincipalId('temp'), kind: 'user', name: 'Temp', emails: [] }, 0),
      );
      await put(writes(user('alice')), [user('temp'), user('bob')]);
      await removePrincipal(server.context, { id: asPrincipalId('temp') });
      expect(await members(writes(user('alice')))).toEqual([user('bob')]);
    });

    test('the access control list of a calendar names the proxies, which come with the home', async () => {
      const shown = await asked(`${HOME}calendar/`, 'D:acl');
      const ace = new RegExp(
        `<D:href>${writes(user('alice'))}</D:href></D:principal><D:grant>(.*?)</D:grant><D:protected/><D:inherited><D:href>${HOME}</D:href>`,
      ).exec(shown);
      expect(ace?.[1]).toContain('<D:write/>');
      expect(ace?.[1]).not.toContain('schedule');
      expect(shown).toContain(`<D:href>${reads(user('alice'))}</D:href>`);
      expect(await asked(`${HOME}outbox/`, 'D:acl')).toContain('<C:schedule-send/>');
      const named = `<D:ace><D:principal><D:href>${writes(user('alice'))}</D:href></D:principal><D:grant><D:privilege><D:read/></D:privilege></D:grant></D:ace>`;
      const body = `<D:acl xmlns:D="DAV:">${named}</D:acl>`;
      const answer = await server.request('ACL', `${HOME}calendar/`, { headers: XML, body });
      expect([answer.status, answer.body.toString().includes('allowed-principal')]).toEqual([403, true]);
    });

    test('the audit log has each change of a list once, and who made it', async () => {
      const actor = { id: asPrincipalId('alice'), admin: false, adminReadOnly: false, deviceId: undefined };
      const lines = async () => {
        const all = await Array.fromAsync(auditLog(server.context, { actor, homeId: 'alice', since: 0 }));
        return all.filter(({ act }) => act === 'principal-changed');
      };
      const before = (await lines()).length;
      await put(writes(user('alice')), [user('bob')]);
      await put(writes(user('alice')), [user('bob')]);
      const added = (await lines()).slice(before);
      expect(added).toMatchObject([
        { by: { principalId: 'alice' }, subject: 'alice', detail: { access: 'write', delegates: ['bob'] } },
      ]);
    });
  });
}

proxies('SQLite', undefined);

const postgres = await postgresForTests();
if ('missing' in postgres) {
  describe.skip(`proxies on PostgreSQL: not installed are ${postgres.missing}`, () => undefined);
} else {
  proxies('PostgreSQL', async (services) => openStore({ postgres: await postgres.create() }, services));
}
