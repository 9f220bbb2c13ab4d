import { afterEach, beforeEach, expect, test } from 'vitest';

import { asPrincipalId } from '../../src/base/ids.ts';
import { restoreObject } from '../../src/calendar/restore-object.ts';
import { event, startDavServer, type DavServer } from '../dav-server.ts';
import { meeting, onlyEvent, pathsIn, putEvent } from './meeting.ts';

const AT = '/dav/calendars/alice/calendar/m.ics';
const BOB = { id: asPrincipalId('bob'), admin: false, adminReadOnly: false, deviceId: undefined };

let server: DavServer;
beforeEach(async () => {
  server = await startDavServer();
});
afterEach(() => server.close());

const atAlice = async (): Promise<string | undefined> =>
  /PARTSTAT=([A-Z-]+)[^\r]*:mailto:bob@/.exec((await onlyEvent(server, 'alice')).text)?.[1];
const repliesToAlice = async (): Promise<number> => (await pathsIn(server, 'alice', 'inbox')).length;
const accepted = (text: string): string =>
  text.replace(/ATTENDEE[^:\r]*:mailto:bob@/, 'ATTENDEE;PARTSTAT=ACCEPTED:mailto:bob@');
const write = async (path: string, text: string): Promise<number> =>
  (await putEvent(server, path, text, { as: 'bob' })).status;

async function throwAway(path: string): Promise<void> {
  expect((await server.request('DELETE', path, { as: 'bob' })).status).toBe(204);
}

/** The newest past version of bob's copy. */
async function restore(): Promise<void> {
  const { db } = server.context.store;
  const [last] = await db
    .selectFrom('versions')
    .select('key')
    .where('home_id', '=', 'bob')
    .orderBy('key', 'desc')
    .execute();
  await restoreObject(server.context, { actor: BOB, key: last?.key ?? 0 });
}

test('a copy that is back from the trash says with its next change what stands in it, once', async () => {
  await putEvent(server, AT, meeting('m', ['bob']));
  const { path, text } = await onlyEvent(server, 'bob');
  expect(await write(path, accepted(text))).toBe(204);
  await throwAway(path);
  await restore();
  expect([await atAlice(), await repliesToAlice()]).toEqual(['DECLINED', 2]);
  const back = (await onlyEvent(server, 'bob')).text;
  expect(await write(path, back)).toBe(204);
  expect([await atAlice(), await repliesToAlice()]).toEqual(['ACCEPTED', 3]);
  expect(await write(path, back.replace('END:VEVENT', 'TRANSP:TRANSPARENT\r\nEND:VEVENT'))).toBe(204);
  expect(await repliesToAlice()).toBe(3);
});

test('one that was never answered says nothing, until it is', async () => {
  await putEvent(server, AT, meeting('m', ['bob']));
  const { path } = await onlyEvent(server, 'bob');
  await throwAway(path);
  await restore();
  const { text } = await onlyEvent(server, 'bob');
  expect(await write(path, text)).toBe(204);
  expect([await atAlice(), await repliesToAlice()]).toEqual(['DECLINED', 1]);
  expect(await write(path, accepted(text))).toBe(204);
  expect([await atAlice(), await repliesToAlice()]).toEqual(['ACCEPTED', 2]);
});

test('one that its attendee stores again is answered once, too', async () => {
  await putEvent(server, AT, meeting('m', ['bob']));
  const { path, text } = await onlyEvent(server, 'bob');
  await throwAway(path);
  expect(await write(path, accepted(text))).toBe(201);
  expect([await atAlice(), await repliesToAlice()]).toEqual(['ACCEPTED', 2]);
  const { text: again } = await onlyEvent(server, 'bob');
  expect(await write(path, again.replace('END:VEVENT', 'TRANSP:TRANSPARENT\r\nEND:VEVENT'))).toBe(204);
  expect(await repliesToAlice()).toBe(2);
});

test('an attendee stores a lost copy again, though the organizer has something plain of its UID, too', async () => {
  await putEvent(server, '/dav/calendars/alice/calendar/plain.ics', event('m', 'SUMMARY:Plain'));
  server.time.now += 1000;
  await server.request('MKCALENDAR', '/dav/calendars/alice/later/');
  expect((await putEvent(server, '/dav/calendars/alice/later/m.ics', meeting('m', ['bob']))).status).toBe(201);
  const { path, text } = await onlyEvent(server, 'bob');
  await throwAway(path);
  expect(await write(path, accepted(text))).toBe(201);
  const meetingOf = await server.request('GET', '/dav/calendars/alice/later/m.ics');
  expect(meetingOf.body.toString().replaceAll('\r\n ', '')).toMatch(/PARTSTAT=ACCEPTED[^\r]*:mailto:bob@/);
});
