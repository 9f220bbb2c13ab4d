import { describe, expect, test } from 'vitest';

import { insertCollection, moveCollection, removeCollection } from '../../src/store/collection-writes.ts';
import {
  deleteExpiredLocks,
  deleteLock,
  deleteLocksIn,
  holdHome,
  insertLock,
  locksOfHome,
  prolongLock,
  type Lock,
} from '../../src/store/locks.ts';
import { NO_INDEX } from '../../src/store/object-rows.ts';
import { headByName, homeUsage, insertObject, objectByName, removeObject } from '../../src/store/objects.ts';
import {
  contentsOf,
  contentTypeOf,
  copyFiles,
  plainBelow,
  relocatePlain,
  removePlain,
  setContentType,
} from '../../src/store/plain-collections.ts';
import { removePrincipal } from '../../src/store/principals.ts';
import { setDeadProperty, deadProperties } from '../../src/store/dead-properties.ts';
import { newObjectId } from '../../src/base/ids.ts';
import type { Collection } from '../../src/store/collection-rows.ts';
import type { Store } from '../../src/store/store.ts';
import { createHome, NOW, openedStore, type Engine } from './store-engine.ts';

/** Something that is no calendar object. */
const fileIn = ({ homeId, id: collectionId }: Collection, name: string, text: string) => ({
  ...{ id: newObjectId(), homeId, collectionId, name, uid: name, component: '', etag: text, octets: Buffer.from(text) },
  ...{ seq: 2, createdSeq: 2, ...NO_INDEX },
});

export function locksContract(engine: Engine): void {
  describe('locks', () => {
    const opened = openedStore(engine);
    const lockOn = ({ homeId, id, uri }: Collection, token: string, fields: Partial<Lock> = {}): Lock => ({
      ...{
        token,
        homeId,
        collectionId: id,
        uri,
        object: undefined,
        principalId: homeId,
        isShared: false,
        isDeep: true,
      },
      ...{ owner: '<D:owner/>', timeoutSeconds: 60, expiresAt: NOW + 60_000, ...fields },
    });

    test('are told of a home until they expire, the longer where they begin anew', async () => {
      const { calendar } = await createHome(opened.store);
      const list = (now: number) => locksOfHome(opened.store.db, calendar.homeId, now);
      const lock = lockOn(calendar, `urn:${calendar.id}`, { isShared: true });
      await opened.store.write((tx) => insertLock(tx, lock));
      expect([await list(NOW), await list(NOW + 60_000)]).toEqual([[lock], []]);
      const longer = { timeoutSeconds: 90, expiresAt: NOW + 90_000 };
      await opened.store.write((tx) => prolongLock(tx, lock.token, longer));
      expect(await list(NOW + 60_000)).toEqual([{ ...lock, ...longer }]);
      await opened.store.write((tx) => deleteLock(tx, lock.token));
      expect(await list(NOW)).toEqual([]);
    });

    test('two processes do not both make the only one', async () => {
      const { calendar } = await createHome(opened.store);
      const other = await opened.open();
      const make = (store: Store, name: string) =>
        store.write(async (tx) => {
          await holdHome(tx, calendar.homeId);
          if ((await locksOfHome(tx, calendar.homeId, NOW)).length > 0) return false;
          await insertLock(tx, lockOn(calendar, `${name}${calendar.id}`));
          return true;
        });
      const made = await Promise.all(['a', 'b', 'c', 'd'].map((name, at) => make(at % 2 ? other : opened.store, name)));
      expect(made.filter(Boolean)).toHaveLength(1);
    });

    test('are removed when they have expired, and counted', async () => {
      const { calendar } = await createHome(opened.store);
      const tokens = ['a', 'b', 'c'].map((name) => `${name}${calendar.id}`);
      await opened.store.write(async (tx) => {
        for (const [at, token] of tokens.entries()) {
          await insertLock(tx, lockOn(calendar, token, { expiresAt: NOW - 1_000_000 + at }));
        }
      });
      expect(await opened.store.write((tx) => deleteExpiredLocks(tx, NOW - 1_000_000 + 1))).toBe(2);
      const rest = await locksOfHome(opened.store.db, calendar.homeId, NOW - 1_000_000);
      expect(rest.map(({ token }) => token)).toEqual([tokens[2]]);
    });

    test('go with the object, the collection, who made them, and with a collection that goes elsewhere', async () => {
      const { owner, calendar } = await createHome(opened.store);
      const { owner: maker } = await createHome(opened.store);
      const left = async () =>
        (await locksOfHome(opened.store.db, owner.id, NOW)).map(({ token }) => token.split(':')[0]);
      const token = (name: string) => `${name}:${calendar.id}`;
      await opened.store.write(async (tx) => {
        const object = await insertObject(tx, fileIn(calendar, 'o', 'x'), NOW);
        await insertLock(tx, lockOn(calendar, token('object'), { object: { id: object.id, name: 'o' } }));
        await insertLock(tx, lockOn(calendar, token('maker'), { principalId: maker.id }));
        await insertLock(tx, lockOn(calendar, token('whole')));
      });
      expect(await left()).toEqual(['maker', 'object', 'whole']);
      await opened.store.write(async (tx) => {
        await removeObject(tx, (await headByName(tx, calendar.id, 'o'))!, 3, NOW);
        await removePrincipal(tx, maker.id, NOW);
      });
      expect(await left()).toEqual(['whole']);
      await opened.store.write(async (tx) => {
        await deleteLocksIn(tx, [calendar.id]);
        await moveCollection(tx, calendar.id, 'elsewhere', NOW);
        await insertLock(tx, lockOn(calendar, token('again')));
      });
      expect(await left()).toEqual(['again']);
      await opened.store.write((tx) => removeCollection(tx, calendar.id, NOW));
      expect(await left()).toEqual([]);
    });
  });

  describe('plain collections', () => {
    const opened = openedStore(engine);

    async function tree(uris: readonly string[]) {
      const { owner } = await createHome(opened.store);
      const homeId = owner.id;
      const made = new Map<string, Collection>();
      await opened.store.write(async (tx) => {
        for (const uri of uris) made.set(uri, await insertCollection(tx, { homeId, kind: 'plain', uri }, NOW));
      });
      const below = async (uri: string) => (await plainBelow(opened.store.db, homeId, uri)).map((each) => each.uri);
      return { homeId, made, below, at: (uri: string) => made.get(uri)! };
    }

    test('below one are those whose path goes on from it, in order', async () => {
      const { below } = await tree(['/', '/a', '/a/b', '/a/b/ü', '/a!', '/a0', '/ab', '/a/ä/c']);
      expect(await below('/a')).toEqual(['/a/b', '/a/b/ü', '/a/ä/c']);
      expect(await below('/')).toEqual(['/a', '/a!', '/a/b', '/a/b/ü', '/a/ä/c', '/a0', '/ab']);
      expect(await below('/a/b/ü')).toEqual([]);
    });

    test('go elsewhere, and go, with what they hold', async () => {
      const { homeId, below, at } = await tree(['/', '/a', '/a/b']);
      await opened.store.write(async (tx) => {
        await insertObject(tx, fileIn(at('/a/b'), 'f', 'octets'), NOW);
        await setDeadProperty(tx, homeId, at('/a/b').id, '{urn:x}a', '<a/>');
        await relocatePlain(tx, [
          { id: at('/a').id, uri: '/c' },
          { id: at('/a/b').id, uri: '/c/b' },
        ]);
      });
      expect([await below('/'), await below('/c')]).toEqual([['/c', '/c/b'], ['/c/b']]);
      expect(await contentsOf(opened.store.db, [at('/a').id, at('/a/b').id])).toEqual({ members: 1, octets: 6 });
      await opened.store.write((tx) => removePlain(tx, [at('/a').id, at('/a/b').id]));
      expect([await below('/'), await homeUsage(opened.store.db, homeId)]).toEqual([[], 0]);
      expect((await deadProperties(opened.store.db, at('/a/b').id)).size).toBe(0);
    });

    test('a copy of a file has its octets, type and dead properties, and is counted', async () => {
      const { homeId, at } = await tree(['/', '/a']);
      const { db } = opened.store;
      await opened.store.write(async (tx) => {
        const head = await insertObject(tx, fileIn(at('/'), 'f', 'octets'), NOW);
        await setContentType(tx, head, 'text/x');
        await setContentType(tx, head, 'text/y');
        await setDeadProperty(tx, homeId, head.id, '{urn:x}a', '<a/>');
        const to = { homeId, collectionId: at('/a').id, seq: 9, now: NOW + 1 };
        await copyFiles(tx, [{ source: head, name: 'g' }], to);
        await copyFiles(tx, [], to);
      });
      const copy = (await objectByName(db, at('/a').id, 'g'))!;
      expect(copy).toMatchObject({ uid: 'g', component: '', etag: 'octets', size: 6, seq: 9, createdAt: NOW + 1 });
      expect(Buffer.from(copy.octets).toString()).toBe('octets');
      expect([await contentTypeOf(db, copy.id), await homeUsage(db, homeId)]).toEqual(['text/y', 12]);
      expect([...(await deadProperties(db, copy.id))]).toEqual([['{urn:x}a', '<a/>']]);
    });
  });
}
