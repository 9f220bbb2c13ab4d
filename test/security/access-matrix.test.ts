import { afterAll, beforeAll, expect, test } from 'vitest';
import { withContained, type Privilege } from '../../src/auth/privileges.ts';
import { METHODS } from '../../src/dav/methods/index.ts';
import { ALL_KINDS, ATTACHMENT_KINDS, DIRECTORY_KINDS, type Kind } from '../../src/dav/resource.ts';
import { collectionAt } from '../../src/calendar/collections.ts';
import { replaceAces } from '../../src/store/aces.ts';
import { setDelegates } from '../../src/store/memberships.ts';
import { calendarReport, propfind, type DavRequest } from '../dav-client.ts';
import { CALENDAR_TYPE, event, startDavServer, XML, type DavServer } from '../dav-server.ts';

/**
 * Security 1: each method on each kind of resource by each role, from the lists of the door itself: a new method or kind
 * without a row here fails. What is wanted is worked out from RFC 3744 appendix B, and not from access.ts.
 */
const SHARED = '/dav/calendars/alice/shared/';
const FREE_BUSY = ['read-free-busy', 'read-current-user-privilege-set'] as const;
const OUTSIDE = ['read', 'read-current-user-privilege-set'] as const;
const READ = ['read', 'read-acl', 'read-current-user-privilege-set'] as const;

/** What a role may do in the home, in the calendar `shared`, and with principals and folders. */
interface Role {
  readonly home: readonly Privilege[];
  readonly shared: readonly Privilege[];
  readonly granted?: readonly (readonly ['grant' | 'deny', ...Privilege[]])[];
}

const none = { home: [], shared: [] } as const;
const WRITING = [...READ, 'write', 'unlock', 'schedule-deliver', 'schedule-send'] as const;
const ROLES: Readonly<Record<string, Role>> = {
  alice: { home: ['all'], shared: ['all'] },
  root: { home: ['all'], shared: ['all'] },
  readDelegate: { home: OUTSIDE, shared: OUTSIDE },
  writeDelegate: { home: WRITING, shared: WRITING },
  reader: { home: [], shared: ['read'], granted: [['grant', 'read']] },
  writer: { home: [], shared: ['read', 'write'], granted: [['grant', 'read', 'write']] },
  manager: { home: [], shared: ['all'], granted: [['grant', 'all']] },
  busyOnly: { home: [], shared: FREE_BUSY, granted: [['grant', ...FREE_BUSY]] },
  adder: { home: [], shared: ['read', 'bind'], granted: [['grant', 'read', 'bind']] },
  blind: { home: [], shared: ['write'], granted: [['grant', 'write']] },
  denied: {
    ...none,
    granted: [
      ['deny', 'all'],
      ['grant', 'read', 'write'],
    ],
  },
  revoked: none,
  stranger: none,
};

/** Where a resource of each kind is, and whose privileges count there. */
type Area = 'home' | 'shared' | 'outside' | 'principal';
const PLACES: Readonly<Record<Kind, readonly [path: string, area: Area]>> = {
  root: ['/', 'outside'],
  'dav-root': ['/dav/', 'outside'],
  principals: ['/dav/principals/', 'outside'],
  homes: ['/dav/calendars/', 'outside'],
  'principal-kind': ['/dav/principals/users/', 'outside'],
  principal: ['/dav/principals/users/alice/', 'principal'],
  proxy: ['/dav/principals/users/alice/calendar-proxy-write/', 'principal'],
  addressbooks: ['/dav/addressbooks/', 'outside'],
  addressbook: ['/dav/addressbooks/directory/', 'outside'],
  card: ['/dav/addressbooks/directory/alice.vcf', 'outside'],
  home: ['/dav/calendars/alice/', 'home'],
  calendar: [SHARED, 'shared'],
  inbox: ['/dav/calendars/alice/inbox/', 'home'],
  outbox: ['/dav/calendars/alice/outbox/', 'home'],
  notification: ['/dav/calendars/alice/notification/', 'home'],
  freebusy: ['/dav/calendars/alice/freebusy/', 'home'],
  plain: ['/dav/files/alice/folder/', 'home'],
  object: [`${SHARED}a.ics`, 'shared'],
  attachments: ['/dav/calendars/alice/attachments/', 'home'],
  // Of an event that stays as it is in `shared`; where it is, is only known when it is made.
  attachment: ['', 'shared'],
};
/** URLs at which nothing is. */
const MISSING: Readonly<Record<string, readonly [path: string, area: Area]>> = {
  'missing member': [`${SHARED}none.ics`, 'shared'],
  'missing collection': ['/dav/calendars/alice/none/', 'home'],
};

const sent = (as: string): Readonly<Record<string, DavRequest>> => ({
  PUT: { headers: CALENDAR_TYPE, body: event('a') },
  POST: { headers: CALENDAR_TYPE, body: event('posted') },
  PROPFIND: propfind('0', ['D:displayname']),
  PROPPATCH: {
    headers: XML,
    body: '<D:propertyupdate xmlns:D="DAV:"><D:set><D:prop><x xmlns="urn:x">1</x></D:prop></D:set></D:propertyupdate>',
  },
  COPY: { headers: { destination: `/dav/calendars/${as}/calendar/copy.ics` } },
  MOVE: { headers: { destination: `/dav/calendars/${as}/calendar/moved.ics` } },
  REPORT: calendarReport('free-busy-query', '<C:time-range start="20260301T000000Z" end="20260305T000000Z"/>', '1'),
  LOCK: {
    headers: { ...XML, timeout: 'Second-1' },
    body: '<D:lockinfo xmlns:D="DAV:"><D:lockscope><D:shared/></D:lockscope><D:locktype><D:write/></D:locktype></D:lockinfo>',
  },
  UNLOCK: { headers: { 'lock-token': '<urn:uuid:00000000-0000-0000-0000-000000000000>' } },
  ACL: { headers: XML, body: '<D:acl xmlns:D="DAV:"><D:ace/></D:acl>' },
});

const POST_TAKES: Readonly<Record<string, Privilege>> = {
  calendar: 'bind',
  object: 'write-content',
  outbox: 'schedule-send-freebusy',
};

/** RFC 3744 appendix B: the privilege that a method takes of the resource itself, beside DAV:read. */
const TAKES: Readonly<Record<string, (kind: string) => Privilege | undefined>> = {
  OPTIONS: () => undefined,
  GET: () => undefined,
  HEAD: () => undefined,
  PROPFIND: () => undefined,
  REPORT: () => undefined,
  PUT: (kind) => (kind === 'missing member' ? 'bind' : kind === 'object' ? 'write-content' : undefined),
  // RFC 6638 §6.2.4, of an outbox.
  POST: (kind) => POST_TAKES[kind],
  DELETE: (kind) => (kind === 'object' ? 'unbind' : undefined),
  PROPPATCH: () => 'write-properties',
  MKCALENDAR: (kind) => (kind === 'missing collection' ? 'bind' : undefined),
  MKCOL: (kind) => (kind === 'missing collection' ? 'bind' : undefined),
  COPY: () => undefined,
  MOVE: (kind) => (kind === 'object' ? 'unbind' : undefined),
  LOCK: (kind) => (['missing member', 'object', 'calendar', 'plain'].includes(kind) ? 'write-content' : undefined),
  UNLOCK: () => undefined,
  ACL: (kind) => (['calendar', 'inbox', 'outbox'].includes(kind) ? 'write-acl' : undefined),
};

let server: DavServer;
let attachment = '';
beforeAll(async () => {
  const users = Object.keys(ROLES).filter((name) => name !== 'root');
  server = await startDavServer({ users, admins: ['root'], settings: { freeBusyForAll: false, files: true } });
  await server.request('MKCALENDAR', SHARED);
  await server.request('MKCOL', '/dav/files/alice/folder/');
  await server.request('PUT', `${SHARED}attached.ics`, { headers: CALENDAR_TYPE, body: event('attached') });
  const added = await server.request('POST', `${SHARED}attached.ics?action=attachment-add`, { body: 'x' });
  attachment = added.headers['location']!;
  await server.context.store.write(async (tx) => {
    await setDelegates(tx, 'alice', { read: ['readDelegate'], write: ['writeDelegate'] }, 0);
    const shared = (await collectionAt(server.context, 'alice', 'shared'))!;
    const aces = Object.entries(ROLES).flatMap(([id, { granted = [] }]) =>
      granted.map(([kind, ...privileges]) => ({
        principal: { kind: 'principal' as const, id },
        deny: kind === 'deny',
        privileges,
      })),
    );
    const revoked = { principal: { kind: 'principal' as const, id: 'revoked' }, deny: false, privileges: ['all'] };
    await replaceAces(tx, shared, [revoked, ...aces]);
    await replaceAces(tx, shared, aces);
  });
});
afterAll(() => server.close());

test('every kind of resource and every method has its row', () => {
  expect(Object.keys(PLACES).sort()).toEqual([...ALL_KINDS].sort());
  expect(Object.keys(TAKES).sort()).toEqual([...METHODS.keys()].sort());
});

function privilegesOf(role: string, area: Area): ReadonlySet<Privilege> {
  if (area === 'home' || area === 'shared') return withContained(ROLES[role]![area]);
  if (area === 'outside') return withContained([...OUTSIDE]);
  if (role === 'root') return withContained(['all']);
  return withContained(role === 'alice' ? [...READ, 'write-properties'] : [...OUTSIDE]);
}

/** The privileges that are missing; empty where the answer must not be need-privileges. */
function missing(role: string, method: string, kind: string, area: Area): readonly string[] {
  const held = privilegesOf(role, area);
  if (method === 'REPORT' && ['home', 'calendar', 'inbox'].includes(kind))
    return held.has('read-free-busy') ? [] : ['read-free-busy'];
  if (!held.has('read')) return ['read'];
  const own = TAKES[method]!(kind);
  return own === undefined || held.has(own) ? [] : [own];
}

/** Whether the method means anything there: elsewhere it must fail, however it says so. */
function applies(method: string, kind: string): boolean {
  if (kind === 'missing member') return ['PUT', 'LOCK', 'OPTIONS'].includes(method);
  if (kind === 'missing collection') return ['MKCALENDAR', 'MKCOL', 'OPTIONS'].includes(method);
  return METHODS.get(method)!.on.some((each) => each === kind);
}

const READ_ONLY: readonly string[] = [...DIRECTORY_KINDS, ...ATTACHMENT_KINDS];
const TARGETS = Object.entries({ ...PLACES, ...MISSING });
let cells = 0;

test.each(Object.keys(ROLES))('%s may do what the privileges say, and nothing else', async (role) => {
  const wrong: string[] = [];
  for (const method of METHODS.keys()) {
    for (const [kind, [at, area]] of TARGETS) {
      const path = kind === 'attachment' ? attachment : at;
      // A directory, and attachments, are written by nobody: their own tests say so.
      if (READ_ONLY.includes(kind) && !['GET', 'HEAD', 'PROPFIND'].includes(method)) continue;
      // Deleting and moving what the next cells ask for: done by who may not, and by the owner's own tests.
      await server.request('PUT', `${SHARED}a.ics`, { headers: CALENDAR_TYPE, body: event('a') });
      const lacks = missing(role, method, kind, area);
      if (lacks.length === 0 && ['calendar', 'home', 'plain'].includes(kind) && ['DELETE', 'MOVE'].includes(method))
        continue;
      const answer = await server.request(method, path, { as: role, ...sent(role)[method] });
      const said = answer.status === 403 && (method === 'HEAD' || answer.body.includes('need-privileges'));
      const asWanted = lacks.length > 0 ? said : applies(method, kind) ? !said : answer.status >= 400;
      cells += 1;
      if (!asWanted) wrong.push(`${method} ${kind}: ${answer.status}, missing ${lacks.join(' ') || 'nothing'}`);
      if (kind.startsWith('missing')) {
        await server.request('DELETE', `${SHARED}none.ics`);
        await server.request('DELETE', '/dav/calendars/alice/none/');
      }
      await server.request('DELETE', `/dav/calendars/${role}/calendar/copy.ics`, { as: role });
      await server.request('DELETE', `/dav/calendars/${role}/calendar/moved.ics`, { as: role });
    }
  }
  expect(wrong).toEqual([]);
});

test('the matrix is whole', () => {
  expect(cells).toBeGreaterThan(2500);
});
