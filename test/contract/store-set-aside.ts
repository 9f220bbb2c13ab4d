import { describe, expect, test } from 'vitest';

import { removeCollection } from '../../src/store/collection-writes.ts';
import { findSetAside, insertSetAside, listSetAside, removeSetAside } from '../../src/store/set-aside.ts';
import { createHome, NOW, openedStore, type Engine } from './store-engine.ts';

export function setAsideContract(engine: Engine): void {
  describe('what is set aside', () => {
    const opened = openedStore(engine);

    async function setAside(texts: readonly string[]) {
      const { calendar } = await createHome(opened.store);
      const item = (text: string, reason = 'broken') => ({
        homeId: calendar.homeId,
        collectionId: calendar.id,
        octets: Buffer.from(text),
        digest: Buffer.from(text).toString('base64'),
        reason,
        proposal: ['line 1: left out'],
      });
      for (const text of texts) await opened.store.write((tx) => insertSetAside(tx, item(text), NOW));
      return { calendar, item, list: () => listSetAside(opened.store.db, { homeId: calendar.homeId, limit: 100 }) };
    }

    test('is kept octet for octet, with its reason and proposal', async () => {
      const { calendar, list } = await setAside(['\u0000\u00ff\r\n']);
      const [kept] = await list();
      expect(kept).toMatchObject({
        collectionId: calendar.id,
        reason: 'broken',
        proposal: ['line 1: left out'],
        createdAt: NOW,
      });
      expect(Buffer.from(kept!.octets).equals(Buffer.from('\u0000\u00ff\r\n'))).toBe(true);
      expect(await findSetAside(opened.store.db, kept!.id)).toEqual(kept);
    });

    test('the same octets are kept once, with the newest reason', async () => {
      const { item, list } = await setAside(['same', 'same', 'other']);
      await opened.store.write((tx) => insertSetAside(tx, item('same', 'still broken'), NOW + 1));
      expect((await list()).map(({ reason, createdAt }) => [reason, createdAt]).sort()).toEqual([
        ['broken', NOW],
        ['still broken', NOW],
      ]);
    });

    test('is listed in pages, removed once, and goes with its collection', async () => {
      const { calendar, list } = await setAside(['a', 'b', 'c']);
      const [first, ...rest] = await list();
      const page = { homeId: calendar.homeId, after: first!.id, limit: 1 };
      expect(await listSetAside(opened.store.db, page)).toEqual([rest[0]]);
      const remove = () => opened.store.write((tx) => removeSetAside(tx, first!.id));
      expect([await remove(), await remove()]).toEqual([true, false]);
      await opened.store.write((tx) => removeCollection(tx, calendar.id, NOW));
      expect(await list()).toEqual([]);
    });
  });
}
