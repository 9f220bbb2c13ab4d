import { afterEach, expect, test } from 'vitest';

import { applyPrincipals } from '../../src/calendar/provision.ts';
import { ics, type DavServer } from '../dav-server.ts';
import { answersIn, book, pathsIn, putEvent, roomSpec, startRooms, textOf, textsIn } from './room-meeting.ts';
import type { PrincipalSpec } from '../../src/calendar/principal-spec.ts';

let server: DavServer;
afterEach(() => server.close());
const open = async (...specs: readonly PrincipalSpec[]): Promise<void> => {
  server = await startRooms(specs.length === 0 ? [roomSpec('room1')] : specs);
};
const M = '/dav/calendars/alice/calendar/m.ics';
const N = '/dav/calendars/bob/calendar/n.ics';
const inbox = (owner: string): Promise<readonly string[]> => textsIn(server, owner, 'inbox');

test('what is stored has the answer of the room already, and so have the copies of the others', async () => {
  await open();
  const put = await book(server, 'm', { at: '03 09-10', guests: ['room1', 'bob'] });
  expect([put.status, put.headers.etag, put.headers['schedule-tag']]).toEqual([201, undefined, expect.any(String)]);
  expect(await answersIn(server, M)).toEqual(['ACCEPTED 2.0']);
  const [copy = ''] = await textsIn(server, 'bob');
  expect(copy).toMatch(/CUTYPE=ROOM;PARTSTAT=ACCEPTED[^:]*:mailto:room1@|PARTSTAT=ACCEPTED;CUTYPE=ROOM:mailto:room1@/);
  const [theirs = ''] = await textsIn(server, 'room1');
  expect(theirs).toMatch(/ORGANIZER;SCHEDULE-STATUS=1.2:mailto:alice@example.com/);
  expect(theirs).toContain('TRANSP:OPAQUE');
  // bob one invitation, alice one answer, nobody else anything.
  expect([await inbox('bob'), await inbox('alice'), await inbox('room1')].map((all) => all.length)).toEqual([1, 1, 0]);
  expect((await inbox('alice'))[0]).toContain('METHOD:REPLY');
});

test('who comes second is declined, and has the room when the first lets it go', async () => {
  await open();
  await book(server, 'm', { at: '03 09-10' });
  await book(server, 'n', { by: 'bob', at: '03 09-11' });
  expect(await answersIn(server, N)).toEqual(['DECLINED 2.0']);
  await server.request('DELETE', M);
  expect((await textsIn(server, 'room1')).length).toBe(1);
  await book(server, 'n', { by: 'bob', at: '03 09-12' });
  expect(await answersIn(server, N)).toEqual(['ACCEPTED 2.0']);
});

test('a booking that moves is decided anew, and its old time is free', async () => {
  await open();
  await book(server, 'm', { at: '03 09-10' });
  await book(server, 'n', { by: 'bob', at: '03 11-12' });
  await book(server, 'm', { at: '03 11-12' });
  expect(await answersIn(server, M)).toEqual(['DECLINED 2.0']);
  await book(server, 'n', { by: 'bob', at: '03 09-10' });
  expect(await answersIn(server, N)).toEqual(['ACCEPTED 2.0']);
});

test('a series is decided day by day, and its days that are off are free', async () => {
  await open();
  await book(server, 'm', { at: '04 09-10' });
  const series = { by: 'bob', at: '03 09-10', lines: ['RRULE:FREQ=DAILY;COUNT=4'] };
  await book(server, 'n', series);
  expect(await answersIn(server, N)).toEqual(['ACCEPTED 2.0', '0304 DECLINED 2.0']);
  const text = await textOf(server, N);
  await putEvent(server, N, text.replace('RRULE:', 'EXDATE:20260305T090000Z\r\nRRULE:'), { as: 'bob' });
  await book(server, 'm', { at: '05 09-10' });
  expect(await answersIn(server, M)).toEqual(['ACCEPTED 2.0']);
});

test('an endless series holds its days far behind what is indexed', async () => {
  await open();
  await book(server, 'm', { at: '03 09-10', lines: ['RRULE:FREQ=WEEKLY'] });
  const far = ['DTSTART:20270907T090000Z', 'DURATION:PT1H'];
  const body = (await textOf(server, M))
    .replace(/DTSTART.*\r\n|DURATION.*\r\n|RRULE.*\r\n/g, '')
    .replaceAll('alice@', 'bob@');
  const event = body.replace('UID:m', `UID:n\r\n${far.join('\r\n')}`).replace(/PARTSTAT=ACCEPTED;?/g, '');
  expect((await putEvent(server, N, event, { as: 'bob' })).status).toBe(201);
  expect(await answersIn(server, N)).toEqual(['DECLINED 2.0']);
});

test('a room and what it has is named by mail address, however a client names it', async () => {
  await open();
  await book(server, 'm', { at: '03 09-10', guests: ['ATTENDEE:/dav/principals/rooms/room1/'] });
  expect(await answersIn(server, M)).toEqual(['ACCEPTED 2.0']);
});

test.each([
  ['accept-always', 'ACCEPTED 2.0', 'ACCEPTED 2.0'],
  ['decline-always', 'DECLINED 2.0', 'DECLINED 2.0'],
  ['accept-if-free', 'ACCEPTED 2.0', 'NEEDS-ACTION 1.2'],
  ['decline-if-busy', 'NEEDS-ACTION 1.2', 'NEEDS-ACTION 1.2'],
  ['automatic', 'ACCEPTED 2.0', 'DECLINED 2.0'],
  ['none', 'NEEDS-ACTION 1.2', 'NEEDS-ACTION 1.2'],
] as const)('in the mode %s a first booking is %s, a second %s', async (autoSchedule, first, second) => {
  await open(roomSpec('room1', { autoSchedule }));
  await book(server, 'm', { at: '03 09-10' });
  await book(server, 'n', { by: 'bob', at: '03 09-10' });
  expect([await answersIn(server, M), await answersIn(server, N)]).toEqual([[first], [second]]);
  // What a person has to answer is in the inbox of the room.
  const open_ = [first, second].filter((each) => each.startsWith('NEEDS')).length;
  expect(await inbox('room1')).toHaveLength(open_);
});

test('a room of which nothing is said answers by its time', async () => {
  const { autoSchedule: _, ...spec } = roomSpec('room1');
  await open(spec);
  await book(server, 'm', { at: '03 09-10' });
  expect(await answersIn(server, M)).toEqual(['ACCEPTED 2.0']);
});

test('who is in the auto-accept group has what all others are declined, once', async () => {
  await open(roomSpec('room1', { autoSchedule: 'decline-always', autoAcceptGroup: 'staff' }), {
    ...{ kind: 'group', id: 'staff', name: 'Staff', emails: [], path: 'groups[0]', members: ['bob'] },
  });
  await book(server, 'm', { at: '03 09-10' });
  await book(server, 'n', { by: 'bob', at: '03 09-10' });
  expect([await answersIn(server, M), await answersIn(server, N)]).toEqual([['DECLINED 2.0'], ['ACCEPTED 2.0']]);
});

test('who acts for the room answers by hand, which everybody sees', async () => {
  await open(roomSpec('room1', { autoSchedule: 'none', delegates: { read: [], write: ['carol'] } }));
  await book(server, 'm', { at: '03 09-10', guests: ['room1', 'bob'] });
  const { path, text } = { path: (await paths('room1'))[0] ?? '', text: (await textsIn(server, 'room1'))[0] ?? '' };
  const answered = text.replace(
    /ATTENDEE([^:\r]*):mailto:room1@/,
    'ATTENDEE;CUTYPE=ROOM;PARTSTAT=ACCEPTED:mailto:room1@',
  );
  expect((await putEvent(server, path, answered, { as: 'carol' })).status).toBe(204);
  expect(await answersIn(server, M)).toEqual(['ACCEPTED 2.0']);
  expect((await textsIn(server, 'bob'))[0]).toMatch(
    /PARTSTAT=ACCEPTED;SENT-BY="mailto:carol@example.com":mailto:room1@/,
  );
});

const paths = async (owner: string): Promise<readonly string[]> => {
  const answer = await server.request('PROPFIND', `/dav/calendars/${owner}/calendar/`, {
    as: 'root',
    headers: { depth: '1' },
  });
  return [...answer.body.toString().matchAll(/<(?:D:)?href>([^<]*\.ics)<\//g)].map(([, path]) => path ?? '');
};

test('what is to be approved holds the time, waits, and is settled by hand', async () => {
  await open(roomSpec('room1', { policy: { approvers: ['carol'] }, delegates: { read: [], write: ['carol'] } }));
  await book(server, 'm', { at: '03 09-10' });
  expect(await answersIn(server, M)).toEqual(['TENTATIVE 2.0']);
  expect(await inbox('room1')).toHaveLength(1);
  await book(server, 'n', { by: 'bob', at: '03 09-10' });
  expect(await answersIn(server, N)).toEqual(['DECLINED 2.0']);
  const waiting = (await paths('room1')).map(async (path) => ({ path, text: await textOf(server, path) }));
  const found = (await Promise.all(waiting)).find(({ text }) => text.includes('UID:m\r\n'));
  const approved = found?.text.replace('PARTSTAT=TENTATIVE', 'PARTSTAT=ACCEPTED') ?? '';
  expect((await putEvent(server, found?.path ?? '', approved, { as: 'carol' })).status).toBe(204);
  expect(await answersIn(server, M)).toEqual(['ACCEPTED 2.0']);
  const acts = await server.context.store.db
    .selectFrom('audit')
    .selectAll()
    .where('act', '=', 'booking-answered')
    .execute();
  expect(acts.map(({ home_id, done_by }) => [home_id, done_by])).toEqual([['room1', 'carol']]);
  // Another word of the organizer leaves it at that.
  const text = await textOf(server, M);
  await putEvent(server, M, text.replace('END:VEVENT', 'SUMMARY:Planning\r\nEND:VEVENT'));
  expect(await answersIn(server, M)).toEqual(['ACCEPTED 1.2']);
  expect((await textsIn(server, 'room1')).join('')).toContain('SUMMARY:Planning');
});

test('a person has no more open bookings than the policy allows', async () => {
  await open(roomSpec('room1', { policy: { openBookings: 1 } }));
  await book(server, 'm', { at: '03 09-10' });
  await book(server, 'o', { at: '04 09-10' });
  expect(await answersIn(server, '/dav/calendars/alice/calendar/o.ics')).toEqual(['DECLINED 2.0']);
  await server.request('DELETE', M);
  await book(server, 'p', { at: '05 09-10' });
  expect(await answersIn(server, '/dav/calendars/alice/calendar/p.ics')).toEqual(['ACCEPTED 2.0']);
});

test('more people than the room holds are declined; the room is none of them', async () => {
  await open(roomSpec('room1', { capacity: 2 }));
  await book(server, 'm', { at: '03 09-10', guests: ['ATTENDEE:mailto:room1@example.com', 'bob'] });
  expect(await answersIn(server, M)).toEqual(['ACCEPTED 2.0']);
  await book(server, 'o', { at: '04 09-10', guests: ['room1', 'bob', 'carol'] });
  expect(await answersIn(server, '/dav/calendars/alice/calendar/o.ics')).toEqual(['DECLINED 2.0']);
});

test('a refusal names three ways out, and nothing of who has the room', async () => {
  await open(roomSpec('room1'), roomSpec('room2', { name: 'Blue room' }), roomSpec('room3', { autoSchedule: 'none' }));
  await book(server, 'm', { at: '03 09-10', lines: ['SUMMARY:Takeover'] });
  await book(server, 'n', { by: 'bob', at: '03 09-10' });
  const [reply = ''] = await inbox('bob');
  const comment = /COMMENT:(.*)\r\n/.exec(reply)?.[1] ?? '';
  expect(comment).toBe(
    'The room is taken at this time. Free instead: Blue room at the same time\\; ' +
      'room1 on 2026-03-03 10:00 to 11:00 (UTC)\\; room1 on 2026-03-03 08:00 to 09:00 (UTC).',
  );
  expect(reply).not.toMatch(/alice|Takeover/);
});

test('two rooms in one meeting answer each for itself', async () => {
  await open(roomSpec('room1'), roomSpec('room2'));
  await book(server, 'n', { by: 'bob', at: '03 09-10', guests: ['room2'] });
  await book(server, 'm', { at: '03 09-10', guests: ['room1', 'room2', 'bob'] });
  expect([await answersIn(server, M), await answersIn(server, M, 'room2')]).toEqual([
    ['ACCEPTED 2.0'],
    ['DECLINED 2.0'],
  ]);
  expect(await inbox('bob')).toHaveLength(2);
  const theirs = (await textsIn(server, 'bob')).find((text) => text.includes('UID:m\r\n')) ?? '';
  expect(theirs).toMatch(/PARTSTAT=ACCEPTED[^:]*:mailto:room1@/);
  expect(theirs).toMatch(/PARTSTAT=DECLINED[^:]*:mailto:room2@/);
});

test('the policy of a room is what was provisioned last', async () => {
  await open(roomSpec('room1', { policy: { longestMinutes: 60 } }));
  await book(server, 'm', { at: '03 09-11' });
  expect(await answersIn(server, M)).toEqual(['DECLINED 2.0']);
  await applyPrincipals(server.context, [roomSpec('room1', { policy: {} })], { user: [], place: [] });
  await book(server, 'o', { at: '03 09-11' });
  expect(await answersIn(server, '/dav/calendars/alice/calendar/o.ics')).toEqual(['ACCEPTED 2.0']);
  expect(await pathsIn(server, 'alice', 'calendar')).toHaveLength(2);
});

test('a day to which the room is not invited any more is free, and so is what is cancelled', async () => {
  await open();
  const day = ['RRULE:FREQ=DAILY;COUNT=5', 'END:VEVENT', 'BEGIN:VEVENT', 'UID:m', 'DTSTAMP:20260301T000000Z'];
  const guests = ['ORGANIZER:mailto:alice@example.com', 'ATTENDEE;PARTSTAT=ACCEPTED:mailto:alice@example.com'];
  const override = ['RECURRENCE-ID:20260304T090000Z', 'DTSTART:20260304T100000Z', 'DURATION:PT1H', ...guests];
  const room = 'ATTENDEE;CUTYPE=ROOM:mailto:room1@example.com';
  await book(server, 'm', { at: '03 09-10', lines: [...day, ...override, room] });
  expect(await answersIn(server, M)).toEqual(['ACCEPTED 2.0', '0304 ACCEPTED 2.0']);
  const text = await textOf(server, M);
  const [head = '', tail = ''] = text.split('RECURRENCE-ID');
  const without = `${head}RECURRENCE-ID${tail}`.replace(/(RECURRENCE-ID[^]*?)ATTENDEE[^\r]*room1[^\r]*\r\n/, '$1');
  const [first = '', second = ''] = without.split('END:VEVENT');
  expect(second).not.toContain('room1');
  expect(first).toContain('room1');
  await putEvent(server, M, without);
  const [theirs = ''] = await textsIn(server, 'room1');
  expect(theirs).toContain('EXDATE:20260304T090000Z');
  expect(theirs).not.toContain('CANCELLED');
  await book(server, 'n', { by: 'bob', at: '04 10-11' });
  expect(await answersIn(server, N)).toEqual(['ACCEPTED 2.0']);
});

test('who asks anew for what stands is told it again, and does not wait', async () => {
  await open();
  const own = ['ORGANIZER:mailto:alice@example.com', 'ATTENDEE;PARTSTAT=ACCEPTED:mailto:alice@example.com'];
  const room = 'ATTENDEE;PARTSTAT=NEEDS-ACTION;RSVP=TRUE;CUTYPE=ROOM:mailto:room1@example.com';
  const event = (...lines: readonly string[]): readonly string[] => [
    ...['BEGIN:VEVENT', 'UID:m', 'DTSTAMP:20260301T000000Z', 'DURATION:PT1H', ...own, ...lines, 'END:VEVENT'],
  ];
  const series = ['DTSTART:20260310T100000Z', 'RRULE:FREQ=WEEKLY;COUNT=20'];
  const first = event('RECURRENCE-ID:20260317T100000Z', 'DTSTART:20260317T110000Z', room);
  const second = event('RECURRENCE-ID:20260324T100000Z', 'DTSTART:20260324T110000Z', room);
  await putEvent(server, M, ics(...event(...series), ...first, ...second));
  expect(await answersIn(server, M)).toEqual(['0317 ACCEPTED 2.0', '0324 ACCEPTED 2.0']);
  await putEvent(server, M, ics(...event(...series, 'EXDATE:20260317T100000Z'), ...second));
  expect(await answersIn(server, M)).toEqual(['0324 ACCEPTED 2.0']);
  expect(await inbox('alice')).toHaveLength(2);
});

test('where nobody is to see who is there, a refusal names other times alone', async () => {
  server = await startRooms([roomSpec('room1'), roomSpec('room2')], { settings: { directory: 'off' } });
  await book(server, 'm', { at: '03 09-10' });
  await book(server, 'n', { by: 'bob', at: '03 09-10' });
  const [reply = ''] = await inbox('bob');
  expect(reply).toContain('COMMENT:The room is taken at this time. Free instead: room1 on');
  expect(reply).not.toContain('room2');
});

test('a refusal offers no room that is too small, or that somebody may not book', async () => {
  const bookers = { people: ['alice'], groups: [] };
  await open(
    ...[roomSpec('room1', { capacity: 9 }), roomSpec('small', { capacity: 2 })],
    ...[roomSpec('closed', { policy: { bookers } }), roomSpec('large', { capacity: 8 })],
  );
  await book(server, 'm', { at: '03 09-10' });
  await book(server, 'n', { by: 'bob', at: '03 09-10', guests: ['room1', 'root', 'carol'] });
  const [reply = ''] = await inbox('bob');
  expect(reply).toContain('large at the same time');
  expect(reply).not.toMatch(/small|closed/);
});
