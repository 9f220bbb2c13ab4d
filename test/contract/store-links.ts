import { describe, expect, test } from 'vitest';

import { removeCollection } from '../../src/store/collection-writes.ts';
import {
  countLinks,
  insertLink,
  linkByDigest,
  linkById,
  linksOfHome,
  publishedLink,
  publishedTokens,
  removeEndedLinks,
  removeLink,
  useLink,
  type Link,
  type NewLink,
} from '../../src/store/links.ts';
import { removePrincipal } from '../../src/store/principals.ts';
import { createHome, createUser, fresh, NOW, openedStore, type Engine, type TestHome } from './store-engine.ts';

export function linksContract(engine: Engine): void {
  describe('links', () => {
    const opened = openedStore(engine);
    const bare = {
      ...{ token: undefined, name: undefined, categories: undefined, busyOnly: false, people: false },
      ...{ daysBack: undefined, daysAhead: undefined, from: undefined, until: undefined, formats: undefined },
      ...{ passwordHash: undefined, expiresAt: undefined, mostUses: undefined },
    };

    async function insert({ owner, calendar }: TestHome, fields: Partial<NewLink> = {}): Promise<Link> {
      const place = { homeId: owner.id, collectionId: calendar.id, creatorId: owner.id, digest: fresh('digest') };
      return opened.store.write((tx) => insertLink(tx, { ...bare, ...place, ...fields }, NOW));
    }
    const use = (id: string, now = NOW): Promise<boolean> => opened.store.write((tx) => useLink(tx, id, now));

    test('one is found by its digest as it was made, and by no other', async () => {
      const home = await createHome(opened.store);
      const scope = {
        ...{ name: 'Plan', categories: ['term', 'ü'], busyOnly: true, people: true, daysBack: 0, daysAhead: 9 },
        ...{ from: -5, until: 2 ** 45, formats: ['ics'], passwordHash: '$argon2', expiresAt: NOW + 1, mostUses: 3 },
      };
      const link = await insert(home, { ...scope, digest: 'own' });
      expect(link).toMatchObject({ ...scope, uses: 0, createdAt: NOW, token: undefined, creatorId: home.owner.id });
      expect(await linkByDigest(opened.store.db, 'own')).toEqual(link);
      expect(await linkById(opened.store.db, link.id)).toEqual(link);
      expect(await linkByDigest(opened.store.db, 'OWN')).toBeUndefined();
      const other = await insert(home);
      expect(other).toMatchObject({ ...bare, busyOnly: false });
      expect((await linksOfHome(opened.store.db, home.owner.id)).map(({ id }) => id).toSorted()).toEqual(
        [link.id, other.id].toSorted(),
      );
      expect(await countLinks(opened.store.db, home.owner.id)).toBe(2);
    });

    test('uses are counted up to the most of them, however many count at once', async () => {
      const home = await createHome(opened.store);
      const { id } = await insert(home, { mostUses: 7 });
      const other = await opened.open();
      const stores = Array.from({ length: 30 }, (_, at) => (at % 2 === 0 ? opened.store : other));
      const counted = await Promise.all(stores.map((store) => store.write((tx) => useLink(tx, id, NOW))));
      expect(counted.filter(Boolean)).toHaveLength(7);
      expect((await linkById(opened.store.db, id))?.uses).toBe(7);
      const endless = await insert(home);
      expect([await use(endless.id), await use(endless.id), await use('none')]).toEqual([true, true, false]);
      const expiring = await insert(home, { expiresAt: NOW + 1 });
      expect([await use(expiring.id), await use(expiring.id, NOW + 1)]).toEqual([true, false]);
    });

    test('those that expired or were used up by an instant are removed, of one home or of all, and no other', async () => {
      const [home, other] = [await createHome(opened.store), await createHome(opened.store)];
      const remove = (endedBy: number, homeId?: string): Promise<number> =>
        opened.store.write((tx) => removeEndedLinks(tx, { endedBy, ...(homeId !== undefined && { homeId }) }));
      await remove(Number.MAX_SAFE_INTEGER);
      const left = async () => (await linksOfHome(opened.store.db, home.owner.id)).map(({ id }) => id).toSorted();
      const endless = await insert(home);
      const unused = await insert(home, { mostUses: 1 });
      const used = await insert(home, { mostUses: 2 });
      await insert(home, { expiresAt: NOW + 10 });
      await insert(other, { expiresAt: NOW + 10 });
      expect([await use(used.id, NOW + 5), await use(used.id, NOW + 20), await use(endless.id, NOW)]).toEqual(
        Array.from({ length: 3 }, () => true),
      );
      expect([await remove(NOW + 9), await remove(NOW + 10, home.owner.id)]).toEqual([0, 1]);
      expect(await left()).toEqual([endless.id, unused.id, used.id].toSorted());
      expect([await remove(NOW + 19), await remove(NOW + 20)]).toEqual([1, 1]);
      expect(await left()).toEqual([endless.id, unused.id].toSorted());
    });

    test('one that is removed is gone for every process', async () => {
      const { id } = await insert(await createHome(opened.store), { digest: 'gone' });
      const other = await opened.open();
      expect(await linkByDigest(other.db, 'gone')).toBeDefined();
      expect(await opened.store.write((tx) => removeLink(tx, id))).toBe(true);
      expect(await linkByDigest(other.db, 'gone')).toBeUndefined();
      expect(await opened.store.write((tx) => removeLink(tx, id))).toBe(false);
    });

    test('a calendar is published once', async () => {
      const home = await createHome(opened.store);
      const { id } = await insert(home, { token: 'open' });
      expect((await publishedLink(opened.store.db, home.calendar.id))?.id).toBe(id);
      expect(await publishedTokens(opened.store.db, home.owner.id)).toEqual(new Map([[home.calendar.id, 'open']]));
      await expect(insert(home, { token: 'again' })).rejects.toThrow();
      await insert(home);
    });

    test('none outlives its calendar, its home or who made it', async () => {
      const [home, second, third] = [
        await createHome(opened.store),
        await createHome(opened.store),
        await createHome(opened.store),
      ];
      const maker = await createUser(opened.store);
      const ids = [
        (await insert(home)).id,
        (await insert(second)).id,
        (await insert(third, { creatorId: maker.id })).id,
        (await insert(third, { collectionId: third.home.id })).id,
      ];
      await opened.store.write((tx) => removeCollection(tx, home.calendar.id, NOW));
      await opened.store.write((tx) => removePrincipal(tx, second.owner.id, NOW));
      await opened.store.write((tx) => removePrincipal(tx, maker.id, NOW));
      const left = await Promise.all(ids.map((id) => linkById(opened.store.db, id)));
      expect(left.map((link) => link?.id)).toEqual([undefined, undefined, undefined, ids[3]]);
    });
  });
}
