import { describe, expect, test } from 'vitest';

import { newCollectionId } from '../../src/base/ids.ts';
import { nextSeq } from '../../src/store/change-sequence.ts';
import { removeCollection } from '../../src/store/collection-writes.ts';
import { insertMount } from '../../src/store/mounts.ts';
import { homeUsage, removeObject, updateObject, type ObjectHead } from '../../src/store/objects.ts';
import {
  changesOfMount,
  headToReplace,
  keepOwnForm,
  keepSharedForm,
  ownFormsOf,
  personalStates,
  sharedBefore,
} from '../../src/store/personal-objects.ts';
import { createHome, NOW, octetsOf, openedStore, put, type Engine } from './store-engine.ts';

/** What sharees have for themselves of the objects of others. */
export function personalContract(engine: Engine): void {
  describe('personal objects', () => {
    const opened = openedStore(engine);

    async function mounted() {
      const { store } = opened;
      const { calendar, owner: sharer } = await createHome(store);
      const { owner: sharee } = await createHome(store);
      const place = { id: newCollectionId(), homeId: sharee.id, uri: 'shared', calendar };
      const mount = await store.write((tx) => insertMount(tx, place, NOW));
      const object = await store.write((tx) => put(tx, calendar));
      const own = (text: string, seq: number, sharedEtag = object.etag) => ({
        ...{ objectId: object.id, mountId: mount.id, homeId: sharee.id, sharedEtag, etag: `${text}-tag`, seq },
        ...{ modifiedAt: NOW, octets: octetsOf(text) },
      });
      return { store, calendar, mount, object, sharer, sharee, own };
    }

    /** Other octets in the place of an object's. */
    async function replace(head: ObjectHead, text: string): Promise<ObjectHead> {
      return opened.store.write(async (tx) => {
        const seq = (await nextSeq(tx, head.collectionId, NOW))!;
        return updateObject(tx, head.id, { octets: octetsOf(text), etag: `${text}-tag`, seq }, NOW);
      });
    }

    const changes = async (at: { calendar: { id: string }; mount: { id: string } }, since: number, limit = 1000) => {
      const ids = { collectionId: at.calendar.id, mountId: at.mount.id };
      const found = await changesOfMount(opened.store.db, ids, { since, upTo: 1_000_000, limit });
      return { ...found, changes: found.changes.map(({ kind, seq }) => `${kind} ${seq}`) };
    };

    test('an object is what is stored, until a sharee keeps a form of their own', async () => {
      const { store, mount, object, sharee, own } = await mounted();
      const stored = { shared: { etag: object.etag, seq: object.seq, octets: undefined }, own: undefined };
      expect((await personalStates(store.db, mount.id, [object.id])).get(object.id)).toEqual(stored);
      await store.write((tx) => keepOwnForm(tx, own('first', 7)));
      await store.write((tx) => keepOwnForm(tx, own('second one', 9)));
      const { objectId: _, mountId: _m, homeId: _h, ...form } = own('second one', 9);
      const state = (await personalStates(store.db, mount.id, [object.id, 'none'])).get(object.id)!;
      expect({ ...state.own, octets: Buffer.from(state.own!.octets).toString() }).toEqual({
        ...form,
        octets: 'second one',
      });
      expect((await ownFormsOf(store.db, object.id)).map(({ etag }) => etag)).toEqual(['second one-tag']);
      expect(await homeUsage(store.db, sharee.id)).toBe(10);
      const other = await personalStates(store.db, newCollectionId(), [object.id]);
      expect(other.get(object.id)).toEqual(stored);
    });

    test('what others see of it stays, while it is kept for the object as it is', async () => {
      const { store, calendar, mount, object } = await mounted();
      const at = async () => (await personalStates(store.db, mount.id, [object.id])).get(object.id)!.shared;
      const before = (await sharedBefore(store.db, object.id))!;
      expect(before.shared).toEqual({ etag: object.etag, seq: object.seq, octets: undefined });
      const again = await replace(object, 'again');
      await store.write((tx) => keepSharedForm(tx, again, { ...before.shared, octets: octetsOf('seen') }));
      expect(await at()).toMatchObject({ etag: object.etag, seq: object.seq });
      expect(Buffer.from((await at()).octets!).toString()).toBe('seen');
      const more = await replace(object, 'more');
      expect(await at()).toEqual({ etag: 'more-tag', seq: more.seq, octets: undefined });
      expect(await headToReplace(store.db, calendar.id, object.name)).toEqual({ head: more, isShared: true });
      expect(await headToReplace(store.db, calendar.id, 'none')).toEqual({ head: undefined, isShared: false });
    });

    test('a sharee is told of what changes for all and of their own, and of nothing else', async () => {
      const { store, own, ...at } = await mounted();
      const { object } = at;
      expect((await changes(at, 0)).changes).toEqual([`changed ${object.seq}`]);
      expect((await changes(at, object.seq)).changes).toEqual([]);
      const before = (await sharedBefore(store.db, object.id))!;
      const again = await replace(object, 'again');
      await store.write((tx) => keepSharedForm(tx, again, { ...before.shared, octets: octetsOf('seen') }));
      expect((await changes(at, object.seq)).changes).toEqual([]);
      await store.write((tx) => keepOwnForm(tx, own('mine', again.seq + 1)));
      expect((await changes(at, object.seq)).changes).toEqual([`changed ${again.seq + 1}`]);
      expect((await changes(at, again.seq + 1)).changes).toEqual([]);
      const elsewhere = { ...at, mount: { id: newCollectionId() } };
      expect((await changes(elsewhere, object.seq)).changes).toEqual([]);
      expect((await changes(elsewhere, 0)).changes).toEqual([`changed ${object.seq}`]);
      await store.write(async (tx) => {
        const seq = (await nextSeq(tx, object.collectionId, NOW))!;
        await removeObject(tx, again, seq, NOW);
      });
      expect((await changes(at, object.seq)).changes).toEqual([expect.stringMatching(/^removed /)]);
    });

    test('a list that is cut is complete up to where it says', async () => {
      const { store, own, ...at } = await mounted();
      const { calendar, object } = at;
      const more = await store.write((tx) => put(tx, calendar));
      await store.write((tx) => keepOwnForm(tx, own('mine', more.seq + 5)));
      const first = await changes(at, 0, 1);
      expect(first).toEqual({ changes: [`changed ${more.seq}`], truncatedAt: more.seq });
      expect(await changes(at, more.seq, 1)).toEqual({ changes: [`changed ${more.seq + 5}`], truncatedAt: undefined });
      expect(object.seq).toBeLessThan(more.seq);
    });

    test('it goes with the object, and with the place where it was seen', async () => {
      const { store, calendar, mount, object, sharee, own } = await mounted();
      const more = await store.write((tx) => put(tx, calendar));
      await store.write((tx) => keepOwnForm(tx, own('four', 7)));
      await store.write((tx) => keepOwnForm(tx, { ...own('five5', 8), objectId: more.id }));
      expect(await homeUsage(store.db, sharee.id)).toBe(9);
      await store.write((tx) => removeObject(tx, object, 9, NOW));
      expect(await homeUsage(store.db, sharee.id)).toBe(5);
      await store.write((tx) => removeCollection(tx, mount.id, NOW));
      expect([await homeUsage(store.db, sharee.id), await ownFormsOf(store.db, more.id)]).toEqual([0, []]);
    });
  });
}
