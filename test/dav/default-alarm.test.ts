import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { CALENDAR_TYPE, event, startDavServer, XML, type DavServer } from '../dav-server.ts';

let server: DavServer;
const HOME = '/dav/calendars/alice/';
const CALENDAR = `${HOME}calendar/`;
const NAMES = 'xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"';
const LOCALS = ['vevent-datetime', 'vevent-date', 'vtodo-datetime', 'vtodo-date'] as const;
const alarm = (uid: string): string => `BEGIN:VALARM\nUID:${uid}\nTRIGGER:-PT15M\nACTION:DISPLAY\nEND:VALARM\n`;

beforeEach(async () => {
  server = await startDavServer();
});
afterEach(() => server.close());

const element = (local: string, value: string): string =>
  `<C:default-alarm-${local}>${value}</C:default-alarm-${local}>`;

async function proppatch(path: string, inner: string, as = 'alice'): Promise<string> {
  const body = `<D:propertyupdate ${NAMES}>${inner}</D:propertyupdate>`;
  const answer = await server.request('PROPPATCH', path, { as, headers: XML, body });
  return `${answer.status} ${answer.body.toString()}`;
}
const set = (path: string, local: string, value: string, as?: string) =>
  proppatch(path, `<D:set><D:prop>${element(local, value)}</D:prop></D:set>`, as);
const remove = (path: string, local: string) =>
  proppatch(path, `<D:remove><D:prop>${element(local, '')}</D:prop></D:remove>`);

async function propfind(path: string, { as = 'alice', depth = '0' } = {}): Promise<string> {
  const body = `<D:propfind ${NAMES}><D:prop>${LOCALS.map((local) => element(local, '')).join('')}</D:prop></D:propfind>`;
  return (await server.request('PROPFIND', path, { as, headers: { ...XML, depth }, body })).body.toString();
}
/** The UIDs of the alarms that are there, by property. */
const uidsIn = (text: string): readonly string[] => [...text.matchAll(/UID:(.*)/g)].map(([, uid = '']) => uid);

describe.each([HOME, CALENDAR])('default alarms of %s', (path) => {
  test('are four properties, which are kept as they were set', async () => {
    for (const local of LOCALS) expect(await set(path, local, alarm(local))).toContain('200 OK');
    const found = await propfind(path);
    expect(uidsIn(found)).toEqual(LOCALS);
    expect(found).toContain(element('vtodo-date', alarm('vtodo-date')));
  });

  test('can be set together, and replaced alone', async () => {
    const both = element('vevent-date', alarm('one')) + element('vtodo-date', alarm('two'));
    expect(await proppatch(path, `<D:set><D:prop>${both}</D:prop></D:set>`)).toContain('200 OK');
    await set(path, 'vtodo-date', alarm('three'));
    expect(uidsIn(await propfind(path))).toEqual(['one', 'three']);
  });

  test('may be none, which is not the same as not set', async () => {
    await set(path, 'vevent-date', '');
    const found = await propfind(path);
    expect(found).toContain('<C:default-alarm-vevent-date/>');
    expect(found.indexOf('<C:default-alarm-vevent-date/>')).toBeLessThan(found.indexOf('404'));
  });

  test('that are none are refused, and what was set stays', async () => {
    await set(path, 'vevent-date', alarm('kept'));
    const answer = await set(path, 'vevent-date', 'Not\nCalendar\nData\n');
    expect(answer).toMatch(/valid-calendar-data/);
    expect(answer).toContain('403 Forbidden');
    expect(await set(path, 'vevent-date', '<D:href/>')).toContain('403 Forbidden');
    expect(uidsIn(await propfind(path))).toEqual(['kept']);
  });

  test('past the bound of a property are refused', async () => {
    const long = alarm('long').replace('ACTION', `DESCRIPTION:${'x'.repeat(130 * 1024)}\nACTION`);
    expect(await set(path, 'vevent-date', long)).toContain('quota-not-exceeded');
    expect(uidsIn(await propfind(path))).toEqual([]);
  });

  test('are not for others to set', async () => {
    expect(await set(path, 'vevent-date', alarm('bob'), 'bob')).toMatch(/^403/);
    expect(uidsIn(await propfind(path))).toEqual([]);
  });
});

describe('a calendar without default alarms of its own', () => {
  test('has those of the home, until it is given its own', async () => {
    await set(HOME, 'vevent-date', alarm('home'));
    await set(HOME, 'vtodo-date', alarm('task'));
    expect(uidsIn(await propfind(CALENDAR))).toEqual(['home', 'task']);
    await set(CALENDAR, 'vevent-date', alarm('own'));
    await set(CALENDAR, 'vtodo-date', '');
    expect(uidsIn(await propfind(CALENDAR))).toEqual(['own']);
    await remove(CALENDAR, 'vevent-date');
    expect(uidsIn(await propfind(CALENDAR))).toEqual(['home']);
    expect(uidsIn(await propfind(HOME))).toEqual(['home', 'task']);
  });

  test('has them in a listing too', async () => {
    await set(HOME, 'vevent-date', alarm('home'));
    const calendars = (await propfind(HOME, { depth: '1' })).match(/UID:home/g);
    expect(calendars!.length).toBeGreaterThan(1);
  });

  test('does not tell them to who may read the calendar alone', async () => {
    await set(HOME, 'vevent-date', alarm('home'));
    await set(CALENDAR, 'vtodo-date', alarm('own'));
    const ace =
      '<D:ace><D:principal><D:authenticated/></D:principal><D:grant><D:privilege><D:read/></D:privilege></D:grant></D:ace>';
    const acl = `<D:acl xmlns:D="DAV:">${ace}</D:acl>`;
    expect((await server.request('ACL', CALENDAR, { headers: XML, body: acl })).status).toBe(200);
    expect(uidsIn(await propfind(CALENDAR, { as: 'bob' }))).toEqual(['own']);
  });
});

test('MKCALENDAR sets them', async () => {
  const body = `<C:mkcalendar ${NAMES}><D:set><D:prop>${element('vevent-date', alarm('made'))}</D:prop></D:set></C:mkcalendar>`;
  expect((await server.request('MKCALENDAR', `${HOME}made/`, { headers: XML, body })).status).toBe(201);
  expect(uidsIn(await propfind(`${HOME}made/`))).toEqual(['made']);
});

test('an event is stored as it was sent, and clients are not told that the server would add alarms', async () => {
  await set(HOME, 'vevent-datetime', alarm('home'));
  const body = event('one');
  const put = await server.request('PUT', `${CALENDAR}one.ics`, { headers: CALENDAR_TYPE, body });
  expect(put.headers['etag']).toBeDefined();
  expect((await server.request('GET', `${CALENDAR}one.ics`)).body.toString()).toBe(body);
  const { headers } = await server.request('OPTIONS', CALENDAR);
  expect(headers['dav']).not.toContain('default-alarms');
});
