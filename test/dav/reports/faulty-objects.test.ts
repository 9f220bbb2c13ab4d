import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CALENDAR_TYPE, event, startDavServer, type DavServer } from '../../dav-server.ts';
import { report, statuses } from './report-client.ts';

const CALENDAR = '/dav/calendars/alice/calendar/';
const XMLNS = 'xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"';
const RANGE = 'start="20260301T000000Z" end="20260401T000000Z"';
const EVENTS = (inside: string): string =>
  `<C:filter><C:comp-filter name="VCALENDAR"><C:comp-filter name="VEVENT">${inside}</C:comp-filter></C:comp-filter></C:filter>`;

let server: DavServer;
beforeAll(async () => {
  server = await startDavServer();
  for (const name of ['a', 'b', 'c']) {
    await server.request('PUT', CALENDAR + name, { body: event(name), headers: CALENDAR_TYPE });
  }
  // What an earlier version took and this one cannot read.
  await server.context.store.write((tx) =>
    tx
      .updateTable('objects')
      .set({ octets: Buffer.from('BEGIN:VCALENDAR\r\nno property\r\n') })
      .where('name', '=', 'b')
      .execute(),
  );
});
afterAll(() => server.close());

const members = (text: string): readonly string[] => Object.keys(statuses(text)).map((href) => href.slice(-1));

describe('complaint 33: an object that cannot be read any more', () => {
  test('hides no other from a filter that has to read it', async () => {
    const filter = EVENTS('<C:prop-filter name="UID"/>');
    const body = `<C:calendar-query ${XMLNS}><D:prop><D:getetag/></D:prop>${filter}</C:calendar-query>`;
    const { status, text } = await report(server, CALENDAR, body, { depth: '1' });
    expect([status, members(text)]).toEqual([207, ['a', 'c']]);
  });

  test('takes no busy time from the others', async () => {
    const body = `<C:free-busy-query ${XMLNS}><C:time-range ${RANGE}/></C:free-busy-query>`;
    const { status, text } = await report(server, CALENDAR, body);
    expect([status, text]).toEqual([200, expect.stringMatching(/^FREEBUSY/m)]);
  });

  test('stays in sync, in a multiget and in GET as it is', async () => {
    const sync = `<D:sync-collection xmlns:D="DAV:"><D:sync-token/><D:sync-level>1</D:sync-level><D:prop><D:getetag/></D:prop></D:sync-collection>`;
    expect(members((await report(server, CALENDAR, sync)).text)).toEqual(['a', 'b', 'c']);
    const get = await server.request('GET', `${CALENDAR}b`);
    expect([get.status, get.body.toString()]).toEqual([200, 'BEGIN:VCALENDAR\r\nno property\r\n']);
    const hrefs = ['a', 'b'].map((name) => `<D:href>${CALENDAR}${name}</D:href>`).join('');
    const body = `<C:calendar-multiget ${XMLNS}><D:prop><D:getetag/><C:calendar-data><C:expand ${RANGE}/></C:calendar-data></D:prop>${hrefs}</C:calendar-multiget>`;
    const { text } = await report(server, CALENDAR, body);
    expect(members(text)).toEqual(['a', 'b']);
    expect(text).toContain('UID:a');
  });
});

test('a calendar that does not count as busy tells its times to nobody who may not read it', async () => {
  const path = '/dav/calendars/alice/private/';
  await server.request('MKCALENDAR', path, {
    body: `<C:mkcalendar ${XMLNS}><D:set><D:prop><C:schedule-calendar-transp><C:transparent/></C:schedule-calendar-transp></D:prop></D:set></C:mkcalendar>`,
    headers: { 'content-type': 'application/xml' },
  });
  await server.request('PUT', `${path}x`, { body: event('x'), headers: CALENDAR_TYPE });
  const body = `<C:free-busy-query ${XMLNS}><C:time-range ${RANGE}/></C:free-busy-query>`;
  expect((await report(server, path, body)).text).toMatch(/^FREEBUSY/m);
  const stranger = await report(server, path, body, { as: 'bob' });
  expect([stranger.status, stranger.text]).toEqual([200, expect.not.stringMatching(/^FREEBUSY/m)]);
});

test('a hundred thousand properties in one PROPPATCH are refused before the first is written', async () => {
  const names = Array.from({ length: 2000 }, (_, at) => `<x:p${at} xmlns:x="urn:x"/>`).join('');
  const patch = (verb: 'set' | 'remove') =>
    server.request('PROPPATCH', CALENDAR, {
      body: `<D:propertyupdate xmlns:D="DAV:"><D:${verb}><D:prop>${names}</D:prop></D:${verb}></D:propertyupdate>`,
      headers: { 'content-type': 'application/xml' },
    });
  for (const verb of ['set', 'remove'] as const) expect([verb, (await patch(verb)).status]).toEqual([verb, 507]);
});
