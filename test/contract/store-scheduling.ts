import { describe, expect, test } from 'vitest';

import { removePrincipal } from '../../src/store/principals.ts';
import { forgetMemories, lockHomes, memoryOf, objectsOfUid, saveMemory } from '../../src/store/scheduling.ts';
import { createHome, fresh, NOW, openedStore, put, type Engine } from './store-engine.ts';

export function schedulingContract(engine: Engine): void {
  describe('scheduling', () => {
    const opened = openedStore(engine);

    test('what is remembered of a UID is kept by home, replaced, and goes with the principal', async () => {
      const [one, other] = [await createHome(opened.store), await createHome(opened.store)];
      const uid = fresh('uid');
      const save = (homeId: string, memory: string) =>
        opened.store.write((tx) => saveMemory(tx, { homeId, uid, memory, now: NOW }));
      await save(one.owner.id, '{"a":1}');
      await save(other.owner.id, '{"b":1}');
      await save(one.owner.id, '{"a":2}');
      expect(await memoryOf(opened.store.db, one.owner.id, uid)).toBe('{"a":2}');
      expect(await memoryOf(opened.store.db, other.owner.id, uid)).toBe('{"b":1}');
      await opened.store.write((tx) => removePrincipal(tx, other.owner.id, NOW));
      expect(await memoryOf(opened.store.db, other.owner.id, uid)).toBeUndefined();
    });

    test('a memory is forgotten once it is old and its object is gone', async () => {
      const { owner, calendar } = await createHome(opened.store);
      const [gone, kept] = [fresh('uid'), fresh('uid')];
      await opened.store.write(async (tx) => {
        await put(tx, calendar, { name: 'kept.ics', uid: kept });
        await saveMemory(tx, { homeId: owner.id, uid: kept, memory: '{}', now: 5 });
        await saveMemory(tx, { homeId: owner.id, uid: gone, memory: '{}', now: 5 });
      });
      expect(await opened.store.write((tx) => forgetMemories(tx, 5))).toBe(0);
      expect(await opened.store.write((tx) => forgetMemories(tx, 6))).toBe(1);
      expect(await memoryOf(opened.store.db, owner.id, gone)).toBeUndefined();
      expect(await memoryOf(opened.store.db, owner.id, kept)).toBe('{}');
    });

    test('an object is found by its UID in any calendar of its home, and in no other home', async () => {
      const [one, other] = [await createHome(opened.store), await createHome(opened.store)];
      const uid = fresh('uid');
      await opened.store.write(async (tx) => {
        await lockHomes(tx, [other.owner.id, one.owner.id, one.owner.id]);
        await put(tx, one.calendar, { name: 'a.ics', uid });
        await put(tx, other.calendar, { name: 'b.ics', uid });
      });
      expect((await objectsOfUid(opened.store.db, one.owner.id, uid)).map(({ name }) => name)).toEqual(['a.ics']);
      expect(await objectsOfUid(opened.store.db, one.owner.id, fresh('uid'))).toEqual([]);
    });
  });
}
