import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { startDavServer, type DavServer } from '../dav-server.ts';
import { meeting, onlyEvent, pathsIn, putEvent } from './meeting.ts';

let server: DavServer;
const AT = '/dav/calendars/alice/calendar/m.ics';
const MINE = 'X-CALENDARSERVER-PRIVATE-COMMENT';
const THEIRS = 'X-CALENDARSERVER-ATTENDEE-COMMENT';
const START = 'DTSTART:20260302T090000Z';

beforeEach(async () => {
  server = await startDavServer({ users: ['alice', 'bob', 'carol'] });
});
afterEach(() => server.close());

const inbox = async (owner: string): Promise<number> => (await pathsIn(server, owner, 'inbox')).length;
const textOf = async (owner: string): Promise<string> => (await onlyEvent(server, owner)).text;
const linesOf = async (owner: string): Promise<readonly string[]> =>
  (await textOf(owner)).split('\r\n').filter((line) => line.startsWith(THEIRS));

async function edit(as: string, change: (text: string) => string): Promise<number> {
  const { path, text } = await onlyEvent(server, as);
  return (await putEvent(server, path, change(text), { as })).status;
}
/** Says something to the organizer, or nothing any more. */
const say = (as: string, comment?: string) =>
  edit(as, (text) => {
    const bare = text.replaceAll(new RegExp(`${MINE}[^\\r]*\\r\\n`, 'g'), '');
    return comment === undefined ? bare : bare.replace('END:VEVENT', `${MINE}:${comment}\r\nEND:VEVENT`);
  });
const answer = (as: string, partstat: string) =>
  edit(as, (text) =>
    text.replace(
      new RegExp(`ATTENDEE[^:\\r]*:mailto:${as}@example\\.com`, 'g'),
      `ATTENDEE;PARTSTAT=${partstat}:mailto:${as}@example.com`,
    ),
  );
const comment = (as: string, text: string) =>
  expect.stringMatching(
    new RegExp(
      `^${THEIRS};X-CALENDARSERVER-DTSTAMP=\\d{8}T\\d{6}Z;X-CALENDARSERVER-ATTENDEE-REF="mailto:${as}@example.com":${text}$`,
    ),
  );

describe('a private comment of an attendee (caldav-privatecomments §3)', () => {
  beforeEach(async () => {
    expect((await putEvent(server, AT, meeting('m', ['bob', 'carol']))).status).toBe(201);
  });

  test('reaches the organizer by an answer of its own, and nobody else', async () => {
    const { tag } = await onlyEvent(server, 'alice');
    const [etag, sent] = [(await onlyEvent(server, 'carol')).etag, await inbox('carol')];
    expect(await say('bob', 'I dislike him\\, rather')).toBe(204);
    expect(await linesOf('alice')).toEqual([comment('bob', 'I dislike him\\\\, rather')]);
    expect((await onlyEvent(server, 'alice')).tag).toBe(tag);
    expect([await inbox('alice'), await inbox('carol')]).toEqual([1, sent]);
    expect((await onlyEvent(server, 'carol')).etag).toBe(etag);
    const [item] = await pathsIn(server, 'alice', 'inbox');
    expect(String((await server.request('GET', item ?? '')).body)).toContain(MINE);
  });

  test('is the last one: changed, kept with a later answer, emptied when it is taken back', async () => {
    await say('bob', 'first');
    await say('bob', 'second');
    expect(await linesOf('alice')).toEqual([comment('bob', 'second')]);
    await answer('bob', 'DECLINED');
    expect(await linesOf('alice')).toEqual([comment('bob', 'second')]);
    expect(await textOf('alice')).toMatch(/PARTSTAT=DECLINED[^:]*:mailto:bob/);
    await say('bob');
    expect(await linesOf('alice')).toEqual([comment('bob', '')]);
  });

  test('stands beside those of others, and goes to no attendee with what the organizer sends', async () => {
    await say('bob', 'one');
    await say('carol', 'other');
    expect((await linesOf('alice')).toSorted()).toEqual([comment('bob', 'one'), comment('carol', 'other')]);
    expect(await edit('alice', (text) => text.replace('END:VEVENT', 'SUMMARY:Lunch\r\nEND:VEVENT'))).toBe(204);
    for (const guest of ['bob', 'carol']) {
      expect(await textOf(guest)).toContain('SUMMARY:Lunch');
      expect(await linesOf(guest)).toEqual([]);
      for (const path of await pathsIn(server, guest, 'inbox')) {
        expect(String((await server.request('GET', path, { as: guest })).body)).not.toContain('CALENDARSERVER');
      }
    }
    expect(await textOf('bob')).toContain(`${MINE}:one`);
    expect(await textOf('carol')).toContain(`${MINE}:other`);
  });

  test('goes with its attendee', async () => {
    await say('bob', 'one');
    await say('carol', 'other');
    await edit('alice', (text) => text.replace(/ATTENDEE[^:\r]*:mailto:bob@example\.com\r\n/, ''));
    expect(await linesOf('alice')).toEqual([comment('carol', 'other')]);
  });

  test('survives a program of the organizer’s that does not know it, and is not the organizer’s to write', async () => {
    await say('bob', 'one');
    const without = (text: string) => text.replaceAll(/X-CALENDARSERVER[^\r]*\r\n/g, '');
    await edit('alice', (text) => without(text).replace('END:VEVENT', 'SUMMARY:Lunch\r\nEND:VEVENT'));
    expect(await linesOf('alice')).toEqual([comment('bob', 'one')]);
    const { path, text } = await onlyEvent(server, 'alice');
    const made = await putEvent(server, path, text.replace(':one', ':I agree'));
    expect([made.status, String(made.body)]).toEqual([403, expect.stringContaining('valid-attendee-comment-change')]);
    expect(await linesOf('alice')).toEqual([comment('bob', 'one')]);
  });

  test('is with the refusal of who removes the meeting', async () => {
    await say('bob', 'never again');
    await server.request('DELETE', (await onlyEvent(server, 'bob')).path, { as: 'bob' });
    expect(await linesOf('alice')).toEqual([comment('bob', 'never again')]);
    expect(await textOf('alice')).toMatch(/PARTSTAT=DECLINED[^:]*:mailto:bob/);
  });
});

test('of one day of a series it is of that day alone', async () => {
  await putEvent(server, AT, meeting('m', ['bob'], START, 'RRULE:FREQ=DAILY;COUNT=5'));
  const day = ['BEGIN:VEVENT', 'UID:m', 'DTSTAMP:20260301T000000Z', 'RECURRENCE-ID:20260304T090000Z'];
  const more = ['DTSTART:20260304T090000Z', 'DURATION:PT1H', 'ORGANIZER:mailto:alice@example.com'];
  const people = ['ATTENDEE;PARTSTAT=ACCEPTED:mailto:alice@example.com', 'ATTENDEE:mailto:bob@example.com'];
  const override = [...day, ...more, ...people, `${MINE}:this day`, 'END:VEVENT', 'END:VCALENDAR'].join('\r\n');
  expect(await edit('bob', (text) => text.replace('END:VCALENDAR', override))).toBe(204);
  const [master, one] = (await textOf('alice')).split('END:VEVENT');
  expect(master).not.toContain(THEIRS);
  expect(one).toContain('RECURRENCE-ID:20260304T090000Z');
  expect(one).toMatch(/ATTENDEE-COMMENT[^\r]*:this day\r\n/);
});

test('the DAV header says so', async () => {
  const { headers } = await server.request('OPTIONS', '/dav/calendars/alice/calendar/');
  expect(String(headers['dav'])).toMatch(/ calendarserver-private-comments(,|$)/);
});
