import { describe, expect, test } from 'vitest';

import { changesSince, pruneTombstones } from '../../src/store/changes.ts';
import { nextSeq } from '../../src/store/change-sequence.ts';
import { collectionById } from '../../src/store/collections.ts';
import { updateObject, type ObjectHead } from '../../src/store/objects.ts';
import { createHome, NOW, openedStore, put, remove, type Engine } from './store-engine.ts';

const ALL = { since: 0, upTo: Number.MAX_SAFE_INTEGER, limit: 1000 };

export function changesContract(engine: Engine): void {
  describe('changes of a collection', () => {
    const opened = openedStore(engine);
    const told = async (collectionId: string, question: Partial<typeof ALL>) => {
      const { changes, truncatedAt } = await changesSince(opened.store.db, collectionId, { ...ALL, ...question });
      const words = changes.map((change) => (change.kind === 'changed' ? `+${change.head.name}` : `-${change.name}`));
      return truncatedAt === undefined ? words : [...words, truncatedAt];
    };
    const touch = (head: ObjectHead) =>
      opened.store.write(async (tx) => {
        const seq = (await nextSeq(tx, head.collectionId, NOW)) ?? 0;
        return updateObject(tx, head.id, { etag: `changed ${seq}`, seq }, NOW);
      });
    const create = (calendar: Parameters<typeof put>[1], name: string) =>
      opened.store.write((tx) => put(tx, calendar, { name }));

    test('from the beginning, the members that exist are told and no removals', async () => {
      const { calendar } = await createHome(opened.store);
      const a = await create(calendar, 'a');
      await create(calendar, 'b');
      await opened.store.write((tx) => remove(tx, a));
      expect(await told(calendar.id, {})).toEqual(['+b']);
    });

    test('since a token, each member is told once, in the order of its last change', async () => {
      const { calendar } = await createHome(opened.store);
      const a = await create(calendar, 'a');
      await create(calendar, 'b');
      await create(calendar, 'c');
      await touch(await touch(a));
      expect(await told(calendar.id, { since: a.seq })).toEqual(['+b', '+c', '+a']);
      expect(await told(calendar.id, { since: a.seq + 4 })).toEqual([]);
    });

    test('a member added and removed since is told as removed (RFC 6578 §3.5.2)', async () => {
      const { calendar } = await createHome(opened.store);
      const a = await create(calendar, 'a');
      await opened.store.write((tx) => remove(tx, a));
      expect(await told(calendar.id, { since: calendar.seq })).toEqual(['-a']);
      expect(await told(calendar.id, { since: a.seq })).toEqual(['-a']);
      expect(await told(calendar.id, { since: a.seq + 1 })).toEqual([]);
    });

    test('a member removed and added again is told as changed only (RFC 6578 §3.5.1)', async () => {
      const { calendar } = await createHome(opened.store);
      const a = await create(calendar, 'a');
      await opened.store.write((tx) => remove(tx, a));
      await create(calendar, 'a');
      expect(await told(calendar.id, { since: a.seq })).toEqual(['+a']);
    });

    test('what came after the upper end is left for the next time', async () => {
      const { calendar } = await createHome(opened.store);
      const a = await create(calendar, 'a');
      const b = await create(calendar, 'b');
      await create(calendar, 'c');
      await touch(a);
      expect(await told(calendar.id, { since: calendar.seq, upTo: b.seq })).toEqual(['+b']);
    });

    test('pages of any size lead through all changes, removals among them', async () => {
      const { calendar } = await createHome(opened.store);
      const heads: ObjectHead[] = [];
      for (const name of ['a', 'b', 'c', 'd', 'e']) heads.push(await create(calendar, name));
      await opened.store.write((tx) => remove(tx, heads[1]!));
      await touch(heads[0]!);
      await opened.store.write((tx) => remove(tx, heads[3]!));
      const whole = await told(calendar.id, { since: calendar.seq });
      expect(whole).toEqual(['+c', '+e', '-b', '+a', '-d']);
      for (const limit of [1, 2, 3, 4, 5]) {
        const seen: (string | number)[] = [];
        for (let since = calendar.seq; ;) {
          const page = await told(calendar.id, { since, limit });
          const last = page.at(-1);
          if (typeof last !== 'number') {
            seen.push(...page);
            break;
          }
          expect(page).toHaveLength(limit + 1);
          seen.push(...page.slice(0, -1));
          since = last;
        }
        expect(seen).toEqual(whole);
      }
    });

    test('a page is never cut between changes of one sequence number', async () => {
      const { calendar } = await createHome(opened.store);
      const gone = await create(calendar, 'gone');
      await opened.store.write(async (tx) => {
        const [b, c] = [await put(tx, calendar, { name: 'b' }), await put(tx, calendar, { name: 'c' })];
        const seq = await remove(tx, gone);
        for (const { id } of [b, c]) await updateObject(tx, id, { seq }, NOW);
      });
      const last = await create(calendar, 'last');
      const together = await told(calendar.id, { since: gone.seq, limit: 1 });
      expect([...together.slice(0, 3).sort(), ...together.slice(3)]).toEqual(['+b', '+c', '-gone', last.seq - 1]);
      expect(await told(calendar.id, { since: last.seq - 1, limit: 1 })).toEqual(['+last']);
    });

    test('old removals are forgotten, and the sequence up to which is kept', async () => {
      const { calendar } = await createHome(opened.store);
      const old = await create(calendar, 'old');
      const recent = await create(calendar, 'recent');
      const oldSeq = await opened.store.write((tx) => remove(tx, old));
      await opened.store.write(async (tx) => {
        await remove(tx, recent);
        await tx
          .updateTable('tombstones')
          .set({ removed_at: NOW + 10 })
          .where('name', '=', 'recent')
          .execute();
      });
      await opened.store.write((tx) => pruneTombstones(tx, NOW + 10, 100));
      expect(await told(calendar.id, { since: recent.seq })).toEqual(['-recent']);
      expect((await collectionById(opened.store.db, calendar.id))?.prunedSeq).toBe(oldSeq);
    });

    test('no more removals are forgotten at a time than are asked for, the oldest first', async () => {
      const { calendar } = await createHome(opened.store);
      const heads = [];
      for (const name of ['a', 'b', 'c']) heads.push(await create(calendar, name));
      for (const head of heads) await opened.store.write((tx) => remove(tx, head));
      const age = (name: string, removed_at: number) =>
        opened.store.write((tx) => tx.updateTable('tombstones').set({ removed_at }).where('name', '=', name).execute());
      await age('a', NOW + 1);
      await age('b', NOW + 2);
      await age('c', NOW + 3);
      const prune = () => opened.store.write((tx) => pruneTombstones(tx, NOW + 10, 2));
      expect(await prune()).toBe(2);
      const left = await opened.store.db
        .selectFrom('tombstones')
        .select('name')
        .where('collection_id', '=', calendar.id)
        .execute();
      expect(left).toEqual([{ name: 'c' }]);
      expect([await prune(), await prune()]).toEqual([1, 0]);
    });
  });
}
