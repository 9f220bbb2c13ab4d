import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { startDavServer, type DavServer } from '../dav-server.ts';
import { meeting, onlyEvent, pathsIn, putEvent } from './meeting.ts';
import { shareCalendar } from './shared-calendar.ts';

let server: DavServer;
beforeEach(async () => {
  server = await startDavServer({ users: ['alice', 'bob', 'dele'], limits: { resourcesPerCollection: 1 } });
});
afterEach(() => server.close());

test('who may write in a shared calendar invites in its owner’s name, and reads what was stored', async () => {
  const seen = await shareCalendar(server, { sharer: 'alice', sharee: 'dele', access: 'read-write' });
  const answer = await putEvent(server, `${seen}m.ics`, meeting('m', ['bob']), { as: 'dele' });
  expect([answer.status, answer.headers.etag]).toEqual([201, undefined]);
  expect((await onlyEvent(server, 'bob')).text).toContain('ORGANIZER:mailto:alice@example.com');
  const { text } = await onlyEvent(server, 'alice');
  expect(text).toMatch(/SCHEDULE-STATUS="?1\.2"?[^:]*:mailto:bob/);
  const read = await server.request('GET', `${seen}m.ics`, { as: 'dele' });
  expect(read.body.toString().replaceAll('\r\n ', '')).toBe(text);
  expect(read.headers['schedule-tag']).toBe(answer.headers['schedule-tag']);
  expect((await server.request('DELETE', `${seen}m.ics`, { as: 'dele' })).status).toBe(204);
  expect((await onlyEvent(server, 'bob')).text).toContain('STATUS:CANCELLED');
});

test('neither a lock nor a full calendar of who is invited holds an invitation up', async () => {
  const lock =
    '<D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope><D:locktype><D:write/></D:locktype></D:lockinfo>';
  const own = meeting('own', [])
    .replaceAll('alice@', 'bob@')
    .replace(/ORGANIZER[^\r]*\r\n/, '');
  expect((await putEvent(server, '/dav/calendars/bob/calendar/own.ics', own, { as: 'bob' })).status).toBe(201);
  const locked = await server.request('LOCK', '/dav/calendars/bob/calendar/', {
    as: 'bob',
    body: lock,
    headers: { 'content-type': 'application/xml' },
  });
  expect(locked.status).toBe(200);
  const answer = await putEvent(server, '/dav/calendars/alice/calendar/m.ics', meeting('m', ['bob']));
  expect(answer.status).toBe(201);
  expect(await pathsIn(server, 'bob', 'calendar')).toHaveLength(2);
  expect(await pathsIn(server, 'bob', 'inbox')).toHaveLength(1);
});

const names = (text: string): string => text.replaceAll('\r\n ', '');

describe('what a sharee writes', () => {
  let seen: string;
  beforeEach(async () => {
    seen = await shareCalendar(server, { sharer: 'alice', sharee: 'dele', access: 'read-write' });
  });
  const asDele = (body: string) => putEvent(server, `${seen}m.ics`, body, { as: 'dele' });
  const byDele = (body: string): string => body.replace('ORGANIZER:mailto:alice', 'ORGANIZER:mailto:dele');

  test('names no other organizer than the owner, not even the sharee, and nobody is told', async () => {
    const elsewhere = meeting('m', ['bob']).replace('alice@example.com', 'far@example.org');
    const silent = byDele(meeting('m', ['bob'])).replace('ORGANIZER:', 'ORGANIZER;SCHEDULE-AGENT=CLIENT:');
    for (const body of [byDele(meeting('m', ['bob'])), byDele(meeting('m', ['alice'])), elsewhere, silent]) {
      const answer = await asDele(body);
      expect(answer.status).toBe(403);
      expect(answer.body.toString()).toContain('allowed-organizer-scheduling-object-change');
    }
    const atTheOwner = await putEvent(server, '/dav/calendars/alice/calendar/m.ics', byDele(meeting('m', ['bob'])), {
      as: 'dele',
    });
    expect(atTheOwner.status).toBe(403);
    for (const owner of ['alice', 'bob', 'dele']) expect(await pathsIn(server, owner, 'calendar')).toEqual([]);
    expect(await pathsIn(server, 'bob', 'inbox')).toEqual([]);
  });

  test('does not take the owner’s meeting over, by a change either', async () => {
    expect((await asDele(meeting('m', ['bob']))).status).toBe(201);
    const before = await onlyEvent(server, 'bob');
    const answer = await asDele(byDele(meeting('m', ['bob'], 'SUMMARY:Mine')));
    expect(answer.status).toBe(403);
    expect(answer.body.toString()).toContain('allowed-organizer-scheduling-object-change');
    expect(await onlyEvent(server, 'bob')).toEqual(before);
  });

  test('in a meeting that the owner is invited to is the owner’s answer, and no more', async () => {
    const body = meeting('m', ['bob']).replaceAll('alice@', 'x@').replaceAll('bob@', 'alice@').replaceAll('x@', 'bob@');
    await putEvent(server, '/dav/calendars/bob/calendar/m.ics', body, { as: 'bob' });
    const { path, text } = await onlyEvent(server, 'alice');
    const there = path.replace('/alice/calendar/', '/dele/theirs/');
    const accepted = text.replace(
      /ATTENDEE[^\r]*alice@example.com/,
      'ATTENDEE;PARTSTAT=ACCEPTED:mailto:alice@example.com',
    );
    expect((await putEvent(server, there, accepted, { as: 'dele' })).status).toBe(204);
    expect((await onlyEvent(server, 'bob')).text).toMatch(/PARTSTAT=ACCEPTED[^\r]*:mailto:alice@/);
    expect(
      (await putEvent(server, there, accepted.replace('DURATION:PT1H', 'DURATION:PT2H'), { as: 'dele' })).status,
    ).toBe(403);
  });

  test('is changed for all, and what is the sharee’s own is seen by the sharee alone', async () => {
    await asDele(meeting('m', ['bob'], 'SUMMARY:Lunch'));
    const alarm = ['BEGIN:VALARM', 'ACTION:DISPLAY', 'DESCRIPTION:Mine', 'TRIGGER:-PT15M', 'END:VALARM'];
    const { text } = await onlyEvent(server, 'alice');
    const mine = text.replace('END:VEVENT', [...alarm, 'END:VEVENT'].join('\r\n'));
    expect((await asDele(mine)).status).toBe(204);
    expect(await pathsIn(server, 'bob', 'inbox')).toHaveLength(1);
    expect((await asDele(mine.replace('SUMMARY:Lunch', 'SUMMARY:Dinner'))).status).toBe(204);
    const read = await server.request('GET', `${seen}m.ics`, { as: 'dele' });
    expect(names(read.body.toString())).toMatch(/SUMMARY:Dinner[^]*DESCRIPTION:Mine/);
    for (const owner of ['alice', 'bob']) {
      const other = (await onlyEvent(server, owner)).text;
      expect(other).toContain('SUMMARY:Dinner');
      expect(other).not.toContain('VALARM');
    }
    expect(await pathsIn(server, 'bob', 'inbox')).toHaveLength(2);
  });

  test('is answered to the owner, whose calendar has the answer, and the sharee sees it there', async () => {
    await asDele(meeting('m', ['ATTENDEE;RSVP=TRUE;PARTSTAT=NEEDS-ACTION:mailto:bob@example.com']));
    const { path, text } = await onlyEvent(server, 'bob');
    const accepted = text.replace(/ATTENDEE[^\r]*bob@example.com/, 'ATTENDEE;PARTSTAT=ACCEPTED:mailto:bob@example.com');
    expect((await putEvent(server, path, accepted, { as: 'bob' })).status).toBe(204);
    expect((await onlyEvent(server, 'alice')).text).toMatch(/PARTSTAT=ACCEPTED[^\r]*bob@/);
    const read = await server.request('GET', `${seen}m.ics`, { as: 'dele' });
    expect(names(read.body.toString())).toMatch(/PARTSTAT=ACCEPTED[^\r]*bob@/);
    expect(await pathsIn(server, 'alice', 'inbox')).toHaveLength(1);
    expect(await pathsIn(server, 'dele', 'inbox')).toEqual([]);
  });

  describe('of an own invitation there is an answer', () => {
    const guests = [
      'ATTENDEE;RSVP=TRUE;PARTSTAT=NEEDS-ACTION:mailto:dele@example.com',
      'ATTENDEE;RSVP=TRUE;PARTSTAT=NEEDS-ACTION:mailto:bob@example.com',
    ];
    const saying = (text: string, partstat: string): string =>
      text.replaceAll(/ATTENDEE[^\r]*dele@example.com/g, `ATTENDEE;PARTSTAT=${partstat}:mailto:dele@example.com`);
    const everywhere = async (partstat: string): Promise<void> => {
      for (const owner of ['alice', 'bob', 'dele']) {
        const { text } = await onlyEvent(server, owner);
        expect(text, owner).toMatch(new RegExp(`PARTSTAT=${partstat}[^\\r]*:mailto:dele@`));
        expect(text, owner).toMatch(/PARTSTAT=NEEDS-ACTION[^\r]*:mailto:bob@/);
      }
      const read = await server.request('GET', `${seen}m.ics`, { as: 'dele' });
      expect(names(read.body.toString())).toMatch(new RegExp(`PARTSTAT=${partstat}[^\\r]*:mailto:dele@`));
    };

    test('that everybody has, like one in the own calendar, and a later one counts as well', async () => {
      await asDele(meeting('m', guests));
      const { text } = await onlyEvent(server, 'alice');
      const put = await asDele(saying(text, 'ACCEPTED'));
      expect([put.status, put.headers.etag]).toEqual([204, undefined]);
      await everywhere('ACCEPTED');
      expect(await pathsIn(server, 'alice', 'inbox')).toHaveLength(1);
      expect(await pathsIn(server, 'bob', 'inbox')).toHaveLength(1);
      await asDele(saying(text, 'DECLINED'));
      await everywhere('DECLINED');
      const { path, text: own } = await onlyEvent(server, 'dele');
      expect((await putEvent(server, path, saying(own, 'TENTATIVE'), { as: 'dele' })).status).toBe(204);
      await everywhere('TENTATIVE');
    });

    test('with the invitation itself, and without a copy', async () => {
      await asDele(saying(meeting('m', guests), 'ACCEPTED'));
      await everywhere('ACCEPTED');
      const { path } = await onlyEvent(server, 'dele');
      await server.request('DELETE', path, { as: 'dele' });
      expect((await onlyEvent(server, 'alice')).text).toMatch(/PARTSTAT=DECLINED[^\r]*:mailto:dele@/);
      await asDele(saying((await onlyEvent(server, 'alice')).text, 'TENTATIVE'));
      for (const owner of ['alice', 'bob'])
        expect((await onlyEvent(server, owner)).text).toMatch(/PARTSTAT=TENTATIVE[^\r]*:mailto:dele@/);
    });

    test('and nobody answers for another, nor undoes an answer that the client has not seen', async () => {
      await asDele(meeting('m', guests));
      const { text, tag } = await onlyEvent(server, 'alice');
      await asDele(text.replace(/ATTENDEE[^\r]*bob@example.com/, 'ATTENDEE;PARTSTAT=ACCEPTED:mailto:bob@example.com'));
      await everywhere('NEEDS-ACTION');
      const { path, text: own } = await onlyEvent(server, 'dele');
      await putEvent(server, path, saying(own, 'DECLINED'), { as: 'dele' });
      const current = (await onlyEvent(server, 'alice')).tag;
      expect(current).not.toBe(tag);
      const headers = { 'if-schedule-tag-match': current };
      const stale = await putEvent(server, `${seen}m.ics`, saying(text, 'ACCEPTED'), { as: 'dele', headers });
      expect(stale.status).toBe(204);
      await everywhere('DECLINED');
    });
  });
});
