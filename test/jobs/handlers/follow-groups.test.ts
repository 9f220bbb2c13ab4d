import { afterEach, beforeEach, expect, test } from 'vitest';

import { DAY } from '../../../src/base/clock.ts';
import { applyPrincipals } from '../../../src/calendar/provision.ts';
import { followGroups } from '../../../src/jobs/handlers/follow-groups.ts';
import { SILENT_LOG, startDavServer, type DavServer } from '../../dav-server.ts';
import { meeting, onlyEvent, pathsIn, putEvent } from '../../dav/meeting.ts';
import { NO_NETWORK } from '../no-network.ts';

let server: DavServer;
beforeEach(async () => {
  server = await startDavServer({ users: ['alice', 'bob', 'carol', 'dave'], limits: { attendeesPerInstance: 4 } });
  await provision(['bob']);
});
afterEach(() => server.close());

const provision = (members: readonly string[]) => {
  const team = {
    path: 'team',
    id: 'team',
    name: 'Team',
    kind: 'group',
    emails: ['team@example.com'],
    members,
  } as const;
  return applyPrincipals(server.context, [team], { user: [], place: [] });
};

async function run(): Promise<readonly string[]> {
  const said: string[] = [];
  const note = (...words: readonly unknown[]): void => void said.push(String(words.at(-1)));
  const log = { ...SILENT_LOG, info: note, warn: note };
  const context = { calendar: server.context, log, retention: DAY, ...NO_NETWORK };
  await followGroups.run(context, new AbortController().signal);
  return said;
}

test('meetings follow the groups of a provisioned file, once, and say nothing where nothing is to be done', async () => {
  await putEvent(server, '/dav/calendars/alice/calendar/m.ics', meeting('m', ['ATTENDEE:mailto:team@example.com']));
  expect(await run()).toEqual([]);
  await provision(['bob', 'carol']);
  expect(await pathsIn(server, 'carol', 'calendar')).toEqual([]);
  expect(await run()).toEqual(['meetings follow the members of their groups']);
  expect((await onlyEvent(server, 'carol')).text).toContain('MEMBER="mailto:team@example.com"');
  expect(await run()).toEqual([]);
  expect(await pathsIn(server, 'carol', 'inbox')).toHaveLength(1);
});

test('a group that grows past what a meeting may have leaves the meeting as it is', async () => {
  const path = '/dav/calendars/alice/calendar/m.ics';
  await putEvent(server, path, meeting('m', ['dave', 'ATTENDEE:mailto:team@example.com']));
  const { text } = await onlyEvent(server, 'alice');
  await provision(['bob', 'carol']);
  expect(await run()).toEqual(['a meeting cannot follow the members of its group']);
  expect((await onlyEvent(server, 'alice')).text).toBe(text);
  expect(await pathsIn(server, 'carol', 'calendar')).toEqual([]);
  expect(await run()).toEqual([]);
});

test('a meeting that was deleted is followed no more', async () => {
  const path = '/dav/calendars/alice/calendar/m.ics';
  await putEvent(server, path, meeting('m', ['ATTENDEE:mailto:team@example.com']));
  await server.request('DELETE', path, { as: 'alice' });
  await provision(['bob', 'carol']);
  expect(await run()).toEqual([]);
  expect(await pathsIn(server, 'carol', 'inbox')).toEqual([]);
  expect(await server.context.store.db.selectFrom('group_meetings').selectAll().execute()).toEqual([]);
});
