import { afterEach, beforeEach, expect, test } from 'vitest';

import { DAY } from '../../src/base/clock.ts';
import { asPrincipalId } from '../../src/base/ids.ts';
import { followGroups } from '../../src/calendar/follow-groups.ts';
import { removePrincipal } from '../../src/calendar/remove-principal.ts';
import { savePrincipal, setMembers } from '../../src/store/principals.ts';
import { queuedMessages } from '../../src/store/mail-messages.ts';
import { startDavServer, type DavServer } from '../dav-server.ts';
import { meeting, onlyEvent, pathsIn, putEvent } from './meeting.ts';

const PEOPLE = ['alice', 'bob', 'carol', 'dave', 'erin'];
const PATH = '/dav/calendars/alice/calendar/m.ics';
const TEAM = 'ATTENDEE;CN=Team;CUTYPE=GROUP:mailto:team@example.com';

let server: DavServer;
beforeEach(async () => {
  server = await startDavServer({ users: PEOPLE, limits: { attendeesPerInstance: 5 } });
  await group('team', ['alice', 'bob', 'carol']);
});
afterEach(() => server.close());

/** A group with these members. */
async function group(id: string, members: readonly string[]): Promise<void> {
  const { store, clock } = server.context;
  await store.write(async (tx) => {
    await savePrincipal(tx, { id, kind: 'group', name: `The ${id}`, emails: [`${id}@example.com`] }, clock());
    await setMembers(tx, id, members, clock());
  });
}

/** What the job does; the outcomes. */
const follow = async (): Promise<readonly string[]> =>
  (await Array.fromAsync(followGroups(server.context))).map(({ outcome }) => outcome);

const textOf = async (path = PATH): Promise<string> =>
  (await server.request('GET', path, { as: 'alice' })).body.toString().replaceAll('\r\n ', '');

/** The lines that invite, by address without `@example.com`. */
const guests = (text: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    [...text.matchAll(/^ATTENDEE(.*):mailto:(\w+)@example\.com\r$/gm)].map(([, params = '', who = '']) => [
      who,
      params,
    ]),
  );

const inboxes = async (): Promise<Readonly<Record<string, number>>> =>
  Object.fromEntries(
    await Promise.all(PEOPLE.map(async (who) => [who, (await pathsIn(server, who, 'inbox')).length] as const)),
  );

const answer = async (who: string, partstat: string): Promise<void> => {
  const { path, text } = await onlyEvent(server, who);
  const line = new RegExp(`(ATTENDEE[^\\n]*)PARTSTAT=NEEDS-ACTION([^\\n]*:mailto:${who}@)`);
  expect(text).toMatch(line);
  const sent = text.replace(line, `$1PARTSTAT=${partstat}$2`);
  expect((await putEvent(server, path, sent, { as: who })).status).toBe(204);
};

test('a group is invited by its members: its line stays, each has the invitation and answers for oneself', async () => {
  expect((await putEvent(server, PATH, meeting('m', [TEAM]))).status).toBe(201);
  const invited = guests(await textOf());
  expect(Object.keys(invited)).toEqual(['alice', 'team', 'bob', 'carol']);
  expect(invited.team).toContain('CUTYPE=GROUP');
  expect(invited.team).toMatch(/SCHEDULE-STATUS="?1\.2/);
  expect(invited.alice).not.toContain('MEMBER');
  for (const part of ['MEMBER="mailto:team@example.com"', 'PARTSTAT=NEEDS-ACTION', 'RSVP=TRUE', 'CUTYPE=INDIVIDUAL'])
    expect(invited.bob).toContain(part);
  expect(await inboxes()).toEqual({ alice: 0, bob: 1, carol: 1, dave: 0, erin: 0 });
  await answer('bob', 'ACCEPTED');
  for (const text of [await textOf(), (await onlyEvent(server, 'carol')).text])
    expect(guests(text).bob).toContain('PARTSTAT=ACCEPTED');
  expect(await pathsIn(server, 'alice', 'inbox')).toHaveLength(1);
  expect(await inboxes()).toMatchObject({ bob: 1, carol: 1 });
});

test('groups in groups count by the people behind them, in circles too; an empty one invites nobody', async () => {
  await group('inner', ['dave', 'bob']);
  await group('empty', []);
  await server.context.store.write((tx) => setMembers(tx, 'team', ['bob', 'inner', 'empty'], 0));
  await server.context.store.write((tx) => setMembers(tx, 'inner', ['dave', 'team'], 0));
  const empty = 'ATTENDEE:mailto:empty@example.com';
  expect((await putEvent(server, PATH, meeting('m', [TEAM, empty]))).status).toBe(201);
  const invited = guests(await textOf());
  expect(Object.keys(invited)).toEqual(['alice', 'team', 'empty', 'bob', 'dave']);
  expect(await inboxes()).toMatchObject({ bob: 1, dave: 1, carol: 0 });
});

test('who is invited by name is not invited again, by whatever address', async () => {
  const named = 'ATTENDEE;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:/dav/principals/users/bob/';
  expect((await putEvent(server, PATH, meeting('m', [named, TEAM]))).status).toBe(201);
  const text = await textOf();
  expect(Object.keys(guests(text))).toEqual(['alice', 'bob', 'team', 'carol']);
  expect(guests(text).bob).not.toContain('MEMBER');
  expect(await inboxes()).toMatchObject({ bob: 1, carol: 1 });
});

test('a client that sends the group alone undoes no answer, and tells nobody', async () => {
  await putEvent(server, PATH, meeting('m', [TEAM]));
  await answer('bob', 'TENTATIVE');
  const before = await inboxes();
  expect((await putEvent(server, PATH, meeting('m', [TEAM]))).status).toBe(204);
  expect(guests(await textOf()).bob).toContain('PARTSTAT=TENTATIVE');
  const withoutMember = (await textOf()).replaceAll(/;MEMBER="[^"]*"/g, '');
  expect((await putEvent(server, PATH, withoutMember)).status).toBe(204);
  const invited = guests(await textOf());
  expect(invited.bob).toContain('PARTSTAT=TENTATIVE');
  expect(invited.bob).toContain('MEMBER="mailto:team@example.com"');
  expect(await inboxes()).toEqual(before);
});

test('without the group, those are off who were there through it alone', async () => {
  await putEvent(server, PATH, meeting('m', ['dave', TEAM]));
  const lines = (await textOf()).split('\r\n').filter((line) => !line.endsWith('mailto:team@example.com'));
  expect((await putEvent(server, PATH, lines.join('\r\n'))).status).toBe(204);
  expect(Object.keys(guests(await textOf()))).toEqual(['alice', 'dave']);
  expect((await onlyEvent(server, 'bob')).text).toContain('STATUS:CANCELLED');
  expect((await onlyEvent(server, 'dave')).text).not.toContain('STATUS:CANCELLED');
  expect(await inboxes()).toMatchObject({ bob: 2, carol: 2, dave: 1 });
});

test('a group with more members than a meeting may have is refused, and nothing is written', async () => {
  await server.context.store.write((tx) => setMembers(tx, 'team', ['bob', 'carol', 'dave', 'erin'], 0));
  const refused = await putEvent(server, PATH, meeting('m', [TEAM]));
  expect(refused.status).toBe(403);
  expect(refused.body.toString()).toContain('max-attendees-per-instance');
  expect((await server.request('GET', PATH, { as: 'alice' })).status).toBe(404);
  expect(await inboxes()).toEqual({ alice: 0, bob: 0, carol: 0, dave: 0, erin: 0 });
});

test('a meeting to come follows the members of its group: who came is invited, who went is off, nobody else is told', async () => {
  await putEvent(server, PATH, meeting('m', [TEAM]));
  await answer('bob', 'ACCEPTED');
  const before = await inboxes();
  await server.context.store.write((tx) => setMembers(tx, 'team', ['alice', 'bob', 'dave'], 0));
  expect(await follow()).toEqual(['changed']);
  const invited = guests(await textOf());
  expect(Object.keys(invited)).toEqual(['alice', 'team', 'bob', 'dave']);
  expect(invited.bob).toContain('PARTSTAT=ACCEPTED');
  expect((await onlyEvent(server, 'carol')).text).toContain('STATUS:CANCELLED');
  expect(guests((await onlyEvent(server, 'dave')).text).dave).toContain('PARTSTAT=NEEDS-ACTION');
  expect(Object.keys(guests((await onlyEvent(server, 'bob')).text))).toEqual(['alice', 'team', 'bob', 'dave']);
  expect(await inboxes()).toEqual({ ...before, carol: 2, dave: 1 });
  expect(await follow()).toEqual([]);
});

test('members of a group in a group count as well, and those who are removed from the server', async () => {
  await group('inner', ['dave', 'erin']);
  await group('outer', ['inner']);
  await putEvent(server, PATH, meeting('m', ['ATTENDEE:mailto:outer@example.com']));
  await server.context.store.write((tx) => setMembers(tx, 'inner', ['dave', 'erin', 'bob'], 0));
  expect(await follow()).toEqual(['changed', 'same']);
  expect(Object.keys(guests(await textOf()))).toEqual(['alice', 'outer', 'dave', 'erin', 'bob']);
  await removePrincipal(server.context, { id: asPrincipalId('erin') });
  await follow();
  expect(Object.keys(guests(await textOf()))).toEqual(['alice', 'outer', 'dave', 'bob']);
  expect(await queuedMessages(server.context.store.db, 'alice')).toEqual([]);
});

test('what is over stays as it was', async () => {
  await putEvent(server, PATH, meeting('m', [TEAM]));
  await server.context.store.write((tx) => setMembers(tx, 'team', ['alice', 'bob', 'dave'], 0));
  server.time.now += 2 * DAY;
  expect(await follow()).toEqual([]);
  expect(Object.keys(guests(await textOf()))).toEqual(['alice', 'team', 'bob', 'carol']);
  // Nor does it become another by being saved again.
  await putEvent(server, PATH, (await textOf()).replace('DURATION:PT1H', 'DURATION:PT1H\r\nCATEGORIES:DONE'));
  expect(Object.keys(guests(await textOf()))).toEqual(['alice', 'team', 'bob', 'carol']);
});

test('a running series is split: who came has the days to come, who went keeps the past ones', async () => {
  await putEvent(server, PATH, meeting('m', [TEAM], 'RRULE:FREQ=DAILY;COUNT=10'));
  await answer('bob', 'ACCEPTED');
  server.time.now += 3 * DAY;
  const before = await inboxes();
  await server.context.store.write((tx) => setMembers(tx, 'team', ['alice', 'bob', 'dave'], 0));
  expect(await follow()).toEqual(['changed']);
  const own = await Promise.all((await pathsIn(server, 'alice', 'calendar')).map(textOf));
  expect(own.map((text) => Object.keys(guests(text)).join(' ')).toSorted()).toEqual([
    'alice team bob carol',
    'alice team bob dave',
  ]);
  expect(guests(await textOf()).bob).toContain('PARTSTAT=ACCEPTED');
  expect((await onlyEvent(server, 'dave')).text).toContain('DTSTART:20260305T090000Z');
  expect(await inboxes()).toEqual({ ...before, carol: 2, dave: 1 });
});

test('of a series that its organizer splits, both parts follow', async () => {
  await putEvent(server, PATH, meeting('m', [TEAM], 'DTSTART:20260310T090000Z', 'RRULE:FREQ=DAILY;COUNT=10'));
  const split = await server.request('POST', `${PATH}?action=split&rid=20260315T090000Z`, { as: 'alice' });
  expect(split.status).toBe(204);
  await server.context.store.write((tx) => setMembers(tx, 'team', ['alice', 'bob', 'dave'], 0));
  expect(await follow()).toEqual(['changed', 'changed']);
  expect(await pathsIn(server, 'dave', 'calendar')).toHaveLength(2);
});
