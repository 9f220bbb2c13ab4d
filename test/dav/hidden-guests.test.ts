import { afterEach, beforeEach, expect, test } from 'vitest';

import { savePrincipal, setMembers } from '../../src/store/principals.ts';
import { queuedMessages } from '../../src/store/mail-messages.ts';
import { calendarReport, eventsWithin } from '../dav-client.ts';
import { startDavServer, type DavServer } from '../dav-server.ts';
import { meeting, onlyEvent, pathsIn, putEvent } from './meeting.ts';

let server: DavServer;
const AT = '/dav/calendars/alice/calendar/m.ics';
const HIDDEN = 'X-JMAP-HIDE-ATTENDEES;VALUE=BOOLEAN:TRUE';
const FAR = 'ATTENDEE:mailto:far@example.org';

beforeEach(async () => {
  server = await startDavServer({ users: ['alice', 'bob', 'carol', 'dave'] });
});
afterEach(() => server.close());

const invite = (...lines: readonly string[]) => putEvent(server, AT, meeting('m', ['bob', 'carol', FAR], ...lines));
const unfolded = (body: Buffer): string => body.toString().replaceAll('\r\n ', '');

/** All that somebody can read of the meeting: calendar, inbox, reports, versions. */
async function everythingOf(owner: string): Promise<string> {
  const texts: string[] = [];
  for (const uri of ['calendar', 'inbox']) {
    for (const path of await pathsIn(server, owner, uri)) {
      texts.push(unfolded((await server.request('GET', path, { as: owner })).body));
    }
  }
  const query = calendarReport('calendar-query', eventsWithin(Date.UTC(2026, 2, 1), Date.UTC(2026, 3, 1)));
  const found = await server.request('REPORT', `/dav/calendars/${owner}/calendar/`, { as: owner, ...query });
  return [...texts, unfolded(found.body)].join('\n');
}

async function answer(as: string, partstat = 'ACCEPTED', ...lines: readonly string[]): Promise<number> {
  const { path, text } = await onlyEvent(server, as);
  const own = new RegExp(`ATTENDEE[^:\\r]*:mailto:${as}@example\\.com`);
  const line = [`ATTENDEE;PARTSTAT=${partstat}:mailto:${as}@example.com`, ...lines].join('\r\n');
  return (await putEvent(server, path, text.replace(own, line), { as })).status;
}

/** Whom each of bob, carol and the one elsewhere can see but the organizer and themselves. */
async function seen(): Promise<Readonly<Record<string, boolean>>> {
  const queued = await queuedMessages(server.context.store.db, 'alice');
  return {
    bob: /carol|far@/.test(await everythingOf('bob')),
    carol: /bob|far@/.test(await everythingOf('carol')),
    far: queued.some(({ octets }) => /bob|carol/.test(unfolded(Buffer.from(octets)))),
  };
}
const NOBODY = { bob: false, carol: false, far: false };

test('each copy names the organizer and its owner alone, in calendar, inbox, reports and in what goes elsewhere', async () => {
  expect((await invite(HIDDEN)).status).toBe(201);
  expect(await seen()).toEqual(NOBODY);
  for (const guest of ['bob', 'carol']) {
    const { text } = await onlyEvent(server, guest);
    expect(text).toContain(`mailto:${guest}@example.com`);
    expect(text).toContain('ATTENDEE;PARTSTAT=ACCEPTED:mailto:alice@example.com');
    expect(text).not.toContain('X-JMAP');
  }
  expect((await onlyEvent(server, 'alice')).text).toMatch(/bob[^]*carol[^]*far@/);
});

test('an answer is nobody else’s business, and takes nobody out of the meeting', async () => {
  await invite(HIDDEN);
  const { etag } = await onlyEvent(server, 'carol');
  expect(await answer('bob')).toBe(204);
  expect((await onlyEvent(server, 'carol')).etag).toBe(etag);
  expect(await seen()).toEqual(NOBODY);
  const { text } = await onlyEvent(server, 'alice');
  expect(text).toMatch(/PARTSTAT=ACCEPTED[^:]*:mailto:bob/);
  expect(text).toMatch(/:mailto:carol/);
  expect(text).toMatch(/:mailto:far@/);
});

test('changes and cancellations tell of nobody either', async () => {
  await invite(HIDDEN);
  await invite(HIDDEN, 'SUMMARY:Lunch');
  expect((await onlyEvent(server, 'bob')).text).toContain('SUMMARY:Lunch');
  await putEvent(server, AT, meeting('m', ['bob', FAR], HIDDEN));
  await server.request('DELETE', AT);
  expect(await seen()).toEqual(NOBODY);
  expect((await onlyEvent(server, 'bob')).text).toContain('STATUS:CANCELLED');
});

test('turned on later, it takes the others out of the copies, and a copy from before is none to answer with', async () => {
  await invite();
  expect(await seen()).toEqual({ bob: true, carol: true, far: true });
  const { path, text, tag } = await onlyEvent(server, 'bob');
  expect((await invite(HIDDEN)).status).toBe(204);
  expect((await onlyEvent(server, 'bob')).text).not.toMatch(/carol|far@/);
  expect((await onlyEvent(server, 'carol')).text).not.toMatch(/bob|far@/);
  const headers = { 'if-schedule-tag-match': tag };
  expect((await putEvent(server, path, text, { as: 'bob', headers })).status).toBe(412);
});

test('a program of the organizer’s that loses the mark shows nobody; FALSE does', async () => {
  await invite(HIDDEN);
  await invite('SUMMARY:Lunch');
  expect(await seen()).toEqual(NOBODY);
  expect((await onlyEvent(server, 'alice')).text).toContain('X-JMAP-HIDE-ATTENDEES');
  await invite('SUMMARY:Lunch', 'X-JMAP-HIDE-ATTENDEES;VALUE=BOOLEAN:FALSE');
  expect((await onlyEvent(server, 'bob')).text).toContain('carol');
});

test('no mark of an attendee’s turns it off, and a guess is answered alike whether it is right or wrong', async () => {
  await invite(HIDDEN);
  expect(await answer('bob', 'ACCEPTED', 'X-JMAP-HIDE-ATTENDEES;VALUE=BOOLEAN:FALSE')).toBe(204);
  await invite(HIDDEN, 'LOCATION:Room 1');
  expect((await onlyEvent(server, 'bob')).text).not.toContain('carol');
  const guess = (who: string) => answer('bob', 'TENTATIVE', `ATTENDEE:mailto:${who}@example.com`);
  const [right, wrong] = [await guess('carol'), await guess('dave')];
  expect([right, wrong]).toEqual([403, 403]);
  expect(await seen()).toEqual(NOBODY);
});

test('a day of a series that marks itself hides the guests of all days', async () => {
  const day = ['BEGIN:VEVENT', 'UID:m', 'RECURRENCE-ID:20260303T090000Z', 'DTSTART:20260303T100000Z', 'DURATION:PT1H'];
  const people = ['ORGANIZER:mailto:alice@example.com', 'ATTENDEE:mailto:bob@example.com', HIDDEN];
  const series = ['DTSTART:20260302T090000Z', 'RRULE:FREQ=DAILY;COUNT=5', 'END:VEVENT'];
  expect((await invite(...series, ...day, 'DTSTAMP:20260301T000000Z', ...people)).status).toBe(201);
  expect((await onlyEvent(server, 'bob')).text).toContain('RECURRENCE-ID');
  expect(await seen()).toEqual(NOBODY);
});

test('members of a group see neither each other nor the group', async () => {
  const { store, clock } = server.context;
  await store.write(async (tx) => {
    await savePrincipal(tx, { id: 'team', kind: 'group', name: 'Team', emails: ['team@example.com'] }, clock());
    await setMembers(tx, 'team', ['bob', 'carol'], clock());
  });
  const team = 'ATTENDEE;CUTYPE=GROUP:mailto:team@example.com';
  expect((await putEvent(server, AT, meeting('m', [team, 'dave'], HIDDEN))).status).toBe(201);
  expect((await onlyEvent(server, 'alice')).text).toMatch(/team[^]*bob|bob[^]*team/);
  for (const [guest, others] of [
    ['bob', /carol|dave|team/],
    ['carol', /bob|dave|team/],
    ['dave', /bob|carol|team/],
  ] as const) {
    expect((await onlyEvent(server, guest)).text).toContain(`mailto:${guest}@example.com`);
    expect(await everythingOf(guest)).not.toMatch(others);
  }
  expect(await answer('bob')).toBe(204);
  expect((await onlyEvent(server, 'alice')).text).toMatch(/MEMBER="mailto:team@example\.com"[^\r]*:mailto:bob/);
});
