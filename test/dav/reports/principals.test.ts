import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { asPrincipalId } from '../../../src/base/ids.ts';
import { ensureHome } from '../../../src/calendar/create-home.ts';
import { savePrincipal, setDelegates, setMembers } from '../../../src/store/principals.ts';
import { startDavServer, XML, type DavServer } from '../../dav-server.ts';
import { report, responsesIn, statuses } from './report-client.ts';

let server: DavServer;
beforeAll(async () => {
  server = await startDavServer({ users: ['alice', 'bob', 'carol'], limits: { principalMatches: 6 } });
  await server.context.store.write(async (tx) => {
    const save = async (id: string, kind: 'group' | 'room', name: string, emails: string[]) => {
      const { principal } = await savePrincipal(tx, { id: asPrincipalId(id), kind, name, emails }, server.time.now);
      await ensureHome(tx, principal, [], server.time.now);
    };
    await save('staff', 'group', 'All Staff', ['staff@example.com']);
    await save('board', 'group', 'The Board', []);
    await save('attic', 'room', 'Attic & Roof', ['attic@example.com']);
    await setMembers(tx, 'staff', ['alice', 'board'], server.time.now);
    await setMembers(tx, 'board', ['bob'], server.time.now);
    await setDelegates(tx, 'bob', { read: [], write: ['alice'] }, server.time.now);
  });
});
afterAll(() => server.close());

const PRINCIPALS = '/dav/principals/';
const user = (id: string) => `${PRINCIPALS}users/${id}/`;
const group = (id: string) => `${PRINCIPALS}groups/${id}/`;
const hrefs = (text: string) => Object.keys(statuses(text)).toSorted();

describe('principal-property-search (RFC 3744 §9.4)', () => {
  const search = (inside: string, path = PRINCIPALS, attributes = '', headers = {}) =>
    report(
      server,
      path,
      `<D:principal-property-search xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:CS="http://calendarserver.org/ns/" ${attributes}>${inside}<D:prop><D:displayname/></D:prop></D:principal-property-search>`,
      headers,
    );
  const one = (property: string, text: string, attributes = '') =>
    `<D:property-search><D:prop><${property}/></D:prop><D:match ${attributes}>${text}</D:match></D:property-search>`;

  test('finds names by a part, without regard to case', async () => {
    const { status, text } = await search(one('D:displayname', 'LIC'));
    expect(status).toBe(207);
    expect(statuses(text)).toEqual({ [user('alice')]: 200 });
    expect(text).toContain('<D:displayname>alice</D:displayname>');
  });

  test('takes several properties together (logical AND)', async () => {
    const both = one('D:displayname', 'a') + one('CS:email-address-set', 'attic@');
    expect(hrefs((await search(both)).text)).toEqual([`${PRINCIPALS}rooms/attic/`]);
  });

  test('takes them as alternatives with test="anyof"', async () => {
    const either = one('D:displayname', 'bob') + one('CS:email-address-set', 'attic@');
    expect(hrefs((await search(either, PRINCIPALS, 'test="anyof"')).text)).toEqual([
      `${PRINCIPALS}rooms/attic/`,
      user('bob'),
    ]);
  });

  test('finds a calendar user address with its mailto:', async () => {
    const found = await search(one('C:calendar-user-address-set', 'MAILTO:bob@example.com', 'match-type="equals"'));
    expect(hrefs(found.text)).toEqual([user('bob')]);
  });

  test('finds a calendar user type', async () => {
    expect(hrefs((await search(one('C:calendar-user-type', 'ROOM'))).text)).toEqual([`${PRINCIPALS}rooms/attic/`]);
    const typed = await search(one('D:displayname', 'a'), PRINCIPALS, 'type="GROUP" test="anyof"');
    expect(hrefs(typed.text)).toEqual([group('board'), group('staff')]);
  });

  test('a property that cannot be searched matches nothing', async () => {
    expect((await search(one('D:bogus', 'a'))).text).not.toContain('<D:response>');
    const either = one('D:bogus', 'a') + one('D:displayname', 'bob');
    expect(hrefs((await search(either, PRINCIPALS, 'test="anyof"')).text)).toEqual([user('bob')]);
  });

  test('searches below the Request-URI, or everywhere where that is asked', async () => {
    expect((await search(one('D:displayname', 'bob'), group('').slice(0, -1))).text).not.toContain('<D:response>');
    const everywhere = one('D:displayname', 'bob') + '<D:apply-to-principal-collection-set/>';
    expect(hrefs((await search(everywhere, '/dav/calendars/alice/')).text)).toEqual([user('bob')]);
  });

  test('too many matches are a refusal, not a part of them', async () => {
    await server.context.store.write(async (tx) => {
      for (const id of ['dave1', 'dave2', 'dave3', 'dave4', 'dave5', 'dave6', 'dave7']) {
        await savePrincipal(tx, { id: asPrincipalId(id), kind: 'user', name: id, emails: [] }, server.time.now);
      }
    });
    const { status, text } = await search(one('D:displayname', 'dave'));
    expect(status).toBe(403);
    expect(text).toContain('<D:number-of-matches-within-limits/>');
  });

  test.each([
    ['Depth: 1', one('D:displayname', 'bob'), { depth: '1' }],
    ['no property-search', '', {}],
    ['no match', '<D:property-search><D:prop><D:displayname/></D:prop></D:property-search>', {}],
    ['a match-type that is none', one('D:displayname', 'bob', 'match-type="sounds-like"'), {}],
  ])('%s is a 400', async (_, inside, headers) => {
    expect((await search(inside, PRINCIPALS, '', headers)).status).toBe(400);
  });
});

test('principal-search-property-set says what can be searched (RFC 3744 §9.5)', async () => {
  const { status, text, contentType } = await report(
    server,
    PRINCIPALS,
    '<D:principal-search-property-set xmlns:D="DAV:"/>',
  );
  expect(status).toBe(200);
  expect(contentType).toContain('application/xml');
  expect(text).toContain('<D:principal-search-property><D:prop><D:displayname/></D:prop><D:description xml:lang="en">');
});

describe('calendarserver-principal-search', () => {
  const search = (tokens: readonly string[], more = '', attributes = '') =>
    report(
      server,
      PRINCIPALS,
      `<CS:calendarserver-principal-search xmlns:D="DAV:" xmlns:CS="http://calendarserver.org/ns/" ${attributes}>${tokens.map((token) => `<CS:search-token>${token}</CS:search-token>`).join('')}${more}<D:prop><D:displayname/></D:prop></CS:calendarserver-principal-search>`,
    );

  test('every token must occur in the name or an address', async () => {
    expect(hrefs((await search(['roof', 'attic'])).text)).toEqual([`${PRINCIPALS}rooms/attic/`]);
    expect((await search(['roof', 'alice'])).text).not.toContain('<D:response>');
  });

  test('the context chooses the kinds', async () => {
    expect(hrefs((await search(['a'], '', 'context="group"')).text)).toEqual([group('board'), group('staff')]);
    expect(hrefs((await search(['bob'], '', 'context="location"')).text)).toEqual([]);
  });

  test('a limit is kept, and said', async () => {
    const { text } = await search(['example.com'], '<CS:limit><CS:nresults>1</CS:nresults></CS:limit>');
    expect(responsesIn(text)).toHaveLength(2);
    expect(statuses(text)[PRINCIPALS]).toBe(507);
  });

  test('so is that more than were looked at have one of the tokens', async () => {
    const small = await startDavServer({ users: ['amy', 'ben', 'cat', 'dan'], limits: { principalMatches: 2 } });
    try {
      const body = `<CS:calendarserver-principal-search xmlns:D="DAV:" xmlns:CS="http://calendarserver.org/ns/"><CS:search-token>example.com</CS:search-token><CS:search-token>dan</CS:search-token></CS:calendarserver-principal-search>`;
      const answer = await small.request('REPORT', PRINCIPALS, { as: 'amy', headers: XML, body });
      expect(statuses(answer.body.toString())[PRINCIPALS]).toBe(507);
    } finally {
      await small.close();
    }
  });

  test('without a token it is a 400', async () => {
    expect((await search([' '])).status).toBe(400);
  });
});

describe('principal-match (RFC 3744 §9.3)', () => {
  const match = (inside: string, path = PRINCIPALS, headers = {}) =>
    report(
      server,
      path,
      `<D:principal-match xmlns:D="DAV:">${inside}<D:prop><D:displayname/></D:prop></D:principal-match>`,
      headers,
    );

  test('self is the user and the groups that it is in, at any depth', async () => {
    expect(hrefs((await match('<D:self/>', PRINCIPALS, { as: 'bob' })).text)).toEqual([
      group('board'),
      group('staff'),
      user('bob'),
    ]);
  });

  test('only what is below the Request-URI matches', async () => {
    // Alice is a delegate of Bob's, for writing: she is in that group of his.
    const proxy = `${user('bob')}calendar-proxy-write/`;
    expect(hrefs((await match('<D:self/>', `${PRINCIPALS}users/`)).text)).toEqual([user('alice'), proxy]);
    expect(hrefs((await match('<D:self/>', user('bob'))).text)).toEqual([proxy]);
    expect(hrefs((await match('<D:self/>', proxy)).text)).toEqual([proxy]);
    expect((await match('<D:self/>', `${PRINCIPALS}groups/`)).text).not.toContain('calendar-proxy');
    expect((await match('<D:self/>', '/dav/calendars/')).text).not.toContain('<D:response>');
  });

  test('principal-property finds what is one’s own', async () => {
    const { text } = await match('<D:principal-property><D:owner/></D:principal-property>', '/dav/calendars/');
    expect(hrefs(text)).toContain('/dav/calendars/alice/calendar/');
    expect(text).not.toContain('bob');
  });

  test('Depth: 1, or neither self nor a property, is a 400', async () => {
    expect((await match('<D:self/>', PRINCIPALS, { depth: '1' })).status).toBe(400);
    expect((await match('')).status).toBe(400);
  });
});

describe('expand-property (RFC 3253 §3.8)', () => {
  const expand = (inside: string, path: string) =>
    report(server, path, `<D:expand-property xmlns:D="DAV:">${inside}</D:expand-property>`);
  const property = (name: string, nested = '', namespace = 'DAV:') =>
    `<D:property name="${name}" namespace="${namespace}">${nested}</D:property>`;

  test('an href becomes the response of what it names', async () => {
    const { status, text } = await expand(
      property('calendar-proxy-write-for', property('displayname'), 'http://calendarserver.org/ns/'),
      user('alice'),
    );
    expect(status).toBe(207);
    expect(text).toContain(
      `<CS:calendar-proxy-write-for><D:response><D:href>${user('bob')}</D:href><D:propstat><D:prop><D:displayname>bob</D:displayname></D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response></CS:calendar-proxy-write-for>`,
    );
  });

  test('at several levels', async () => {
    const { text } = await expand(
      property('group-member-set', property('group-member-set', property('displayname'))),
      group('staff'),
    );
    expect(text).toContain('<D:displayname>bob</D:displayname>');
  });

  test('a property without anything nested keeps its hrefs', async () => {
    expect((await expand(property('principal-URL'), user('alice'))).text).toContain(
      `<D:principal-URL><D:href>${user('alice')}</D:href></D:principal-URL>`,
    );
  });

  test('an address that is no URL of ours stays an href', async () => {
    const { text } = await expand(
      property('calendar-user-address-set', property('displayname'), 'urn:ietf:params:xml:ns:caldav'),
      user('alice'),
    );
    expect(text).toContain('<D:href>mailto:alice@example.com</D:href>');
    expect(text).toContain('<D:displayname>alice</D:displayname>');
  });

  test('a property that is not there is a 404 propstat', async () => {
    expect((await expand(property('bogus', property('displayname')), user('alice'))).text).toContain('<D:bogus/>');
  });

  test('an expansion that multiplies ends', async () => {
    let nested = property('displayname');
    for (let depth = 0; depth < 8; depth++) nested = property('group-membership', property('group-member-set', nested));
    const { status, text } = await expand(nested, user('alice'));
    expect(status).toBe(207);
    expect(text).toContain('<D:number-of-matches-within-limits/>');
  });

  test.each(['', 'a b', '<', '1x'])('the name "%s" is a 400', async (name) => {
    expect((await expand(property(name.replace('<', '&lt;')), user('alice'))).status).toBe(400);
  });
});
