import { describe, expect, test } from 'vitest';

import {
  directoryChanges,
  directoryLog,
  pruneDirectoryChanges,
  recordDirectoryChanges,
} from '../../src/store/directory-changes.ts';
import { directoryPage, memberGuids, type Narrowing } from '../../src/store/directory-pages.ts';
import {
  findPrincipal,
  removePrincipal,
  savePrincipal,
  setDelegates,
  setMembers,
  setPasswordHash,
  type PrincipalSpec,
} from '../../src/store/principals.ts';
import { fresh, NOW, openedStore, type Engine } from './store-engine.ts';

export function directoryContract(engine: Engine): void {
  describe('the directory', () => {
    const opened = openedStore(engine);
    const save = (spec: PrincipalSpec, now = NOW) => opened.store.write((tx) => savePrincipal(tx, spec, now));
    const logged = async (work: () => Promise<unknown>): Promise<readonly string[]> => {
      const { seq: after } = await directoryLog(opened.store.db);
      await work();
      const { seq: upTo } = await directoryLog(opened.store.db);
      return (await directoryChanges(opened.store.db, { after, upTo, limit: 100 })).map(({ id }) => id);
    };

    test('its log tells who came, whose name, address or guid changed, and who went', async () => {
      const [ada, team] = [fresh('ada'), fresh('team')];
      expect(await logged(() => save({ id: ada, kind: 'user', name: 'Ada' }))).toEqual([ada]);
      expect(await logged(() => save({ id: team, kind: 'group' }))).toEqual([team]);
      expect(await logged(() => save({ id: ada, kind: 'user', name: 'Ada L.' }))).toEqual([ada]);
      expect(await logged(() => save({ id: ada, kind: 'user', emails: [`${ada}@example.org`] }))).toEqual([ada]);
      expect(await logged(() => opened.store.write((tx) => setMembers(tx, team, [ada], NOW)))).toEqual([team]);
      expect(await logged(() => save({ id: ada, kind: 'user', guid: fresh('guid') }))).toEqual([ada, team]);
      expect(await logged(() => opened.store.write((tx) => removePrincipal(tx, ada, NOW)))).toEqual([ada, team]);
    });

    test('its log says nothing of what others do not see', async () => {
      const [ada, bob] = [fresh('ada'), fresh('bob')];
      await save({ id: ada, kind: 'user', name: 'Ada' });
      await save({ id: bob, kind: 'user' });
      const write = opened.store.write.bind(opened.store);
      expect(await logged(() => write((tx) => setPasswordHash(tx, ada, 'hash', NOW)))).toEqual([]);
      expect(await logged(() => write((tx) => setDelegates(tx, ada, { read: [bob], write: [] }, NOW)))).toEqual([]);
      expect(await logged(() => save({ id: ada, kind: 'user', timezone: 'Europe/Paris' }))).toEqual([]);
      expect(await logged(() => save({ id: ada, kind: 'user', name: 'Ada' }))).toEqual([]);
    });

    test('a group grows a version with the guid of a member, as its card names it', async () => {
      const [ada, team] = [fresh('ada'), fresh('team')];
      await save({ id: ada, kind: 'user' });
      await save({ id: team, kind: 'group' });
      await opened.store.write((tx) => setMembers(tx, team, [ada], NOW));
      const before = await findPrincipal(opened.store.db, team);
      await save({ id: ada, kind: 'user', guid: fresh('guid') });
      expect((await findPrincipal(opened.store.db, team))?.version).toBe((before?.version ?? 0) + 1);
    });

    test('a transaction that fails leaves no number behind', async () => {
      const { seq } = await directoryLog(opened.store.db);
      const failing = opened.store.write(async (tx) => {
        await recordDirectoryChanges(tx, ['nobody'], NOW);
        throw new RangeError('no');
      });
      await expect(failing).rejects.toThrow(RangeError);
      expect((await directoryLog(opened.store.db)).seq).toBe(seq);
    });

    test('changes written at the same time have numbers of their own', async () => {
      const ids = Array.from({ length: 8 }, () => fresh('many'));
      const told = await logged(() => Promise.all(ids.map((id) => save({ id, kind: 'user' }))));
      expect(told.toSorted()).toEqual(ids.toSorted());
    });

    test('a page of candidates has all that match by fold, and whose texts fold does not decide', async () => {
      const mark = fresh('mark');
      const people = [
        ['a', `Ada ${mark}`],
        ['b', `ADA ${mark.toUpperCase()}`],
        ['c', `Bob ${mark}`],
        ['d', `Ádám`],
        ['e', `100% ${mark}`],
      ] as const;
      for (const [letter, name] of people) {
        await save({ id: `${mark}-${letter}`, kind: 'user', name, emails: [`${letter}.${mark}@example.org`] });
      }
      const find = async (narrowing: Narrowing): Promise<readonly string[]> => {
        const { principals } = await directoryPage(opened.store.db, { after: undefined, span: 10_000, narrowing });
        return principals
          .map(({ id }) => id)
          .filter((id) => id.startsWith(`${mark}-`))
          .map((id) => id.at(-1) ?? '');
      };
      const name = (text: string, match: 'contains' | 'starts-with' = 'contains') =>
        ({ field: 'name', match, text }) as const;
      const email = { field: 'email', match: 'starts-with', text: 'C.' } as const;
      const one = (...conditions: Narrowing['groups'][number]['conditions']): Narrowing => ({
        test: 'anyof',
        groups: [{ test: 'anyof', conditions }],
      });
      expect(await find(one(name('ada')))).toEqual(['a', 'b', 'd']);
      expect(await find(one(name('0%')))).toEqual(['d', 'e']);
      expect(await find(one(name('ada'), email))).toEqual(['a', 'b', 'c', 'd']);
      const both = { test: 'allof', groups: [one(name('bob')).groups[0]!, one(email).groups[0]!] } as const;
      expect(await find(both)).toEqual(['c']);
    });

    test('pages go on where the last one ended, found or not', async () => {
      const narrowing: Narrowing = {
        test: 'anyof',
        groups: [{ test: 'anyof', conditions: [{ field: 'name', match: 'equals', text: 'nobody at all' }] }],
      };
      for (const asked of [undefined, narrowing]) {
        let next: string | undefined;
        let pages = 0;
        const seen: string[] = [];
        do {
          const page = await directoryPage(opened.store.db, { after: next, span: 3, narrowing: asked });
          seen.push(...page.principals.map(({ id }) => id));
          pages += 1;
          next = page.next;
        } while (next !== undefined);
        expect(pages).toBeGreaterThan(3);
        expect(seen).toEqual([...new Set(seen)].toSorted());
      }
    });

    test('the members of a group come by pages', async () => {
      const team = fresh('team');
      const ids = Array.from({ length: 5 }, (_, at) => `${team}-${at}`);
      for (const id of ids) await save({ id, kind: 'user', guid: `guid-${id}` });
      await save({ id: team, kind: 'group' });
      await opened.store.write((tx) => setMembers(tx, team, ids, NOW));
      const first = await memberGuids(opened.store.db, team, { after: undefined, limit: 3 });
      const rest = await memberGuids(opened.store.db, team, { after: first.at(-1)?.id, limit: 3 });
      expect([...first, ...rest].map(({ guid }) => guid)).toEqual(ids.map((id) => `guid-${id}`));
    });

    // The last one: it forgets what the others wrote.
    test('what is older than an instant is forgotten, oldest first, and the log says up to where', async () => {
      await save({ id: fresh('late'), kind: 'user' }, NOW + 1000);
      const { seq } = await directoryLog(opened.store.db);
      expect(await opened.store.write((tx) => pruneDirectoryChanges(tx, NOW + 1, 2))).toBe(2);
      expect((await directoryLog(opened.store.db)).prunedSeq).toBe(2);
      await opened.store.write((tx) => pruneDirectoryChanges(tx, NOW + 1, 1000));
      expect(await directoryLog(opened.store.db)).toEqual({ seq, prunedSeq: seq - 1 });
      expect(await opened.store.write((tx) => pruneDirectoryChanges(tx, NOW + 1, 1000))).toBe(0);
      await opened.store.write((tx) => pruneDirectoryChanges(tx, NOW + 2000, 1000));
      expect(await directoryLog(opened.store.db)).toEqual({ seq, prunedSeq: seq });
    });
  });
}
