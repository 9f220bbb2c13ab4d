import { afterAll, beforeAll, expect, test } from 'vitest';

import { withContained, type Privilege } from '../../src/auth/privileges.ts';
import { METHODS } from '../../src/dav/methods/index.ts';
import { calendarReport, propfind, type DavRequest } from '../dav-client.ts';
import { CALENDAR_TYPE, event, startDavServer, XML, type DavServer } from '../dav-server.ts';
import { calendarOf, LEVELS, mailto, noticeHrefs, set, share, shareWith, type Level } from '../dav/share-requests.ts';

/**
 * Security 1, of shares: each method on a shared calendar and its members, in the home of the sharee and in that of the
 * sharer, by level and by role; and on a notice. What is wanted is worked out from caldav-sharing §5.5.1 and RFC 3744
 * appendix B, and not from access.ts.
 */
const LEVEL_NAMES = Object.keys(LEVELS) as Level[];

/** What a level lets a sharee do with the calendar, wherever it stands. */
const GIVES: Readonly<Record<Level, readonly Privilege[]>> = {
  'free-busy': ['read-free-busy'],
  read: ['read'],
  'read-write': ['read', 'write-content', 'bind', 'unbind', 'unlock'],
  manage: ['read', 'write', 'unlock', 'read-acl', 'write-acl'],
};
/** What stands in one's own home can be looked at, and called as one likes. */
const OF_PLACE = ['read', 'write-properties'] as const;
const READ_ONLY = withContained(['read', 'read-acl', 'read-current-user-privilege-set']);

/** Of a method: the privilege on the calendar itself, and on a member. */
const TAKES: Readonly<Record<string, readonly [calendar: Privilege | undefined, member: Privilege | undefined]>> = {
  OPTIONS: [undefined, undefined],
  GET: [undefined, undefined],
  HEAD: [undefined, undefined],
  PROPFIND: [undefined, undefined],
  PUT: [undefined, 'write-content'],
  POST: ['bind', 'write-content'],
  DELETE: [undefined, 'unbind'],
  PROPPATCH: ['write-properties', 'write-content'],
  LOCK: ['write-content', 'write-content'],
  ACL: ['write-acl', undefined],
};

const requests = (uid: string): Readonly<Record<string, DavRequest>> => ({
  // What all sharees see is another.
  PUT: { headers: CALENDAR_TYPE, body: event(uid, `SUMMARY:${uid} as of now`) },
  POST: { headers: CALENDAR_TYPE, body: event(`posted-${uid}`) },
  PROPFIND: propfind('0', ['displayname']),
  PROPPATCH: {
    headers: XML,
    body: '<D:propertyupdate xmlns:D="DAV:"><D:set><D:prop><x xmlns="urn:x">1</x></D:prop></D:set></D:propertyupdate>',
  },
  LOCK: {
    headers: { ...XML, timeout: 'Second-1' },
    body: '<D:lockinfo xmlns:D="DAV:"><D:lockscope><D:shared/></D:lockscope><D:locktype><D:write/></D:locktype></D:lockinfo>',
  },
  ACL: { headers: XML, body: '<D:acl xmlns:D="DAV:"/>' },
});

let server: DavServer;
const mounts = new Map<Level, string>();
const shareeOf = (level: Level): string => `${level.replace('-', '')}sharee`;
const calendarFor = (level: Level): string => calendarOf('alice', `for-${level}`);

beforeAll(async () => {
  const users = ['alice', 'stranger', 'helper', 'asked', ...LEVEL_NAMES.map(shareeOf)];
  server = await startDavServer({ users, settings: { freeBusyForAll: false } });
  for (const level of LEVEL_NAMES) {
    await server.request('MKCALENDAR', calendarFor(level));
    await server.request('PUT', `${calendarFor(level)}a.ics`, { headers: CALENDAR_TYPE, body: event('a') });
    mounts.set(level, await shareWith(server, calendarFor(level), shareeOf(level), level));
    await share(server, calendarFor(level), set(mailto('asked'), level));
    // The helper reads for each of the sharees.
    const body =
      '<D:propertyupdate xmlns:D="DAV:"><D:set><D:prop><D:group-member-set><D:href>/dav/principals/users/helper/</D:href></D:group-member-set></D:prop></D:set></D:propertyupdate>';
    const proxy = `/dav/principals/users/${shareeOf(level)}/calendar-proxy-read/`;
    await server.request('PROPPATCH', proxy, { as: shareeOf(level), headers: XML, body });
  }
});
afterAll(() => server.close());

interface Role {
  readonly as: string;
  readonly calendar: string;
  /** Of the calendar, and of what is in it. */
  readonly held: ReadonlySet<Privilege>;
}

/** Everybody who comes to a calendar that is shared at a level. */
function roles(level: Level): Readonly<Record<string, Role>> {
  const mount = mounts.get(level)!;
  const own = calendarFor(level);
  const placed = withContained([...GIVES[level], ...OF_PLACE]);
  return {
    'the sharee, at home': { as: shareeOf(level), calendar: mount, held: placed },
    "the sharee, at the sharer's": { as: shareeOf(level), calendar: own, held: withContained([...GIVES[level]]) },
    'who reads for the sharee': {
      as: 'helper',
      calendar: mount,
      held: new Set([...placed].filter((each) => READ_ONLY.has(each))),
    },
    "who reads for the sharee, at the sharer's": { as: 'helper', calendar: own, held: new Set() },
    'who has not accepted': { as: 'asked', calendar: own, held: new Set() },
    "a stranger, at the sharee's": { as: 'stranger', calendar: mount, held: new Set() },
    "the sharer, at the sharee's": { as: 'alice', calendar: mount, held: new Set() },
  };
}

let cells = 0;

test.each(LEVEL_NAMES)('shared to %s, each may do what the level says and nothing else', async (level) => {
  const wrong: string[] = [];
  for (const [role, { as, calendar, held }] of Object.entries(roles(level))) {
    // At the sharer's, a level gives no properties of members; at home they are as the members are.
    const atSharer = (method: string, takes: Privilege): Privilege =>
      method === 'PROPPATCH' && calendar === calendarFor(level) ? 'write-properties' : takes;
    for (const [method, [onCalendar, onMember]] of Object.entries(TAKES)) {
      for (const [kind, takes] of [
        ['calendar', onCalendar],
        ['member', onMember],
      ] as const) {
        if (kind === 'calendar' && ['DELETE', 'PUT'].includes(method)) continue;
        await server.request('PUT', `${calendarFor(level)}a.ics`, { headers: CALENDAR_TYPE, body: event('a') });
        const path = kind === 'calendar' ? calendar : `${calendar}a.ics`;
        const isWanted = held.has('read') && (takes === undefined || held.has(atSharer(method, takes)));
        const { status, body } = await server.request(method, path, { as, ...requests('a')[method] });
        const isRefused = status === 403 && (method === 'HEAD' || body.includes('need-privileges'));
        cells += 1;
        if (isRefused === isWanted) wrong.push(`${role}: ${method} ${kind} ${status}`);
      }
    }
  }
  expect(wrong).toEqual([]);
});

test.each(LEVEL_NAMES)('shared to %s, the sharee alone has alarms there', async (level) => {
  // The locks of the test above are over.
  server.time.now += 2000;
  const alarm = ['BEGIN:VALARM', 'ACTION:DISPLAY', 'DESCRIPTION:x', 'TRIGGER:-PT5M', 'END:VALARM'];
  await server.request('PUT', `${calendarFor(level)}a.ics`, { headers: CALENDAR_TYPE, body: event('a') });
  const put = (as: string) =>
    server.request('PUT', `${mounts.get(level)!}a.ics`, { as, headers: CALENDAR_TYPE, body: event('a', ...alarm) });
  for (const as of ['helper', 'stranger', 'alice']) expect((await put(as)).status, as).toBe(403);
  expect((await put(shareeOf(level))).status).toBe(level === 'free-busy' ? 403 : 204);
});

test.each(LEVEL_NAMES)('shared to %s, whoever may not leave for the sharee leaves it there', async (level) => {
  for (const as of ['helper', 'stranger', 'alice']) {
    const { status } = await server.request('DELETE', mounts.get(level)!, { as });
    expect(status, as).toBe(403);
  }
  const left = await server.request('DELETE', mounts.get(level)!, { as: shareeOf(level) });
  expect(left.status).toBe(204);
  expect((await server.request('GET', `${calendarFor(level)}a.ics`)).status).toBe(200);
  const again = await server.request('GET', calendarFor(level), { as: shareeOf(level) });
  expect(again.status).toBe(403);
});

test('a notice is read and deleted by whom it is for, and by who may for them', async () => {
  const [href] = await noticeHrefs(server, 'asked');
  for (const as of ['alice', 'stranger', 'helper']) {
    for (const method of METHODS.keys()) {
      if (method === 'OPTIONS') continue;
      const destination = `/dav/calendars/${as}/calendar/x.ics`;
      const given = requests('a')[method] ?? (method === 'REPORT' ? calendarReport('calendar-query', '') : {});
      const { status } = await server.request(method, href!, {
        as,
        ...given,
        headers: { destination, ...given.headers },
      });
      cells += 1;
      expect([403, 404, 405, 409], `${method} by ${as}`).toContain(status);
    }
  }
  expect((await server.request('DELETE', href!, { as: 'asked' })).status).toBe(204);
});

test('the matrix is whole', () => {
  expect(cells).toBeGreaterThan(500);
});
