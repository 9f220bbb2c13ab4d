import { afterEach, beforeEach, expect, test } from 'vitest';

import { startDavServer, type DavServer } from '../dav-server.ts';
import { meeting, onlyEvent, putEvent } from './meeting.ts';

const AT = '/dav/calendars/alice/calendar/m.ics';
const TEXT = { 'content-type': 'text/plain', 'content-disposition': 'attachment;filename=plan.txt' };

let server: DavServer;
beforeEach(async () => {
  server = await startDavServer({ users: ['alice', 'bob', 'carol', 'dora'] });
});
afterEach(() => server.close());

async function attach(query = ''): Promise<string> {
  const added = await server.request('POST', `${AT}?action=attachment-add${query}`, {
    headers: TEXT,
    body: 'the plan',
  });
  return String(added.headers['location']);
}
const statusFor = async (as: string, path: string) => (await server.request('GET', path, { as })).status;

test('who is invited fetches what the organizer has attached, until invited no more', async () => {
  await putEvent(server, AT, meeting('m', ['bob', 'carol']));
  const path = await attach();
  const { text } = await onlyEvent(server, 'bob');
  expect(text).toContain(`:${path}\r\n`);
  const fetched = await server.request('GET', path, { as: 'bob' });
  expect([fetched.status, fetched.body.toString()]).toEqual([200, 'the plan']);
  expect([await statusFor('carol', path), await statusFor('dora', path)]).toEqual([200, 403]);
  const organizers = (await onlyEvent(server, 'alice')).text;
  expect((await putEvent(server, AT, organizers.replace(/ATTENDEE[^\r]*bob@example\.com\r\n/, ''))).status).toBe(204);
  expect([await statusFor('carol', path), await statusFor('bob', path)]).toEqual([200, 403]);
});

test('an answer keeps it, and takes none of the attendee’s room', async () => {
  await putEvent(server, AT, meeting('m', ['bob', 'carol']));
  const path = await attach();
  const { path: own, text } = await onlyEvent(server, 'bob');
  const body = text.replace(/ATTENDEE[^:\r]*:mailto:bob/, 'ATTENDEE;PARTSTAT=ACCEPTED:mailto:bob');
  expect((await putEvent(server, own, body, { as: 'bob' })).status).toBe(204);
  expect(await statusFor('bob', path)).toBe(200);
  const holders = await server.context.store.db.selectFrom('attachment_holders').select('home_id').execute();
  expect(holders).toEqual([{ home_id: 'alice' }]);
});

test('of a series, who is invited to another day only does not get it', async () => {
  const day = meeting('m', ['bob', 'dora'], 'RECURRENCE-ID:20260303T090000Z', 'DTSTART:20260303T100000Z');
  const [, override = ''] = /(BEGIN:VEVENT.*END:VEVENT\r\n)/s.exec(day) ?? [];
  const series = meeting('m', ['bob'], 'RRULE:FREQ=DAILY;COUNT=3').replace('END:VCALENDAR', `${override}END:VCALENDAR`);
  expect((await putEvent(server, AT, series)).status).toBe(201);
  const path = await attach('&rid=20260304T090000Z');
  expect([await statusFor('bob', path), await statusFor('dora', path)]).toEqual([200, 403]);
  const ofDay = await attach('&rid=20260303T090000Z');
  expect([await statusFor('bob', ofDay), await statusFor('dora', ofDay)]).toEqual([200, 200]);
});

test('who names it in an object of one’s own lets nobody else fetch it', async () => {
  await putEvent(server, AT, meeting('m', ['bob']));
  const path = await attach();
  const made = meeting('n', ['dora'], `ATTACH:${path}`).replaceAll('alice@', 'carol@');
  await putEvent(server, '/dav/calendars/carol/calendar/n.ics', made, { as: 'carol' });
  expect([await statusFor('carol', path), await statusFor('dora', path)]).toEqual([403, 403]);
});
