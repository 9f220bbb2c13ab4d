import { afterEach, beforeEach, expect, test } from 'vitest';

import type { DavServer } from '../dav-server.ts';
import { answersIn, book, roomSpec, startRooms, textsIn } from './room-meeting.ts';

let server: DavServer;
const ROOM = 'ATTENDEE;CUTYPE=ROOM:mailto:room1@example.com';
const HIDDEN = 'X-JMAP-HIDE-ATTENDEES;VALUE=BOOLEAN:TRUE';

beforeEach(async () => {
  server = await startRooms([roomSpec('room1', { capacity: 2 })]);
});
afterEach(() => server.close());

test('a room sees how many come, and none of them', async () => {
  await book(server, 'm', { at: '03 09-10', guests: [ROOM, 'bob'], lines: [HIDDEN] });
  expect(await answersIn(server, '/dav/calendars/alice/calendar/m.ics')).toEqual(['ACCEPTED 2.0']);
  await book(server, 'o', { at: '04 09-10', guests: [ROOM, 'bob', 'carol'], lines: [HIDDEN] });
  expect(await answersIn(server, '/dav/calendars/alice/calendar/o.ics')).toEqual(['DECLINED 2.0']);
  const texts = (await textsIn(server, 'room1')).join('\n');
  expect(texts).toContain('UID:m');
  expect(texts).not.toMatch(/bob|carol/);
  // And the guests see that there is a room by its place alone, as the organizer writes it.
  expect((await textsIn(server, 'bob')).join('\n')).not.toMatch(/room1|carol/);
});
