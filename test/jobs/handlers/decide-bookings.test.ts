import { afterEach, expect, test } from 'vitest';

import { DAY } from '../../../src/base/clock.ts';
import { decideBookings } from '../../../src/jobs/handlers/decide-bookings.ts';
import { SILENT_LOG, type DavServer } from '../../dav-server.ts';
import { answersIn, book, putEvent, roomSpec, startRooms, textOf, textsIn } from '../../dav/room-meeting.ts';
import { NO_NETWORK } from '../no-network.ts';

const M = '/dav/calendars/alice/calendar/m.ics';
const N = '/dav/calendars/bob/calendar/n.ics';
let server: DavServer;
afterEach(() => server.close());

const decide = (): Promise<void> =>
  decideBookings.run(
    { calendar: server.context, log: SILENT_LOG, retention: DAY, ...NO_NETWORK },
    new AbortController().signal,
  );
const inbox = async (owner: string): Promise<number> => (await textsIn(server, owner, 'inbox')).length;
/** Decided on 2 March are days until 1 April: those of 3, 10, 17, 24 and 31 March. */
const SPEC = roomSpec('room1', { policy: { horizonDays: 30 } });

/** A meeting of Bob's that is as M, but once, on another day. */
async function bobAsksFor(day: string): Promise<void> {
  const once = (await textOf(server, M)).replace(/RRULE.*\r\n/, '').replace('20260303T', `${day}T`);
  const theirs = once.replaceAll('alice@', 'bob@').replace('UID:m', 'UID:n');
  await putEvent(server, N, theirs.replace(/PARTSTAT=ACCEPTED;?/g, ''), { as: 'bob' });
}

test('days that come within the horizon are taken, without a word', async () => {
  server = await startRooms([SPEC]);
  await book(server, 'm', { at: '03 09-10', guests: ['room1', 'carol'], lines: ['RRULE:FREQ=WEEKLY'] });
  expect(await answersIn(server, M)).toEqual(['ACCEPTED 2.0']);
  const before = await textOf(server, M);
  server.time.now += 10 * DAY;
  await decide();
  expect(await textOf(server, M)).toBe(before);
  expect([await inbox('alice'), await inbox('carol')]).toEqual([1, 1]);
  // 7 April is the series' now.
  await bobAsksFor('20260407');
  expect(await answersIn(server, N)).toEqual(['DECLINED 2.0']);
});

test('a day that another has by then is declined, and everybody sees it', async () => {
  server = await startRooms([SPEC]);
  await book(server, 'm', { at: '03 09-10', guests: ['room1', 'carol'], lines: ['RRULE:FREQ=WEEKLY'] });
  // The day is free as long as nobody has decided it; the other comes to it first.
  server.time.now += 7 * DAY;
  await bobAsksFor('20260407');
  expect(await answersIn(server, N)).toEqual(['ACCEPTED 2.0']);
  await decide();
  expect(await answersIn(server, M)).toEqual(['ACCEPTED 2.0', '0407 DECLINED 2.0']);
  expect(await inbox('alice')).toBe(2);
  const theirs = (await textsIn(server, 'carol')).find((each) => each.includes('UID:m\r\n')) ?? '';
  expect(theirs).toMatch(/RECURRENCE-ID:20260407T090000Z/);
  expect(theirs).toMatch(/PARTSTAT=DECLINED[^:]*:mailto:room1@/);
  // A second run has nothing more to say.
  await decide();
  expect(await inbox('alice')).toBe(2);
});

test('what is gone is forgotten', async () => {
  server = await startRooms([SPEC]);
  await book(server, 'm', { at: '03 09-10', lines: ['RRULE:FREQ=WEEKLY'] });
  await server.request('DELETE', M);
  server.time.now += 10 * DAY;
  await decide();
  expect(await textsIn(server, 'room1')).toEqual([]);
});

test('what a person has agreed to goes on without another question', async () => {
  server = await startRooms([
    roomSpec('room1', {
      policy: { horizonDays: 30, approvers: ['carol'], openBookings: 1 },
      delegates: { read: [], write: ['carol'] },
    }),
  ]);
  await book(server, 'm', { at: '03 09-10', lines: ['RRULE:FREQ=WEEKLY'] });
  expect(await answersIn(server, M)).toEqual(['TENTATIVE 2.0']);
  const answer = await server.request('PROPFIND', '/dav/calendars/room1/calendar/', {
    as: 'root',
    headers: { depth: '1' },
  });
  const path = /<(?:D:)?href>([^<]*\.ics)<\//.exec(answer.body.toString())?.[1] ?? '';
  const approved = (await textOf(server, path)).replace('PARTSTAT=TENTATIVE', 'PARTSTAT=ACCEPTED');
  await putEvent(server, path, approved, { as: 'carol' });
  server.time.now += 10 * DAY;
  await decide();
  expect(await answersIn(server, M)).toEqual(['ACCEPTED 2.0']);
  expect(await answersIn(server, path)).toEqual(['ACCEPTED']);
});
