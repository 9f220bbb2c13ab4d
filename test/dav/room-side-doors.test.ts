import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { importObject } from '../../src/calendar/import-object.ts';
import { unnamed } from '../../src/calendar/author.ts';
import { restoreMembers } from '../../src/calendar/restore-members.ts';
import { collectionByUri } from '../../src/store/collections.ts';
import { versionsOfUid } from '../../src/store/versions.ts';
import { ics, type DavServer } from '../dav-server.ts';
import { answersIn, book, putEvent, roomSpec, startRooms, textOf, textsIn, times } from './room-meeting.ts';

const M = '/dav/calendars/alice/calendar/m.ics';
const N = '/dav/calendars/bob/calendar/n.ics';
const IN_ROOM = '/dav/calendars/room1/calendar/e.ics';
const entry = (at: string, ...lines: readonly string[]): string =>
  ics('BEGIN:VEVENT', 'UID:e', 'DTSTAMP:20260301T000000Z', ...times(at), ...lines, 'END:VEVENT');

let server: DavServer;
beforeEach(async () => {
  server = await startRooms([roomSpec('room1', { delegates: { read: [], write: ['carol'] } })]);
  await book(server, 'm', { at: '03 09-10' });
});
afterEach(() => server.close());

const bodyOf = ({ body }: { readonly body: Buffer }): string => body.toString();
const roomPath = async (uid: string): Promise<string> => {
  const answer = await server.request('PROPFIND', '/dav/calendars/room1/calendar/', {
    as: 'root',
    headers: { depth: '1' },
  });
  const paths = [...answer.body.toString().matchAll(/<(?:D:)?href>([^<]*\.ics)<\//g)].map(([, path]) => path ?? '');
  for (const path of paths) if ((await textOf(server, path)).includes(`UID:${uid}\r\n`)) return path;
  throw new Error(`the room has no ${uid}`);
};

describe('nobody takes a time of a room that is taken', () => {
  test('by an entry in its calendar; what takes no time, or a free one, may be entered', async () => {
    const put = await putEvent(server, IN_ROOM, entry('03 09-11'), { as: 'carol' });
    expect([put.status, bodyOf(put)]).toEqual([409, expect.stringContaining('room-is-free')]);
    expect(await textsIn(server, 'room1')).toHaveLength(1);
    expect((await putEvent(server, IN_ROOM, entry('03 09-11', 'TRANSP:TRANSPARENT'), { as: 'carol' })).status).toBe(
      201,
    );
    expect((await putEvent(server, IN_ROOM, entry('03 10-11'), { as: 'carol' })).status).toBe(204);
    // Which then is taken for who books.
    await book(server, 'n', { by: 'bob', at: '03 10-11' });
    expect(await answersIn(server, N)).toEqual(['DECLINED 2.0']);
    expect((await putEvent(server, IN_ROOM, entry('03 09-11'), { as: 'carol' })).status).toBe(409);
    expect((await putEvent(server, IN_ROOM, entry('03 10-11', 'SUMMARY:Cleaning'), { as: 'carol' })).status).toBe(204);
  });

  test('by a meeting that the room itself organizes', async () => {
    const lines = ['ORGANIZER:mailto:room1@example.com', 'ATTENDEE:mailto:bob@example.com'];
    expect((await putEvent(server, IN_ROOM, entry('03 09-10', ...lines), { as: 'carol' })).status).toBe(409);
    expect(await textsIn(server, 'bob')).toEqual([]);
    expect((await putEvent(server, IN_ROOM, entry('04 09-10', ...lines), { as: 'carol' })).status).toBe(201);
    await book(server, 'n', { by: 'bob', at: '04 09-10' });
    expect(await answersIn(server, N)).toEqual(['DECLINED 2.0']);
  });

  test('by an answer by hand, as long as the other has it', async () => {
    await book(server, 'n', { by: 'bob', at: '03 09-10' });
    const path = await roomPath('n');
    const accepted = (await textOf(server, path)).replace('PARTSTAT=DECLINED', 'PARTSTAT=ACCEPTED');
    const put = await putEvent(server, path, accepted, { as: 'carol' });
    expect([put.status, bodyOf(put)]).toEqual([409, expect.stringContaining('room-is-free')]);
    expect(await answersIn(server, N)).toEqual(['DECLINED 2.0']);
    const other = await roomPath('m');
    const declined = (await textOf(server, other)).replace(
      'PARTSTAT=ACCEPTED:mailto:room1',
      'PARTSTAT=DECLINED:mailto:room1',
    );
    await putEvent(server, other, declined.replace('CUTYPE=ROOM;PARTSTAT=ACCEPTED', 'CUTYPE=ROOM;PARTSTAT=DECLINED'), {
      as: 'carol',
    });
    expect((await putEvent(server, path, accepted, { as: 'carol' })).status).toBe(204);
    expect([await answersIn(server, M), await answersIn(server, N)]).toEqual([['DECLINED 2.0'], ['ACCEPTED 2.0']]);
  });

  test('by a copy or a move into its calendar', async () => {
    const mine = '/dav/calendars/carol/calendar/e.ics';
    await putEvent(server, mine, entry('03 09-10'), { as: 'carol' });
    const headers = { destination: IN_ROOM };
    expect((await server.request('COPY', mine, { as: 'carol', headers })).status).toBe(409);
    expect((await server.request('MOVE', mine, { as: 'carol', headers })).status).toBe(409);
    expect(await textsIn(server, 'room1')).toHaveLength(1);
    expect(await textsIn(server, 'carol')).toHaveLength(1);
  });

  test('by what is in another calendar of the room', async () => {
    await server.request('MKCALENDAR', '/dav/calendars/room1/more/', { as: 'carol' });
    const path = await roomPath('m');
    const headers = { destination: '/dav/calendars/room1/more/m.ics' };
    expect((await server.request('MOVE', path, { as: 'carol', headers })).status).toBe(201);
    await book(server, 'n', { by: 'bob', at: '03 09-10' });
    expect(await answersIn(server, N)).toEqual(['DECLINED 2.0']);
  });

  test('by an import, or by what is restored', async () => {
    const { context } = server;
    const collection = await collectionByUri(context.store.db, 'room1', 'calendar');
    if (collection === undefined) throw new TypeError('the room has no calendar');
    const octets = Buffer.from(entry('03 09-10'));
    await expect(importObject(context, { collection, name: 'e.ics', octets })).rejects.toMatchObject({
      code: 'room-is-free',
    });
    await putEvent(server, IN_ROOM, entry('04 09-10'), { as: 'carol' });
    await server.request('DELETE', IN_ROOM, { as: 'carol' });
    await book(server, 'n', { by: 'bob', at: '04 09-10' });
    expect(await answersIn(server, N)).toEqual(['ACCEPTED 2.0']);
    const [state] = await versionsOfUid(context.store.db, 'room1', 'e', 10);
    if (state === undefined) throw new TypeError('it is not kept');
    const restored = await restoreMembers(context, collection, [{ name: 'e.ics', state }], unnamed('restore'));
    expect([restored.restored, restored.left.map(({ name }) => name)]).toEqual([[], ['e.ics']]);
  });
});

test('an invitation that the room did not get is not put into its calendar', async () => {
  const invited = entry(
    '05 09-10',
    'ORGANIZER:mailto:bob@example.com',
    'ATTENDEE;PARTSTAT=ACCEPTED:mailto:room1@example.com',
  );
  await putEvent(
    server,
    N,
    invited.replace(/ATTENDEE.*\r\n/, 'ATTENDEE:mailto:alice@example.com\r\n').replace('UID:e', 'UID:e'),
    { as: 'bob' },
  );
  const put = await putEvent(server, IN_ROOM, invited, { as: 'carol' });
  expect([put.status, bodyOf(put)]).toEqual([
    403,
    expect.stringContaining('allowed-attendee-scheduling-object-change'),
  ]);
});

test('a series of the organizer that is split keeps its room', async () => {
  await book(server, 's', { at: '10 09-10', lines: ['RRULE:FREQ=DAILY;COUNT=6'] });
  const at = '/dav/calendars/alice/calendar/s.ics';
  expect(await answersIn(server, at)).toEqual(['ACCEPTED 2.0']);
  const split = await server.request('POST', `${at}?action=split&rid=20260313T090000Z`);
  expect(split.status).toBeLessThan(300);
  const paths = (await textsIn(server, 'alice'))
    .map((text) => /UID:(.*)\r\n/.exec(text)?.[1])
    .filter((uid) => uid !== 'm');
  expect(paths).toHaveLength(2);
  for (const text of await textsIn(server, 'alice')) expect(text).toMatch(/PARTSTAT=ACCEPTED[^:]*:mailto:room1@/);
  for (const text of await textsIn(server, 'room1')) expect(text).toMatch(/PARTSTAT=ACCEPTED[^:]*:mailto:room1@/);
  expect(await textsIn(server, 'room1')).toHaveLength(3);
});

test('a meeting that comes back asks its room with its next change, and has it if nobody else does', async () => {
  const { context } = server;
  const collection = await collectionByUri(context.store.db, 'alice', 'calendar');
  if (collection === undefined) throw new TypeError('alice has no calendar');
  const restore = async (): Promise<void> => {
    await server.request('DELETE', M);
    const [state] = await versionsOfUid(context.store.db, 'alice', 'm', 10);
    if (state === undefined) throw new TypeError('it is not kept');
    const { restored } = await restoreMembers(context, collection, [{ name: 'm.ics', state }], unnamed('restore'));
    expect(restored).toEqual(['m.ics']);
  };
  const touch = async (word: string): Promise<void> => {
    const text = await textOf(server, M);
    const body = text.replace(/SUMMARY:.*\r\n/, '').replace('END:VEVENT', `SUMMARY:${word}\r\nEND:VEVENT`);
    expect((await putEvent(server, M, body)).status).toBe(204);
  };
  await restore();
  await touch('Again');
  expect(await answersIn(server, M)).toEqual(['ACCEPTED 2.0']);
  expect(await textsIn(server, 'room1')).toHaveLength(1);
  await restore();
  await book(server, 'n', { by: 'bob', at: '03 09-10' });
  await touch('Once more');
  expect([await answersIn(server, N), await answersIn(server, M)]).toEqual([['ACCEPTED 2.0'], ['DECLINED 2.0']]);
});
