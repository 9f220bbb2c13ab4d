import { setImmediate as nextTurn } from 'node:timers/promises';

import { describe, expect, test } from 'vitest';

import { pruneTombstones } from '../../src/store/changes.ts';
import type { Collection } from '../../src/store/collection-rows.ts';
import {
  insertCollection,
  moveCollection,
  removeCollection,
  updateCollection,
} from '../../src/store/collection-writes.ts';
import { collectionsOfHome, homeCollection } from '../../src/store/collections.ts';
import { endOf, homeChangesSince, type HomePlace, type HomeQuestion } from '../../src/store/home-changes.ts';
import { headByName, pageOfHeads } from '../../src/store/objects.ts';
import type { Store } from '../../src/store/store.ts';
import { createHome, fresh, NOW, openedStore, put, remove, type Engine, type TestHome } from './store-engine.ts';

const MANY = 10_000;

/** A home as its writers see it; each call is one unit of work. */
function homeOf(store: Store, { owner, home }: Pick<TestHome, 'owner' | 'home'>) {
  const at = async (uri: string): Promise<Collection> => {
    const found = (await collectionsOfHome(store.db, owner.id)).find((each) => each.uri === uri);
    if (found === undefined) throw new Error(`no ${uri}`);
    return found;
  };
  const ask = async (question: Partial<HomeQuestion>) =>
    homeChangesSince(store.db, { home, after: endOf(0), removedSince: 0, members: true, limit: MANY, ...question });
  const words = (changes: readonly (HomePlace & { readonly kind: string })[]): string[] =>
    changes.map(({ kind, uri, name }) => `${kind === 'changed' ? '+' : '-'}${uri}/${name}`);
  return {
    at,
    ask,
    make: (uri: string) => store.write((tx) => insertCollection(tx, { homeId: owner.id, kind: 'calendar', uri }, NOW)),
    async drop(uri: string) {
      const { id } = await at(uri);
      await store.write((tx) => removeCollection(tx, id, NOW));
    },
    async rename(uri: string, to: string) {
      const { id } = await at(uri);
      await store.write((tx) => moveCollection(tx, id, to, NOW));
    },
    async paint(uri: string) {
      const { id } = await at(uri);
      await store.write((tx) => updateCollection(tx, id, { color: '#112233' }, NOW));
    },
    async put(uri: string, ...names: readonly string[]) {
      const collection = await at(uri);
      for (const name of names) await store.write((tx) => put(tx, collection, { name }));
    },
    async remove(uri: string, name: string) {
      const { id } = await at(uri);
      await store.write(async (tx) => remove(tx, (await headByName(tx, id, name))!));
    },
    now: async (): Promise<number> => (await homeCollection(store.db, owner.id))?.seq ?? 0,
    /** What is told since a sequence, sorted; at level 1 without the names of members. */
    async told(since: number, level: '1' | 'infinite' = 'infinite') {
      const { changes } = await ask({ after: endOf(since), members: level === 'infinite' });
      return words(changes).sort();
    },
    /** The same, page by page: the pages, in order. */
    async pages(since: number, limit: number): Promise<string[][]> {
      const pages: string[][] = [];
      for (let after: HomePlace = endOf(since); ;) {
        const { changes, more } = await ask({ after, limit });
        pages.push(words(changes));
        if (!more) return pages;
        after = changes.at(-1)!;
      }
    },
  };
}

/** What a client has that was told these. */
function mirrored(told: Iterable<string>, mirror: Set<string> = new Set<string>()): Set<string> {
  for (const word of told) {
    const path = word.slice(1);
    if (word.startsWith('+')) mirror.add(path);
    else if (!path.endsWith('/')) mirror.delete(path);
    else for (const each of mirror) if (each.startsWith(path)) mirror.delete(each);
  }
  return mirror;
}

async function truth(store: Store, homeId: string): Promise<Set<string>> {
  const paths: string[] = [];
  for (const { id, uri } of await collectionsOfHome(store.db, homeId)) {
    paths.push(`${uri}/`);
    for (const { name } of await pageOfHeads(store.db, id, { limit: MANY })) paths.push(`${uri}/${name}`);
  }
  return new Set(paths);
}

export function homeChangesContract(engine: Engine): void {
  describe('changes of a home', () => {
    const opened = openedStore(engine);
    const newHome = async () => homeOf(opened.store, await createHome(opened.store));

    test('collections are told when they, their members or their properties change', async () => {
      const home = await newHome();
      expect(await home.told(0, '1')).toEqual(['+calendar/']);
      const start = await home.now();
      expect(await home.told(start, '1')).toEqual([]);
      await home.make('other');
      expect(await home.told(start, '1')).toEqual(['+other/']);
      await home.put('calendar', 'a');
      await home.paint('other');
      expect(await home.told(start, '1')).toEqual(['+calendar/', '+other/']);
      const middle = await home.now();
      await home.rename('other', 'moved');
      expect(await home.told(middle, '1')).toEqual(['+moved/', '-other/']);
      await home.drop('calendar');
      expect(await home.told(middle, '1')).toEqual(['+moved/', '-calendar/', '-other/']);
      await home.rename('moved', 'other');
      expect(await home.told(middle, '1')).toEqual(['+other/', '-calendar/', '-moved/']);
      await home.make('calendar');
      expect(await home.told(middle, '1')).toEqual(['+calendar/', '+other/', '-moved/']);
      expect(await home.told(await home.now(), '1')).toEqual([]);
    });

    test('with members, each that was changed or removed is told, with its collection', async () => {
      const home = await newHome();
      await home.make('other');
      await home.put('calendar', 'a', 'b');
      await home.put('other', 'c');
      const start = await home.now();
      await home.put('calendar', 'd');
      await home.remove('calendar', 'a');
      expect(await home.told(start)).toEqual(['+calendar/', '+calendar/d', '-calendar/a']);
      const { changes, seq } = await home.ask({ after: endOf(start) });
      expect(seq).toBe(await home.now());
      expect(new Set(changes.map(({ collectionId }) => collectionId))).toEqual(
        new Set([(await home.at('calendar')).id]),
      );
    });

    test('from the beginning, what exists is told and no removal', async () => {
      const home = await newHome();
      await home.make('gone');
      await home.put('calendar', 'a', 'b');
      await home.remove('calendar', 'a');
      await home.drop('gone');
      const { changes } = await home.ask({ removedSince: undefined });
      expect(changes.map(({ uri, name, kind }) => `${kind} ${uri}/${name}`)).toEqual([
        'changed calendar/',
        'changed calendar/b',
      ]);
    });

    test('removals count from a sequence on: an initial list in pages tells only of what went after it began', async () => {
      const home = await newHome();
      await home.put('calendar', 'a', 'b', 'c');
      await home.make('gone');
      await home.remove('calendar', 'a');
      await home.drop('gone');
      const removedSince = await home.now();
      await home.remove('calendar', 'b');
      const { changes } = await home.ask({ removedSince });
      expect(changes.filter(({ kind }) => kind === 'removed').map(({ name }) => name)).toEqual(['b']);
    });

    test('a removed collection is told alone, without what it held', async () => {
      const home = await newHome();
      await home.put('calendar', 'a', 'b');
      const start = await home.now();
      await home.remove('calendar', 'a');
      await home.drop('calendar');
      expect(await home.told(start)).toEqual(['-calendar/']);
    });

    test('a renamed collection is told with all its members, though these did not change', async () => {
      const home = await newHome();
      await home.put('calendar', 'a', 'b', 'c');
      await home.remove('calendar', 'c');
      const start = await home.now();
      await home.rename('calendar', 'new');
      expect(await home.told(start)).toEqual(['+new/', '+new/a', '+new/b', '-calendar/']);
      expect(await home.told(await home.now())).toEqual([]);
    });

    test('a collection at the URL of another one: what stood there before is told as removed', async () => {
      const home = await newHome();
      await home.put('calendar', 'before', 'kept', 'removed later', 'made again');
      await home.remove('calendar', 'before');
      const start = await home.now();
      await home.put('calendar', 'came and went');
      await home.remove('calendar', 'came and went');
      await home.drop('calendar');
      const between = await home.now();
      await home.make('calendar');
      await home.put('calendar', 'made again', 'removed later');
      await home.remove('calendar', 'removed later');
      expect(await home.told(start)).toEqual([
        '+calendar/',
        '+calendar/made again',
        '-calendar/came and went',
        '-calendar/kept',
        '-calendar/removed later',
      ]);
      // Who heard of the removal of the collection forgot its members with it.
      expect(await home.told(between)).toEqual(['+calendar/', '+calendar/made again', '-calendar/removed later']);
    });

    test('a collection that left its URL and came back is told with what went from it meanwhile', async () => {
      const home = await newHome();
      await home.put('calendar', 'a', 'b');
      const start = await home.now();
      await home.rename('calendar', 'away');
      await home.remove('away', 'a');
      await home.rename('away', 'calendar');
      expect(await home.told(start)).toEqual(['+calendar/', '+calendar/b', '-away/', '-calendar/a']);
    });

    test('pages of any size lead through all changes: none is larger than its limit, a new collection stands first', async () => {
      const home = await newHome();
      await home.make('other');
      await home.put('calendar', 'a', 'b', 'c');
      await home.put('other', 'd', 'e');
      const start = await home.now();
      await home.rename('calendar', 'renamed');
      await home.make('calendar');
      await home.put('calendar', 'b', 'f');
      await home.put('renamed', 'g');
      await home.remove('other', 'd');
      await home.drop('other');
      await home.make('late');
      await home.put('late', 'h');
      await home.remove('renamed', 'a');
      await home.paint('late');
      const whole = await home.told(start);
      const existing = await truth(opened.store, (await home.at('late')).homeId);
      const held = ['calendar/', 'calendar/a', 'calendar/b', 'calendar/c', 'other/', 'other/d', 'other/e'];
      for (const limit of [1, 2, 3, 5, 8, 100]) {
        const pages = await home.pages(start, limit);
        expect(Math.max(...pages.map((page) => page.length))).toBeLessThanOrEqual(limit);
        // Told again is a collection that is new, and changed again further on.
        expect([...new Set(pages.flat())].sort()).toEqual(whole);
        expect(mirrored(pages.flat(), new Set(held))).toEqual(existing);
        const order = pages.flat();
        for (const uri of ['renamed', 'calendar', 'late']) {
          const first = order.findIndex((word) => word.startsWith(`+${uri}/`));
          expect(order[first]).toBe(`+${uri}/`);
        }
      }
    });

    test.each([1, 2, 3])('changes between two pages are told, on both sides of a cut after %i', async (limit) => {
      const home = await newHome();
      await home.put('calendar', 'a', 'b', 'c', 'd');
      await home.rename('calendar', 'work');
      const first = await home.ask({ limit, removedSince: undefined });
      expect(first.changes.map(({ name }) => name)).toEqual(['', 'a', 'b'].slice(0, limit));
      await home.remove('work', 'a');
      await home.remove('work', 'd');
      await home.paint('work');
      const rest = await home.ask({ after: first.changes.at(-1)!, removedSince: first.seq });
      expect(rest.changes.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
        ...(limit === 3 ? [] : ['changed b']),
        ...['changed c', 'removed a', 'removed d', 'changed '],
      ]);
    });

    test('rows from before homes had one sequence are told, and later changes of them too', async () => {
      const home = await newHome();
      await home.make('other');
      await home.put('calendar', 'a', 'b');
      await home.put('other', 'c', 'd');
      for (const uri of ['calendar', 'other']) {
        const { id } = await home.at(uri);
        await opened.store.write(async (tx) => {
          await tx.updateTable('collections').set({ mapped_seq: 1, seq: 3 }).where('id', '=', id).execute();
          for (const [name, seq] of Object.entries({ a: 2, b: 3, c: 2, d: 3 })) {
            await tx
              .updateTable('objects')
              .set({ seq })
              .where('collection_id', '=', id)
              .where('name', '=', name)
              .execute();
          }
        });
      }
      const start = await home.now();
      expect(await home.told(start)).toEqual([]);
      const all = await truth(opened.store, (await home.at('other')).homeId);
      for (const limit of [1, 2, 3, 100]) expect(mirrored((await home.pages(0, limit)).flat())).toEqual(all);
      await home.put('other', 'e');
      await home.remove('calendar', 'a');
      expect(await home.told(start)).toEqual(['+calendar/', '+other/', '+other/e', '-calendar/a']);
    });

    test('old removals are forgotten, with the sequence up to which', async () => {
      const home = await newHome();
      await home.put('calendar', 'a', 'b');
      const start = await home.now();
      await home.remove('calendar', 'a');
      const first = await home.now();
      await opened.store.write((tx) => pruneTombstones(tx, NOW + 1, 100));
      const { homeId } = await home.at('calendar');
      expect((await homeCollection(opened.store.db, homeId))?.prunedSeq).toBe(first);
      await home.drop('calendar');
      await home.make('calendar');
      expect(await home.told(start)).toEqual(['+calendar/', '-calendar/b']);
      await opened.store.write((tx) => pruneTombstones(tx, NOW + 1, 100));
      expect(await home.told(start)).toEqual(['+calendar/']);
      expect((await homeCollection(opened.store.db, homeId))?.prunedSeq).toBe(first + 1);
    });

    test('writers of two processes: who follows the home misses nothing', async () => {
      const made = await createHome(opened.store);
      const other = await opened.open();
      const reader = homeOf(opened.store, made);
      for (const uri of ['b', 'c']) await reader.make(uri);
      let writing = true;
      const write = async (store: Store, uris: readonly string[]): Promise<void> => {
        const home = homeOf(store, made);
        for (let round = 0; round < 6; round += 1) {
          for (const uri of uris) {
            const [stays, goes] = [fresh('stays'), fresh('goes')];
            await home.put(uri, stays, goes);
            await home.remove(uri, goes);
          }
        }
      };
      /** A collection that goes and comes back while the others are written to. */
      const churn = async (): Promise<void> => {
        const home = homeOf(other, made);
        for (let round = 0; round < 6; round += 1) {
          await home.make('d');
          await home.put('d', `in ${round}`);
          if (round % 2 === 0) await home.drop('d');
          else await home.rename('d', `d${round}`);
        }
      };
      const mirror = new Set<string>();
      const follow = async (): Promise<void> => {
        for (let [since, last] = [0, false]; !last;) {
          last = !writing;
          const { changes, seq } = await reader.ask({ after: endOf(since) });
          mirrored(
            changes.map(({ kind, uri, name }) => `${kind === 'changed' ? '+' : '-'}${uri}/${name}`),
            mirror,
          );
          since = seq ?? since;
          // Reads of SQLite are done at once: the writers want their turn.
          await nextTurn();
        }
      };
      const writers = [write(opened.store, ['calendar', 'b']), write(other, ['b', 'c']), churn()];
      const written = Promise.all(writers).finally(() => (writing = false));
      await Promise.all([written, follow()]);
      expect(mirror).toEqual(await truth(opened.store, made.owner.id));
      expect(mirror.size).toBeGreaterThan(24);
    });
  });
}
