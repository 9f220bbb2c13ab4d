import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { forgetExpiredLocks, locksIn } from '../../../src/calendar/lock.ts';
import { removePrincipal } from '../../../src/calendar/remove-principal.ts';
import { asPrincipalId } from '../../../src/base/ids.ts';
import { importObject } from '../../../src/calendar/import-object.ts';
import { collectionAt } from '../../../src/calendar/collections.ts';
import { parseTimeout } from '../../../src/dav/methods/lock.ts';
import type { Answer } from '../../dav-client.ts';
import { CALENDAR_TYPE, event, startDavServer, XML, type DavServer } from '../../dav-server.ts';

let server: DavServer;
beforeAll(async () => {
  server = await startDavServer({
    users: ['alice', 'bob', 'carol'],
    admins: ['root'],
    settings: { files: true },
    limits: { lockSeconds: 3600, locksPerHome: 20 },
  });
});
afterAll(() => server.close());

const CAL = '/dav/calendars/alice/calendar/';
const FILES = '/dav/files/alice/';
type Options = Parameters<DavServer['request']>[2];

const ask = async (method: string, path: string, options: Options = {}): Promise<number> =>
  (await server.request(method, path, options)).status;
const put = (path: string, uid: string, headers: Record<string, string> = {}, as = 'alice') =>
  ask('PUT', path, { as, body: event(uid), headers: { ...CALENDAR_TYPE, ...headers } });
const lockinfo = (scope: string, owner = '') =>
  `<lockinfo xmlns="DAV:"><lockscope><${scope}/></lockscope><locktype><write/></locktype>${owner}</lockinfo>`;
const lock = (path: string, { scope = 'exclusive', as = 'alice', headers = {} as Record<string, string> } = {}) =>
  server.request('LOCK', path, {
    as,
    body: lockinfo(scope, '<owner>me &amp; mine</owner>'),
    headers: { ...XML, ...headers },
  });
const tokenOf = ({ headers }: Answer): string => String(headers['lock-token']);
const holding = (token: string) => ({ if: `(${token})` });
const unlock = (path: string, token: string, as = 'alice') =>
  ask('UNLOCK', path, { as, headers: { 'lock-token': token } });
/** Locks it, works, and unlocks it. */
async function locked(path: string, work: (token: string) => Promise<void>, headers: Record<string, string> = {}) {
  const made = await lock(path, { headers });
  expect([200, 201]).toContain(made.status);
  await work(tokenOf(made));
  await unlock(path, tokenOf(made));
}

describe('an exclusive lock on a calendar object', () => {
  test('is told with its token, and lets only who has it write', async () => {
    await put(`${CAL}a.ics`, 'a');
    const made = await lock(`${CAL}a.ics`, { headers: { timeout: 'Second-600', depth: '0' } });
    expect(made.status).toBe(200);
    const token = tokenOf(made);
    expect(token).toMatch(/^<urn:uuid:[0-9a-f-]{36}>$/);
    const said = made.body.toString();
    for (const part of [
      '<D:exclusive/>',
      '<D:depth>0<',
      '<D:timeout>Second-600<',
      'me &amp; mine',
      `<D:lockroot><D:href>${CAL}a.ics<`,
    ])
      expect(said).toContain(part);
    const refused = await server.request('PUT', `${CAL}a.ics`, { body: event('a'), headers: CALENDAR_TYPE });
    expect([refused.status, refused.body.toString()]).toEqual([
      423,
      expect.stringContaining(`<D:lock-token-submitted><D:href>${CAL}a.ics</D:href></D:lock-token-submitted>`),
    ]);
    expect(await put(`${CAL}a.ics`, 'a', holding('<urn:uuid:none>'))).toBe(412);
    expect(await put(`${CAL}a.ics`, 'a', { if: '(Not <urn:uuid:none>)' })).toBe(423);
    expect(await put(`${CAL}a.ics`, 'a', holding(token))).toBe(204);
    expect(await unlock(`${CAL}a.ics`, token)).toBe(204);
    expect(await put(`${CAL}a.ics`, 'a')).toBe(204);
  });

  test('holds at every door: DELETE, MOVE, COPY over it, PROPPATCH, bulk, import', async () => {
    await put(`${CAL}doors.ics`, 'doors');
    await put('/dav/calendars/alice/tasks/none.ics', 'x');
    await locked(`${CAL}doors.ics`, async (token) => {
      const path = `${CAL}doors.ics`;
      const set = '<propertyupdate xmlns="DAV:"><set><prop><x xmlns="urn:x"/></prop></set></propertyupdate>';
      expect(await ask('DELETE', path)).toBe(423);
      expect(await ask('MOVE', path, { headers: { destination: `${CAL}moved.ics` } })).toBe(423);
      expect(await ask('PROPPATCH', path, { body: set, headers: XML })).toBe(423);
      expect(await ask('PROPPATCH', path, { body: set, headers: { ...XML, ...holding(token) } })).toBe(207);
      const multiput = `<multiput xmlns="http://me.com/_namespace/"><resource><D:href xmlns:D="DAV:">${path}</D:href><delete/></resource></multiput>`;
      const bulk = await server.request('POST', CAL, { body: multiput, headers: XML });
      expect(bulk.body.toString()).toContain('423 Locked');
      const collection = (await collectionAt(server.context, 'alice', 'calendar'))!;
      const octets = Buffer.from(event('doors', 'SUMMARY:imported'));
      await expect(
        importObject(server.context, { collection, name: 'doors.ics', octets, origin: 'import' }),
      ).rejects.toMatchObject({
        code: 'lock-token-submitted',
      });
      // Its members come and go: a lock on one of them is none on the calendar.
      expect(await put(`${CAL}beside.ics`, 'beside')).toBe(201);
      // What is to be removed with all that is in it is held by any of that.
      expect(await ask('DELETE', CAL)).toBe(423);
      expect(await ask('MOVE', CAL, { headers: { destination: '/dav/calendars/alice/renamed/' } })).toBe(423);
      expect(await ask('GET', path)).toBe(200);
    });
  });

  test('is of who made it: nobody else can use its token, or see it', async () => {
    await put(`${CAL}own.ics`, 'own');
    await locked(`${CAL}own.ics`, async (token) => {
      expect(await put(`${CAL}own.ics`, 'own', holding(token), 'root')).toBe(423);
      const asked = {
        headers: { ...XML, depth: '0' },
        body: '<propfind xmlns="DAV:"><prop><lockdiscovery/></prop></propfind>',
      };
      const seen = async (as: string) =>
        (await server.request('PROPFIND', `${CAL}own.ics`, { as, ...asked })).body.toString();
      expect(await seen('alice')).toContain('<D:locktoken>');
      const grant =
        '<acl xmlns="DAV:"><ace><principal><href>/dav/principals/users/bob/</href></principal><grant><privilege><read/></privilege></grant></ace></acl>';
      expect(await ask('ACL', CAL, { body: grant, headers: XML })).toBe(200);
      expect(await seen('bob')).toContain('<D:activelock>');
      expect(await seen('bob')).not.toContain('<D:locktoken>');
      // Who may end it can find its token.
      expect(await seen('root')).toContain('<D:locktoken>');
      expect(await unlock(`${CAL}own.ics`, token, 'bob')).toBe(403);
      // DAV:unlock is in an administrator's DAV:all (RFC 3744 §3.5).
      expect(await unlock(`${CAL}own.ics`, token, 'root')).toBe(204);
      expect(await put(`${CAL}own.ics`, 'own')).toBe(204);
    });
  });

  test('a second one conflicts; shared ones go together, and either may write', async () => {
    await put(`${CAL}two.ics`, 'two');
    await locked(`${CAL}two.ics`, async () => {
      for (const scope of ['exclusive', 'shared']) {
        const { status, body } = await lock(`${CAL}two.ics`, { scope, as: 'root' });
        expect([status, body.toString()]).toEqual([423, expect.stringContaining('<D:no-conflicting-lock><D:href>')]);
      }
    });
    const [one, two] = [
      await lock(`${CAL}two.ics`, { scope: 'shared' }),
      await lock(`${CAL}two.ics`, { scope: 'shared', as: 'root' }),
    ];
    expect([one.status, two.status, (await lock(`${CAL}two.ics`)).status]).toEqual([200, 200, 423]);
    expect(await put(`${CAL}two.ics`, 'two')).toBe(423);
    expect(await put(`${CAL}two.ics`, 'two', holding(tokenOf(one)))).toBe(204);
    expect(await put(`${CAL}two.ics`, 'two', holding(tokenOf(two)), 'root')).toBe(204);
    for (const each of [one, two]) expect(await unlock(`${CAL}two.ics`, tokenOf(each), 'root')).toBe(204);
  });

  test('nothing empty is made in a calendar, and what cannot be locked is not', async () => {
    const unmapped = await lock(`${CAL}unmapped.ics`);
    expect([unmapped.status, unmapped.body.toString()]).toEqual([403, expect.stringContaining('valid-calendar-data')]);
    expect((await lock('/dav/calendars/alice/')).status).toBe(405);
    expect((await lock('/dav/calendars/alice/none/none/x')).status).toBe(409);
    expect((await lock(CAL, { as: 'bob' })).status).toBe(403);
    expect((await lock(CAL, { headers: { depth: '1' } })).status).toBe(400);
    for (const body of ['<x xmlns="DAV:"/>', '<lockinfo xmlns="DAV:"/>', lockinfo('other')]) {
      expect(await ask('LOCK', CAL, { body, headers: XML })).toBe(400);
    }
    expect(await ask('LOCK', CAL)).toBe(400);
    expect(await ask('UNLOCK', CAL)).toBe(400);
    expect(await unlock(CAL, '<urn:uuid:none>')).toBe(409);
  });
});

describe('a lock on a collection', () => {
  test('with Depth: 0 holds its members together and its properties, not what they are', async () => {
    await put(`${CAL}member.ics`, 'member');
    await locked(
      CAL,
      async (token) => {
        expect(await put(`${CAL}member.ics`, 'member')).toBe(204);
        expect(await put(`${CAL}new.ics`, 'new')).toBe(423);
        expect(await ask('DELETE', `${CAL}member.ics`)).toBe(423);
        expect(await put(`${CAL}new.ics`, 'new', { if: `<${CAL}> (${token})` })).toBe(201);
        expect(await ask('DELETE', `${CAL}new.ics`, { headers: { if: `<${CAL}> (${token})` } })).toBe(204);
      },
      { depth: '0' },
    );
  });

  test('with Depth: infinity holds all that is in it, and is begun anew at any of that', async () => {
    await put(`${CAL}deep.ics`, 'deep');
    await locked(CAL, async (token) => {
      expect(await put(`${CAL}deep.ics`, 'deep')).toBe(423);
      expect(await put(`${CAL}deep.ics`, 'deep', holding(token))).toBe(204);
      expect((await lock(`${CAL}deep.ics`)).status).toBe(423);
      const again = await server.request('LOCK', `${CAL}deep.ics`, {
        headers: { ...holding(token), timeout: 'Second-77' },
      });
      expect([again.status, again.body.toString()]).toEqual([200, expect.stringContaining('Second-77')]);
      expect(await ask('LOCK', `${CAL}deep.ics`, { headers: { if: '(Not <urn:uuid:none>)' } })).toBe(412);
    });
  });

  test('lets who has it write many of its members at the same time', async () => {
    await locked(CAL, async (token) => {
      const names = Array.from({ length: 12 }, (_, at) => `parallel-${at}`);
      const headers = { if: `<${CAL}> (${token})` };
      const statuses = await Promise.all(names.map((name) => put(`${CAL}${name}.ics`, name, headers)));
      expect(new Set(statuses)).toEqual(new Set([201]));
    });
  });

  test('is refused over what somebody else has locked in it', async () => {
    await put(`${CAL}inner.ics`, 'inner');
    await locked(`${CAL}inner.ics`, async () => {
      expect((await lock(CAL)).status).toBe(423);
      expect((await lock(CAL, { headers: { depth: '0' } })).status).toBe(200);
    });
    for (const { token } of await locksIn(server.context, 'alice')) await unlock(CAL, `<${token}>`);
  });

  test('of files holds the collections below', async () => {
    for (const path of ['top/', 'top/sub/', 'top-not/']) await ask('MKCOL', FILES + path);
    await locked(`${FILES}top/`, async (token) => {
      expect(await ask('PUT', `${FILES}top/sub/file`, { body: 'x' })).toBe(423);
      expect(await ask('MKCOL', `${FILES}top/sub/sub/`)).toBe(423);
      expect(await ask('PUT', `${FILES}top-not/file`, { body: 'x' })).toBe(201);
      expect(await ask('MOVE', `${FILES}top-not/file`, { headers: { destination: `${FILES}top/file` } })).toBe(423);
      expect(
        await ask('PUT', `${FILES}top/sub/file`, { body: 'x', headers: { if: `<${FILES}top/> (${token})` } }),
      ).toBe(201);
      expect(await ask('DELETE', `${FILES}top/sub/`)).toBe(423);
    });
  });

  test('of an unmapped URL among files makes an empty file', async () => {
    const made = await lock(`${FILES}reserved.txt`);
    expect(made.status).toBe(201);
    const got = await server.request('GET', `${FILES}reserved.txt`);
    expect([got.status, got.body.length]).toEqual([200, 0]);
    expect(await ask('PUT', `${FILES}reserved.txt`, { body: 'x' })).toBe(423);
    expect(await ask('PUT', `${FILES}reserved.txt`, { body: 'x', headers: holding(tokenOf(made)) })).toBe(204);
    expect(await unlock(`${FILES}reserved.txt`, tokenOf(made))).toBe(204);
    expect(await ask('GET', `${FILES}reserved.txt`)).toBe(200);
  });
});

describe('a lock ends', () => {
  const left = async (home = 'alice') => (await locksIn(server.context, home)).length;

  test('when its time is over, which is no longer than the installation allows', async () => {
    await put(`${CAL}time.ics`, 'time');
    const made = await lock(`${CAL}time.ics`, { headers: { timeout: 'Infinite, Second-4100000000' } });
    expect(made.body.toString()).toContain('<D:timeout>Second-3600<');
    server.time.now += 3599_000;
    expect(await put(`${CAL}time.ics`, 'time')).toBe(423);
    server.time.now += 1_000;
    expect(await put(`${CAL}time.ics`, 'time')).toBe(204);
    expect(await put(`${CAL}time.ics`, 'time', holding(tokenOf(made)))).toBe(412);
    expect([await left(), await forgetExpiredLocks(server.context), await forgetExpiredLocks(server.context)]).toEqual([
      0, 1, 0,
    ]);
  });

  test('with what it is on: DELETE, MOVE, the calendar, a collection, the person', async () => {
    const path = `${CAL}ends.ics`;
    await put(path, 'ends');
    const first = tokenOf(await lock(path));
    expect(await ask('DELETE', path, { headers: holding(first) })).toBe(204);
    expect([await left(), await put(path, 'ends')]).toEqual([0, 201]);
    const second = tokenOf(await lock(path));
    const moved = `${CAL}ends-moved.ics`;
    expect(await ask('MOVE', path, { headers: { ...holding(second), destination: moved } })).toBe(201);
    expect([await left(), await put(moved, 'ends')]).toEqual([0, 204]);

    const other = '/dav/calendars/alice/other/';
    await ask('MKCALENDAR', other);
    await put(`${other}in.ics`, 'in');
    const third = tokenOf(await lock(other));
    const headers = { ...holding(third), destination: '/dav/calendars/alice/others/' };
    expect([await ask('MOVE', other, { headers }), await left()]).toEqual([201, 0]);
    const fourth = tokenOf(await lock('/dav/calendars/alice/others/in.ics'));
    const whole = { if: `</dav/calendars/alice/others/in.ics> (${fourth})` };
    expect([await ask('DELETE', '/dav/calendars/alice/others/', { headers: whole }), await left()]).toEqual([204, 0]);

    for (const each of ['ended/', 'ended/sub/']) await ask('MKCOL', FILES + each);
    const fifth = tokenOf(await lock(`${FILES}ended/sub/`));
    const below = { headers: { if: `<${FILES}ended/sub/> (${fifth})`, destination: `${FILES}ended-moved/` } };
    expect([await ask('MOVE', `${FILES}ended/`, below), await left()]).toEqual([201, 0]);

    await lock('/dav/calendars/carol/calendar/', { as: 'carol' });
    await put(`${CAL}carols.ics`, 'carols');
    expect(await left('carol')).toBe(1);
    await removePrincipal(server.context, { id: asPrincipalId('carol') });
    expect(await left('carol')).toBe(0);
  });

  test('there are so many of them in a home, and no more', async () => {
    for (let at = 0; at < 20; at += 1) expect((await lock(`${FILES}many-${at}`)).status).toBe(201);
    expect((await lock(`${FILES}many-20`)).status).toBe(507);
    expect(await ask('GET', `${FILES}many-20`)).toBe(404);
  });
});

test('of a Timeout header the first time that is understood counts (RFC 4918 §10.7)', () => {
  expect([undefined, 'Second-5', 'Extend, second-7', 'Infinite', 'x'].map(parseTimeout)).toEqual([
    undefined,
    5,
    7,
    undefined,
    undefined,
  ]);
});
