import { request as httpRequest, type IncomingMessage } from 'node:http';
import { once } from 'node:events';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { savePrincipal, setMembers } from '../../src/store/principals.ts';
import { startDavServer, XML, type DavServer } from '../dav-server.ts';
import { longestTurnOf } from '../turns.ts';
import { idleMilliseconds, leastOf } from '../yardstick.ts';
import { BOOK } from '../dav/directory-people.ts';

const PEOPLE = 12_000;
const AT_ONCE = 500;
/** CPU milliseconds for which one answer may hold the event loop; without a break these would hold it for hundreds. */
const LONGEST = 60;

let server: DavServer;

beforeAll(async () => {
  server = await startDavServer();
  await server.context.store.write(async (tx) => {
    const known = await tx.selectFrom('principals').selectAll().where('id', '=', 'alice').executeTakeFirstOrThrow();
    const address = await tx.selectFrom('addresses').selectAll().executeTakeFirstOrThrow();
    for (let from = 0; from < PEOPLE; from += AT_ONCE) {
      const numbers = Array.from({ length: AT_ONCE }, (_, at) => from + at);
      const rows = numbers.map((at) => ({
        ...known,
        ...{
          kind: at % 7 === 0 ? ('room' as const) : ('user' as const),
          id: `p${at}`,
          key: at + 1000,
          login: `p${at}`,
          guid: `g${at}`,
        },
        ...{
          name: `Person ${PEOPLE - at}`,
          folded_name: `person ${PEOPLE - at}`,
          emails: JSON.stringify([`p${at}@example.com`]),
        },
      }));
      await tx.insertInto('principals').values(rows).execute();
      const addresses = numbers.map((at) => ({ ...address, principal_id: `p${at}`, address: `p${at}@example.com` }));
      await tx.insertInto('addresses').values(addresses).execute();
    }
    await savePrincipal(tx, { id: 'team', kind: 'group', name: 'Team' }, server.time.now);
    const members = Array.from({ length: 900 }, (_, at) => `p${at}`);
    await setMembers(tx, 'team', members, server.time.now);
  });
});
afterAll(() => server.close());

/** The longest stretch of work between two turns of the event loop while an answer comes, which is thrown away. */
async function longestTurn(body: string, { path = BOOK, method = 'REPORT', depth = '1' } = {}): Promise<number> {
  const authorization = `Basic ${Buffer.from('alice:x').toString('base64')}`;
  const headers = { ...XML, Depth: depth, authorization };
  const { longest } = await longestTurnOf(async () => {
    const request = httpRequest(server.url + path, { method, headers });
    request.end(body);
    // once() gives the arguments of an event as they are.
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    expect(response.statusCode).toBe(207);
    response.resume();
    await once(response, 'end');
  });
  return longest;
}

const query = (...filters: readonly string[]): string =>
  `<C:addressbook-query xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:carddav"><D:prop><D:getetag/><C:address-data/></D:prop>
  <C:filter test="anyof">${filters.join('')}</C:filter></C:addressbook-query>`;
const contains = (name: string, text: string): string =>
  `<C:prop-filter name="${name}"><C:text-match>${text}</C:text-match></C:prop-filter>`;

test.each([
  ['a name that a client completes', query(contains('FN', '9999'), contains('EMAIL', '9999'))],
  ['what no column knows', query(contains('NICKNAME', '9999'))],
  ['a property that no card has, or a name', query(contains('NOTE', '9999'), contains('FN', '9999'))],
  ['everybody', query()],
  [
    'everybody’s entity tags, the first time',
    '<D:sync-collection xmlns:D="DAV:"><D:sync-token/><D:sync-level>1</D:sync-level><D:prop><D:getetag/></D:prop></D:sync-collection>',
  ],
])('a question to a directory of thousands leaves the event loop to others: %s', async (_what, body) => {
  const limit = idleMilliseconds(LONGEST);
  expect(await leastOf(6, limit, () => longestTurn(body))).toBeLessThan(limit);
});

const NAMES = 'xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:CS="http://calendarserver.org/ns/"';
const PROP = '<D:prop><D:displayname/><C:calendar-user-address-set/></D:prop>';
const search = (...texts: readonly string[]): string =>
  `<D:principal-property-search ${NAMES} test="anyof">${texts
    .map((text) => `<D:prop><D:displayname/><CS:email-address-set/></D:prop><D:match>${text}</D:match>`)
    .map((wish) => `<D:property-search>${wish}</D:property-search>`)
    .join('')}${PROP}</D:principal-property-search>`;

test.each([
  ['a search for a text', search('9999'), '/dav/principals/'],
  ['a search for many texts', search(...Array.from({ length: 40 }, (_, at) => `nobody ${at}`)), '/dav/principals/'],
  [
    'a search while a name is typed',
    `<CS:calendarserver-principal-search ${NAMES}><CS:search-token>nobody</CS:search-token>${PROP}</CS:calendarserver-principal-search>`,
    '/dav/principals/',
  ],
  [
    'principal-match by a property that is looked up for each',
    `<D:principal-match ${NAMES}><D:principal-property><D:group-membership/></D:principal-property>${PROP}</D:principal-match>`,
    '/dav/principals/rooms/',
  ],
  [
    'the members of a group, expanded',
    `<D:expand-property ${NAMES}><D:property name="group-member-set"><D:property name="displayname"/><D:property name="group-membership"/></D:property></D:expand-property>`,
    '/dav/principals/groups/team/',
  ],
])('so does a report on principals: %s', async (_what, body, path) => {
  const asked = { path, depth: '0' };
  const limit = idleMilliseconds(LONGEST);
  expect(await leastOf(6, limit, () => longestTurn(body, asked))).toBeLessThan(limit);
});

test('an expansion is bounded in what it holds, not in its resources alone', async () => {
  const expand = (count: number): string => {
    const nested = Array.from({ length: count }, (_, at) => `<D:property name="p${at}" namespace="urn:x"/>`).join('');
    return `<D:expand-property ${NAMES}><D:property name="group-member-set">${nested}</D:property></D:expand-property>`;
  };
  const ask = (body: string) => server.request('REPORT', '/dav/principals/groups/team/', { headers: XML, body });
  const within = '<D:number-of-matches-within-limits/>';
  expect((await ask(expand(100))).body.toString()).not.toContain(within);
  const many = await ask(expand(120));
  expect(many.body.toString()).toContain(within);
  expect(many.body.length).toBeLessThan(10_000);
});

test('so does the list of all people', async () => {
  const body = `<D:propfind ${NAMES}>${PROP}</D:propfind>`;
  const asked = { path: '/dav/principals/users/', method: 'PROPFIND' };
  const limit = idleMilliseconds(LONGEST);
  expect(await leastOf(6, limit, () => longestTurn(body, asked))).toBeLessThan(limit);
});

test('a search that takes many turns finds the first by name, wherever they stand', async () => {
  const limit = '<CS:limit><CS:nresults>4</CS:nresults></CS:limit>';
  const body = `<CS:calendarserver-principal-search ${NAMES}><CS:search-token>Person 1</CS:search-token>${limit}${PROP}</CS:calendarserver-principal-search>`;
  const answer = await server.request('REPORT', '/dav/principals/', { headers: XML, body });
  const names = [...answer.body.toString().matchAll(/<D:displayname>([^<]*)/g)].map(([, name]) => name);
  expect(names).toEqual(['Person 1', 'Person 10', 'Person 100', 'Person 1000']);
});
