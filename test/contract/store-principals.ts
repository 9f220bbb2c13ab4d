import { describe, expect, test } from 'vitest';

import { insertCollection } from '../../src/store/collection-writes.ts';
import { homeCollection } from '../../src/store/collections.ts';
import { deadProperties, setDeadProperty } from '../../src/store/dead-properties.ts';
import {
  allGroupsOf,
  credentialsByLogin,
  delegatesOf,
  delegatorsOf,
  directGroupsOf,
  findPrincipal,
  findPrincipals,
  listPrincipals,
  membersOf,
  principalByAddress,
  principalByGuid,
  removePrincipal,
  savePrincipal,
  searchPrincipals,
  setDelegates,
  setMembers,
  setPasswordHash,
  StoreConflict,
  type PrincipalSpec,
} from '../../src/store/principals.ts';
import { createHome, createUser, fresh, NOW, openedStore, put, type Engine } from './store-engine.ts';

export function principalsContract(engine: Engine): void {
  describe('principals', () => {
    const opened = openedStore(engine);
    const save = (spec: PrincipalSpec, now = NOW) => opened.store.write((tx) => savePrincipal(tx, spec, now));

    test('a new principal has the fields given and defaults for the others', async () => {
      const { principal, created, changed } = await save({ id: 'plain', kind: 'user', emails: ['Plain@Example.org'] });
      expect({ created, changed }).toEqual({ created: true, changed: true });
      expect(principal).toEqual({
        id: 'plain',
        kind: 'user',
        guid: expect.stringMatching(/^[0-9a-f-]{36}$/),
        name: 'plain',
        emails: ['Plain@Example.org'],
        admin: false,
        adminReadOnly: false,
        timezone: undefined,
        locale: undefined,
        autoSchedule: undefined,
        autoAcceptGroup: undefined,
        capacity: undefined,
        roomPolicy: undefined,
        features: [],
        version: 1,
        createdAt: NOW,
        modifiedAt: NOW,
      });
    });

    test('every field is kept as it was given', async () => {
      const spec = {
        id: 'room-1',
        kind: 'room',
        guid: 'guid-of-room-1',
        name: 'Große Halle',
        emails: ['hall@example.org', 'Aula@example.org'],
        admin: true,
        adminReadOnly: true,
        timezone: 'Europe/Berlin',
        locale: 'de',
        autoSchedule: 'accept-if-free',
        autoAcceptGroup: 'staff',
        capacity: 120,
        features: ['beamer', 'piano'],
      } as const;
      await save(spec);
      expect(await findPrincipal(opened.store.db, 'room-1')).toMatchObject(spec);
      expect(await principalByGuid(opened.store.db, 'guid-of-room-1')).toMatchObject({ id: 'room-1' });
    });

    test('saving the same again changes nothing', async () => {
      const spec = { id: 'again', kind: 'user', name: 'A', emails: ['again@example.org'], features: ['x'] } as const;
      await save(spec);
      const { created, changed, principal } = await save(spec, NOW + 1000);
      expect({ created, changed }).toEqual({ created: false, changed: false });
      expect(principal).toMatchObject({ version: 1, modifiedAt: NOW });
    });

    test('a field that is not given stays, null clears, and the version grows', async () => {
      await save({ id: 'partly', kind: 'user', name: 'A', timezone: 'Europe/Rome', emails: ['partly@example.org'] });
      const { principal, changed } = await save({ id: 'partly', kind: 'user', timezone: null }, NOW + 5);
      expect(changed).toBe(true);
      expect(principal).toMatchObject({
        name: 'A',
        timezone: undefined,
        emails: ['partly@example.org'],
        version: 2,
        createdAt: NOW,
        modifiedAt: NOW + 5,
      });
    });

    test('addresses are replaced when they are given, the first one is preferred', async () => {
      await save({ id: 'mail', kind: 'user', emails: ['mail-a@example.org', 'mail-b@example.org'] });
      const { principal } = await save({
        id: 'mail',
        kind: 'user',
        emails: ['Mail-B@example.org', 'mail-c@example.org'],
      });
      expect(principal.emails).toEqual(['Mail-B@example.org', 'mail-c@example.org']);
      expect(await principalByAddress(opened.store.db, 'mail-a@example.org')).toBeUndefined();
      expect(await principalByAddress(opened.store.db, 'MAIL-b@EXAMPLE.org')).toMatchObject({ id: 'mail' });
    });

    test('an address, a guid or an id of somebody else is a conflict that names the field', async () => {
      await save({ id: 'owner', kind: 'user', guid: 'guid-of-owner', emails: ['owner@example.org'] });
      const conflicts: readonly [PrincipalSpec, string][] = [
        [{ id: 'thief', kind: 'user', emails: ['OWNER@example.org'] }, 'emails'],
        [{ id: 'thief', kind: 'user', guid: 'guid-of-owner' }, 'guid'],
        [{ id: 'Owner', kind: 'user' }, 'id'],
        [{ id: 'owner', kind: 'room' }, 'kind'],
      ];
      for (const [spec, field] of conflicts) {
        const error = await save(spec).catch((reason: unknown) => reason);
        expect(error).toBeInstanceOf(StoreConflict);
        expect(error).toMatchObject({ field });
      }
      expect(await findPrincipal(opened.store.db, 'thief')).toBeUndefined();
    });

    test('somebody is found by log-in: the id or any address, without regard to case or composition', async () => {
      await save({ id: 'Ümit', kind: 'user', emails: ['uemit@example.org', 'second@Example.org'] });
      await opened.store.write((tx) => setPasswordHash(tx, 'Ümit', '$argon2id$x', NOW));
      for (const login of ['Ümit', 'ümit', 'ÜMIT', 'U\u0308mit', 'UEMIT@example.org', 'second@example.org']) {
        const found = await credentialsByLogin(opened.store.db, login);
        expect(found, login).toMatchObject({ principal: { id: 'Ümit' }, passwordHash: '$argon2id$x' });
      }
      expect(await credentialsByLogin(opened.store.db, 'nobody@example.org')).toBeUndefined();
    });

    test('without a password there are credentials that hold no hash, and setting one grows the version', async () => {
      const user = await createUser(opened.store);
      expect(await credentialsByLogin(opened.store.db, user.id)).toEqual({ principal: user, passwordHash: undefined });
      await opened.store.write((tx) => setPasswordHash(tx, user.id, 'hash', NOW));
      await opened.store.write((tx) => setPasswordHash(tx, user.id, null, NOW));
      const cleared = await credentialsByLogin(opened.store.db, user.id);
      expect(cleared?.passwordHash).toBeUndefined();
      expect(cleared?.principal.version).toBe(3);
    });

    test('principals are found in the order of the ids asked for, missing ones left out', async () => {
      for (const id of ['order-a', 'order-b', 'order-c'])
        await save({ id, kind: 'user', emails: [`${id}@example.org`] });
      const found = await findPrincipals(opened.store.db, ['order-c', 'order-x', 'order-a']);
      expect(found.map(({ id, emails }) => [id, ...emails])).toEqual([
        ['order-c', 'order-c@example.org'],
        ['order-a', 'order-a@example.org'],
      ]);
      expect(await findPrincipals(opened.store.db, [])).toEqual([]);
    });

    test('principals of a kind are listed in pages', async () => {
      for (const id of ['thing-1', 'thing-2', 'thing-3']) await save({ id, kind: 'resource' });
      const first = await listPrincipals(opened.store.db, { kind: 'resource', limit: 2 });
      const second = await listPrincipals(opened.store.db, { kind: 'resource', after: 'thing-2', limit: 2 });
      expect([first, second].map((page) => page.map(({ id }) => id))).toEqual([['thing-1', 'thing-2'], ['thing-3']]);
      const all = await listPrincipals(opened.store.db, { limit: 1000 });
      expect(all.map(({ id }) => id)).toEqual(expect.arrayContaining(['thing-3', 'plain']));
    });
  });

  describe('searches for principals', () => {
    const opened = openedStore(engine);
    const find = async (search: Parameters<typeof searchPrincipals>[1]): Promise<string[]> =>
      (await searchPrincipals(opened.store.db, search)).map(({ id }) => id);

    test('clauses match name, address and id, whole or in part, and wildcards mean themselves', async () => {
      await opened.store.write(async (tx) => {
        await savePrincipal(tx, { id: 'anna', kind: 'user', name: 'Änne Müller', emails: ['anna@one.org'] }, NOW);
        await savePrincipal(tx, { id: 'bert', kind: 'user', name: 'Bert 100%', emails: ['b_rt@two.org'] }, NOW);
        await savePrincipal(
          tx,
          { id: 'beta', kind: 'room', name: 'Müllerhalle', emails: ['x@b.org', 'hall@one.org'] },
          NOW,
        );
      });
      const one = (
        field: 'name' | 'email' | 'id',
        match: 'contains' | 'starts-with' | 'equals' | 'ends-with',
        text: string,
      ) => find({ clauses: [{ field, match, text }], test: 'allof', limit: 10 });
      expect(await one('name', 'contains', 'MÜLLER')).toEqual(['beta', 'anna']);
      expect(await one('name', 'starts-with', 'müller')).toEqual(['beta']);
      expect(await one('name', 'ends-with', '0%')).toEqual(['bert']);
      expect(await one('name', 'contains', '%m%')).toEqual([]);
      expect(await one('name', 'equals', 'änne müller')).toEqual(['anna']);
      expect(await one('email', 'contains', 'b_')).toEqual(['bert']);
      expect(await one('email', 'ends-with', '@ONE.org')).toEqual(['beta', 'anna']);
      expect(await one('id', 'starts-with', 'be')).toEqual(['bert', 'beta']);
      expect(await one('id', 'contains', '\\')).toEqual([]);
    });

    test('clauses are joined, kinds and the limit narrow, no clause finds all', async () => {
      const clauses = [
        { field: 'name', match: 'contains', text: 'müller' },
        { field: 'id', match: 'starts-with', text: 'be' },
      ] as const;
      expect(await find({ clauses, test: 'allof', limit: 10 })).toEqual(['beta']);
      expect(await find({ clauses, test: 'anyof', limit: 10 })).toEqual(['bert', 'beta', 'anna']);
      expect(await find({ clauses, test: 'anyof', limit: 2 })).toEqual(['bert', 'beta']);
      expect(await find({ clauses, test: 'anyof', kinds: ['room'], limit: 10 })).toEqual(['beta']);
      expect(await find({ clauses: [], test: 'allof', kinds: ['user'], limit: 10 })).toEqual(['bert', 'anna']);
    });
  });

  describe('groups and delegates', () => {
    const opened = openedStore(engine);
    const saveAll = (ids: readonly string[], kind: 'user' | 'group') =>
      opened.store.write(async (tx) => {
        for (const id of ids) await savePrincipal(tx, { id, kind }, NOW);
      });

    test('members are replaced, and the versions of all concerned grow', async () => {
      await saveAll(['u1', 'u2', 'u3'], 'user');
      await saveAll(['g1'], 'group');
      expect(await opened.store.write((tx) => setMembers(tx, 'g1', ['u2', 'u1'], NOW))).toBe(true);
      expect(await opened.store.write((tx) => setMembers(tx, 'g1', ['u1', 'u2'], NOW))).toBe(false);
      expect(await opened.store.write((tx) => setMembers(tx, 'g1', ['u2', 'u3'], NOW))).toBe(true);
      expect(await membersOf(opened.store.db, 'g1')).toEqual(['u2', 'u3']);
      expect(await directGroupsOf(opened.store.db, 'u3')).toEqual(['g1']);
      const versions = (await findPrincipals(opened.store.db, ['u1', 'u2', 'u3', 'g1'])).map(({ version }) => version);
      expect(versions).toEqual([3, 2, 2, 3]);
    });

    test('groups of groups count, also where they contain each other', async () => {
      await saveAll(['deep'], 'user');
      await saveAll(['inner', 'middle', 'outer', 'apart'], 'group');
      await opened.store.write(async (tx) => {
        await setMembers(tx, 'inner', ['deep', 'outer'], NOW);
        await setMembers(tx, 'middle', ['inner'], NOW);
        await setMembers(tx, 'outer', ['middle'], NOW);
      });
      expect(await directGroupsOf(opened.store.db, 'deep')).toEqual(['inner']);
      expect(await allGroupsOf(opened.store.db, 'deep')).toEqual(['inner', 'middle', 'outer']);
      expect(await allGroupsOf(opened.store.db, 'inner')).toEqual(['middle', 'outer']);
    });

    test('delegates read or write, and are found from both sides', async () => {
      await saveAll(['boss', 'reader', 'writer'], 'user');
      const lists = { read: ['reader', 'writer'], write: ['writer'] };
      expect(await opened.store.write((tx) => setDelegates(tx, 'boss', lists, NOW))).toBe(true);
      expect(await opened.store.write((tx) => setDelegates(tx, 'boss', lists, NOW))).toBe(false);
      expect(await delegatesOf(opened.store.db, 'boss')).toEqual([
        { id: 'reader', access: 'read' },
        { id: 'writer', access: 'write' },
      ]);
      expect(await delegatorsOf(opened.store.db, 'writer')).toEqual([{ id: 'boss', access: 'write' }]);
    });

    test('groups of any depth are delegates for their members, but nobody for oneself', async () => {
      await saveAll(['chief', 'clerk', 'intern'], 'user');
      await saveAll(['office', 'juniors'], 'group');
      await opened.store.write(async (tx) => {
        await setMembers(tx, 'office', ['juniors', 'clerk', 'chief'], NOW);
        await setMembers(tx, 'juniors', ['intern', 'office'], NOW);
        await setDelegates(tx, 'chief', { read: ['office'], write: ['clerk'] }, NOW);
      });
      const delegators = (id: string) => delegatorsOf(opened.store.db, id);
      expect(await delegators('intern')).toEqual([{ id: 'chief', access: 'read' }]);
      expect(await delegators('juniors')).toEqual([{ id: 'chief', access: 'read' }]);
      expect(await delegators('clerk')).toEqual([
        { id: 'chief', access: 'read' },
        { id: 'chief', access: 'write' },
      ]);
      expect(await delegators('chief')).toEqual([]);
    });

    test('a member or delegate who does not exist is a conflict', async () => {
      await saveAll(['lonely'], 'group');
      const members = opened.store.write((tx) => setMembers(tx, 'lonely', ['ghost'], NOW));
      await expect(members).rejects.toMatchObject({ name: 'StoreConflict', field: 'members' });
      const delegates = opened.store.write((tx) => setDelegates(tx, 'lonely', { read: ['ghost'], write: [] }, NOW));
      await expect(delegates).rejects.toMatchObject({ name: 'StoreConflict', field: 'delegates' });
    });

    test('removing a principal takes its home and everything that names it along', async () => {
      const { owner, calendar } = await createHome(opened.store);
      const group = fresh('group');
      await saveAll([group], 'group');
      await opened.store.write(async (tx) => {
        await setMembers(tx, group, [owner.id], NOW);
        await setDelegates(tx, group, { read: [owner.id], write: [] }, NOW);
        const head = await put(tx, calendar);
        await setDeadProperty(tx, owner.id, head.id, '{urn:x}p', '<p xmlns="urn:x"/>');
      });
      expect(await opened.store.write((tx) => removePrincipal(tx, owner.id, NOW))).toBe(true);
      expect(await opened.store.write((tx) => removePrincipal(tx, owner.id, NOW))).toBe(false);
      expect(await findPrincipal(opened.store.db, owner.id)).toBeUndefined();
      expect(await homeCollection(opened.store.db, owner.id)).toBeUndefined();
      expect(await membersOf(opened.store.db, group)).toEqual([]);
      expect(await delegatesOf(opened.store.db, group)).toEqual([]);
      for (const table of ['objects', 'dead_properties', 'tombstones', 'collections'] as const) {
        const left = await opened.store.db
          .selectFrom(table)
          .select('home_id')
          .where('home_id', '=', owner.id)
          .execute();
        expect(left, table).toEqual([]);
      }
      // The id is free again, with nothing of what was.
      await opened.store.write(async (tx) => {
        await savePrincipal(tx, { id: owner.id, kind: 'user' }, NOW);
        await insertCollection(tx, { homeId: owner.id, kind: 'home', uri: '' }, NOW);
      });
      expect(await deadProperties(opened.store.db, owner.id)).toEqual(new Map());
    });
  });
}
