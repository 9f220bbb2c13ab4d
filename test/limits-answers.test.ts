import { createECDH } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';

import { LIMITS, type LimitName, type Limits } from '../src/base/limits.ts';
import type { Answer } from './dav-client.ts';
import { CALENDAR_TYPE, event, ics, startDavServer, XML, type DavServer } from './dav-server.ts';
import { mailto, noticeHrefs, reply, set, share, shareWith, uidOf } from './dav/share-requests.ts';
import { pushRegister } from './push-service.ts';

const HOME = '/dav/calendars/alice/';
const CALENDAR = `${HOME}calendar/`;
const NAMES =
  'xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:CS="http://calendarserver.org/ns/" xmlns:X="urn:x"';

let server: DavServer | undefined;
afterEach(() => server?.close());

const put = (on: DavServer, name: string, body: string, headers: Record<string, string> = {}): Promise<Answer> =>
  on.request('PUT', CALENDAR + name, { headers: { ...CALENDAR_TYPE, ...headers }, body });
const xml = (on: DavServer, method: string, path: string, body: string): Promise<Answer> =>
  on.request(method, path, { headers: { ...XML, depth: '0' }, body });
const proppatch = (on: DavServer, properties: string): Promise<Answer> =>
  xml(
    on,
    'PROPPATCH',
    CALENDAR,
    `<D:propertyupdate ${NAMES}><D:set><D:prop>${properties}</D:prop></D:set></D:propertyupdate>`,
  );
const queryAll = (on: DavServer, data: string): Promise<Answer> =>
  on.request('REPORT', CALENDAR, {
    headers: { ...XML, depth: '1' },
    body: `<C:calendar-query ${NAMES}><D:prop>${data}</D:prop><C:filter><C:comp-filter name="VCALENDAR"/></C:filter></C:calendar-query>`,
  });
const ace = (privilege: string): string =>
  `<D:ace><D:principal><D:authenticated/></D:principal><D:grant><D:privilege><D:${privilege}/></D:privilege></D:grant></D:ace>`;

const attendees = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, at) => `ATTENDEE:mailto:a${at}@example.com`);
const LARGE = event('large', `SUMMARY:${'x'.repeat(2000)}`);
const MANY_ATTENDEES = event('attended', 'ORGANIZER:mailto:alice@example.com', ...attendees(4));
const MEETING = event(
  ...['meeting', 'ORGANIZER:mailto:alice@example.com', 'ATTENDEE:mailto:bob@example.com'],
  'ATTENDEE:mailto:far@example.org',
);
const OVERRIDE = (day: number): readonly string[] => [
  ...['BEGIN:VEVENT', 'UID:overridden', 'DTSTAMP:20260301T000000Z', `RECURRENCE-ID:2026030${day}T090000Z`],
  ...[`DTSTART:2026030${day}T100000Z`, 'END:VEVENT'],
];
const MANY_OVERRIDES = ics(
  ...['BEGIN:VEVENT', 'UID:overridden', 'DTSTAMP:20260301T000000Z', 'DTSTART:20260302T090000Z', 'RRULE:FREQ=DAILY'],
  ...['END:VEVENT', ...OVERRIDE(3), ...OVERRIDE(4), ...OVERRIDE(5)],
);
const many = (count: number): string =>
  event('bulk-0').replace('END:VCALENDAR', '') +
  Array.from({ length: count }, (_, at) => event(`bulk-${at + 1}`).match(/BEGIN:VEVENT.*END:VEVENT/s)![0]).join(
    '\r\n',
  ) +
  '\r\nEND:VCALENDAR\r\n';

async function attach(on: DavServer, body: string): Promise<Answer> {
  await put(on, 'with.ics', event('with'), { 'if-none-match': '*' });
  const headers = { 'content-type': 'text/plain', 'content-disposition': 'attachment;filename=a.txt' };
  return on.request('POST', `${CALENDAR}with.ics?action=attachment-add`, { headers, body });
}

async function subscribeTwice(on: DavServer): Promise<Answer> {
  const keys = createECDH('prime256v1').generateKeys('base64url');
  const device = (name: string) =>
    pushRegister({ name, url: `https://push.example.com/${name}`, publicKey: keys, authSecret: 'A'.repeat(22) });
  expect((await xml(on, 'POST', CALENDAR, device('one'))).status).toBe(204);
  return xml(on, 'POST', CALENDAR, device('two'));
}

/** Keys that say a precondition: how far the limit is lowered, and a request that passes it. */
interface Passing {
  readonly most: number;
  readonly ask: (on: DavServer) => Promise<Answer>;
}
const PASSING: Readonly<Partial<Record<LimitName, Passing>>> = {
  pushSubscriptionsPerUser: { most: 1, ask: subscribeTwice },
  pushSubscriptionsPerCollection: { most: 1, ask: subscribeTwice },
  pushDevicesPerCollection: { most: 1, ask: subscribeTwice },
  resourceOctets: { most: 1000, ask: (on) => put(on, 'large.ics', LARGE) },
  attendeesPerInstance: { most: 3, ask: (on) => put(on, 'attended.ics', MANY_ATTENDEES) },
  copiesOctets: { most: 100, ask: (on) => put(on, 'a.ics', MEETING) },
  mailOctets: { most: 100, ask: (on) => put(on, 'a.ics', MEETING) },
  overridesPerResource: { most: 2, ask: (on) => put(on, 'overridden.ics', MANY_OVERRIDES) },
  recurrenceSteps: {
    most: 20,
    ask: (on) => put(on, 'rare.ics', event('rare', 'RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=29;BYDAY=SU;COUNT=9')),
  },
  collectionsPerHome: { most: 2, ask: (on) => on.request('MKCALENDAR', `${HOME}more/`) },
  resourcesPerCollection: {
    most: 1,
    ask: async (on) => {
      expect((await put(on, 'one.ics', event('one'))).status).toBe(201);
      return put(on, 'two.ics', event('two'));
    },
  },
  homeOctets: { most: 1000, ask: (on) => put(on, 'large.ics', LARGE) },
  acesPerCollection: {
    most: 1,
    ask: (on) => xml(on, 'ACL', CALENDAR, `<D:acl ${NAMES}>${ace('read')}${ace('write')}</D:acl>`),
  },
  bulkResources: {
    most: 2,
    ask: (on) => on.request('POST', CALENDAR, { headers: CALENDAR_TYPE, body: many(3) }),
  },
  bulkOctets: { most: 500, ask: (on) => on.request('POST', CALENDAR, { headers: CALENDAR_TYPE, body: many(9) }) },
  multigetHrefs: {
    most: 1,
    ask: (on) =>
      xml(
        on,
        'REPORT',
        CALENDAR,
        `<C:calendar-multiget ${NAMES}><D:prop/><D:href>${CALENDAR}a.ics</D:href><D:href>${CALENDAR}b.ics</D:href></C:calendar-multiget>`,
      ),
  },
  reportMatches: {
    most: 1,
    ask: async (on) => {
      for (const uid of ['one', 'two']) await put(on, `${uid}.ics`, event(uid));
      return queryAll(on, '<D:getetag/>');
    },
  },
  expandInstances: {
    most: 5,
    ask: async (on) => {
      await put(on, 'daily.ics', event('daily', 'RRULE:FREQ=DAILY'));
      return queryAll(
        on,
        '<C:calendar-data><C:expand start="20260301T000000Z" end="20260401T000000Z"/></C:calendar-data>',
      );
    },
  },
  freeBusyDays: {
    most: 7,
    ask: (on) =>
      on.request('POST', `${HOME}outbox/`, {
        headers: CALENDAR_TYPE,
        body: ics(
          ...['METHOD:REQUEST', 'BEGIN:VFREEBUSY', 'UID:asked', 'DTSTAMP:20260301T000000Z', 'DTSTART:20260301T000000Z'],
          ...['DTEND:20260308T000001Z', `ORGANIZER:${mailto('alice')}`, `ATTENDEE:${mailto('bob')}`, 'END:VFREEBUSY'],
        ),
      }),
  },
  principalMatches: {
    most: 1,
    ask: (on) =>
      xml(
        on,
        'REPORT',
        '/dav/principals/',
        `<D:principal-property-search ${NAMES}><D:property-search><D:prop><D:displayname/></D:prop><D:match/></D:property-search><D:prop/></D:principal-property-search>`,
      ),
  },
  livePropertyOctets: { most: 100, ask: (on) => proppatch(on, `<D:displayname>${'x'.repeat(200)}</D:displayname>`) },
  propertyOctets: { most: 100, ask: (on) => proppatch(on, `<X:dead>${'x'.repeat(200)}</X:dead>`) },
  deadPropertiesPerResource: { most: 2, ask: (on) => proppatch(on, '<X:one/><X:two/><X:three/>') },
  locksPerHome: {
    most: 1,
    ask: async (on) => {
      const lockinfo = `<D:lockinfo ${NAMES}><D:lockscope><D:shared/></D:lockscope><D:locktype><D:write/></D:locktype></D:lockinfo>`;
      expect((await xml(on, 'LOCK', CALENDAR, lockinfo)).status).toBe(200);
      return xml(on, 'LOCK', CALENDAR, lockinfo);
    },
  },
  attachmentOctets: { most: 100, ask: (on) => attach(on, 'x'.repeat(200)) },
  attachmentSize: { most: 100, ask: (on) => attach(on, 'x'.repeat(200)) },
  attachmentsPerResource: {
    most: 1,
    ask: async (on) => {
      expect((await attach(on, 'first')).status).toBe(201);
      return attach(on, 'second');
    },
  },
  shareesPerCalendar: {
    most: 1,
    ask: (on) => share(on, CALENDAR, set(mailto('bob')) + set(mailto('carol'))),
  },
  sharedCalendarsPerHome: {
    most: 1,
    ask: async (on) => {
      await shareWith(on, CALENDAR, 'bob', 'read');
      for (const href of await noticeHrefs(on, 'bob')) await on.request('DELETE', href, { as: 'bob' });
      await share(on, `${HOME}tasks/`, set(mailto('bob')));
      return reply(on, 'bob', { uid: await uidOf(on, 'bob') });
    },
  },
  linksPerHome: {
    most: 1,
    ask: async (on) => {
      const publish = (path: string): Promise<Answer> => xml(on, 'POST', path, `<CS:publish-calendar ${NAMES}/>`);
      expect((await publish(CALENDAR)).status).toBe(202);
      return publish(`${HOME}tasks/`);
    },
  },
  subscriptionsPerHome: {
    most: 1,
    ask: async (on) => {
      const subscribe = (name: string): Promise<Answer> =>
        xml(
          on,
          'MKCALENDAR',
          HOME + name,
          `<C:mkcalendar ${NAMES}><D:set><D:prop><CS:source><D:href>https://feed.example/a.ics</D:href></CS:source></D:prop></D:set></C:mkcalendar>`,
        );
      expect((await subscribe('first/')).status).toBe(201);
      return subscribe('second/');
    },
  },
};

/** The status and the precondition of an answer; in a multistatus, those of the part that is refused. */
function refusalIn({ status, body }: Answer): string {
  const text = body.toString();
  const precondition = /<D:error[^>]*><\w+:([\w-]+)/;
  const part = text.split(/<\/D:(?:propstat|response)>/).find((each) => precondition.test(each)) ?? text;
  const said = status === 207 ? /HTTP\/1\.1 (\d+)/.exec(part)?.[1] : String(status);
  return `${said} ${precondition.exec(part)?.[1]}`;
}

const WITH_PRECONDITION = Object.entries(LIMITS).filter(([, { answer }]) => /^\d{3} [a-z-]+$/.test(answer));

describe('past a limit the answer is the one that its row says', () => {
  test.each(WITH_PRECONDITION)('%s', async (key, { answer }) => {
    // The keys are those of the table.
    const name = key as LimitName;
    const passing = PASSING[name];
    if (passing === undefined) throw new Error(`no request passes ${name}: add one`);
    const limits: Partial<Limits> = { [name]: passing.most };
    server = await startDavServer({
      users: ['alice', 'bob', 'carol'],
      limits,
      settings: { push: { contact: 'mailto:a@example.com' } },
    });
    expect(refusalIn(await passing.ask(server))).toBe(answer);
  });
});

/** Bounds of a request body that is XML, which have no precondition of their own. */
const NESTED = `<D:propfind ${NAMES}><D:prop>${'<X:a>'.repeat(9)}${'</X:a>'.repeat(9)}</D:prop></D:propfind>`;
const WIDE = `<D:propfind ${NAMES}><D:prop>${'<D:getetag/>'.repeat(20)}</D:prop></D:propfind>`;
const OF_BODIES: readonly (readonly [LimitName, number, string])[] = [
  ['requestOctets', 500, WIDE.padEnd(600)],
  ['xmlOctets', 500, WIDE.padEnd(600)],
  ['xmlDepth', 10, NESTED],
  ['xmlElements', 20, WIDE],
];

describe('past a bound of the body the answer is the status of its row, and none of what was asked', () => {
  test.each(OF_BODIES)('%s', async (name, most, body) => {
    server = await startDavServer({ limits: { [name]: most } });
    const propfind = await xml(server, 'PROPFIND', CALENDAR, body);
    expect(String(propfind.status)).toBe(LIMITS[name].answer);
    expect(propfind.body.toString()).not.toContain('multistatus');
    // Where the limit is as it is delivered, the same is answered.
    await server.close();
    server = await startDavServer();
    expect((await xml(server, 'PROPFIND', CALENDAR, body)).status).toBe(207);
  });
});

describe('what the work of a question is bounded by, it is at each door that asks it', () => {
  const DAILY = event('daily', 'RRULE:FREQ=DAILY');
  /** Beyond what is indexed, instances are counted from the first. */
  const FAR = 'start="20400101T000000Z" end="20410101T000000Z"';
  const REFUSED = '403 number-of-matches-within-limits';
  const calendarReport = (on: DavServer, root: string, inner: string): Promise<Answer> =>
    on.request('REPORT', CALENDAR, {
      headers: { ...XML, depth: '1' },
      body: `<C:${root} ${NAMES}>${inner}</C:${root}>`,
    });
  const tight = async (limits: Partial<Limits>): Promise<DavServer> => {
    server = await startDavServer({ users: ['alice', 'bob'], limits });
    expect((await put(server, 'daily.ics', DAILY)).status).toBe(201);
    return server;
  };

  test('expandInstances: free-busy-query', async () => {
    const on = await tight({ expandInstances: 1 });
    const answer = await calendarReport(on, 'free-busy-query', `<C:time-range ${FAR}/>`);
    expect(refusalIn(answer)).toBe(REFUSED);
  });

  test('expandInstances: calendar-multiget that expands', async () => {
    const on = await tight({ expandInstances: 5 });
    const data = `<D:prop><C:calendar-data><C:expand ${FAR}/></C:calendar-data></D:prop>`;
    const answer = await calendarReport(on, 'calendar-multiget', `${data}<D:href>${CALENDAR}daily.ics</D:href>`);
    expect(refusalIn(answer)).toBe(REFUSED);
  });

  test('expandInstances: the busy time of others says that it is not known', async () => {
    const on = await tight({ expandInstances: 1 });
    const body = ics(
      ...['METHOD:REQUEST', 'BEGIN:VFREEBUSY', 'UID:asked', 'DTSTAMP:20260301T000000Z', 'DTSTART:20400101T000000Z'],
      ...['DTEND:20410101T000000Z', `ORGANIZER:${mailto('bob')}`, `ATTENDEE:${mailto('alice')}`, 'END:VFREEBUSY'],
    );
    const answer = await on.request('POST', '/dav/calendars/bob/outbox/', { as: 'bob', headers: CALENDAR_TYPE, body });
    expect(answer.status).toBe(200);
    expect(answer.body.toString()).toMatch(/request-status>5\.[13]/);
    expect(answer.body.toString()).not.toContain('FREEBUSY:');
  });

  test('reportMatches: an addressbook-query says that there are more', async () => {
    server = await startDavServer({ users: ['alice', 'bob', 'carol'], limits: { reportMatches: 1 } });
    const CARD = 'xmlns:A="urn:ietf:params:xml:ns:carddav"';
    const answer = await server.request('REPORT', '/dav/addressbooks/directory/', {
      headers: { ...XML, depth: '1' },
      body: `<A:addressbook-query ${CARD} ${NAMES}><D:prop><D:getetag/></D:prop><A:filter/></A:addressbook-query>`,
    });
    expect(refusalIn(answer)).toBe('507 number-of-matches-within-limits');
  });
});

test('a limit that nothing asks for says "later"', () => {
  const root = new URL('../src/', import.meta.url);
  const sources = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && file !== 'base/limits.ts')
    .map((file) => readFileSync(new URL(file, root), 'utf8'));
  const isAskedFor = (key: string): boolean => sources.some((source) => new RegExp(`\\b${key}\\b`).test(source));
  const without = Object.entries(LIMITS).filter(([key]) => !isAskedFor(key));
  expect(without.filter(([, { answer }]) => !answer.startsWith('later'))).toEqual([]);
});

describe('what a calendar refuses of an object (RFC 4791 §5.3.2.1), it refuses at each door', () => {
  const TIGHT = { resourceOctets: 1000, attendeesPerInstance: 3, overridesPerResource: 2 } as const;
  const OBJECTS: readonly (readonly [string, string])[] = [
    ['max-resource-size', LARGE],
    ['max-attendees-per-instance', MANY_ATTENDEES],
    ['max-instances', MANY_OVERRIDES],
  ];
  /** Stored while the limits were wide, as by an installation that has lowered them since. */
  async function transfer(on: DavServer, method: 'COPY' | 'MOVE', body: string): Promise<Answer> {
    const wide = { ...on.context.limits };
    Object.assign(on.context.limits, { resourceOctets: 100_000, attendeesPerInstance: 100, overridesPerResource: 100 });
    expect((await put(on, 'stored.ics', body)).status).toBe(201);
    Object.assign(on.context.limits, wide);
    await on.request('MKCALENDAR', `${HOME}other/`);
    return on.request(method, `${CALENDAR}stored.ics`, { headers: { destination: `${HOME}other/stored.ics` } });
  }
  const multiput = (body: string): string =>
    `<M:multiput xmlns:M="http://me.com/_namespace/" ${NAMES}><M:resource><D:set><C:calendar-data><![CDATA[${body}]]></C:calendar-data></D:set></M:resource></M:multiput>`;
  const DOORS: Readonly<Record<string, (on: DavServer, body: string) => Promise<Answer>>> = {
    PUT: (on, body) => put(on, 'a.ics', body),
    COPY: (on, body) => transfer(on, 'COPY', body),
    MOVE: (on, body) => transfer(on, 'MOVE', body),
    'POST of a new member': (on, body) =>
      on.request('POST', `${CALENDAR};add-member`, { headers: CALENDAR_TYPE, body }),
    'POST of many': (on, body) => on.request('POST', CALENDAR, { headers: CALENDAR_TYPE, body }),
    multiput: (on, body) => xml(on, 'POST', CALENDAR, multiput(body)),
  };
  const cells = Object.keys(DOORS).flatMap((door) => OBJECTS.map(([code, body]) => [door, code, body] as const));

  test.each(cells)('%s: %s', async (door, code, body) => {
    server = await startDavServer({ limits: TIGHT });
    const answer = await DOORS[door]!(server, body);
    expect(refusalIn(answer)).toBe(`403 ${code}`);
    const members = await server.request('PROPFIND', CALENDAR, { headers: { depth: '1' } });
    const kept = door === 'COPY' || door === 'MOVE' ? 1 : 0;
    expect(members.body.toString().match(/\.ics</g) ?? []).toHaveLength(kept);
  });

  test('its properties say the bounds, and none where there is none', async () => {
    server = await startDavServer({ limits: TIGHT });
    const names = [
      'max-resource-size',
      'max-attendees-per-instance',
      'max-instances',
      'min-date-time',
      'max-date-time',
    ];
    const asked = `<D:propfind ${NAMES}><D:prop>${names.map((name) => `<C:${name}/>`).join('')}</D:prop></D:propfind>`;
    const text = (await xml(server, 'PROPFIND', CALENDAR, asked)).body.toString();
    expect(text).toContain('<C:max-resource-size>1000</C:max-resource-size>');
    expect(text).toContain('<C:max-attendees-per-instance>3</C:max-attendees-per-instance>');
    // RFC 4791 §5.2.6 to §5.2.8: without the property, a client may assume that there is no bound.
    for (const name of names.slice(2)) expect(text).toContain(`<C:${name}/>`);
    expect((await put(server, 'far.ics', event('far', 'DTSTART:99991231T000000Z', 'DURATION:PT1H'))).status).toBe(201);
    expect((await put(server, 'early.ics', event('early', 'DTSTART:00010101T000000Z'))).status).toBe(201);
    expect((await put(server, 'endless.ics', event('endless', 'RRULE:FREQ=DAILY'))).status).toBe(201);
  });
});
