import { describe, expect, test } from 'vitest';

import { DAY } from '../../src/base/clock.ts';
import { newId, newObjectId } from '../../src/base/ids.ts';
import { candidatesInRange } from '../../src/store/candidates.ts';
import { collectionById } from '../../src/store/collections.ts';
import { insertCopies, updateCopies, type Copied } from '../../src/store/copies.ts';
import { copiesToRefresh, noteCopiesToRefresh, takeCopiesToRefresh } from '../../src/store/copies-to-refresh.ts';
import {
  countObjects,
  homeUsage,
  objectByName,
  objectsByIds,
  removeObject,
  updateObject,
  type ObjectHead,
} from '../../src/store/objects.ts';
import { headsOfUid, mailroomsOf, memoriesOf, memoryOf, saveMemories } from '../../src/store/scheduling.ts';
import { forgetSharedOctets } from '../../src/store/shared-octets.ts';
import type { Store } from '../../src/store/store.ts';
import { versionByKey, versionOctets, versionsOfUid } from '../../src/store/versions.ts';
import { createHome, fresh, NOW, octetsOf, openedStore, put, type Engine, type TestHome } from './store-engine.ts';

const INDEX = {
  ...{
    firstAt: NOW,
    lastAt: NOW + 1000,
    floating: false,
    exact: true,
    indexedFrom: undefined,
    indexedUntil: undefined,
  },
  occurrences: [{ start: NOW, end: NOW + 1000, busy: 'BUSY' as const }],
};

const copied = (uid: string, text: string, index: Copied['index'] = INDEX): Copied => ({
  ...{ uid, component: 'VEVENT', etag: `${uid} ${text}`, octets: octetsOf(text), index, by: undefined },
});

const homes = (store: Store): Promise<readonly TestHome[]> =>
  Promise.all([createHome(store), createHome(store), createHome(store)]);

async function give(store: Store, to: readonly TestHome[], what: Copied): Promise<readonly ObjectHead[]> {
  const copies = to.map(({ owner, calendar }) => ({
    ...{ id: newObjectId(), homeId: owner.id, collectionId: calendar.id, name: `${newId()}.ics`, scheduleTag: 'tag' },
  }));
  await store.write((tx) => insertCopies(tx, what, copies, NOW));
  const found = await objectsByIds(
    store.db,
    copies.map(({ id }) => id),
  );
  return copies.flatMap(({ id }) => found.find((each) => each.id === id) ?? []);
}

const sharedRows = async ({ db }: Store, digest: string): Promise<number> =>
  (await db.selectFrom('shared_octets').select('key').where('digest', '=', digest).execute()).length;

const text = (octets: Uint8Array | undefined): string => new TextDecoder().decode(octets);

export function copiesContract(engine: Engine): void {
  describe('copies', () => {
    const opened = openedStore(engine);

    test('are each an object like any other, and their octets are stored once', async () => {
      const { store } = opened;
      const people = await homes(store);
      const uid = fresh('uid');
      const what = copied(uid, 'the same for all');
      const heads = await give(store, people, what);
      const single = await createHome(store);
      const alone = await store.write((tx) => put(tx, single.calendar, { ...what, ...INDEX, uid, scheduleTag: 'tag' }));
      for (const [at, { owner, calendar }] of people.entries()) {
        const found = await objectByName(store.db, calendar.id, heads[at]?.name ?? '');
        const { id, name, homeId, collectionId } = found ?? alone;
        expect({ ...found, octets: text(found?.octets) }).toEqual({
          ...{ ...alone, id, name, homeId, collectionId },
          octets: 'the same for all',
        });
        expect([homeId, collectionId]).toEqual([owner.id, calendar.id]);
        const [now, other] = [calendar, single.calendar].map((each) => collectionById(store.db, each.id));
        expect((await now)?.seq).toBe((await other)?.seq);
        expect(await countObjects(store.db, calendar.id)).toBe(1);
        expect(await homeUsage(store.db, owner.id)).toBe(await homeUsage(store.db, single.owner.id));
        const range = { start: NOW, end: NOW + 1 };
        const inRange = await candidatesInRange(store.db, calendar.id, range);
        expect(inRange.map((each) => each.name)).toEqual([name]);
      }
      expect(await sharedRows(store, what.etag)).toBe(1);
    });

    test('what one becomes is its own, and the others stay; its past is what it was', async () => {
      const { store } = opened;
      const people = await homes(store);
      const uid = fresh('uid');
      const [mine, theirs] = await give(store, people, copied(uid, 'first'));
      await store.write((tx) =>
        updateObject(tx, mine?.id ?? '', { octets: octetsOf('mine'), etag: 'mine', seq: 9 }, NOW),
      );
      const found = await objectsByIds(store.db, [mine?.id ?? '', theirs?.id ?? '']);
      expect(found.map(({ octets }) => text(octets)).sort()).toEqual(['first', 'mine']);
      const [version] = await versionsOfUid(store.db, mine?.homeId ?? '', uid, 9);
      expect(text((await versionByKey(store.db, version?.key ?? 0))?.octets)).toBe('first');
      expect(text((await versionOctets(store.db, [version?.key ?? 0])).get(version?.key ?? 0))).toBe('first');
    });

    test('become others at once, each with a version, in the order of its home; tags stay where none is given', async () => {
      const { store } = opened;
      const people = await homes(store);
      const uid = fresh('uid');
      const heads = await give(store, people, copied(uid, 'first'));
      const later = { ...INDEX, firstAt: NOW + DAY, occurrences: [{ start: NOW + DAY, end: NOW + DAY + 5 }] };
      const what = copied(uid, 'second one', { ...later, lastAt: NOW + DAY + 5 });
      const changes = await store.write((tx) =>
        updateCopies(tx, what, { heads, scheduleTag: undefined, now: NOW + 1 }),
      );
      const ids = heads.map(({ id }) => id);
      const now = await objectsByIds(store.db, ids);
      const moved = await store.write((tx) => updateCopies(tx, what, { heads: now, scheduleTag: 'new', now: NOW + 2 }));
      expect(moved.map(({ seq }) => seq)).toEqual(changes.map(({ seq }) => seq + 1));
      for (const [at, { owner, calendar }] of people.entries()) {
        const found = await objectByName(store.db, calendar.id, heads[at]?.name ?? '');
        expect([text(found?.octets), found?.scheduleTag, found?.size]).toEqual(['second one', 'new', 10]);
        expect(found?.seq).toBe(moved.find(({ homeId }) => homeId === owner.id)?.seq);
        expect((await collectionById(store.db, calendar.id))?.seq).toBe(found?.seq);
        expect(await homeUsage(store.db, owner.id)).toBe(10);
        const versions = await versionsOfUid(store.db, owner.id, uid, 9);
        expect(versions.map(({ isFirst, until }) => [isFirst, until?.kind, until?.at])).toEqual([
          [false, 'updated', NOW + 2],
          [true, 'updated', NOW + 1],
        ]);
        const gone = await candidatesInRange(store.db, calendar.id, { start: NOW, end: NOW + 1 });
        const there = await candidatesInRange(store.db, calendar.id, { start: NOW + DAY, end: NOW + DAY + 1 });
        expect([gone.length, there.length]).toEqual([0, 1]);
      }
    });

    test('their octets go when no object and no version has them, and not those of late', async () => {
      const { store } = opened;
      const [one] = await homes(store);
      const uid = fresh('uid');
      const what = copied(uid, 'for a while');
      const [head] = await give(store, one === undefined ? [] : [one], what);
      const forget = (before: number) => store.write((tx) => forgetSharedOctets(tx, before, 1000));
      await forget(NOW + 1);
      expect(await sharedRows(store, what.etag)).toBe(1);
      await store.write((tx) => (head === undefined ? Promise.resolve() : removeObject(tx, head, 9, NOW)));
      await forget(NOW + 1);
      expect(await sharedRows(store, what.etag)).toBe(1);
      await store.write((tx) => tx.deleteFrom('versions').where('uid', '=', uid).execute());
      await forget(NOW);
      expect(await sharedRows(store, what.etag)).toBe(1);
      expect(await forget(NOW + 1)).toBeGreaterThan(0);
      expect(await sharedRows(store, what.etag)).toBe(0);
    });

    test('octets that are shared anew while they are removed are there afterwards', async () => {
      const [store, other] = [opened.store, await opened.open()];
      const [one] = await homes(store);
      const what = copied(fresh('uid'), 'again and again');
      for (let round = 0; round < 10; round += 1) {
        const [given] = await Promise.all([
          give(store, one === undefined ? [] : [one], { ...what, uid: fresh('uid') }),
          other.write((tx) => forgetSharedOctets(tx, NOW + 1, 1000)),
        ]);
        const [head] = given;
        const [found] = await objectsByIds(store.db, [head?.id ?? '']);
        expect(text(found?.octets)).toBe('again and again');
        await store.write(async (tx) => {
          if (head !== undefined) await removeObject(tx, head, 9, NOW);
          await tx
            .deleteFrom('versions')
            .where('home_id', '=', one?.owner.id ?? '')
            .execute();
        });
      }
    });

    test('many homes are asked at once: for what they have of a UID, for memories, for where messages go', async () => {
      const { store } = opened;
      const people = await homes(store);
      const ids = people.map(({ owner }) => owner.id);
      const uid = fresh('uid');
      const [head] = await give(store, people.slice(1, 2), copied(uid, 'x'));
      await store.write((tx) => saveMemories(tx, { homeIds: ids.slice(0, 2), uid, memory: '{"a":1}', now: NOW }));
      await store.write((tx) => saveMemories(tx, { homeIds: ids.slice(1, 2), uid, memory: '{"a":2}', now: NOW }));
      const found = await headsOfUid(store.db, ids, uid);
      expect([...found]).toEqual([[ids[1], [{ head: { ...head, octets: undefined }, isShared: false }]]]);
      expect(await memoriesOf(store.db, ids, uid)).toEqual(
        new Map([
          [ids[0], '{"a":1}'],
          [ids[1], '{"a":2}'],
        ]),
      );
      expect(await memoryOf(store.db, ids[1] ?? '', uid)).toBe('{"a":2}');
      const rooms = await mailroomsOf(store.db, ids);
      expect(ids.map((id) => rooms.get(id)?.collections.map((each) => each.id))).toEqual(
        people.map(({ calendar }) => [calendar.id]),
      );
    });

    test('a meeting whose copies are behind is noted once, and taken once', async () => {
      const { store } = opened;
      const [one] = await homes(store);
      const meeting = { homeId: one?.owner.id ?? '', uid: fresh('uid') };
      await store.write((tx) => noteCopiesToRefresh(tx, meeting, NOW));
      await store.write((tx) => noteCopiesToRefresh(tx, meeting, NOW + 1));
      const noted = (await copiesToRefresh(store.db, { limit: 1000 })).filter(({ uid }) => uid === meeting.uid);
      expect(noted).toEqual([meeting]);
      expect(await store.write((tx) => takeCopiesToRefresh(tx, meeting))).toBe(true);
      expect(await store.write((tx) => takeCopiesToRefresh(tx, meeting))).toBe(false);
    });
  });
}
