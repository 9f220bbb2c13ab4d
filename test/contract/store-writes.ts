import { setImmediate as nextTurn } from 'node:timers/promises';

import { expect, describe, test, vi } from 'vitest';

import { StoreUnavailable } from '../../src/store/errors.ts';
import { nextSeq } from '../../src/store/change-sequence.ts';
import { countObjects, headByName } from '../../src/store/objects.ts';
import { findPrincipal, savePrincipal } from '../../src/store/principals.ts';
import { epochOf, getMeta, metaOrMake, renewEpoch, setMeta } from '../../src/store/meta.ts';
import { createHome, fresh, NOW, openedStore, put, type Engine } from './store-engine.ts';

export function writesContract(engine: Engine): void {
  describe('units of work', () => {
    const opened = openedStore(engine);

    test('a unit resolves to what its work resolves to, and readers see what it wrote', async () => {
      const key = fresh('key');
      await expect(opened.store.write(async (tx) => setMeta(tx, key, 'a').then(() => 42))).resolves.toBe(42);
      expect(await getMeta(opened.store.db, key)).toBe('a');
    });

    test('readers do not see what a unit has not committed', async () => {
      const key = fresh('key');
      let seen: string | undefined = 'not asked';
      await opened.store.write(async (tx) => {
        await setMeta(tx, key, 'a');
        seen = await getMeta(opened.store.db, key);
      });
      expect(seen).toBeUndefined();
    });

    test('readers cannot write', async () => {
      await expect(setMeta(opened.store.db, fresh('key'), 'a')).rejects.toThrow(/read-?only/);
    });

    test('a unit that fails is undone alone, the others of its time are kept', async () => {
      const keys = Array.from({ length: 30 }, () => fresh('key'));
      const outcomes = await Promise.allSettled(
        keys.map((key, index) =>
          opened.store.write(async (tx) => {
            await setMeta(tx, key, 'a');
            if (index % 3 === 0) throw new Error(`unit ${index} fails`);
          }),
        ),
      );
      const kept = await Promise.all(keys.map((key) => getMeta(opened.store.db, key)));
      expect(outcomes.map(({ status }) => status)).toEqual(
        keys.map((_, index) => (index % 3 === 0 ? 'rejected' : 'fulfilled')),
      );
      expect(kept).toEqual(keys.map((_, index) => (index % 3 === 0 ? undefined : 'a')));
    });

    test('a unit whose statement fails is undone, whatever it wrote before', async () => {
      const key = fresh('key');
      const failing = opened.store.write(async (tx) => {
        await setMeta(tx, key, 'a');
        await tx.insertInto('meta').values({ key, value: 'b' }).execute();
      });
      await expect(failing).rejects.toThrow(/unique/i);
      expect(await getMeta(opened.store.db, key)).toBeUndefined();
    });

    test('concurrent units on one collection get sequence numbers without gaps or doubles', async () => {
      const { calendar } = await createHome(opened.store);
      const seqs = await Promise.all(
        Array.from({ length: 40 }, () => opened.store.write((tx) => nextSeq(tx, calendar.id, NOW))),
      );
      expect(seqs.map(Number).sort((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, index) => index + 3));
    });

    test('a hundred writers that never pause on one calendar all get through', async () => {
      const { calendar } = await createHome(opened.store);
      const writer = async (): Promise<void> => {
        for (let left = 4; left > 0; left -= 1) await opened.store.write((tx) => put(tx, calendar));
      };
      await Promise.all(Array.from({ length: 100 }, writer));
      expect(await countObjects(opened.store.db, calendar.id)).toBe(400);
    });

    test('of concurrent units that create the same name only one finds it free', async () => {
      const { calendar } = await createHome(opened.store);
      const outcomes = await Promise.all(
        Array.from({ length: 12 }, () =>
          opened.store.write(async (tx) => {
            if ((await headByName(tx, calendar.id, 'one.ics')) !== undefined) return 'taken';
            await put(tx, calendar, { name: 'one.ics' });
            return 'created';
          }),
        ),
      );
      expect(outcomes.filter((outcome) => outcome === 'created')).toHaveLength(1);
      expect(outcomes.filter((outcome) => outcome === 'taken')).toHaveLength(11);
    });

    test('what a unit read is still so when it writes: counting up loses nothing', async () => {
      const key = fresh('key');
      await opened.store.write((tx) => setMeta(tx, key, '0'));
      const other = await opened.open();
      const countUp = (store: typeof other): Promise<void> =>
        store.write(async (tx) => setMeta(tx, key, String(Number(await getMeta(tx, key)) + 1)));
      await Promise.all(Array.from({ length: 20 }, (_, index) => countUp(index % 2 === 0 ? opened.store : other)));
      expect(await getMeta(opened.store.db, key)).toBe('20');
    });

    test('units of one lane run one after the other, also past one that fails', async () => {
      const order: string[] = [];
      const unit = (name: string, fails = false): Promise<void> =>
        opened.store.write(
          async (tx) => {
            order.push(`${name} begins`);
            await getMeta(tx, 'any');
            order.push(`${name} ends`);
            if (fails) throw new Error(name);
          },
          { lane: 'home' },
        );
      await Promise.allSettled([unit('a'), unit('b', true), unit('c')]);
      expect(order).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
    });

    test('the counters grow with units and commits', async () => {
      const before = opened.store.stats();
      await opened.store.write((tx) => setMeta(tx, fresh('key'), 'a'));
      const after = opened.store.stats();
      expect(after.units - before.units).toBe(1);
      expect(after.commits - before.commits).toBe(1);
      expect(after.syncs - before.syncs).toBe(1);
    });

    test('a ping is answered', async () => {
      await expect(opened.store.ping()).resolves.toBeUndefined();
    });
  });

  describe('several processes', () => {
    const opened = openedStore(engine);

    test('a write of another process is noticed, and read', async () => {
      const other = await opened.open();
      const listener = vi.fn();
      opened.store.onForeignWrite(listener);
      const key = fresh('key');
      await other.write((tx) => setMeta(tx, key, 'theirs'));
      await expect.poll(() => listener.mock.calls.length, { timeout: 5000 }).toBeGreaterThan(0);
      expect(await getMeta(opened.store.db, key)).toBe('theirs');
    });

    test('own writes are not told of, and nobody who stopped listening is', async () => {
      const other = await opened.open();
      const stopped = vi.fn();
      const own = vi.fn();
      const theirs = vi.fn();
      opened.store.onForeignWrite(stopped)();
      opened.store.onForeignWrite(own);
      other.onForeignWrite(theirs);
      await opened.store.write((tx) => setMeta(tx, fresh('key'), 'ours'));
      await expect.poll(() => theirs.mock.calls.length, { timeout: 5000 }).toBeGreaterThan(0);
      expect(own).not.toHaveBeenCalled();
      expect(stopped).not.toHaveBeenCalled();
    });

    test('the epoch is the same for all, until it is renewed', async () => {
      const other = await opened.open();
      expect(other.epoch).toBe(opened.store.epoch);
      await other.write(renewEpoch);
      expect(await opened.store.write(epochOf)).not.toBe(other.epoch);
    });

    test('a value made once is made by one of them', async () => {
      const other = await opened.open();
      const key = fresh('secret');
      const made = await Promise.all(
        [opened.store, other, opened.store, other].map((store, index) =>
          store.write((tx) => metaOrMake(tx, key, () => `made by ${index}`)),
        ),
      );
      expect(new Set(made).size).toBe(1);
    });
  });

  describe('opening and closing', () => {
    test('opening again migrates nothing and finds everything', async () => {
      const database = await engine.create();
      const first = await database.open();
      await first.write((tx) => savePrincipal(tx, { id: 'alice', kind: 'user' }, NOW));
      await first.close();
      const second = await database.open();
      const found = await findPrincipal(second.db, 'alice');
      await second.close();
      await database.remove();
      expect(found?.id).toBe('alice');
    });

    test('two processes that start on an empty database at the same time both open it', async () => {
      const database = await engine.create();
      const stores = await Promise.all([database.open(), database.open()]);
      const epochs = stores.map(({ epoch }) => epoch);
      for (const store of stores) await store.close();
      await database.remove();
      expect(new Set(epochs).size).toBe(1);
    });

    test('a database of a newer program is refused, with what to do', async () => {
      const database = await engine.create();
      const store = await database.open();
      await store.write((tx) => setMeta(tx, 'schema_version', '99'));
      await store.close();
      const reopened = database.open();
      await expect(reopened).rejects.toThrow(StoreUnavailable);
      await expect(reopened).rejects.toThrow(/newer version of Kalends \(its schema is 99/);
      await database.remove();
    });

    test('closing waits for what was written, refuses what comes later, and may be repeated', async () => {
      const database = await engine.create();
      const store = await database.open();
      const written = Promise.all(
        Array.from({ length: 20 }, (_, index) => store.write((tx) => setMeta(tx, `k${index}`, 'a'))),
      );
      await Promise.all([store.close(), store.close()]);
      await expect(written).resolves.toHaveLength(20);
      await expect(store.write((tx) => setMeta(tx, 'late', 'a'))).rejects.toThrow(StoreUnavailable);
      const again = await database.open();
      expect(await getMeta(again.db, 'k19')).toBe('a');
      await again.close();
      await database.remove();
      await nextTurn();
    });
  });
}
