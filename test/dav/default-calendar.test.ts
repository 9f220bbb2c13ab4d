import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { startDavServer, XML, type DavServer } from '../dav-server.ts';
import { meeting, onlyEvent, pathsIn, putEvent } from './meeting.ts';
import { calendarOf, mailto, reply, set, share, uidOf } from './share-requests.ts';

let server: DavServer;
const INBOX = '/dav/calendars/bob/inbox/';
const CALENDAR = '/dav/calendars/bob/calendar/';
const WORK = '/dav/calendars/bob/work/';
const NAME = 'schedule-default-calendar-URL';

beforeEach(async () => {
  server = await startDavServer({ users: ['alice', 'bob', 'carol'] });
  expect((await server.request('MKCALENDAR', WORK, { as: 'bob' })).status).toBe(201);
});
afterEach(() => server.close());

const update = (body: string) =>
  server.request('PROPPATCH', INBOX, {
    as: 'bob',
    headers: XML,
    body: `<D:propertyupdate xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav">${body}</D:propertyupdate>`,
  });
const choose = (href: string) =>
  update(`<D:set><D:prop><C:${NAME}><D:href>${href}</D:href></C:${NAME}></D:prop></D:set>`);
const remove = () => update(`<D:remove><D:prop><C:${NAME}/></D:prop></D:remove>`);
async function chosen(): Promise<string> {
  const body = `<D:propfind xmlns:D="DAV:"><D:prop><C:${NAME} xmlns:C="urn:ietf:params:xml:ns:caldav"/></D:prop></D:propfind>`;
  const answer = await server.request('PROPFIND', INBOX, { as: 'bob', headers: { ...XML, depth: '0' }, body });
  return (
    /<(?:D:)?href[^>]*>([^<]*)<\/(?:D:)?href><\/C:schedule/.exec(String(answer.body).replaceAll(/\s+</g, '<'))?.[1] ??
    ''
  );
}
const invite = (uid: string, kind = 'VEVENT') =>
  putEvent(
    server,
    `/dav/calendars/alice/${kind === 'VEVENT' ? 'calendar' : 'tasks'}/${uid}.ics`,
    meeting(uid, ['bob']).replaceAll('VEVENT', kind),
  );
const refusalOf = async (asked: ReturnType<typeof choose>): Promise<readonly [number, boolean]> => {
  const { status, body } = await asked;
  return [
    status,
    /403 Forbidden[^]*valid-schedule-default-calendar-URL|valid-schedule-default-calendar-URL[^]*403/.test(
      String(body),
    ),
  ];
};

describe('the calendar that invitations go to (RFC 6638 §9.2)', () => {
  test('is the oldest until another is chosen, and that one then', async () => {
    expect(await chosen()).toBe(CALENDAR);
    expect((await choose(WORK)).status).toBe(207);
    expect(await chosen()).toBe(WORK);
    expect((await invite('m')).status).toBe(201);
    expect(await pathsIn(server, 'bob', 'calendar')).toEqual([]);
    expect((await onlyEvent(server, 'bob', 'work')).text).toContain('UID:m');
    expect((await remove()).status).toBe(207);
    expect(await chosen()).toBe(CALENDAR);
  });

  test('is each one’s own where many are invited at once', async () => {
    await choose(WORK);
    await putEvent(server, '/dav/calendars/alice/calendar/m.ics', meeting('m', ['bob', 'carol']));
    expect((await onlyEvent(server, 'bob', 'work')).text).toContain('UID:m');
    expect((await onlyEvent(server, 'carol')).text).toContain('UID:m');
    expect(await pathsIn(server, 'bob', 'calendar')).toEqual([]);
  });

  test('leaves tasks to the calendar that takes them', async () => {
    const only = '<C:supported-calendar-component-set><C:comp name="VEVENT"/></C:supported-calendar-component-set>';
    const body = `<C:mkcalendar xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:D="DAV:"><D:set><D:prop>${only}</D:prop></D:set></C:mkcalendar>`;
    const made = await server.request('MKCALENDAR', '/dav/calendars/bob/events/', { as: 'bob', headers: XML, body });
    expect(made.status).toBe(201);
    await choose('/dav/calendars/bob/events/');
    await invite('m');
    await invite('t', 'VTODO');
    expect((await onlyEvent(server, 'bob', 'events')).text).toContain('UID:m');
    expect((await pathsIn(server, 'bob', 'events')).length).toBe(1);
    const elsewhere = [...(await pathsIn(server, 'bob', 'tasks')), ...(await pathsIn(server, 'bob', 'work'))];
    expect(elsewhere.length).toBe(1);
  });

  test('keeps being it under another name', async () => {
    await choose(WORK);
    const destination = '/dav/calendars/bob/office/';
    expect((await server.request('MOVE', WORK, { as: 'bob', headers: { destination } })).status).toBe(201);
    expect(await chosen()).toBe(destination);
    await invite('m');
    expect((await onlyEvent(server, 'bob', 'office')).text).toContain('UID:m');
  });

  test('is no other resource, nobody else’s calendar, none for tasks, and none that was never there', async () => {
    const refused = [
      '/dav/calendars/bob/nothing/',
      '/dav/calendars/alice/calendar/',
      INBOX,
      '/dav/calendars/bob/tasks/',
    ];
    for (const href of refused) expect([href, await refusalOf(choose(href))]).toEqual([href, [207, true]]);
    expect(await chosen()).toBe(CALENDAR);
  });

  test('is none that somebody else shares', async () => {
    await share(server, calendarOf('alice'), set(mailto('bob'), 'read-write'));
    const answer = await reply(server, 'bob', { uid: await uidOf(server, 'bob') });
    const href = /<(?:D:)?href>([^<]*)</.exec(String(answer.body))?.[1] ?? '';
    expect(href).toMatch(/^\/dav\/calendars\/bob\//);
    expect(await refusalOf(choose(href))).toEqual([207, true]);
    expect(await chosen()).toBe(CALENDAR);
  });
});

describe('DELETE of a calendar (RFC 6638 §4.3)', () => {
  test('refuses the one that was chosen, until another is', async () => {
    await choose(WORK);
    const answer = await server.request('DELETE', WORK, { as: 'bob' });
    expect([answer.status, String(answer.body)]).toEqual([403, expect.stringContaining('default-calendar-needed')]);
    const headers = { destination: WORK, overwrite: 'T' };
    expect((await server.request('MOVE', CALENDAR, { as: 'bob', headers })).status).toBe(403);
    await choose(CALENDAR);
    expect((await server.request('DELETE', WORK, { as: 'bob' })).status).toBe(204);
    expect(await chosen()).toBe(CALENDAR);
  });

  test('takes the one that nobody has chosen: the next is the default', async () => {
    expect((await server.request('DELETE', CALENDAR, { as: 'bob' })).status).toBe(204);
    expect(await chosen()).toBe(WORK);
    await invite('m');
    expect((await onlyEvent(server, 'bob', 'work')).text).toContain('UID:m');
  });

  test('of the last one leaves nothing to deliver to, and the organizer sees it', async () => {
    for (const path of [CALENDAR, WORK]) await server.request('DELETE', path, { as: 'bob' });
    expect(await chosen()).toBe('');
    await invite('m');
    expect((await onlyEvent(server, 'alice')).text).toMatch(/SCHEDULE-STATUS="?5\.\d"?[^:]*:mailto:bob/);
  });
});
