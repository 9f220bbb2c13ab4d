import { describe, expect, test } from 'vitest';

import type { Collection } from '../../src/store/collection-rows.ts';
import { insertCollection, removeCollection, updateCollection } from '../../src/store/collection-writes.ts';
import { insertSetAside, listSetAside } from '../../src/store/set-aside.ts';
import {
  dueSubscriptions,
  endLease,
  forgetAnswer,
  forgetSetAside,
  holdsLease,
  leaseSubscription,
  renewSubscription,
  subscriptionOf,
  subscriptionsOf,
  type Leased,
} from '../../src/store/subscriptions.ts';
import { createHome, fresh, NOW, openedStore, type Engine } from './store-engine.ts';

export function subscriptionsContract(engine: Engine): void {
  describe('subscriptions', () => {
    const opened = openedStore(engine);

    async function subscribe(): Promise<Collection> {
      const { owner } = await createHome(opened.store);
      const fields = { homeId: owner.id, kind: 'calendar', uri: fresh('feed'), source: 'https://x.example/' } as const;
      return opened.store.write((tx) => insertCollection(tx, fields, NOW));
    }
    const lease = (collectionId: string, now: number, early = false): Promise<Leased | undefined> =>
      opened.store.write((tx) => leaseSubscription(tx, { collectionId, now, until: now + 1000, early }));
    const isDue = async (id: string, now: number): Promise<boolean> =>
      (await dueSubscriptions(opened.store.db, now, 1000)).includes(id);

    test('a calendar with a source has one from the beginning, any other none', async () => {
      const { id, homeId, source } = await subscribe();
      expect(source).toBe('https://x.example/');
      expect(await subscriptionsOf(opened.store.db, homeId)).toMatchObject([
        { collectionId: id, homeId, failures: 0, nextAt: NOW, etag: undefined, succeededAt: undefined },
      ]);
      const { calendar } = await createHome(opened.store);
      expect(await subscriptionOf(opened.store.db, calendar.id)).toBeUndefined();
      expect(calendar.source).toBeUndefined();
    });

    test('fields are set and cleared', async () => {
      const { id } = await subscribe();
      const set = { source: 'https://y.example/', refreshRate: 'P1D', stripAlarms: true, stripTodos: true };
      const changed = await opened.store.write((tx) => updateCollection(tx, id, set, NOW));
      expect(changed).toMatchObject({ ...set, stripAttachments: false });
      const cleared = { refreshRate: null, stripAlarms: false };
      expect(await opened.store.write((tx) => updateCollection(tx, id, cleared, NOW))).toMatchObject({
        ...{ source: 'https://y.example/', refreshRate: undefined, stripAlarms: false, stripTodos: true },
      });
    });

    test('a lease is for one, until it ends or is over', async () => {
      const { id } = await subscribe();
      expect(await isDue(id, NOW - 1)).toBe(false);
      expect(await isDue(id, NOW)).toBe(true);
      expect(await lease(id, NOW - 1)).toBeUndefined();
      const first = (await lease(id, NOW))!;
      expect(await isDue(id, NOW)).toBe(false);
      expect(await lease(id, NOW + 999, true)).toBeUndefined();
      const second = (await lease(id, NOW + 1000))!;
      expect(second.lease).not.toBe(first.lease);
      expect(await holdsLease(opened.store.db, first)).toBe(false);
      expect(await holdsLease(opened.store.db, second)).toBe(true);
    });

    test('what came of it is written by who has the lease, and by nobody else', async () => {
      const { id } = await subscribe();
      const first = (await lease(id, NOW))!;
      const second = (await lease(id, NOW + 1000))!;
      const state = {
        ...{ etag: '"1"', lastModified: 'then', digest: 'd', pause: 5, triedAt: NOW, succeededAt: NOW - 1 },
        ...{ error: 'no', failures: 3, emptySince: NOW - 2, nextAt: NOW + 5000 },
      };
      await opened.store.write((tx) => endLease(tx, first, { ...state, failures: 9 }));
      expect((await subscriptionOf(opened.store.db, id))?.failures).toBe(0);
      await opened.store.write((tx) => endLease(tx, second, state));
      expect(await subscriptionOf(opened.store.db, id)).toMatchObject(state);
      expect([await isDue(id, NOW + 4999), await isDue(id, NOW + 5000)]).toEqual([false, true]);
      expect(await lease(id, NOW + 2000)).toBeUndefined();
      expect(await lease(id, NOW + 2000, true)).toBeDefined();
    });

    test('the last answer is forgotten for who has the lease, and nothing else is', async () => {
      const { id } = await subscribe();
      const write = opened.store.write.bind(opened.store);
      const first = (await lease(id, NOW))!;
      const seen = { etag: '"1"', lastModified: 'then', digest: 'd', pause: 5, failures: 2, error: 'e' };
      await write((tx) => endLease(tx, first, { ...first, ...seen }));
      await write((tx) => forgetAnswer(tx, first));
      expect(await subscriptionOf(opened.store.db, id)).toMatchObject(seen);
      const second = (await lease(id, NOW + 1, true))!;
      await write((tx) => forgetAnswer(tx, second));
      expect(await subscriptionOf(opened.store.db, id)).toMatchObject({
        ...{ etag: undefined, lastModified: undefined, digest: undefined, pause: 5, failures: 2, error: 'e' },
      });
      expect(await write((tx) => holdsLease(tx, second))).toBe(true);
    });

    test('one that is renewed is due, and whoever fetches it has lost it', async () => {
      const { id } = await subscribe();
      const held = (await lease(id, NOW))!;
      await opened.store.write((tx) => renewSubscription(tx, id, NOW + 1));
      expect(await holdsLease(opened.store.db, held)).toBe(false);
      expect(await isDue(id, NOW + 1)).toBe(true);
    });

    test('goes with its calendar', async () => {
      const { id } = await subscribe();
      await opened.store.write((tx) => removeCollection(tx, id, NOW));
      expect(await subscriptionOf(opened.store.db, id)).toBeUndefined();
    });

    test('what was set aside is forgotten but for what is there still', async () => {
      const { id, homeId } = await subscribe();
      const item = { homeId, collectionId: id, octets: Buffer.from('x'), reason: 'r', proposal: [] };
      for (const digest of ['a', 'b']) await opened.store.write((tx) => insertSetAside(tx, { ...item, digest }, NOW));
      const count = async (): Promise<number> => (await listSetAside(opened.store.db, { homeId, limit: 9 })).length;
      await opened.store.write((tx) => forgetSetAside(tx, id, ['b']));
      expect(await count()).toBe(1);
      await opened.store.write((tx) => forgetSetAside(tx, id, []));
      expect(await count()).toBe(0);
    });
  });
}
