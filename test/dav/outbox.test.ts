import { afterEach, describe, expect, test } from 'vitest';
import { asPrincipalId } from '../../src/base/ids.ts';
import { parseCalendar } from '../../src/ical/parse.ts';
import { readMessage } from '../../src/itip/message.ts';
import { refreshSubscription, subscriptionsDue } from '../../src/calendar/subscriptions.ts';
import { setDelegates } from '../../src/store/memberships.ts';
import { savePrincipal } from '../../src/store/principals.ts';
import { createRemote } from '../calendar/feed-server.ts';
import { CALENDAR_TYPE, event, ics, startDavServer, XML, type DavServer } from '../dav-server.ts';
import { ask, busyRequest, mail, periodsOf, post, responsesIn } from './busy-requests.ts';
import { shareCalendar } from './shared-calendar.ts';

let server: DavServer;
afterEach(() => server.close());

const NAMES = 'xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"';
const USERS = ['alice', 'bob', 'carol'];
async function started(settings: Parameters<typeof startDavServer>[0] = {}): Promise<void> {
  server = await startDavServer({ users: USERS, ...settings });
}
async function put(user: string, uid: string, lines: readonly string[] = [], calendar = 'calendar'): Promise<void> {
  const path = `/dav/calendars/${user}/${calendar}/${uid}.ics`;
  const { status } = await server.request('PUT', path, {
    as: user,
    headers: CALENDAR_TYPE,
    body: event(uid, ...lines),
  });
  if (status !== 201) throw new Error(`PUT ${path}: ${status}`);
}
async function setOn(path: string, as: string, property: string): Promise<void> {
  const body = `<D:propertyupdate ${NAMES}><D:set><D:prop>${property}</D:prop></D:set></D:propertyupdate>`;
  const answer = await server.request('PROPPATCH', path, { as, headers: XML, body });
  expect(answer.body.toString()).toContain('200 OK');
}
const acl = (path: string, as: string, user: string, rule: string) =>
  server.request('ACL', path, {
    as,
    headers: XML,
    body: `<D:acl ${NAMES}><D:ace><D:principal><D:href>/dav/principals/users/${user}/</D:href></D:principal>${rule}</D:ace></D:acl>`,
  });
const NINE = ';FBTYPE=BUSY:20260302T090000Z/20260302T100000Z';
const TEN = ';FBTYPE=BUSY:20260302T100000Z/20260302T110000Z';

describe('complaint 22: the busy time of several people is asked for at the outbox (RFC 6638 §5)', () => {
  test('each has an answer of their own: a VFREEBUSY with METHOD:REPLY', async () => {
    await started();
    await put('bob', 'one', ['SUMMARY:Secret']);
    const [bob, carol, nobody, ...more] = await ask(server, [mail('bob'), mail('carol'), mail('nobody')]);
    expect(more).toEqual([]);
    expect(bob).toMatchObject({ recipient: mail('bob'), status: '2.0;Success', type: undefined, periods: [NINE] });
    expect(readMessage(parseCalendar(bob!.data!))).toMatchObject({
      message: { method: 'REPLY', kind: 'VFREEBUSY', uid: 'asked' },
    });
    for (const line of ['ORGANIZER:mailto:alice@example.com', 'ATTENDEE:mailto:bob@example.com']) {
      expect(bob!.data).toContain(`${line}\r\n`);
    }
    expect(bob!.data).not.toContain('Secret');
    expect(carol).toMatchObject({ status: '2.0;Success', periods: [] });
    expect(nobody).toEqual({
      ...{ recipient: mail('nobody'), status: '3.7;Invalid calendar user', data: undefined, type: undefined },
      periods: [],
    });
  });

  test('an attendee is named by any of their addresses, and an address that is named twice is answered once', async () => {
    await started();
    await put('bob', 'one');
    const { guid } = (await server.context.store.db
      .selectFrom('principals')
      .select('guid')
      .where('id', '=', 'bob')
      .executeTakeFirstOrThrow())!;
    const url = '/dav/principals/users/bob/';
    const own = new URL(url, server.url).href;
    for (const address of ['MAILTO:BOB@example.com', `urn:uuid:${guid}`, url, own]) {
      const found = await ask(server, [address, address]);
      expect(found).toHaveLength(1);
      expect(found[0]).toMatchObject({ recipient: address, status: '2.0;Success', periods: [NINE] });
    }
  });

  test.each([
    ['urn:uuid:00000000-0000-0000-0000-000000000000', '3.7;Invalid calendar user'],
    ['mailto:', '3.7;Invalid calendar user'],
    ['urn:uuid:', '3.7;Invalid calendar user'],
    ['mailto:%zz@example.com', '3.7;Invalid calendar user'],
    ['/dav/principals/rooms/bob/', '3.7;Invalid calendar user'],
    ['https://elsewhere.example/dav/principals/users/bob/', '3.7;Invalid calendar user'],
    ['mailto:staff@example.com', '5.3;No scheduling support for user'],
  ])('%s is answered %s, and the others have their answers', async (address, status) => {
    await started();
    await server.context.store.write(async (tx) => {
      const staff = {
        id: asPrincipalId('staff'),
        kind: 'group',
        name: 'Staff',
        emails: ['staff@example.com'],
      } as const;
      await savePrincipal(tx, staff, 0);
    });
    await put('bob', 'one');
    const found = await ask(server, [address, mail('bob')]);
    expect(found.map((each) => each.status)).toEqual([status, '2.0;Success']);
    expect(found[0]!.data).toBeUndefined();
    expect(found[1]!.periods).toEqual([NINE]);
  });

  test.each([
    ['application/calendar+json', '"vfreebusy"'],
    ['application/calendar+xml', '<vfreebusy>'],
  ])('a body or an Accept header of %s is answered in it', async (type, part) => {
    await started();
    const [accepted] = await ask(server, [mail('bob')], { headers: { ...CALENDAR_TYPE, accept: type } });
    expect(accepted).toMatchObject({ type, status: '2.0;Success' });
    expect(accepted!.data).toContain(part);
    const jcal = `["vcalendar",[["version",{},"text","2.0"],["prodid",{},"text","x"],["method",{},"text","REQUEST"]],[["vfreebusy",[["uid",{},"text","asked"],["dtstamp",{},"date-time","2026-03-01T00:00:00Z"],["dtstart",{},"date-time","2026-03-02T00:00:00Z"],["dtend",{},"date-time","2026-03-03T00:00:00Z"],["organizer",{},"cal-address","${mail('alice')}"],["attendee",{},"cal-address","${mail('bob')}"]],[]]]]`;
    const value = (name: string, kind: string, text: string) => `<${name}><${kind}>${text}</${kind}></${name}>`;
    const xcal = `<icalendar xmlns="urn:ietf:params:xml:ns:icalendar-2.0"><vcalendar><properties>${value('version', 'text', '2.0')}${value('prodid', 'text', 'x')}${value('method', 'text', 'REQUEST')}</properties><components><vfreebusy><properties>${value('uid', 'text', 'asked')}${value('dtstamp', 'date-time', '2026-03-01T00:00:00Z')}${value('dtstart', 'date-time', '2026-03-02T00:00:00Z')}${value('dtend', 'date-time', '2026-03-03T00:00:00Z')}${value('organizer', 'cal-address', mail('alice'))}${value('attendee', 'cal-address', mail('bob'))}</properties></vfreebusy></components></vcalendar></icalendar>`;
    const headers = { 'content-type': `${type}; charset=utf-8` };
    const [sent] = responsesIn(await post(server, type.endsWith('json') ? jcal : xcal, { headers }));
    expect(sent).toMatchObject({ type, status: '2.0;Success' });
    expect(sent!.data).toContain(part);
  });

  test('the free-busy URL tells the same times, to whoever asks', async () => {
    await started({ settings: { freeBusyForAll: false } });
    await put('bob', 'one');
    await put('bob', 'two', ['DTSTART:20260302T100000Z', 'DURATION:PT1H', 'STATUS:TENTATIVE']);
    await put('bob', 'three', ['DTSTART;VALUE=DATE:20260303']);
    await acl(
      '/dav/calendars/bob/calendar/',
      'bob',
      'carol',
      '<D:grant><D:privilege><C:read-free-busy/></D:privilege></D:grant>',
    );
    const query = 'start=20260302T000000Z&end=20260304T000000Z';
    const seen: Record<string, string[] | string> = {};
    for (const as of USERS) {
      const { status, body } = await server.request('GET', `/freebusy/bob?${query}`, { as });
      const lines = [...body.toString().matchAll(/^FREEBUSY(?:;FBTYPE=([\w-]+))?:(.*)\r$/gm)];
      const url = lines.map(([, type = 'BUSY', periods]) => `;FBTYPE=${type}:${periods}`);
      const [posted] = await ask(server, [mail('bob')], { as });
      seen[as] = status === 200 ? url : '404';
      expect([as, posted!.status]).toEqual([as, status === 200 ? '2.0;Success' : '3.8;No authority']);
      if (status === 200) expect(posted!.periods).toEqual(url);
    }
    expect(seen['alice']).toBe('404');
    expect(seen['bob']).toHaveLength(3);
    expect(seen['carol']).toEqual(seen['bob']);
  });
});

describe('what counts as busy', () => {
  test('transparent calendars do not, and all-day events are days of the one who is asked', async () => {
    await started();
    await put('bob', 'day', ['DTSTART;VALUE=DATE:20260303']);
    await setOn(
      '/dav/calendars/bob/calendar/',
      'bob',
      '<C:calendar-timezone-id>America/New_York</C:calendar-timezone-id>',
    );
    expect(await periodsOf(server, 'bob')).toEqual([';FBTYPE=BUSY:20260303T050000Z/20260304T000000Z']);
    const transparent = '<C:schedule-calendar-transp><C:transparent/></C:schedule-calendar-transp>';
    await setOn('/dav/calendars/bob/calendar/', 'bob', transparent);
    expect(await periodsOf(server, 'bob')).toEqual([]);
  });

  test('of a shared calendar, its own transparency for the sharee decides', async () => {
    await started();
    await put('carol', 'one');
    const theirs = await shareCalendar(server, { sharer: 'carol', sharee: 'bob', access: 'read' });
    expect(await periodsOf(server, 'bob')).toEqual([NINE]);
    const transparent = '<C:schedule-calendar-transp><C:transparent/></C:schedule-calendar-transp>';
    await setOn(theirs, 'bob', transparent);
    expect(await periodsOf(server, 'bob')).toEqual([]);
    expect(await periodsOf(server, 'carol')).toEqual([NINE]);
  });

  test('a subscribed calendar is transparent until its owner says otherwise', async () => {
    await started();
    const path = '/dav/calendars/bob/feed/';
    const source =
      '<CS:source xmlns:CS="http://calendarserver.org/ns/"><D:href>https://feed.example/a.ics</D:href></CS:source>';
    const body = `<C:mkcalendar ${NAMES}><D:set><D:prop>${source}</D:prop></D:set></C:mkcalendar>`;
    expect((await server.request('MKCALENDAR', path, { as: 'bob', headers: XML, body })).status).toBe(201);
    const remote = createRemote(event('match'));
    for (const id of await subscriptionsDue(server.context, 9)) await refreshSubscription(server.context, remote, id);
    expect(await periodsOf(server, 'bob')).toEqual([]);
    const opaque = '<C:schedule-calendar-transp><C:opaque/></C:schedule-calendar-transp>';
    await setOn(path, 'bob', opaque);
    expect(await periodsOf(server, 'bob')).toEqual([NINE]);
  });

  test('a masked event in a calendar that is shared with them is one of theirs', async () => {
    await started();
    await put('carol', 'meeting', [`ORGANIZER:${mail('carol')}`]);
    await shareCalendar(server, { sharer: 'carol', sharee: 'bob', access: 'read' });
    const lines = ['X-CALENDARSERVER-MASK-UID:meeting'];
    expect(await periodsOf(server, 'bob', { as: 'carol', lines })).toEqual([]);
    expect(await periodsOf(server, 'bob', { as: 'bob', lines })).toEqual([]);
    expect(await periodsOf(server, 'bob', { lines })).toEqual([NINE]);
  });

  test('what the availability of the inbox leaves unavailable does (RFC 7953)', async () => {
    await started();
    await put('bob', 'one');
    const hours = [
      ...['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//Test//EN', 'BEGIN:VAVAILABILITY', 'UID:hours'],
      ...['DTSTAMP:20260101T000000Z', 'BEGIN:AVAILABLE', 'UID:week', 'DTSTAMP:20260101T000000Z'],
      ...['DTSTART:20260105T080000Z', 'DTEND:20260105T160000Z', 'RRULE:FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR'],
      ...['END:AVAILABLE', 'END:VAVAILABILITY', 'END:VCALENDAR', ''],
    ].join('\n');
    await setOn('/dav/calendars/bob/inbox/', 'bob', `<C:calendar-availability>${hours}</C:calendar-availability>`);
    const periods = await periodsOf(server, 'bob', { end: '20260303T000000Z' });
    expect([...periods].sort()).toEqual([
      ';FBTYPE=BUSY-UNAVAILABLE:20260302T000000Z/20260302T080000Z',
      ';FBTYPE=BUSY-UNAVAILABLE:20260302T160000Z/20260303T000000Z',
      NINE,
    ]);
  });

  test('an event that is being moved does not, for who organizes, reads or has it', async () => {
    await started();
    const guests = [`ORGANIZER:${mail('alice')}`, `ATTENDEE:${mail('alice')}`, `ATTENDEE:${mail('bob')}`];
    await put('bob', 'meeting', guests);
    await put('bob', 'other', ['DTSTART:20260302T100000Z', 'DURATION:PT1H']);
    const both = [';FBTYPE=BUSY:20260302T090000Z/20260302T110000Z'];
    const lines = ['X-CALENDARSERVER-MASK-UID:meeting'];
    expect(await periodsOf(server, 'bob')).toEqual(both);
    for (const as of ['alice', 'bob']) expect([as, await periodsOf(server, 'bob', { as, lines })]).toEqual([as, [TEN]]);
    expect(await periodsOf(server, 'bob', { as: 'carol', lines })).toEqual(both);
    await acl(
      '/dav/calendars/bob/calendar/',
      'bob',
      'carol',
      '<D:grant><D:privilege><D:read/></D:privilege></D:grant>',
    );
    expect(await periodsOf(server, 'bob', { as: 'carol', lines })).toEqual([TEN]);
    expect(await periodsOf(server, 'bob', { as: 'carol', lines: ['X-CALENDARSERVER-MASK-UID:none'] })).toEqual(both);
  });

  test('a masked event whose own octets must be read does not either', async () => {
    await started();
    await put('bob', 'far', ['DTSTART:20200302T090000Z', 'DURATION:PT1H', 'RRULE:FREQ=DAILY']);
    const when = { start: '20400302T000000Z', end: '20400303T000000Z' };
    expect(await periodsOf(server, 'bob', { as: 'bob', ...when })).toHaveLength(1);
    const lines = ['X-CALENDARSERVER-MASK-UID:far'];
    expect(await periodsOf(server, 'bob', { as: 'bob', lines, ...when })).toEqual([]);
    expect(await periodsOf(server, 'bob', { lines, ...when })).toHaveLength(1);
  });
});

describe('who may ask, and of whom', () => {
  test('without a right, the answer is 3.8; schedule-query-freebusy on the inbox is one', async () => {
    await started({ settings: { freeBusyForAll: false } });
    await put('bob', 'one');
    expect((await ask(server, [mail('bob')]))[0]).toMatchObject({ status: '3.8;No authority', data: undefined });
    const rule = '<D:grant><D:privilege><C:schedule-query-freebusy/></D:privilege></D:grant>';
    expect((await acl('/dav/calendars/bob/inbox/', 'bob', 'alice', rule)).status).toBe(200);
    expect(await periodsOf(server, 'bob')).toEqual([NINE]);
    expect((await ask(server, [mail('bob')], { as: 'carol' }))[0]!.status).toBe('3.8;No authority');
  });

  test('where there is no directory, who may not be asked is not told from who does not exist', async () => {
    await started({ settings: { freeBusyForAll: false, directory: 'off' } });
    const statuses = (await ask(server, [mail('bob'), mail('nobody')])).map(({ status }) => status);
    expect(statuses).toEqual(['3.7;Invalid calendar user', '3.7;Invalid calendar user']);
  });

  test('a delegate who writes asks as whom they act for, and sees what that one may see', async () => {
    await started({ settings: { freeBusyForAll: false }, admins: ['root'] });
    await put('bob', 'one');
    await acl(
      '/dav/calendars/bob/calendar/',
      'bob',
      'alice',
      '<D:grant><D:privilege><C:read-free-busy/></D:privilege></D:grant>',
    );
    await server.context.store.write((tx) => setDelegates(tx, 'alice', { read: ['bob'], write: ['carol'] }, 0));
    expect((await ask(server, [mail('bob')], { as: 'carol' }))[0]!.status).toBe('3.8;No authority');
    expect(await periodsOf(server, 'bob', { as: 'carol', outbox: 'alice' })).toEqual([NINE]);
    const reader = await post(server, busyRequest([mail('carol')], { outbox: 'alice' }), {
      as: 'bob',
      outbox: 'alice',
    });
    expect(reader.status).toBe(403);
    expect(reader.body.toString()).toContain('<C:schedule-send-freebusy/>');
    expect((await ask(server, [mail('carol')], { as: 'root', outbox: 'alice' }))[0]!.status).toBe('3.8;No authority');
  });

  test.each(['bob', 'nobody'])('the ORGANIZER %s is not the owner of the outbox: valid-organizer', async (user) => {
    await started();
    const { status, body } = await post(server, busyRequest([mail('carol')], { organizer: mail(user) }));
    expect(status).toBe(403);
    expect(body.toString()).toContain('<C:valid-organizer/>');
  });
});

describe('what is no request for busy time is refused', () => {
  const asked = busyRequest([mail('bob')]);
  test.each([
    ['no iCalendar', 'no calendar', 403, 'C:valid-calendar-data'],
    [
      'an event',
      event('a', `ORGANIZER:${mail('alice')}`, `ATTENDEE:${mail('bob')}`),
      400,
      'C:valid-scheduling-message',
    ],
    ['no METHOD', asked.replace('METHOD:REQUEST\r\n', ''), 400, 'C:valid-scheduling-message'],
    ['another METHOD', asked.replace('METHOD:REQUEST', 'METHOD:PUBLISH'), 400, 'C:valid-scheduling-message'],
    ['no ORGANIZER', asked.replace(/ORGANIZER.*\r\n/, ''), 400, 'C:valid-scheduling-message'],
    ['no ATTENDEE', asked.replace(/ATTENDEE.*\r\n/, ''), 400, 'C:valid-scheduling-message'],
    ['no UID', asked.replace(/UID.*\r\n/, ''), 400, 'C:valid-scheduling-message'],
    ['no end', asked.replace(/DTEND.*\r\n/, ''), 400, 'C:valid-scheduling-message'],
    ['a floating start', asked.replace(/(DTSTART.*)Z/, '$1'), 400, 'C:valid-scheduling-message'],
    ['an empty calendar', ics(), 400, 'C:valid-scheduling-message'],
  ])('%s', async (_, body, status, precondition) => {
    await started();
    const answer = await post(server, body);
    expect(answer.status).toBe(status);
    expect(answer.body.toString()).toContain(`<${precondition}/>`);
  });

  test('text that is no calendar data', async () => {
    await started();
    for (const type of ['text/plain', 'text/calendar; charset=iso-8859-1']) {
      const { status, body } = await post(server, asked, { headers: { 'content-type': type } });
      expect([type, status]).toEqual([type, 403]);
      expect(body.toString()).toContain('<C:supported-calendar-data/>');
    }
    expect((await post(server, '<x/>', { headers: XML })).status).toBe(415);
  });
});

describe('bounds', () => {
  test('more attendees than an event may have are refused', async () => {
    await started({ limits: { attendeesPerInstance: 2 } });
    const { status, body } = await post(server, busyRequest([mail('a'), mail('b'), mail('c')]));
    expect(status).toBe(403);
    expect(body.toString()).toContain('max-attendees-per-instance');
  });

  test('whose calendar is too much work is unavailable, and all others have their answers', async () => {
    await started({ limits: { expandInstances: 100 } });
    await put('bob', 'busy', ['DTSTART:20300101T000000Z', 'DURATION:PT1M', 'RRULE:FREQ=MINUTELY;INTERVAL=2']);
    await put('carol', 'one', ['DTSTART:20300101T090000Z', 'DURATION:PT1H']);
    const when = { start: '20300101T000000Z', end: '20300104T000000Z' };
    const found = await ask(server, [mail('bob'), mail('carol')], when);
    expect(found.map(({ status }) => status)).toEqual(['5.1;Service unavailable', '2.0;Success']);
    expect(found[1]!.periods).toEqual([';FBTYPE=BUSY:20300101T090000Z/20300101T100000Z']);
  });

  test('so many periods as one expansion may have are told in one answer', async () => {
    await started({ limits: { expandInstances: 40 } });
    for (const user of ['bob', 'carol'])
      await put(user, 'hours', ['DTSTART:20260302T000000Z', 'DURATION:PT30M', 'RRULE:FREQ=HOURLY;COUNT=24']);
    await put('alice', 'one');
    const found = await ask(server, ['bob', 'carol', 'alice'].map(mail));
    expect(found.map(({ status }) => status)).toEqual(['2.0;Success', '5.1;Service unavailable', '2.0;Success']);
  });

  test('other requests are served while many people are asked for', async () => {
    const users = Array.from({ length: 100 }, (_, at) => `user${at}`);
    await started({ users: [...users, 'alice', 'carol'] });
    const order: string[] = [];
    const many = ask(server, users.map(mail)).then((found) => order.push(`${found.length} people`));
    const one = server.request('OPTIONS', '/dav/', { as: 'carol' }).then(() => order.push('one'));
    await Promise.all([many, one]);
    expect(order).toEqual(['one', '100 people']);
  });
});
