import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { startDavServer, type DavServer } from '../dav-server.ts';

let server: DavServer;
beforeAll(async () => {
  server = await startDavServer();
  for (const [name, text] of Object.entries(OBJECTS)) {
    const headers = { 'Content-Type': 'text/calendar; charset=utf-8' };
    const { status } = await server.request('PUT', `${HOME}${name}`, { headers, body: text });
    expect(status, name).toBe(201);
  }
});
afterAll(() => server.close());

const HOME = '/dav/calendars/alice/calendar/';

const event = (uid: string, tzid: string, zone = ''): string =>
  [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//Test//EN',
    ...(zone === '' ? [] : [zone]),
    'BEGIN:VEVENT',
    `UID:${uid}`,
    'DTSTAMP:20260101T000000Z',
    `DTSTART;TZID=${tzid}:20260701T100000`,
    'SUMMARY:größer',
    'END:VEVENT',
    'END:VCALENDAR',
    '',
  ].join('\r\n');

const vtimezone = (tzid: string, offset: string): string =>
  [
    'BEGIN:VTIMEZONE',
    `TZID:${tzid}`,
    'BEGIN:STANDARD',
    'DTSTART:19700101T000000',
    `TZOFFSETFROM:${offset}`,
    `TZOFFSETTO:${offset}`,
    'END:STANDARD',
    'END:VTIMEZONE',
  ].join('\r\n');

const OBJECTS = {
  'with.ics': event('with', 'Europe/Berlin', vtimezone('Europe/Berlin', '+0100')),
  'without.ics': event('without', 'Europe/Berlin'),
  'custom.ics': event('custom', 'Our Office', vtimezone('Our Office', '+0530')),
  'windows.ics': event('windows', '"(UTC+01:00) Amsterdam, Berlin"'),
} as const;
type Name = keyof typeof OBJECTS;

const zonesIn = (text: string): string[] =>
  [...text.matchAll(/BEGIN:VTIMEZONE(?:\r|&#13;)?\nTZID:([^\r\n&]*)/g)].map((match) => match[1]!).sort();

async function get(path: string, wish?: string): Promise<string> {
  const headers = wish === undefined ? {} : { 'CalDAV-Timezones': wish };
  return (await server.request('GET', path, { headers })).body.toString('utf8');
}

test('a server that knows it says calendar-no-timezone (RFC 7809 §3.1.1)', async () => {
  for (const path of ['/dav/calendars/alice/', HOME]) {
    const { headers } = await server.request('OPTIONS', path);
    expect(String(headers['dav']).split(/,\s*/)).toContain('calendar-no-timezone');
  }
});

test('a home names the service that has the zones (RFC 7809 §5.1)', async () => {
  const body =
    '<D:propfind xmlns:D="DAV:"><D:prop><C:timezone-service-set xmlns:C="urn:ietf:params:xml:ns:caldav"/></D:prop></D:propfind>';
  const answer = await server.request('PROPFIND', '/dav/calendars/alice/', { headers: { Depth: '0' }, body });
  const href = /<C:timezone-service-set><D:href>([^<]*)<\/D:href>/.exec(answer.body.toString('utf8'))?.[1];
  expect(href).toMatch(/\/timezones$/);
  const service = await server.request('GET', `${new URL(href!, server.url).pathname}/capabilities`);
  expect(service.status).toBe(200);
});

describe('GET (RFC 7809 §3.1.3)', () => {
  test.each(Object.keys(OBJECTS) as Name[])(
    'of %s without the header answers the octets as they were sent',
    async (name) => {
      expect(await get(`${HOME}${name}`)).toBe(OBJECTS[name]);
      expect(await get(`${HOME}${name}`, 'maybe')).toBe(OBJECTS[name]);
    },
  );

  test('with F leaves out what the service has, and nothing else', async () => {
    expect(await get(`${HOME}with.ics`, 'F')).toBe(event('with', 'Europe/Berlin'));
    expect(await get(`${HOME}without.ics`, 'F')).toBe(OBJECTS['without.ics']);
    expect(await get(`${HOME}custom.ics`, 'F')).toBe(OBJECTS['custom.ics']);
  });

  test('with T holds every zone that its times name, those it was sent with as they are', async () => {
    expect(await get(`${HOME}with.ics`, 'T')).toBe(OBJECTS['with.ics']);
    expect(await get(`${HOME}custom.ics`, 't')).toBe(OBJECTS['custom.ics']);
    const made = await get(`${HOME}without.ics`, 'T');
    expect(zonesIn(made)).toEqual(['Europe/Berlin']);
    expect(made).toContain('DTSTART:20260101T010000\r\n');
    expect(made.replace(/BEGIN:VTIMEZONE[^]*END:VTIMEZONE\r\n/, '')).toBe(OBJECTS['without.ics']);
    expect(await get(`${HOME}windows.ics`, 'T')).toContain('TZID:(UTC+01:00) Amsterdam\\, Berlin\r\n');
  });

  test('says that the answer depends on the header, and keeps the entity tag that a PUT needs', async () => {
    const whole = await server.request('GET', `${HOME}with.ics`);
    const cut = await server.request('GET', `${HOME}with.ics`, { headers: { 'CalDAV-Timezones': 'F' } });
    expect(whole.headers['vary']).toContain('CalDAV-Timezones');
    expect(cut.headers['etag']).toBe(whole.headers['etag']);
    expect(Number(cut.headers['content-length'])).toBe(cut.body.length);
  });

  test('of the calendar as one file heeds it too', async () => {
    expect(zonesIn(await get(HOME, 'F'))).toEqual(['Our Office']);
    expect(zonesIn(await get(HOME, 'T'))).toEqual(['(UTC+01:00) Amsterdam\\, Berlin', 'Europe/Berlin', 'Our Office']);
    expect(zonesIn(await get(HOME))).toEqual(['Europe/Berlin', 'Our Office']);
  });
});

describe('reports', () => {
  const DATA = '<D:prop><C:calendar-data/></D:prop>';
  const NS = 'xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"';
  const hrefs = Object.keys(OBJECTS).map((name) => `<D:href>${HOME}${name}</D:href>`);
  const filter = '<C:filter><C:comp-filter name="VCALENDAR"/></C:filter>';

  test.each([
    ['calendar-multiget', `<C:calendar-multiget ${NS}>${DATA}${hrefs.join('')}</C:calendar-multiget>`, HOME],
    ['calendar-query', `<C:calendar-query ${NS}>${DATA}${filter}</C:calendar-query>`, HOME],
    [
      'sync-collection',
      `<D:sync-collection ${NS}><D:sync-token/><D:sync-level>1</D:sync-level>${DATA}</D:sync-collection>`,
      HOME,
    ],
  ])('%s', async (_, body, path) => {
    const zones = async (wish?: string): Promise<string[]> => {
      const headers = { Depth: '1', ...(wish === undefined ? {} : { 'CalDAV-Timezones': wish }) };
      const answer = await server.request('REPORT', path, { headers, body });
      expect(answer.status).toBe(207);
      return zonesIn(answer.body.toString('utf8'));
    };
    expect(await zones()).toEqual(['Europe/Berlin', 'Our Office']);
    expect(await zones('F')).toEqual(['Our Office']);
    expect(await zones('T')).toEqual([
      '(UTC+01:00) Amsterdam\\, Berlin',
      'Europe/Berlin',
      'Europe/Berlin',
      'Our Office',
    ]);
  });

  test('calendar-query of one object', async () => {
    const body = `<C:calendar-query ${NS}>${DATA}${filter}</C:calendar-query>`;
    const headers = { Depth: '0', 'CalDAV-Timezones': 'F' };
    const answer = await server.request('REPORT', `${HOME}with.ics`, { headers, body });
    expect(zonesIn(answer.body.toString('utf8'))).toEqual([]);
    expect(answer.body.toString('utf8')).toContain('größer');
  });
});

test('a PUT that asks for the representation gets it with the zones asked for', async () => {
  const headers = { 'Content-Type': 'text/calendar', Prefer: 'return=representation', 'CalDAV-Timezones': 'F' };
  const body = OBJECTS['with.ics'].replaceAll('UID:with', 'UID:again');
  const answer = await server.request('PUT', `${HOME}again.ics`, { headers, body });
  expect(answer.status).toBe(201);
  expect(zonesIn(answer.body.toString('utf8'))).toEqual([]);
  expect(await get(`${HOME}again.ics`)).toBe(body);
  await server.request('DELETE', `${HOME}again.ics`);
});
