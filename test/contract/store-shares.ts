import { describe, expect, test } from 'vitest';

import { newCollectionId } from '../../src/base/ids.ts';
import { removeCollection } from '../../src/store/collection-writes.ts';
import { collectionById, homeCollection } from '../../src/store/collections.ts';
import { accessRows } from '../../src/store/aces.ts';
import { insertMount, mountedAt } from '../../src/store/mounts.ts';
import { removePrincipal, setMembers } from '../../src/store/principals.ts';
import {
  answerOf,
  answerOfMount,
  answersOf,
  answersTo,
  countMounts,
  groupsAround,
  offeredTo,
  peopleBehind,
  removeAnswer,
  removeShare,
  saveAnswer,
  saveShare,
  sharedCalendars,
  shareById,
  sharesOf,
  sharesWith,
} from '../../src/store/shares.ts';
import type { Db, Store } from '../../src/store/store.ts';
import { createGroup, createHome, fresh, NOW, openedStore, type Engine, type TestHome } from './store-engine.ts';

/** Calendars that are shared, what people answered, and what is left of both. */
export function sharesContract(engine: Engine): void {
  describe('shares', () => {
    const opened = openedStore(engine);

    const offer = ({ calendar }: TestHome, shareeId: string, now = NOW) =>
      opened.store.write((tx) => saveShare(tx, calendar, shareeId, { access: 'read', now }));

    /** As an invitation that was accepted leaves it. */
    async function accepted(sharer: TestHome, sharee: TestHome, by = sharee.owner.id) {
      const share = await offer(sharer, by);
      const mount = await opened.store.write(async (tx) => {
        const place = {
          id: newCollectionId(),
          homeId: sharee.owner.id,
          uri: fresh('mount'),
          calendar: sharer.calendar,
        };
        const made = await insertMount(tx, place, NOW);
        const answer = { shareId: share.id, memberId: sharee.owner.id, status: 'accepted', mountId: made.id } as const;
        await saveAnswer(tx, answer, NOW);
        return made;
      });
      return { share, mount };
    }

    const group = (...members: readonly string[]) => createGroup(opened.store, members);

    const homes = async (store: Store) => [await createHome(store), await createHome(store)] as const;
    const removedFrom = async (home: TestHome) => {
      const before = (await homeCollection(opened.store.db, home.owner.id))!;
      return async (): Promise<readonly string[]> => {
        const rows = await opened.store.db
          .selectFrom('tombstones')
          .select('name')
          .where('collection_id', '=', before.id)
          .execute();
        return rows.map(({ name }) => name);
      };
    };

    test('one a calendar and sharee: saved again it has the same uid and other terms', async () => {
      const [sharer, sharee] = await homes(opened.store);
      const first = await offer(sharer, sharee.owner.id);
      const terms = { access: 'manage', summary: 'S', commonName: 'C', now: NOW + 1 } as const;
      const second = await opened.store.write((tx) => saveShare(tx, sharer.calendar, sharee.owner.id, terms));
      expect(second).toEqual({ ...first, access: 'manage', summary: 'S', commonName: 'C', modifiedAt: NOW + 1 });
      const { db } = opened.store;
      expect(await sharesOf(db, sharer.calendar.id)).toEqual([second]);
      expect(await sharesWith(db, [sharee.owner.id])).toEqual([second]);
      expect(await shareById(db, first.id)).toEqual(second);
      expect([...(await sharedCalendars(db, sharer.owner.id))]).toEqual([sharer.calendar.id]);
      expect([...(await sharedCalendars(db, sharee.owner.id))]).toEqual([]);
    });

    test('answers are found by share, calendar, person and place', async () => {
      const [sharer, sharee] = await homes(opened.store);
      const { share, mount } = await accepted(sharer, sharee);
      const answer = { shareId: share.id, memberId: sharee.owner.id, status: 'accepted', mountId: mount.id };
      const { db } = opened.store;
      expect(await answersOf(db, share.id)).toEqual([answer]);
      expect(await answersTo(db, sharer.calendar.id)).toEqual([answer]);
      expect(await answerOf(db, share.id, sharee.owner.id)).toEqual(answer);
      expect(await answerOfMount(db, mount.id)).toEqual(answer);
      expect(await offeredTo(db, sharee.owner.id)).toEqual([{ share, answer }]);
      expect(await offeredTo(db, sharer.owner.id)).toEqual([]);
      expect(await countMounts(db, sharee.owner.id)).toBe(1);
      await opened.store.write((tx) => removeAnswer(tx, share.id, sharee.owner.id));
      expect(await answersOf(db, share.id)).toEqual([]);
    });

    test('the people behind a group are those of groups in it, in groups that contain each other too', async () => {
      const { store } = opened;
      const people = [await createHome(store), await createHome(store), await createHome(store)].map(
        ({ owner }) => owner.id,
      );
      const inner = await group(people[0]!, people[1]!);
      const outer = await group(inner, people[2]!);
      await store.write((tx) => setMembers(tx, inner, [people[0]!, people[1]!, outer], NOW));
      expect([...(await peopleBehind(store.db, outer, 10))]).toEqual(people.toSorted());
      expect(await peopleBehind(store.db, outer, 2)).toHaveLength(2);
      expect(await peopleBehind(store.db, people[0]!, 10)).toEqual([people[0]]);
      expect(await peopleBehind(store.db, 'nobody', 10)).toEqual([]);
      expect([...(await groupsAround(store.db, [inner]))]).toEqual([inner, outer].toSorted());
    });

    test("the end of a share takes the places with it, and their homes' sync tells", async () => {
      const [sharer, sharee] = await homes(opened.store);
      const { share, mount } = await accepted(sharer, sharee);
      const removed = await removedFrom(sharee);
      await opened.store.write((tx) => removeShare(tx, share.id, NOW));
      expect(await collectionById(opened.store.db, mount.id)).toBeUndefined();
      expect(await answersOf(opened.store.db, share.id)).toEqual([]);
      expect(await removed()).toEqual([mount.uri]);
      expect(await collectionById(opened.store.db, sharer.calendar.id)).toBeDefined();
    });

    const removals: readonly (readonly [what: string, remove: (tx: Db, home: TestHome) => Promise<unknown>])[] = [
      ['its calendar', (tx, { calendar }) => removeCollection(tx, calendar.id, NOW)],
      ['who shares it', (tx, { owner }) => removePrincipal(tx, owner.id, NOW)],
    ];
    test.each(removals)('outlives neither %s', async (_, remove) => {
      const [sharer, sharee] = await homes(opened.store);
      const { share, mount } = await accepted(sharer, sharee);
      const removed = await removedFrom(sharee);
      await opened.store.write((tx) => remove(tx, sharer));
      const { db } = opened.store;
      expect([await shareById(db, share.id), await answersOf(db, share.id)]).toEqual([undefined, []]);
      expect(await collectionById(db, mount.id)).toBeUndefined();
      expect(await removed()).toEqual([mount.uri]);
    });

    test('outlives neither its sharee nor the group that it was for', async () => {
      const [sharer, sharee] = await homes(opened.store);
      const { share } = await accepted(sharer, sharee);
      await opened.store.write((tx) => removePrincipal(tx, sharee.owner.id, NOW));
      const { db } = opened.store;
      expect(await shareById(db, share.id)).toBeUndefined();
      const member = await createHome(opened.store);
      const team = await group(member.owner.id);
      const ofTeam = await accepted(sharer, member, team as never);
      const removed = await removedFrom(member);
      await opened.store.write((tx) => removePrincipal(tx, team, NOW));
      expect(await shareById(db, ofTeam.share.id)).toBeUndefined();
      expect(await collectionById(db, ofTeam.mount.id)).toBeUndefined();
      expect(await removed()).toEqual([ofTeam.mount.uri]);
    });

    test('gives access once it is accepted, and none once it is not', async () => {
      const [sharer, sharee] = await homes(opened.store);
      const { share, mount } = await accepted(sharer, sharee);
      const { db } = opened.store;
      const question = { ownerId: sharer.owner.id, actorId: sharee.owner.id };
      expect((await accessRows(db, question)).rows.map(({ shared }) => shared)).toEqual(['read']);
      expect([...(await mountedAt(db, [mount.id])).keys()]).toEqual([mount.id]);
      const answer = { shareId: share.id, memberId: sharee.owner.id, status: 'declined', mountId: undefined } as const;
      await opened.store.write((tx) => saveAnswer(tx, answer, NOW));
      expect((await accessRows(db, question)).rows).toEqual([]);
      expect([...(await mountedAt(db, [mount.id])).keys()]).toEqual([]);
    });
  });
}
