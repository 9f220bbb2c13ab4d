import { afterAll, beforeAll, expect, test } from 'vitest';

import { CALENDAR_TYPE, event, startDavServer, XML, type DavServer } from '../dav-server.ts';

let server: DavServer;
beforeAll(async () => {
  server = await startDavServer();
});
afterAll(() => server.close());

const CAL = '/dav/calendars/alice/calendar/';

test.each(['MOVE', 'COPY'])('%s takes dead properties along (RFC 4918 §9.8.2)', async (method) => {
  await server.request('MKCALENDAR', `/dav/calendars/alice/${method}/`);
  const from = `${CAL}${method}.ics`;
  const destination = `/dav/calendars/alice/${method}/x.ics`;
  await server.request('PUT', from, { body: event(method), headers: CALENDAR_TYPE });
  const set =
    '<D:propertyupdate xmlns:D="DAV:" xmlns:X="urn:x"><D:set><D:prop><X:note>kept</X:note></D:prop></D:set></D:propertyupdate>';
  await server.request('PROPPATCH', from, { body: set, headers: XML });
  expect((await server.request(method, from, { headers: { destination } })).status).toBe(201);
  const ask = '<D:propfind xmlns:D="DAV:" xmlns:X="urn:x"><D:prop><X:note/></D:prop></D:propfind>';
  const found = await server.request('PROPFIND', destination, { body: ask, headers: { ...XML, depth: '0' } });
  expect(found.body.toString()).toContain('kept');
});

test('a name, a UID or a property name that no index can hold is refused with a reason', async () => {
  const long = await server.request('PUT', `${CAL}${'x'.repeat(1001)}.ics`, {
    body: event('long'),
    headers: CALENDAR_TYPE,
  });
  expect(long.status).toBe(414);
  const uid = await server.request('PUT', `${CAL}uid.ics`, { body: event('u'.repeat(2500)), headers: CALENDAR_TYPE });
  expect(uid.status).toBe(403);
  expect(uid.body.toString()).toContain('valid-calendar-object-resource');
});
