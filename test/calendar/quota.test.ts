import { afterEach, expect, test } from 'vitest';

import { multistatus, propfind } from '../dav-client.ts';
import { CALENDAR_TYPE, event, ics, startDavServer, XML, type DavServer } from '../dav-server.ts';
import { importObject } from '../../src/calendar/import-object.ts';
import { collectionAt } from '../../src/calendar/collections.ts';

const CAL = '/dav/calendars/alice/calendar/';
const BOB = '/dav/calendars/bob/calendar/';
const body = (uid: string, octets: number): string => {
  const bare = event(uid, 'SUMMARY:').length;
  return event(uid, `SUMMARY:${'x'.repeat(octets - bare)}`);
};

let server: DavServer;
afterEach(() => server.close());
const start = async () => {
  server = await startDavServer({ limits: { homeOctets: 2000 }, admins: ['root'] });
};
const put = (path: string, data: string, as = 'alice') =>
  server.request('PUT', path, { as, body: data, headers: CALENDAR_TYPE });
const quota = async (path: string): Promise<readonly (string | undefined)[]> => {
  const answer = await server.request('PROPFIND', path, propfind('0', ['quota-used-bytes', 'quota-available-bytes']));
  const props = multistatus(answer.body).entries[0]?.props;
  return [props?.get('quota-used-bytes'), props?.get('quota-available-bytes')];
};
const FULL = [507, expect.stringContaining('<D:quota-not-exceeded/>')];
const told = ({ status, body: octets }: { readonly status: number; readonly body: Buffer }) => [
  status,
  octets.toString(),
];

test('what is used and what is free are told of the home and its calendars, and follow every change', async () => {
  await start();
  expect(await quota('/dav/calendars/alice/')).toEqual(['0', '2000']);
  await put(`${CAL}a.ics`, body('a', 900));
  expect(await quota('/dav/calendars/alice/')).toEqual(['900', '1100']);
  await put(`${CAL}a.ics`, body('a', 700));
  expect(await quota(CAL)).toEqual(['700', '1300']);
  await server.request('DELETE', `${CAL}a.ics`);
  expect(await quota(CAL)).toEqual(['0', '2000']);
});

test('a PUT past the quota is 507; one that makes a resource smaller is let in', async () => {
  await start();
  expect((await put(`${CAL}a.ics`, body('a', 1500))).status).toBe(201);
  expect(told(await put(`${CAL}b.ics`, body('b', 501)))).toEqual(FULL);
  expect((await put(`${CAL}b.ics`, body('b', 500))).status).toBe(201);
  expect(told(await put(`${CAL}a.ics`, body('a', 1501)))).toEqual(FULL);
  expect((await put(`${CAL}a.ics`, body('a', 1499))).status).toBe(204);
  expect(await quota(CAL)).toEqual(['1999', '1']);
});

test('POST, bulk, import, COPY and MOVE to another home are held to it; MOVE within the home is not', async () => {
  await start();
  await put(`${CAL}a.ics`, body('a', 1500));
  expect(
    told(await server.request('POST', `${CAL};add-member`, { body: body('c', 600), headers: CALENDAR_TYPE })),
  ).toEqual(FULL);
  const bulk = await server.request('POST', CAL, { body: body('d', 600), headers: CALENDAR_TYPE });
  expect([bulk.status, bulk.body.toString()]).toEqual([207, expect.stringContaining('507 Insufficient')]);
  const collection = await collectionAt(server.context, 'alice', 'calendar');
  const octets = Buffer.from(ics(body('e', 600).split('\r\n').slice(3, -2).join('\r\n')));
  await expect(importObject(server.context, { collection: collection!, name: 'e.ics', octets })).rejects.toMatchObject({
    code: 'quota-not-exceeded',
  });
  await put(`${BOB}b.ics`, body('b', 600), 'bob');
  for (const method of ['COPY', 'MOVE']) {
    const headers = { destination: `${CAL}b.ics` };
    expect(told(await server.request(method, `${BOB}b.ics`, { as: 'root', headers }))).toEqual(FULL);
  }
  const moved = await server.request('MOVE', `${CAL}a.ics`, { headers: { destination: `${CAL}z.ics` } });
  expect(moved.status).toBe(201);
});

test('dead properties take of the same room: with PROPPATCH and COPY nobody goes round the quota', async () => {
  await start();
  const patch = (name: string, xml: string) =>
    server.request('PROPPATCH', `/dav/calendars/alice/calendar/${name}`, {
      body: `<D:propertyupdate xmlns:D="DAV:" xmlns:X="urn:x">${xml}</D:propertyupdate>`,
      headers: XML,
    });
  const set = (octets: number) => `<D:set><D:prop><X:note>${'n'.repeat(octets)}</X:note></D:prop></D:set>`;
  await put('/dav/calendars/alice/calendar/a.ics', event('a'));
  const refused = await patch('a.ics', set(2000));
  expect([refused.status, refused.body.toString()]).toEqual(FULL);
  expect((await patch('a.ics', set(900))).status).toBe(207);
  await server.request('MKCALENDAR', '/dav/calendars/alice/other/');
  const again = await server.request('COPY', '/dav/calendars/alice/calendar/a.ics', {
    headers: { destination: '/dav/calendars/alice/other/a.ics' },
  });
  expect([again.status, again.body.toString()]).toEqual(FULL);
  expect((await server.request('GET', '/dav/calendars/alice/other/a.ics')).status).toBe(404);
  // To take away is always allowed.
  expect((await patch('a.ics', '<D:remove><D:prop><X:note/></D:prop></D:remove>')).status).toBe(207);
});
