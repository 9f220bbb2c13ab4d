import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { auditLog } from '../../src/calendar/audit.ts';
import { asPrincipalId } from '../../src/base/ids.ts';
import { multistatus, propfind } from '../dav-client.ts';
import { CALENDAR_TYPE, event, ics, startDavServer, XML, type DavServer } from '../dav-server.ts';

let server: DavServer;
beforeAll(async () => {
  server = await startDavServer({ users: ['alice', 'bob', 'carol'], admins: ['root'] });
});
afterAll(() => server.close());

const CAL = '/dav/calendars/alice/calendar/';
const BOBS = '/dav/calendars/bob/calendar/';

/** What bob may do with alice's calendar from now on. */
async function grant(...privileges: readonly string[]): Promise<void> {
  const listed = privileges.map((name) => `<privilege><${name}/></privilege>`).join('');
  const principal = '<principal><href>/dav/principals/users/bob/</href></principal>';
  const ace = privileges.length === 0 ? '' : `<ace>${principal}<grant>${listed}</grant></ace>`;
  const answer = await server.request('ACL', CAL, { body: `<acl xmlns="DAV:">${ace}</acl>`, headers: XML });
  expect(answer.status).toBe(200);
}

const put = (path: string, body: string, as = 'alice', headers: Record<string, string> = {}) =>
  server.request('PUT', path, { as, body, headers: { ...CALENDAR_TYPE, ...headers } });

test.each(['COPY', 'MOVE'])('%s over what stands there takes what a PUT of it takes', async (method) => {
  await grant('read', 'bind');
  const uid = `over-${method}`;
  await put(`${CAL}${uid}.ics`, event(uid, 'SUMMARY:hers'));
  await put(`${BOBS}${uid}.ics`, event(uid, 'SUMMARY:his'), 'bob');
  const headers = { destination: `${CAL}${uid}.ics` };
  expect((await put(`${CAL}${uid}.ics`, event(uid, 'SUMMARY:his'), 'bob')).status).toBe(403);
  expect((await server.request(method, `${BOBS}${uid}.ics`, { as: 'bob', headers })).status).toBe(403);
  expect((await server.request('GET', `${CAL}${uid}.ics`)).body.toString()).toContain('SUMMARY:hers');
  // To add is all that bind allows.
  const added = { destination: `${CAL}${uid}-new.ics` };
  await put(`${BOBS}${uid}-new.ics`, event(`${uid}-new`), 'bob');
  expect((await server.request(method, `${BOBS}${uid}-new.ics`, { as: 'bob', headers: added })).status).toBe(201);
});

const LOCKINFO =
  '<lockinfo xmlns="DAV:"><lockscope><exclusive/></lockscope><locktype><write/></locktype><owner>bob</owner></lockinfo>';
const lock = (path: string, as: string) => server.request('LOCK', path, { as, body: LOCKINFO, headers: XML });
const discovery = async (path: string) =>
  (await server.request('PROPFIND', path, propfind('0', ['lockdiscovery']))).body.toString();

test.each([
  ['nothing any more', []],
  ['only read any more', ['read']],
] as const)('a lock of somebody who may do %s holds nobody up', async (_, left) => {
  await grant('read', 'write');
  const uid = `locked-${left.length}`;
  await put(`${CAL}${uid}.ics`, event(uid));
  const token = String((await lock(`${CAL}${uid}.ics`, 'bob')).headers['lock-token']);
  expect((await put(`${CAL}${uid}.ics`, event(uid, 'SUMMARY:new'))).status).toBe(423);
  await grant(...left);
  expect(await discovery(`${CAL}${uid}.ics`)).not.toContain('bob');
  const refresh = await server.request('LOCK', `${CAL}${uid}.ics`, { as: 'bob', headers: { if: `(${token})` } });
  expect(refresh.status).toBe(left.length === 0 ? 403 : 412);
  expect((await put(`${CAL}${uid}.ics`, event(uid, 'SUMMARY:new'))).status).toBe(204);
  expect((await lock(`${CAL}${uid}.ics`, 'alice')).status).toBe(200);
  expect((await server.request('DELETE', `${CAL}${uid}.ics`)).status).toBe(423);
});

test('what a whole home holds is told to who may read the home, not to who may read one calendar of it', async () => {
  await grant('read', 'write');
  const asked = async (as: string) => {
    const names = ['quota-used-bytes', 'quota-available-bytes'];
    const answer = await server.request('PROPFIND', CAL, { as, ...propfind('0', names) });
    return [...(multistatus(answer.body).entries[0]?.props.keys() ?? [])];
  };
  expect(await asked('bob')).toEqual([]);
  expect(await asked('alice')).toEqual(['quota-used-bytes', 'quota-available-bytes']);
});

test('who granted what to whom stands in the audit log, without what it was', async () => {
  await grant('read');
  const root = { id: asPrincipalId('root'), admin: true, adminReadOnly: false, deviceId: undefined };
  const lines = await Array.fromAsync(auditLog(server.context, { actor: root, homeId: 'alice', since: 0 }));
  const last = lines.filter(({ act }) => act === 'access-changed').at(-1);
  expect(last?.by?.principalId).toBe('alice');
  expect(last?.detail).toEqual({ entries: 1, principals: ['bob'] });
});

describe('who may read one calendar of a home reads through no other door', () => {
  const PRIVATE = '/dav/calendars/alice/tasks/';
  const ask = async (method: string, path: string, body: string, headers: Record<string, string> = {}) => {
    const answer = await server.request(method, path, { as: 'bob', body, headers: { ...XML, depth: '0', ...headers } });
    return { status: answer.status, text: answer.body.toString() };
  };
  const NAMES = 'xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"';
  const TODO = ics('BEGIN:VTODO', 'UID:plan', 'DTSTAMP:20260301T000000Z', 'SUMMARY:Surprise', 'END:VTODO');
  beforeAll(async () => {
    await put(`${PRIVATE}plan.ics`, TODO);
    await put(`${CAL}shared.ics`, event('shared'));
    await grant('read');
  });

  test('nor by a multiget in it, nor by expanding a property, nor by the home', async () => {
    const hrefs = [`${PRIVATE}plan.ics`, `${CAL}../tasks/plan.ics`, `${CAL}%2e%2e/tasks/plan.ics`]
      .map((href) => `<D:href>${href}</D:href>`)
      .join('');
    const multiget = `<C:calendar-multiget ${NAMES}><D:prop><D:getetag/><C:calendar-data/></D:prop>${hrefs}</C:calendar-multiget>`;
    const found = await ask('REPORT', CAL, multiget);
    expect(found.text).not.toMatch(/Surprise|<D:getetag>/);
    const expand = `<D:expand-property ${NAMES}><D:property name="calendar-home-set" namespace="urn:ietf:params:xml:ns:caldav"><D:property name="displayname"/><D:property name="getctag" namespace="http://calendarserver.org/ns/"/></D:property></D:expand-property>`;
    const expanded = await ask('REPORT', '/dav/principals/users/alice/', expand);
    expect(expanded.text).toContain('403');
    expect(expanded.text).not.toContain('getctag');
    for (const [method, body] of [
      ['PROPFIND', `<D:propfind ${NAMES}><D:allprop/></D:propfind>`],
      [
        'REPORT',
        `<D:sync-collection ${NAMES}><D:sync-token/><D:sync-level>infinite</D:sync-level><D:prop/></D:sync-collection>`,
      ],
      ['REPORT', `<D:acl-principal-prop-set ${NAMES}><D:prop><D:displayname/></D:prop></D:acl-principal-prop-set>`],
    ] as const) {
      for (const path of ['/dav/calendars/alice/', PRIVATE, '/dav/calendars/alice/inbox/']) {
        expect((await ask(method, path, body)).status, `${method} ${path}`).toBe(403);
      }
    }
  });

  test('nor by COPY out of it, nor by an If header, which tells nothing of what is there', async () => {
    const destination = '/dav/calendars/bob/tasks/mine.ics';
    expect((await ask('COPY', `${PRIVATE}plan.ics`, '', { destination })).status).toBe(403);
    const etag = String((await server.request('GET', `${PRIVATE}plan.ics`)).headers['etag']);
    const told = [];
    for (const tag of [etag, '"wrong"']) {
      const condition = { if: `<${PRIVATE}plan.ics> ([${tag}])` };
      const answer = await put(`${BOBS}if.ics`, event('if'), 'bob', condition);
      told.push(answer.status);
    }
    expect(told).toEqual([412, 412]);
  });

  test('nor, once it is taken back, with what was learnt before: token, tag, lock, URL', async () => {
    const sync = (token: string) =>
      ask(
        'REPORT',
        CAL,
        `<D:sync-collection ${NAMES}><D:sync-token>${token}</D:sync-token><D:sync-level>1</D:sync-level><D:prop><D:getetag/></D:prop></D:sync-collection>`,
      );
    const token = /<D:sync-token>([^<]+)</.exec((await sync('')).text)![1]!;
    const etag = String((await server.request('GET', `${CAL}shared.ics`, { as: 'bob' })).headers['etag']);
    await grant();
    const forgotten = await sync(token);
    expect([forgotten.status, forgotten.text]).toEqual([403, expect.stringContaining('need-privileges')]);
    expect((await ask('GET', `${CAL}shared.ics`, '', { 'if-none-match': etag })).status).toBe(403);
    expect((await put(`${CAL}shared.ics`, event('shared'), 'bob', { 'if-match': etag })).status).toBe(403);
    expect((await ask('PROPFIND', `${CAL}shared.ics`, '')).text).not.toContain(etag);
    await grant('read');
  });
});
