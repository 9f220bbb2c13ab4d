import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { queuedMessages } from '../../src/store/mail-messages.ts';
import { event, startDavServer, type DavServer } from '../dav-server.ts';
import { meeting, onlyEvent, pathsIn, putEvent } from './meeting.ts';

let server: DavServer;
const AT = '/dav/calendars/alice/calendar/m.ics';
const LIMITS = { attendeesPerInstance: 5 };

beforeEach(async () => {
  server = await startDavServer({ users: ['alice', 'bob', 'carol', 'mallory'], limits: LIMITS });
});
afterEach(() => server.close());

const inbox = async (owner: string): Promise<number> => (await pathsIn(server, owner, 'inbox')).length;

async function accept(as: string, partstat = 'ACCEPTED'): Promise<number> {
  const { path, text } = await onlyEvent(server, as);
  const own = new RegExp(`ATTENDEE[^:\\r]*:mailto:${as}@example\\.com`);
  const body = text.replace(own, `ATTENDEE;PARTSTAT=${partstat}:mailto:${as}@example.com`);
  return (await putEvent(server, path, body, { as })).status;
}

describe('an invitation', () => {
  test('is in the calendars and inboxes of all invited at once, and the organizer sees that it was delivered', async () => {
    const answer = await putEvent(server, AT, meeting('m', ['bob', 'carol']));
    expect(answer.status).toBe(201);
    expect(answer.headers['schedule-tag']).toMatch(/^"\w+"$/);
    expect(answer.headers.etag).toBeUndefined();
    const own = await onlyEvent(server, 'alice');
    expect(own.text).toMatch(/ATTENDEE;SCHEDULE-STATUS="?1\.2"?:mailto:bob@example\.com/);
    for (const guest of ['bob', 'carol']) {
      const { text, tag } = await onlyEvent(server, guest);
      expect(text).toContain('UID:m');
      expect(text).not.toContain('SCHEDULE-STATUS');
      expect(tag).toMatch(/^"\w+"$/);
      expect(await inbox(guest)).toBe(1);
    }
    expect(await inbox('alice')).toBe(0);
  });

  test('of somebody elsewhere waits to be sent', async () => {
    await putEvent(server, AT, meeting('m', ['ATTENDEE:mailto:far@example.org']));
    const queued = await queuedMessages(server.context.store.db, 'alice');
    expect(queued.map(({ recipient, method, uid }) => [recipient, method, uid])).toEqual([
      ['mailto:far@example.org', 'REQUEST', 'm'],
    ]);
    expect((await onlyEvent(server, 'alice')).text).toMatch(/SCHEDULE-STATUS="?1\.0"?:mailto:far/);
  });

  test('keeps EMAIL as it was sent (RFC 7986 §6.2), through answers and changes too', async () => {
    const guest = 'ATTENDEE;EMAIL=desk@example.net;RSVP=TRUE;PARTSTAT=NEEDS-ACTION:mailto:bob@example.com';
    const lines = (summary: string) =>
      meeting('m', [guest], `SUMMARY:${summary}`).replace('ORGANIZER:', 'ORGANIZER;EMAIL=office@example.net:');
    await putEvent(server, AT, lines('One'));
    // A program that does not know the parameter.
    const { path, text } = await onlyEvent(server, 'bob');
    const answer = text.replaceAll(/;EMAIL=[^;:]*/g, '').replace('PARTSTAT=NEEDS-ACTION', 'PARTSTAT=ACCEPTED');
    expect((await putEvent(server, path, answer, { as: 'bob' })).status).toBe(204);
    await putEvent(server, AT, lines('Two').replace('RSVP=TRUE;PARTSTAT=NEEDS-ACTION', 'PARTSTAT=ACCEPTED'));
    for (const person of ['alice', 'bob']) {
      const known = (await onlyEvent(server, person)).text;
      expect(known).toMatch(/ATTENDEE[^:\r]*EMAIL=desk@example\.net[^:\r]*:mailto:bob@/);
      expect(known).toMatch(/ORGANIZER[^:\r]*EMAIL=office@example\.net[^:\r]*:mailto:alice@/);
      expect(known).toMatch(/PARTSTAT=ACCEPTED[^:\r]*:mailto:bob@/);
    }
  });

  test('of one day that was cancelled is one again, under the UID of a meeting that is gone', async () => {
    const series = meeting('m', [], 'DTSTART:20260302T090000Z', 'RRULE:FREQ=DAILY;COUNT=3');
    const day = meeting('m', ['bob'], 'DTSTART:20260303T090000Z', 'RECURRENCE-ID:20260303T090000Z');
    const both = series.replace('END:VCALENDAR', `${/BEGIN:VEVENT[^]*END:VEVENT\r\n/.exec(day)?.[0]}END:VCALENDAR`);
    await putEvent(server, AT, both);
    await server.request('DELETE', AT, { as: 'alice' });
    const { path, text } = await onlyEvent(server, 'bob');
    expect(text).toContain('STATUS:CANCELLED');
    await server.request('DELETE', path, { as: 'bob' });
    await putEvent(server, AT, both);
    expect((await onlyEvent(server, 'bob')).text).not.toContain('STATUS:CANCELLED');
  });

  test('stands with the tasks where it is one', async () => {
    const task = meeting('t', ['bob']).replaceAll('VEVENT', 'VTODO');
    expect((await putEvent(server, '/dav/calendars/alice/tasks/t.ics', task)).status).toBe(201);
    expect((await onlyEvent(server, 'bob', 'tasks')).text).toContain('UID:t');
  });

  test('of an object without guests is none: it has its entity tag and no schedule tag', async () => {
    const answer = await putEvent(server, AT, event('plain'));
    expect(answer.headers.etag).toBeDefined();
    expect(answer.headers['schedule-tag']).toBeUndefined();
  });
});

describe('an answer', () => {
  test('is at the organizer and at all others at once, and disturbs only the organizer', async () => {
    await putEvent(server, AT, meeting('m', ['bob', 'carol']));
    const [alice, carol] = [await onlyEvent(server, 'alice'), await onlyEvent(server, 'carol')];
    expect(await accept('bob')).toBe(204);
    const told = await onlyEvent(server, 'alice');
    expect(told.text).toMatch(/ATTENDEE;[^:]*PARTSTAT=ACCEPTED[^:]*:mailto:bob/);
    expect(told.text).toMatch(/SCHEDULE-STATUS="?2\.0"?[^:]*:mailto:bob/);
    expect(told.tag).toBe(alice.tag);
    expect(told.etag).not.toBe(alice.etag);
    const other = await onlyEvent(server, 'carol');
    expect(other.text).toMatch(/PARTSTAT=ACCEPTED[^:]*:mailto:bob/);
    expect(other.tag).toBe(carol.tag);
    expect([await inbox('alice'), await inbox('bob'), await inbox('carol')]).toEqual([1, 1, 1]);
  });

  test('is not undone by a client that has the old state, where it asks by the schedule tag', async () => {
    await putEvent(server, AT, meeting('m', ['bob']));
    const { tag } = await onlyEvent(server, 'alice');
    await accept('bob');
    const headers = { 'if-schedule-tag-match': tag };
    const answer = await putEvent(server, AT, meeting('m', ['bob'], 'SUMMARY:Lunch'), { headers });
    expect(answer.status).toBe(204);
    expect((await onlyEvent(server, 'alice')).text).toMatch(/PARTSTAT=ACCEPTED[^:]*:mailto:bob/);
    expect((await onlyEvent(server, 'bob')).text).toContain('SUMMARY:Lunch');
    const again = await putEvent(server, AT, meeting('m', ['bob'], 'SUMMARY:Dinner'), { headers });
    expect(again.status).toBe(412);
  });

  test('of a series counts for the day, too, that another has since answered by itself', async () => {
    await putEvent(server, AT, meeting('m', ['bob', 'carol'], 'RRULE:FREQ=DAILY;COUNT=5'));
    const [bob, carol] = [await onlyEvent(server, 'bob'), await onlyEvent(server, 'carol')];
    const day = carol.text.slice(carol.text.indexOf('BEGIN:VEVENT'), carol.text.indexOf('END:VCALENDAR'));
    const declined = day
      .replace(/RRULE[^\r]*\r\n/, '')
      .replace('DTSTART:20260302', 'RECURRENCE-ID:20260303T090000Z\r\nDTSTART:20260303')
      .replace(/ATTENDEE[^\r]*carol[^\r]*/, 'ATTENDEE;PARTSTAT=DECLINED:mailto:carol@example.com');
    await putEvent(server, carol.path, carol.text.replace('END:VCALENDAR', `${declined}END:VCALENDAR`), {
      as: 'carol',
    });
    const accepted = bob.text.replace(/ATTENDEE[^\r]*bob[^\r]*/, 'ATTENDEE;PARTSTAT=ACCEPTED:mailto:bob@example.com');
    const headers = { 'if-schedule-tag-match': bob.tag };
    expect((await putEvent(server, bob.path, accepted, { as: 'bob', headers })).status).toBe(204);
    expect((await onlyEvent(server, 'alice')).text.match(/PARTSTAT=ACCEPTED[^:]*:mailto:bob/g)).toHaveLength(2);
  });

  test('of who removes the meeting is that it is declined, unless nobody is to know', async () => {
    await putEvent(server, AT, meeting('m', ['bob', 'carol']));
    const [bob, carol] = [await onlyEvent(server, 'bob'), await onlyEvent(server, 'carol')];
    await server.request('DELETE', carol.path, { as: 'carol', headers: { 'schedule-reply': 'F' } });
    expect((await onlyEvent(server, 'alice')).text).not.toContain('DECLINED');
    await server.request('DELETE', bob.path, { as: 'bob' });
    expect((await onlyEvent(server, 'alice')).text).toMatch(/PARTSTAT=DECLINED[^:]*:mailto:bob/);
    expect(await inbox('alice')).toBe(1);
    expect(await pathsIn(server, 'bob', 'calendar')).toEqual([]);
  });
});

describe('a meeting that is removed', () => {
  test('is cancelled in every calendar', async () => {
    await putEvent(server, AT, meeting('m', ['bob']));
    expect((await server.request('DELETE', AT)).status).toBe(204);
    expect((await onlyEvent(server, 'bob')).text).toContain('STATUS:CANCELLED');
    expect(await inbox('bob')).toBe(2);
  });

  test('and comes back under its UID is there again', async () => {
    await putEvent(server, AT, meeting('m', ['bob']));
    await putEvent(server, AT, meeting('m', ['bob'], 'DTSTART:20260302T120000Z'));
    await accept('bob');
    await server.request('DELETE', AT);
    expect((await putEvent(server, AT, meeting('m', ['bob']))).status).toBe(201);
    expect((await onlyEvent(server, 'bob')).text).not.toContain('STATUS:CANCELLED');
    expect(await inbox('bob')).toBe(4);
    await accept('bob');
    expect((await onlyEvent(server, 'alice')).text).toMatch(/PARTSTAT=ACCEPTED[^:]*:mailto:bob/);
  });

  test('is cancelled for who is no guest any more, and for nobody else', async () => {
    await putEvent(server, AT, meeting('m', ['bob', 'carol']));
    await putEvent(server, AT, meeting('m', ['carol']));
    expect((await onlyEvent(server, 'bob')).text).toContain('STATUS:CANCELLED');
    expect((await onlyEvent(server, 'carol')).text).not.toContain('STATUS:CANCELLED');
    expect([await inbox('bob'), await inbox('carol')]).toEqual([2, 1]);
  });
});

describe('what is refused', () => {
  const MALLORY = '/dav/calendars/mallory/calendar/m.ics';

  test('an attendee who changes what is the organizer’s', async () => {
    await putEvent(server, AT, meeting('m', ['bob']));
    const { path, text } = await onlyEvent(server, 'bob');
    const answer = await putEvent(server, path, text.replace('T090000Z', 'T100000Z'), { as: 'bob' });
    expect(answer.status).toBe(403);
    expect(answer.body.toString()).toContain('allowed-attendee-scheduling-object-change');
    expect((await onlyEvent(server, 'bob')).text).toBe(text);
  });

  test('a meeting of somebody here who has not invited the owner, and nothing is written', async () => {
    const answer = await putEvent(server, MALLORY, meeting('m', ['bob']), { as: 'mallory' });
    expect(answer.status).toBe(403);
    expect(answer.body.toString()).toContain('allowed-organizer-scheduling-object-change');
    await putEvent(server, AT, meeting('m', ['bob']));
    const crash = await putEvent(server, MALLORY, meeting('m', ['bob', 'mallory']), { as: 'mallory' });
    expect(crash.status).toBe(403);
    expect(crash.body.toString()).toContain('allowed-attendee-scheduling-object-change');
    expect(await pathsIn(server, 'mallory', 'calendar')).toEqual([]);
    expect(await inbox('alice')).toBe(0);
  });

  test('a message that takes over what is another’s: its sender is told so, and who has it sees nothing', async () => {
    await putEvent(server, AT, meeting('m', ['bob']));
    const forged = meeting('m', ['bob'], 'SUMMARY:Forged').replaceAll('alice@', 'mallory@');
    await putEvent(server, MALLORY, forged, { as: 'mallory' });
    expect((await onlyEvent(server, 'mallory')).text).toMatch(/SCHEDULE-STATUS="?5\.3"?[^:]*:mailto:bob/);
    expect((await onlyEvent(server, 'bob')).text).not.toContain('Forged');
    expect(await inbox('bob')).toBe(1);
  });

  test('an attendee as the organizer of what others have, under another name as well', async () => {
    await putEvent(server, AT, meeting('m', ['bob']));
    const before = await onlyEvent(server, 'bob');
    const taken = meeting('m', ['alice']).replace('ORGANIZER:mailto:alice', 'ORGANIZER:mailto:bob');
    const answer = await putEvent(server, '/dav/calendars/bob/calendar/mine.ics', taken, { as: 'bob' });
    expect(answer.status).toBe(403);
    expect(answer.body.toString()).toContain('allowed-attendee-scheduling-object-change');
    const again = await putEvent(server, '/dav/calendars/bob/calendar/mine.ics', before.text, { as: 'bob' });
    expect(again.status).toBe(409);
    expect(again.body.toString()).toContain('no-uid-conflict');
    expect(await onlyEvent(server, 'bob')).toEqual(before);
  });

  test('more guests than there may be, of what is new as of what is there: nothing is written, and nobody is told', async () => {
    const guests = Array.from({ length: LIMITS.attendeesPerInstance }, (_, at) => `far${at}`);
    const many = meeting('m', ['bob', ...guests]);
    const refused = await putEvent(server, AT, many);
    expect(refused.status).toBe(403);
    expect(refused.body.toString()).toContain('max-attendees-per-instance');
    expect(await pathsIn(server, 'alice', 'calendar')).toEqual([]);
    expect(await pathsIn(server, 'bob', 'calendar')).toEqual([]);
    await putEvent(server, AT, meeting('m', ['bob']));
    const before = await onlyEvent(server, 'alice');
    expect((await putEvent(server, AT, many)).status).toBe(403);
    expect(await onlyEvent(server, 'alice')).toEqual(before);
    expect(await inbox('bob')).toBe(1);
    expect(await queuedMessages(server.context.store.db, 'alice')).toEqual([]);
  });

  test('two organizers in one object', async () => {
    const body = meeting('m', ['bob'], 'RRULE:FREQ=DAILY;COUNT=3');
    const second = meeting('m', ['bob'], 'RECURRENCE-ID:20260303T090000Z', 'DTSTART:20260303T110000Z');
    const part = second.slice(second.indexOf('BEGIN:VEVENT')).replace('ORGANIZER:mailto:alice', 'ORGANIZER:mailto:bob');
    const answer = await putEvent(server, AT, body.replace('END:VCALENDAR\r\n', part));
    expect(answer.status).toBe(403);
    expect(answer.body.toString()).toContain('same-organizer-in-all-components');
  });

  test('the same meeting in a second calendar of its owner', async () => {
    await server.request('MKCALENDAR', '/dav/calendars/alice/more/');
    await putEvent(server, AT, meeting('m', ['bob']));
    const answer = await putEvent(server, '/dav/calendars/alice/more/m.ics', meeting('m', ['bob']));
    expect(answer.status).toBe(403);
    expect(answer.body.toString()).toContain('unique-scheduling-object-resource');
  });
});

describe('an object that is plain data', () => {
  test('has an organizer elsewhere who has not invited its owner, or one whom the server does not tell', async () => {
    const far = meeting('m', ['bob']).replaceAll('alice@example.com', 'far@example.org');
    expect((await putEvent(server, AT, far)).status).toBe(201);
    expect(await pathsIn(server, 'bob', 'calendar')).toEqual([]);
    const own = meeting('n', ['alice']).replace('ORGANIZER:', 'ORGANIZER;SCHEDULE-AGENT=CLIENT:');
    const theirs = own.replaceAll('mailto:alice@example.com', 'mailto:far@example.org');
    expect((await putEvent(server, '/dav/calendars/alice/calendar/n.ics', theirs)).status).toBe(201);
    expect(await queuedMessages(server.context.store.db, 'alice')).toEqual([]);
  });
});

test('an inbox is read and emptied by its owner, and by nobody else', async () => {
  await putEvent(server, AT, meeting('m', ['bob']));
  const [path = ''] = await pathsIn(server, 'bob', 'inbox');
  const item = await server.request('GET', path, { as: 'bob' });
  expect(item.body.toString()).toContain('METHOD:REQUEST');
  for (const method of ['GET', 'DELETE']) {
    expect((await server.request(method, path, { as: 'mallory' })).status).not.toBeLessThan(400);
  }
  expect((await server.request('DELETE', path, { as: 'bob' })).status).toBe(204);
  expect(await inbox('bob')).toBe(0);
});
