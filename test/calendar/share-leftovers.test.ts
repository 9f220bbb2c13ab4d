import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { asPrincipalId } from '../../src/base/ids.ts';
import { applyPrincipals } from '../../src/calendar/provision.ts';
import type { PrincipalSpec } from '../../src/calendar/principal-spec.ts';
import { getPrincipal } from '../../src/calendar/principals.ts';
import { restoreFromTrash, trashOf } from '../../src/calendar/trash.ts';
import { removePrincipal } from '../../src/calendar/remove-principal.ts';
import { openStore, type StoreOptions } from '../../src/store/store.ts';
import { multistatus, propfind } from '../dav-client.ts';
import { CALENDAR_TYPE, event, startDavServer, type DavServer } from '../dav-server.ts';
import {
  calendarOf,
  mailto,
  notices,
  props,
  reply,
  set,
  share,
  shareWith,
  uidOf,
  unset,
} from '../dav/share-requests.ts';
import { postgresForTests } from '../postgres/database.ts';

/** A share never outlives what it belongs to, and follows the members of groups. */
let server: DavServer;

const postgres = await postgresForTests();
const engines: readonly (readonly [name: string, options: () => Promise<StoreOptions>])[] = [
  ['SQLite', () => Promise.resolve({ sqlite: ':memory:' })],
  ...('missing' in postgres ? [] : [['PostgreSQL', async () => ({ postgres: await postgres.create() })] as const]),
];

const CALENDAR = calendarOf('alice');
const TEAM = '/dav/principals/groups/team/';

/** Rows that shares leave in the database. */
async function rows(): Promise<readonly number[]> {
  const { db } = server.context.store;
  const count = async (table: 'shares' | 'share_answers' | 'personal_objects'): Promise<number> =>
    (
      await db
        .selectFrom(table)
        .select((eb) => eb.fn.countAll<number>().as('n'))
        .executeTakeFirstOrThrow()
    ).n;
  const mounts = await db.selectFrom('collections').select('id').where('shared_id', 'is not', null).execute();
  return [await count('shares'), await count('share_answers'), await count('personal_objects'), mounts.length];
}

const group = (id: string, ...members: readonly string[]) =>
  applyPrincipals(
    server.context,
    [{ path: id, id: asPrincipalId(id), kind: 'group', name: id, members } as unknown as PrincipalSpec],
    { user: [], place: [] },
  );

const removeUser = async (id: string) => removePrincipal(server.context, (await getPrincipal(server.context, id))!);

async function mountsIn(user: string): Promise<number> {
  const answer = await server.request('PROPFIND', `/dav/calendars/${user}/`, {
    as: user,
    ...propfind('1', ['CS:shared-url']),
  });
  return multistatus(answer.body).entries.filter(({ props: found }) => found.has('shared-url')).length;
}

describe.each(engines)('on %s', (_, options) => {
  beforeEach(async () => {
    server = await startDavServer({
      users: ['aaron', 'alice', 'bob', 'carol', 'dave'],
      limits: { peoplePerSharedCalendar: 3 },
      settings: { freeBusyForAll: false },
      open: async (services) => openStore(await options(), services),
    });
  });
  afterEach(() => server.close());

  describe('nothing is left of a share', () => {
    /** One who has it and wrote, one who was asked. */
    beforeEach(async () => {
      const mount = await shareWith(server, CALENDAR, 'bob', 'read-write');
      const headers = CALENDAR_TYPE;
      const alarm = ['BEGIN:VALARM', 'ACTION:DISPLAY', 'DESCRIPTION:x', 'TRIGGER:-PT5M', 'END:VALARM'];
      await server.request('PUT', `${mount}a.ics`, { as: 'bob', headers, body: event('a', ...alarm) });
      await share(server, CALENDAR, set(mailto('carol')));
      expect((await rows()).slice(0, 2)).toEqual([2, 2]);
    });

    test('when the calendar is deleted: it is gone from the sharee, who is told, and comes back unshared', async () => {
      expect((await server.request('DELETE', CALENDAR)).status).toBe(204);
      expect(await rows()).toEqual([0, 0, 0, 0]);
      expect(await notices(server, 'bob')).toEqual([expect.stringContaining('<CS:invite-deleted/>')]);
      expect(await notices(server, 'carol')).toEqual([]);
      const actor = { id: asPrincipalId('alice'), admin: false, adminReadOnly: false, deviceId: undefined };
      const [trashed] = await trashOf(server.context, actor, 'alice');
      await restoreFromTrash(server.context, { actor, homeId: 'alice', id: trashed!.id });
      expect((await server.request('GET', `${CALENDAR}a.ics`)).status).toBe(200);
      expect(await rows()).toEqual([0, 0, 0, 0]);
      expect((await server.request('GET', CALENDAR, { as: 'bob' })).status).toBe(403);
    });

    test('when the calendar is overwritten by another', async () => {
      const headers = { destination: CALENDAR, overwrite: 'T' };
      expect((await server.request('MOVE', calendarOf('alice', 'tasks'), { headers })).status).toBe(204);
      expect(await rows()).toEqual([0, 0, 0, 0]);
      expect(await mountsIn('bob')).toBe(0);
    });

    test('when the sharer is removed', async () => {
      await removeUser('alice');
      expect(await rows()).toEqual([0, 0, 0, 0]);
      expect(await mountsIn('bob')).toBe(0);
      expect(await notices(server, 'carol')).toEqual([]);
    });

    test('when the sharees are removed: the calendar is shared with nobody', async () => {
      await removeUser('bob');
      await removeUser('carol');
      expect(await rows()).toEqual([0, 0, 0, 0]);
      expect(await props(server, 'alice', CALENDAR, 'resourcetype')).not.toContain('shared-owner');
      expect(await notices(server, 'alice')).toEqual([]);
    });

    test('when it is taken back', async () => {
      await share(server, CALENDAR, unset(mailto('bob')) + unset(mailto('carol')));
      expect(await rows()).toEqual([0, 0, 0, 0]);
      expect((await server.request('GET', `${CALENDAR}a.ics`)).status).toBe(200);
    });

    test("of the sharee's, when it is left", async () => {
      await reply(server, 'bob', { uid: await uidOf(server, 'bob'), accepted: false });
      expect(await rows()).toEqual([2, 2, 0, 0]);
    });
  });

  describe('a share with a group', () => {
    beforeEach(async () => {
      await group('team', 'bob', 'carol');
      await share(server, CALENDAR, set(TEAM, 'read-write'));
      await reply(server, 'bob', { uid: await uidOf(server, 'bob') });
    });

    test('asks who joins, and takes from who leaves', async () => {
      await group('team', 'carol', 'dave');
      expect(await mountsIn('bob')).toBe(0);
      expect(await notices(server, 'bob')).toEqual([expect.stringContaining('<CS:invite-deleted/>')]);
      expect(await notices(server, 'dave')).toEqual([expect.stringContaining('<CS:invite-noresponse/>')]);
      expect((await server.request('GET', CALENDAR, { as: 'bob' })).status).toBe(403);
      expect((await reply(server, 'dave', { uid: await uidOf(server, 'dave') })).status).toBe(200);
      expect(await rows()).toEqual([1, 2, 0, 1]);
    });

    test('follows groups within the group', async () => {
      await group('inner', 'dave');
      await group('team', 'bob', 'inner');
      expect(await notices(server, 'dave')).toHaveLength(1);
      await reply(server, 'dave', { uid: await uidOf(server, 'dave') });
      await group('inner');
      expect(await mountsIn('dave')).toBe(0);
      expect(await mountsIn('bob')).toBe(1);
    });

    test('ends for the members of a group that is removed from within it', async () => {
      await group('inner', 'dave');
      await group('team', 'bob', 'inner');
      await reply(server, 'dave', { uid: await uidOf(server, 'dave') });
      await removeUser('inner');
      expect([await mountsIn('dave'), await mountsIn('bob')]).toEqual([0, 1]);
    });

    test('goes with the group', async () => {
      await removeUser('team');
      expect(await rows()).toEqual([0, 0, 0, 0]);
      expect(await mountsIn('bob')).toBe(0);
      expect(await notices(server, 'carol')).toEqual([]);
    });

    test('takes from nobody who has it when the group grows beyond the bound: who joins then is not asked', async () => {
      await group('team', 'bob', 'carol', 'dave', 'aaron');
      expect(await mountsIn('bob')).toBe(1);
      expect(await notices(server, 'carol')).toHaveLength(1);
      expect([await notices(server, 'aaron'), await notices(server, 'dave')].map(({ length }) => length)).toEqual([
        1, 0,
      ]);
    });

    test('the same members again change nothing', async () => {
      const before = await notices(server, 'carol');
      server.time.now += 60_000;
      await group('team', 'bob', 'carol');
      expect(await notices(server, 'carol')).toEqual(before);
      expect(await mountsIn('bob')).toBe(1);
    });
  });
});
