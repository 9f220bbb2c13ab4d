import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { CALENDAR_TYPE, event, startDavServer, XML, type DavServer } from '../../dav-server.ts';
import { report, responsesIn } from '../reports/report-client.ts';

let server: DavServer;
beforeAll(async () => {
  server = await startDavServer();
  await server.request('PUT', `${CALENDAR}a.ics`, { body: event('a'), headers: CALENDAR_TYPE });
});
afterAll(() => server.close());

const HOME = '/dav/calendars/alice/';
const CALENDAR = `${HOME}calendar/`;
const NAMES = 'xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:CS="http://calendarserver.org/ns/"';
const PLACES = ['/', '/dav/', '/dav/principals/', '/dav/principals/users/alice/', HOME, `${HOME}inbox/`, CALENDAR];

/** A report that can be answered, and the places of those above where it is. */
const REPORTS: readonly (readonly [string, string, readonly string[]])[] = [
  [
    'calendar-query',
    `<C:calendar-query ${NAMES}><D:prop/><C:filter><C:comp-filter name="VCALENDAR"/></C:filter></C:calendar-query>`,
    [`${HOME}inbox/`, CALENDAR],
  ],
  [
    'calendar-multiget',
    `<C:calendar-multiget ${NAMES}><D:prop/><D:href>/x</D:href></C:calendar-multiget>`,
    [`${HOME}inbox/`, CALENDAR],
  ],
  [
    'free-busy-query',
    `<C:free-busy-query ${NAMES}><C:time-range start="20260301T000000Z" end="20260302T000000Z"/></C:free-busy-query>`,
    [HOME, CALENDAR],
  ],
  ['expand-property', `<D:expand-property ${NAMES}/>`, PLACES],
  ['principal-match', `<D:principal-match ${NAMES}><D:self/></D:principal-match>`, PLACES],
  ['principal-search-property-set', `<D:principal-search-property-set ${NAMES}/>`, PLACES],
  ['version-tree', `<D:version-tree ${NAMES}/>`, []],
  ['one of an unknown namespace', '<report xmlns="urn:x"/>', []],
];

describe.each(REPORTS)('%s', (_name, body, places) => {
  test.each(PLACES)('on %s', async (path) => {
    const answer = await report(server, path, body);
    if (places.includes(path)) expect([200, 207]).toContain(answer.status);
    else expect([answer.status, answer.text.includes('<D:supported-report/>')]).toEqual([403, true]);
  });

  test('on what does not exist', async () => {
    const { status } = await report(server, `${CALENDAR}none.ics`, body);
    expect(status).toBe(places.length === 0 ? 403 : 404);
  });
});

test.each([
  ['no body', '', XML, 400],
  ['no XML', 'hello', XML, 400],
  ['another type', '<a/>', { 'content-type': 'text/calendar' }, 415],
  ['another charset', '<a/>', { 'content-type': 'text/xml; charset=latin1' }, 400],
  ['a Depth that is none', '<D:expand-property xmlns:D="DAV:"/>', { ...XML, depth: 'all' }, 400],
])('a REPORT with %s', async (_what, body, headers, status) => {
  expect((await server.request('REPORT', CALENDAR, { body, headers })).status).toBe(status);
});

test('who has only free-busy of another learns nothing from how a REPORT is refused', async () => {
  const freeBusy = REPORTS.find(([name]) => name === 'free-busy-query')?.[1] ?? '';
  const existing = [`${CALENDAR}a.ics`, `${HOME}inbox/`, `${HOME}outbox/`];
  const missing = [`${CALENDAR}none.ics`, `${HOME}none/`, `${HOME}none/a.ics`, '/dav/calendars/nobody/'];
  for (const path of [...existing, ...missing]) {
    const answer = await report(server, path, freeBusy, { as: 'bob' });
    expect([answer.status, answer.text.includes('need-privileges')], path).toEqual([403, true]);
  }
  for (const path of [HOME, CALENDAR]) expect((await report(server, path, freeBusy, { as: 'bob' })).status).toBe(200);
});

describe('questions that nobody asks end in a reason', () => {
  const search = (searches: string): string =>
    `<D:principal-property-search ${NAMES}>${searches}<D:prop/></D:principal-property-search>`;
  const searchFor = (text: string): string =>
    `<D:property-search><D:prop><D:displayname/></D:prop><D:match>${text}</D:match></D:property-search>`;
  const tokens = (inner: string): string =>
    `<CS:calendarserver-principal-search ${NAMES}>${inner}<D:prop/></CS:calendarserver-principal-search>`;
  const token = (text: string): string => `<CS:search-token>${text}</CS:search-token>`;
  const expand = (inner: string): string => `<D:expand-property ${NAMES}>${inner}</D:expand-property>`;
  const names = Array.from({ length: 6000 }, (_, n) => `<D:property name="p${n}"/>`).join('');
  test.each([
    ['a thousand searches', search(searchFor('a').repeat(1001))],
    ['a search for a long text', search(searchFor('a'.repeat(60_000)))],
    [
      'a search of many properties',
      search(searchFor('a').replace('<D:displayname/>', '<D:displayname/>'.repeat(1001))),
    ],
    ['a thousand tokens', tokens(token('a').repeat(1001))],
    ['a long token', tokens(token('a'.repeat(60_000)))],
    ['an expansion of thousands of properties', expand(names)],
    ['thousands of properties at a lower level', expand(`<D:property name="owner">${names}</D:property>`)],
    ['a property whose name is none of XML', expand('<D:property name="ª"/>')],
    ['a property whose name is empty', expand('<D:property name=""/>')],
    [
      'a property of the namespace of declarations',
      expand('<D:property name="a" namespace="http://www.w3.org/2000/xmlns/"/>'),
    ],
  ])('%s', async (_what, body) => {
    const answer = await report(server, '/dav/principals/', body);
    expect(answer.status).toBe(400);
    expect(answer.text.length).toBeGreaterThan(10);
  });

  test('a search of several properties for a short text is answered', async () => {
    const answer = await report(server, '/dav/principals/', search(searchFor('ali').repeat(3)));
    expect(responsesIn(answer.text)).toHaveLength(1);
  });
});
