import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { savePrincipal, setMembers } from '../../src/store/principals.ts';
import { listActs } from '../../src/store/audit.ts';
import { multistatus, propfind, syncCollection } from '../dav-client.ts';
import { CALENDAR_TYPE, event, startDavServer, XML, type DavServer } from '../dav-server.ts';
import {
  calendarOf,
  LEVELS,
  mailto,
  notices,
  props,
  reply,
  set,
  share,
  shareWith,
  uidOf,
  unset,
  type Level,
} from './share-requests.ts';

let server: DavServer;
beforeEach(async () => {
  server = await startDavServer({
    users: ['alice', 'bob', 'carol', 'dave'],
    admins: ['root'],
    limits: { shareesPerCalendar: 2, sharedCalendarsPerHome: 2, peoplePerSharedCalendar: 2 },
    settings: { freeBusyForAll: false },
  });
});
afterEach(() => server.close());

const CALENDAR = calendarOf('alice');
const TASKS = calendarOf('alice', 'tasks');
const status = (path: string, as: string, method = 'PROPFIND') =>
  server.request(method, path, { as, ...(method === 'PROPFIND' && propfind('0', ['getetag'])) }).then((a) => a.status);
/** The calendars of others in a home: their names are made by the server. */
const hrefsIn = async (user: string): Promise<readonly string[]> => {
  const answer = await server.request('PROPFIND', `/dav/calendars/${user}/`, {
    as: user,
    ...propfind('1', ['getetag']),
  });
  return multistatus(answer.body)
    .entries.map(({ href }) => href)
    .filter((href) => /\/\w{20,}\/$/.test(href));
};

async function group(id: string, ...members: readonly string[]): Promise<void> {
  await server.context.store.write(async (tx) => {
    await savePrincipal(tx, { id, kind: 'group', name: id }, 0);
    await setMembers(tx, id, members, 0);
  });
}

describe('complaint 28: a calendar is shared by what the sharing dialog of Apple sends', () => {
  test('it is invited to, accepted, used, and left', async () => {
    expect(
      (await share(server, CALENDAR, set(mailto('bob'), 'read-write', '<CS:summary>Team &amp; co</CS:summary>')))
        .status,
    ).toBe(200);
    expect(await props(server, 'alice', CALENDAR, 'resourcetype')).toContain('<CS:shared-owner/>');
    const [invitation] = await notices(server, 'bob');
    expect(invitation).toContain('<CS:invite-notification shared-type="calendar">');
    expect(invitation).toContain('<CS:summary>Team &amp; co</CS:summary>');
    expect(invitation).toContain('<CS:organizer><D:href>/dav/principals/users/alice/</D:href>');
    expect(await hrefsIn('bob')).toEqual([]);

    const accepted = await reply(server, 'bob', { uid: await uidOf(server, 'bob') });
    expect([accepted.status, accepted.body.toString()]).toEqual([200, expect.stringContaining('<CS:shared-as')]);
    const [mount] = await hrefsIn('bob');
    const shown = await props(
      server,
      'bob',
      mount!,
      'displayname',
      'resourcetype',
      'owner',
      'CS:shared-url',
      'CS:invite',
    );
    expect(shown).toContain('<D:displayname>Team &amp; co</D:displayname>');
    expect(shown).toContain('<CS:shared/>');
    expect(shown).toContain('<D:owner><D:href>/dav/principals/users/alice/</D:href></D:owner>');
    expect(shown).toContain(`<CS:shared-url><D:href>${CALENDAR}</D:href></CS:shared-url>`);
    expect(shown).toContain('<CS:invite-accepted/><CS:access><CS:read-write/></CS:access>');
    expect((await notices(server, 'alice'))[0]).toContain('<CS:invite-reply shared-type="calendar">');

    const put = await server.request('PUT', `${mount}a.ics`, { as: 'bob', headers: CALENDAR_TYPE, body: event('a') });
    expect(put.status).toBe(201);
    expect(await status(`${CALENDAR}a.ics`, 'alice')).toBe(207);

    expect(await status(mount!, 'bob', 'DELETE')).toBe(204);
    expect(await hrefsIn('bob')).toEqual([]);
    expect(await status(`${CALENDAR}a.ics`, 'alice')).toBe(207);
    expect(await props(server, 'alice', CALENDAR, 'CS:invite')).toContain('<CS:invite-declined/>');
    expect((await notices(server, 'alice'))[0]).toContain('<CS:invite-declined/>');
  });

  test('OPTIONS and the property of a calendar say that it can', async () => {
    expect((await server.request('OPTIONS', CALENDAR)).headers['dav']).toMatch(/calendarserver-sharing(,|$)/);
    expect(await props(server, 'alice', CALENDAR, 'CS:allowed-sharing-modes')).toContain('<CS:can-be-shared/>');
    expect(await props(server, 'alice', '/dav/calendars/alice/inbox/', 'CS:allowed-sharing-modes')).toContain('404');
  });
});

describe('who is invited', () => {
  test.each([
    ['a mailto: address', () => mailto('bob')],
    ['one in capitals', () => 'MAILTO:BOB@EXAMPLE.COM'],
    ['a bare address', () => 'bob@example.com'],
    ['a principal', () => '/dav/principals/users/bob/'],
    ['an absolute URL of one', () => `${server.url}dav/principals/users/bob/`],
  ])('by %s', async (_, address) => {
    expect((await share(server, CALENDAR, set(address()))).status).toBe(200);
    expect(await notices(server, 'bob')).toHaveLength(1);
  });

  test('by the URN of a guid', async () => {
    await server.context.store.write((tx) =>
      savePrincipal(tx, { id: 'bob', kind: 'user', guid: '10000000-0000-0000-0000-000000000002' }, 1),
    );
    expect((await share(server, CALENDAR, set('urn:uuid:10000000-0000-0000-0000-000000000002'))).status).toBe(200);
    expect(await notices(server, 'bob')).toHaveLength(1);
  });

  test('all of a request or nobody: 403 for who is nobody or the owner, 424 for the others', async () => {
    const answer = await share(
      server,
      CALENDAR,
      set(mailto('bob')) + set('mailto:nobody@example.net') + set(mailto('alice')),
    );
    const entries = multistatus(answer.body).entries.map(({ href, status }) => [href, status]);
    expect([answer.status, entries]).toEqual([
      207,
      [
        [mailto('bob'), 424],
        ['mailto:nobody@example.net', 403],
        [mailto('alice'), 403],
      ],
    ]);
    expect(await notices(server, 'bob')).toEqual([]);
    expect(await props(server, 'alice', CALENDAR, 'resourcetype')).not.toContain('shared-owner');
  });

  test('who is no sharee is removed without harm, who is nobody with 403', async () => {
    await share(server, CALENDAR, set(mailto('bob')));
    const answer = await share(
      server,
      CALENDAR,
      unset(mailto('bob')) + unset('mailto:nobody@example.net') + unset(mailto('alice')),
    );
    expect(multistatus(answer.body).entries.map(({ status }) => status)).toEqual([200, 403, 200]);
    expect(await props(server, 'alice', CALENDAR, 'resourcetype')).not.toContain('shared-owner');
  });

  test('a body that says nothing, or no level, is 400', async () => {
    expect((await share(server, CALENDAR, '')).status).toBe(400);
    expect((await share(server, CALENDAR, `<CS:set><D:href>${mailto('bob')}</D:href></CS:set>`)).status).toBe(400);
    expect((await share(server, CALENDAR, '<CS:set><CS:read/></CS:set>')).status).toBe(400);
    expect(
      (await share(server, CALENDAR, set(mailto('bob'), 'read', `<CS:summary>${'x'.repeat(1001)}</CS:summary>`)))
        .status,
    ).toBe(400);
  });

  test('the numbers are bounded', async () => {
    const three = ['bob', 'carol', 'dave'];
    expect((await share(server, CALENDAR, three.map((user) => set(mailto(user))).join(''))).status).toBe(507);
    for (const user of three) expect(await notices(server, user)).toEqual([]);
    await group('team', ...three);
    expect((await share(server, CALENDAR, set('/dav/principals/groups/team/'))).status).toBe(507);
    expect(await notices(server, 'bob')).toEqual([]);
    await group('pair', 'bob', 'carol');
    await share(server, TASKS, set(mailto('dave')));
    expect((await share(server, TASKS, set('/dav/principals/groups/pair/'))).status).toBe(507);
    await share(server, TASKS, unset(mailto('dave')));
    for (const uri of ['one', 'two', 'three']) {
      await server.request('MKCALENDAR', calendarOf('alice', uri));
      await share(server, calendarOf('alice', uri), set(mailto('bob')));
    }
    const uids = (await notices(server, 'bob')).map((text) => /<CS:uid>([^<]+)/.exec(text)![1]!);
    const statuses: number[] = [];
    for (const uid of uids) statuses.push((await reply(server, 'bob', { uid })).status);
    expect(statuses).toEqual([200, 200, 507]);
  });
});

describe('the terms', () => {
  test.each(Object.keys(LEVELS) as Level[])('%s is shown as what Apple knows, and as what it is', async (level) => {
    const mount = await shareWith(server, CALENDAR, 'bob', level);
    const elements = LEVELS[level].replace(/<K:([\w-]+)\/>/, '<$1 xmlns="urn:kalends:dav"/>');
    for (const [as, path] of [
      ['alice', CALENDAR],
      ['bob', mount],
    ] as const) {
      expect(await props(server, as, path, 'CS:invite')).toContain(`<CS:access>${elements}</CS:access>`);
    }
  });

  test('another level is told to who has accepted, and its clients read the privileges again', async () => {
    const mount = await shareWith(server, CALENDAR, 'bob', 'read-write');
    const home = '/dav/calendars/bob/';
    const token = multistatus(
      (await server.request('REPORT', home, { as: 'bob', ...syncCollection(undefined) })).body,
    ).syncToken;
    await share(server, CALENDAR, set(mailto('bob'), 'read'));
    expect((await notices(server, 'bob'))[0]).toContain('<CS:invite-accepted/><CS:access><CS:read/></CS:access>');
    const changed = multistatus((await server.request('REPORT', home, { as: 'bob', ...syncCollection(token) })).body);
    expect(changed.entries.map(({ href }) => href)).toContain(mount);
    const put = await server.request('PUT', `${mount}a.ics`, { as: 'bob', headers: CALENDAR_TYPE, body: event('a') });
    expect(put.status).toBe(403);
  });

  test('the same again is told to nobody who has accepted', async () => {
    await shareWith(server, CALENDAR, 'bob', 'read');
    const before = await notices(server, 'bob');
    server.time.now += 60_000;
    await share(server, CALENDAR, set(mailto('bob'), 'read'));
    expect(await notices(server, 'bob')).toEqual(before);
  });

  test('the newer invitation takes the place of the older one', async () => {
    await share(server, CALENDAR, set(mailto('bob'), 'read'));
    await share(server, CALENDAR, set(mailto('bob'), 'read-write'));
    expect(await notices(server, 'bob')).toEqual([expect.stringContaining('<CS:access><CS:read-write/></CS:access>')]);
  });

  test('a calendar that is fetched is shared to be read alone', async () => {
    const source = '<CS:source><D:href>http://192.0.2.1/feed.ics</D:href></CS:source>';
    const body = `<C:mkcalendar xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:CS="http://calendarserver.org/ns/"><D:set><D:prop>${source}</D:prop></D:set></C:mkcalendar>`;
    expect((await server.request('MKCALENDAR', calendarOf('alice', 'feed'), { headers: XML, body })).status).toBe(201);
    expect((await share(server, calendarOf('alice', 'feed'), set(mailto('bob'), 'read-write'))).status).toBe(207);
    expect((await share(server, calendarOf('alice', 'feed'), set(mailto('bob'), 'read'))).status).toBe(200);
  });
});

describe('the answer', () => {
  test('accepted again it is the same place; declined it is gone; accepted once more it stands again', async () => {
    const mount = await shareWith(server, CALENDAR, 'bob', 'read');
    const uid = await uidOf(server, 'bob');
    expect(`${/<D:href>([^<]+)/.exec((await reply(server, 'bob', { uid })).body.toString())![1]}/`).toBe(mount);
    expect(await hrefsIn('bob')).toEqual([mount]);
    expect((await reply(server, 'bob', { uid, accepted: false })).status).toBe(200);
    expect(await hrefsIn('bob')).toEqual([]);
    expect((await reply(server, 'bob', { uid, accepted: false })).status).toBe(200);
    expect((await reply(server, 'bob', { uid })).status).toBe(200);
    expect(await hrefsIn('bob')).toHaveLength(1);
  });

  test('the place is transparent, and called what the sharee says', async () => {
    await share(server, CALENDAR, set(mailto('bob')));
    await reply(server, 'bob', { uid: await uidOf(server, 'bob'), more: '<CS:summary>Hers</CS:summary>' });
    const [mount] = await hrefsIn('bob');
    expect(await props(server, 'bob', mount!, 'displayname')).toContain('Hers');
    const body =
      '<D:propfind xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><D:prop><C:schedule-calendar-transp/></D:prop></D:propfind>';
    const answer = await server.request('PROPFIND', mount!, { as: 'bob', headers: { ...XML, depth: '0' }, body });
    expect(answer.body.toString()).toContain('<C:transparent/>');
    expect(await props(server, 'alice', CALENDAR, 'displayname')).toContain('Calendar');
  });

  test("is for an invitation of one's own", async () => {
    await share(server, CALENDAR, set(mailto('bob')));
    const uid = await uidOf(server, 'bob');
    expect((await reply(server, 'carol', { uid })).status).toBe(403);
    expect((await reply(server, 'bob', { uid: 'none' })).status).toBe(403);
    expect((await reply(server, 'bob', { uid, as: 'carol' })).status).toBe(403);
    expect(
      (await server.request('POST', '/dav/calendars/bob/', { as: 'bob', headers: XML, body: '<x/>' })).status,
    ).toBe(415);
    expect(await hrefsIn('bob')).toEqual([]);
    expect(await hrefsIn('carol')).toEqual([]);
  });

  test('a delegate who may write gives it, one who may read does not', async () => {
    const delegates = (name: string, who: string) =>
      server.request('PROPPATCH', `/dav/principals/users/bob/calendar-proxy-${name}/`, {
        as: 'bob',
        headers: XML,
        body: `<D:propertyupdate xmlns:D="DAV:"><D:set><D:prop><D:group-member-set><D:href>/dav/principals/users/${who}/</D:href></D:group-member-set></D:prop></D:set></D:propertyupdate>`,
      });
    await delegates('read', 'carol');
    await delegates('write', 'dave');
    await share(server, CALENDAR, set(mailto('bob')));
    const uid = await uidOf(server, 'bob');
    expect((await reply(server, 'bob', { uid, as: 'carol' })).status).toBe(403);
    expect((await reply(server, 'bob', { uid, as: 'dave' })).status).toBe(200);
    expect(await hrefsIn('bob')).toHaveLength(1);
  });
});

describe('the end', () => {
  test("who had it is told, and the home's sync says that it is gone", async () => {
    const mount = await shareWith(server, CALENDAR, 'bob', 'read');
    const home = '/dav/calendars/bob/';
    const token = multistatus(
      (await server.request('REPORT', home, { as: 'bob', ...syncCollection(undefined) })).body,
    ).syncToken;
    expect((await share(server, CALENDAR, unset(mailto('bob')))).status).toBe(200);
    expect(await status(mount, 'bob')).toBe(404);
    expect(await notices(server, 'bob')).toEqual([expect.stringContaining('<CS:invite-deleted/>')]);
    expect(await notices(server, 'alice')).toEqual([]);
    const changed = multistatus((await server.request('REPORT', home, { as: 'bob', ...syncCollection(token) })).body);
    expect(changed.entries).toContainEqual(expect.objectContaining({ href: mount, status: 404 }));
  });

  test('who never answered finds the invitation gone', async () => {
    await share(server, CALENDAR, set(mailto('bob')));
    await share(server, CALENDAR, unset(mailto('bob')));
    expect(await notices(server, 'bob')).toEqual([]);
  });

  test('who left is invited anew', async () => {
    const mount = await shareWith(server, CALENDAR, 'bob', 'read');
    await server.request('DELETE', mount, { as: 'bob' });
    await share(server, CALENDAR, set(mailto('bob')));
    expect(await notices(server, 'bob')).toEqual([expect.stringContaining('<CS:invite-noresponse/>')]);
  });
});

describe('who shares', () => {
  test('the owner, an administrator and who manages; nobody else', async () => {
    const bob = await shareWith(server, CALENDAR, 'bob', 'manage');
    expect((await share(server, bob, set(mailto('carol')), 'bob')).status).toBe(200);
    expect((await notices(server, 'carol'))[0]).toContain('/dav/principals/users/alice/');
    expect((await share(server, CALENDAR, unset(mailto('carol')), 'root')).status).toBe(200);
    const carol = await shareWith(server, CALENDAR, 'carol', 'read-write');
    for (const place of [carol, CALENDAR]) {
      expect((await share(server, place, set(mailto('dave')), 'carol')).status).toBe(403);
    }
    expect((await share(server, CALENDAR, set(mailto('dave')), 'dave')).status).toBe(403);
    expect(await notices(server, 'dave')).toEqual([]);
  });

  test('a sharee sees of the sharees itself, who manages sees all', async () => {
    const bob = await shareWith(server, CALENDAR, 'bob', 'read-write');
    const carol = await shareWith(server, CALENDAR, 'carol', 'manage');
    const seen = await props(server, 'bob', bob, 'CS:invite');
    expect([seen.includes(mailto('bob')), seen.includes(mailto('carol'))]).toEqual([true, false]);
    expect(await props(server, 'carol', carol, 'CS:invite')).toContain(mailto('bob'));
  });

  test('it is no kind of collection but a calendar', async () => {
    expect((await share(server, '/dav/calendars/alice/inbox/', set(mailto('bob')))).status).toBe(415);
    expect((await share(server, '/dav/calendars/alice/', set(mailto('bob')))).status).toBe(415);
  });

  test('who did it is written down', async () => {
    const mount = await shareWith(server, TASKS, 'bob', 'read');
    await server.request('DELETE', mount, { as: 'bob' });
    await share(server, TASKS, unset(mailto('bob')));
    const acts = await listActs(server.context.store.db, { since: 0, after: 0, limit: 100 });
    expect(acts.map(({ act, by, detail }) => [act, by?.principalId, detail['sharee']])).toEqual([
      ['shared', 'alice', 'bob'],
      ['share-accepted', 'bob', 'bob'],
      ['share-declined', 'bob', 'bob'],
      ['unshared', 'alice', 'bob'],
    ]);
  });
});

test('a group is invited person by person, and its answers are one for the sharer', async () => {
  await group('inner', 'carol');
  await group('team', 'bob', 'inner', 'alice');
  await share(server, CALENDAR, set('/dav/principals/groups/team/', 'read-write'));
  expect(await notices(server, 'alice')).toEqual([]);
  expect(await props(server, 'alice', CALENDAR, 'CS:invite')).toContain('<CS:invite-noresponse/>');
  await reply(server, 'carol', { uid: await uidOf(server, 'carol') });
  const invite = await props(server, 'alice', CALENDAR, 'CS:invite');
  expect(invite).toContain('<D:href>/dav/principals/groups/team/</D:href>');
  expect(invite).toContain('<CS:invite-accepted/>');
  expect(await hrefsIn('bob')).toEqual([]);
  expect(await hrefsIn('carol')).toHaveLength(1);
  await share(server, CALENDAR, unset('/dav/principals/groups/team/'));
  expect(await hrefsIn('carol')).toEqual([]);
  expect(await notices(server, 'bob')).toEqual([]);
});
