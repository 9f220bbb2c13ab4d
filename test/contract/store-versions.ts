import { describe, expect, test } from 'vitest';

import type { Author } from '../../src/store/author.ts';
import { listActs, pruneActs, recordAct } from '../../src/store/audit.ts';
import { nextSeq } from '../../src/store/change-sequence.ts';
import { removeCollection } from '../../src/store/collection-writes.ts';
import { setDeadProperty } from '../../src/store/dead-properties.ts';
import {
  burstBegan,
  burstOf,
  insertHold,
  listHolds,
  markHold,
  pruneHolds,
  standing,
  touchedBy,
} from '../../src/store/guard.ts';
import { creationsSince, endingsSince } from '../../src/store/object-changes.ts';
import { forgetOldest, historySize } from '../../src/store/history-size.ts';
import { headByName, insertObject, removeObject, updateObject } from '../../src/store/objects.ts';
import { removePrincipal } from '../../src/store/principals.ts';
import { pruneRemovedCollections, removedCollections, trashCollection } from '../../src/store/removed-collections.ts';
import type { Db } from '../../src/store/store.ts';
import { forgetTrashed, pruneVersions } from '../../src/store/forget-versions.ts';
import {
  currentVersions,
  leaveTrash,
  trashedVersions,
  versionByKey,
  versionOctets,
  versionsAsOf,
  versionsOfUid,
  versionsRemovedWith,
} from '../../src/store/versions.ts';
import { createHome, NOW, octetsOf, openedStore, sampleObject, type Engine } from './store-engine.ts';

const PHONE: Author = { principalId: 'someone', deviceId: 'phone', origin: 'client' };
const LAPTOP: Author = { principalId: 'someone', deviceId: 'laptop', origin: 'client' };

/** What every engine keeps of the past. */
export function versionsContract(engine: Engine): void {
  describe('versions', () => {
    const opened = openedStore(engine);

    /** A calendar with one object that was created, rewritten and deleted at NOW, NOW + 10 and NOW + 20. */
    async function lifetime() {
      const { calendar, owner } = await createHome(opened.store);
      const seqAt = async (tx: Db): Promise<number> => (await nextSeq(tx, calendar.id, NOW))!;
      await opened.store.write(async (tx) => {
        const object = sampleObject(calendar, await seqAt(tx), { name: 'a.ics', uid: 'a', octets: octetsOf('one') });
        await insertObject(tx, { ...object, by: PHONE }, NOW);
      });
      const head = (await headByName(opened.store.db, calendar.id, 'a.ics'))!;
      await opened.store.write(async (tx) => {
        const patch = { etag: 'two', octets: octetsOf('two'), seq: await seqAt(tx), by: LAPTOP };
        await updateObject(tx, head.id, patch, NOW + 10);
        // A change that leaves the octets is no version.
        await updateObject(tx, head.id, { scheduleTag: 'x' }, NOW + 15);
        await setDeadProperty(tx, calendar.homeId, head.id, '{urn:x}note', '<note/>');
      });
      await opened.store.write(async (tx) => {
        const current = (await headByName(tx, calendar.id, 'a.ics'))!;
        await removeObject(tx, current, await seqAt(tx), NOW + 20, { kind: 'deleted', by: PHONE });
      });
      return { calendar, owner };
    }

    const textAt = async (collectionId: string, at: number): Promise<string[]> => {
      const keys = (await versionsAsOf(opened.store.db, collectionId, at)).map(({ key }) => key);
      const octets = await versionOctets(opened.store.db, keys);
      return keys.map((key) => Buffer.from(octets.get(key)!).toString());
    };

    test('tell what there was at an instant, from its beginning to before its end', async () => {
      const { calendar } = await lifetime();
      const times = [NOW - 1, NOW, NOW + 9, NOW + 10, NOW + 15, NOW + 19, NOW + 20];
      const found = await Promise.all(times.map((at) => textAt(calendar.id, at)));
      expect(found).toEqual([[], ['one'], ['one'], ['two'], ['two'], ['two'], []]);
    });

    test('tell who began and who ended each, and what went with it', async () => {
      const { calendar } = await lifetime();
      const [second, first, ...more] = await versionsOfUid(opened.store.db, calendar.homeId, 'a', 10);
      expect(more).toEqual([]);
      expect(first).toMatchObject({
        ...{ name: 'a.ics', isFirst: true, isInTrash: false, dead: {} },
        ...{ from: { at: NOW, by: PHONE }, until: { kind: 'updated', at: NOW + 10, by: LAPTOP } },
      });
      expect(second).toMatchObject({
        ...{ isFirst: false, isInTrash: true, dead: { '{urn:x}note': '<note/>' } },
        ...{ from: { at: NOW + 10, by: LAPTOP }, until: { kind: 'deleted', at: NOW + 20, by: PHONE } },
      });
      expect(second?.from.seq).toBe(first?.until?.seq);
      expect(Buffer.from((await versionByKey(opened.store.db, first!.key))!.octets).toString()).toBe('one');
    });

    test('a new object costs no version: its row says who made it', async () => {
      const { calendar } = await createHome(opened.store);
      const object = sampleObject(calendar, 5, { name: 'n.ics' });
      await opened.store.write((tx) => insertObject(tx, { ...object, by: PHONE }, NOW));
      expect(await currentVersions(opened.store.db, calendar.id)).toMatchObject([
        { name: 'n.ics', isFirst: true, from: { at: NOW, seq: 5, by: PHONE }, until: undefined },
      ]);
      expect(await versionsOfUid(opened.store.db, calendar.homeId, object.uid, 10)).toEqual([]);
    });

    test('are forgotten from the oldest on, and those that ended later stay', async () => {
      const { calendar } = await lifetime();
      // Those of other tests are as old.
      while ((await opened.store.write((tx) => pruneVersions(tx, NOW + 20, 1))) > 0);
      expect(await versionsOfUid(opened.store.db, calendar.homeId, 'a', 10)).toMatchObject([{ etag: 'two' }]);
      expect(await textAt(calendar.id, NOW + 19)).toEqual(['two']);
    });

    test('leave the trash when they are restored, and are not emptied away with it then', async () => {
      const { calendar } = await lifetime();
      const { homeId } = calendar;
      const [trashed] = await trashedVersions(opened.store.db, homeId);
      await opened.store.write((tx) => leaveTrash(tx, [trashed!.key]));
      expect(await trashedVersions(opened.store.db, homeId)).toEqual([]);
      expect(await versionsOfUid(opened.store.db, homeId, 'a', 10)).toHaveLength(2);
      expect(await opened.store.write((tx) => forgetTrashed(tx, homeId, [trashed!.key]))).toBe(0);
      expect(await versionsOfUid(opened.store.db, homeId, 'a', 10)).toHaveLength(2);
    });

    test('go for ever when the trash is emptied, and are counted as long as they are there', async () => {
      const { homeId } = (await lifetime()).calendar;
      const [trashed] = await trashedVersions(opened.store.db, homeId);
      const ofTwo = 2 * (3 + 500) + JSON.stringify(trashed!.dead).length;
      expect(await historySize(opened.store.db, homeId)).toBe(ofTwo);
      expect(await opened.store.write((tx) => forgetTrashed(tx, homeId, [trashed!.key]))).toBe(2);
      expect(await versionsOfUid(opened.store.db, homeId, 'a', 10)).toEqual([]);
      expect(await historySize(opened.store.db, homeId)).toBe(0);
    });

    test('are counted with a removed collection, and the oldest of a home are forgotten first', async () => {
      const { calendar } = await lifetime();
      await opened.store.write(async (tx) => {
        const object = sampleObject(calendar, (await nextSeq(tx, calendar.id, NOW))!, { octets: octetsOf('x') });
        await insertObject(tx, object, NOW);
        await trashCollection(tx, calendar.id, NOW + 30, PHONE);
      });
      const before = await historySize(opened.store.db, calendar.homeId);
      await opened.store.write((tx) => forgetOldest(tx, calendar.homeId, 1));
      expect(before - (await historySize(opened.store.db, calendar.homeId))).toBe(503);
      expect(await textAt(calendar.id, NOW + 9)).toEqual(['x']);
      await opened.store.write((tx) => forgetOldest(tx, calendar.homeId, 1_000_000));
      expect(await historySize(opened.store.db, calendar.homeId)).toBe(0);
    });

    test('of rewritings of one device within a minute all but the first ones are one', async () => {
      const { calendar } = await createHome(opened.store);
      const object = sampleObject(calendar, 5, { name: 'q.ics', octets: octetsOf('0') });
      await opened.store.write((tx) => insertObject(tx, { ...object, by: PHONE }, NOW));
      const rewrite = (text: string, after: number, by = PHONE) =>
        opened.store.write(async (tx) => {
          const seq = (await nextSeq(tx, calendar.id, NOW))!;
          await updateObject(tx, object.id, { etag: text, octets: octetsOf(text), seq, by }, NOW + after);
        });
      for (const second of [1, 2, 3, 4]) await rewrite(String(second), second * 1000);
      await rewrite('5', 5000, LAPTOP);
      await rewrite('6', 70_000, LAPTOP);
      const etags = (await versionsOfUid(opened.store.db, calendar.homeId, object.uid, 10)).map(({ etag }) => etag);
      expect(etags).toEqual(['5', '4', '1', object.etag]);
      expect(await currentVersions(opened.store.db, calendar.id)).toMatchObject([{ from: { at: NOW + 70_000 } }]);
    });

    test('of a removed collection are found with it, with the dead properties of both', async () => {
      const { calendar } = await createHome(opened.store);
      await opened.store.write(async (tx) => {
        const object = sampleObject(calendar, 5, { name: 'm.ics' });
        await insertObject(tx, object, NOW);
        await setDeadProperty(tx, calendar.homeId, object.id, '{urn:x}note', '<m/>');
        await insertObject(tx, sampleObject(calendar, 6, { name: 'bare.ics' }), NOW);
        await setDeadProperty(tx, calendar.homeId, calendar.id, '{urn:x}note', '<c/>');
        await trashCollection(tx, calendar.id, NOW + 1, PHONE);
      });
      const [removed, ...more] = await removedCollections(opened.store.db, calendar.homeId);
      expect(more).toEqual([]);
      expect(removed).toMatchObject({ id: calendar.id, uri: 'calendar', members: 2, removedAt: NOW + 1, by: PHONE });
      expect(removed?.dead).toEqual({ '': { '{urn:x}note': '<c/>' } });
      const members = await versionsRemovedWith(opened.store.db, calendar.id, removed!.seq);
      expect(members.toSorted((one, other) => (one.name < other.name ? 1 : -1))).toMatchObject([
        {
          ...{ name: 'm.ics', isInTrash: false, dead: { '{urn:x}note': '<m/>' } },
          until: { kind: 'deleted-with-collection' },
        },
        { name: 'bare.ics', dead: {} },
      ]);
      expect(await trashedVersions(opened.store.db, calendar.homeId)).toEqual([]);
      await opened.store.write((tx) => pruneRemovedCollections(tx, NOW + 2, 100));
      expect(await removedCollections(opened.store.db, calendar.homeId)).toEqual([]);
    });

    test('go with their principal', async () => {
      const { calendar, owner } = await lifetime();
      await opened.store.write((tx) => removePrincipal(tx, owner.id, NOW));
      expect(await versionsOfUid(opened.store.db, calendar.homeId, 'a', 10)).toEqual([]);
    });

    test('are read page by page for the audit log, each change once', async () => {
      const { calendar } = await lifetime();
      const { homeId } = calendar;
      const read = async (source: typeof endingsSince): Promise<string[]> => {
        const found: string[] = [];
        let after: Awaited<ReturnType<typeof source>>[number] | undefined;
        for (;;) {
          const [next] = await source(opened.store.db, { homeId, since: NOW, after, limit: 1 });
          if (next === undefined) return found;
          found.push(`${next.kind} ${next.name} ${next.at - NOW} ${next.by?.deviceId}`);
          after = next;
        }
      };
      expect(await read(endingsSince)).toEqual(['updated a.ics 10 laptop', 'deleted a.ics 20 phone']);
      expect(await read(creationsSince)).toEqual(['created a.ics 0 phone']);
      expect(await creationsSince(opened.store.db, { homeId, since: NOW + 1, limit: 10 })).toEqual([]);
    });
  });

  describe('the audit log', () => {
    const opened = openedStore(engine);

    test('keeps acts in their order, outlives whom they are about, and forgets old ones', async () => {
      const { owner } = await createHome(opened.store);
      const homeId = owner.id;
      const act = { by: undefined, homeId, subject: homeId, detail: { properties: ['name'] } } as const;
      await opened.store.write(async (tx) => {
        await recordAct(tx, { ...act, act: 'principal-created', at: NOW });
        await recordAct(tx, { ...act, act: 'password-set', at: NOW + 1, by: PHONE, detail: {} });
        await recordAct(tx, {
          ...act,
          act: 'shared',
          at: NOW + 2,
          homeId: 'another',
          by: { ...PHONE, principalId: homeId },
        });
        await recordAct(tx, { ...act, act: 'shared', at: NOW + 3, homeId: 'another' });
        await removePrincipal(tx, owner.id, NOW);
      });
      const acts = async (since: number, after = 0) => {
        const rows = await listActs(opened.store.db, { homeId, since, after, limit: 2 });
        return rows.map((row) => [row.act, row.by?.deviceId]);
      };
      expect(await acts(NOW)).toEqual([
        ['principal-created', undefined],
        ['password-set', 'phone'],
      ]);
      expect(await acts(NOW + 2)).toEqual([['shared', 'phone']]);
      await opened.store.write((tx) => pruneActs(tx, NOW + 1, 100));
      expect((await acts(NOW)).map(([name]) => name)).toEqual(['password-set', 'shared']);
    });
  });

  describe('held devices', () => {
    const opened = openedStore(engine);

    test('a burst counts different objects of one device since an instant', async () => {
      const { calendar } = await createHome(opened.store);
      const seqs: number[] = [];
      const remove = (by: Author, at: number, name: string) =>
        opened.store.write(async (tx) => {
          const seq = (await nextSeq(tx, calendar.id, at))!;
          seqs.push(seq);
          await insertObject(tx, sampleObject(calendar, seq, { name, uid: `${name} ${seq}` }), at);
          const head = (await headByName(tx, calendar.id, name))!;
          await removeObject(tx, head, seq, at, { kind: 'deleted', by });
        });
      await remove(PHONE, NOW, 'early.ics');
      for (const name of ['a.ics', 'b.ics', 'b.ics', 'except.ics']) await remove(PHONE, NOW + 10, name);
      await remove(LAPTOP, NOW + 10, 'c.ics');
      const question = { collectionId: calendar.id, deviceId: 'phone', since: NOW, except: 'except.ics' };
      expect(await burstOf(opened.store.db, question)).toEqual({ objects: 2, gone: 3 });
      expect(await burstBegan(opened.store.db, question)).toEqual({ at: NOW + 10, seq: seqs[1] });
      const later = { ...question, since: NOW + 10 };
      expect(await burstOf(opened.store.db, later)).toEqual({ objects: 0, gone: 0 });
      expect(await burstBegan(opened.store.db, later)).toBeUndefined();
      const touched = await touchedBy(opened.store.db, { ...calendar, deviceId: 'phone', since: seqs[1]! });
      expect(touched.map(({ name }) => name).sort()).toEqual(['a.ics', 'b.ics', 'except.ics']);
    });

    test('a device is held once in a home, until it is released', async () => {
      const { calendar } = await createHome(opened.store);
      const device = { homeId: calendar.homeId, deviceId: 'phone' };
      const hold = { ...device, collectionId: calendar.id, principalId: undefined, beganAt: NOW, beganSeq: 1 };
      const insert = () =>
        opened.store.write((tx) => insertHold(tx, { ...hold, heldAt: NOW, objects: 100, members: 300 }));
      const made = await insert();
      expect(await insert()).toBeUndefined();
      expect(await standing(opened.store.db, device)).toEqual({ isHeld: true, releasedAt: 0 });
      await opened.store.write((tx) => markHold(tx, made!.id, { releasedAt: NOW + 5 }));
      expect(await standing(opened.store.db, device)).toEqual({ isHeld: false, releasedAt: NOW + 5 });
      expect(await insert()).toBeDefined();
      expect(await listHolds(opened.store.db, calendar.homeId)).toHaveLength(2);
      await opened.store.write((tx) => pruneHolds(tx, NOW + 6));
      expect(await listHolds(opened.store.db, calendar.homeId)).toMatchObject([{ releasedAt: undefined }]);
    });

    test('holds of a collection that is gone stay', async () => {
      const { calendar } = await createHome(opened.store);
      const hold = { ...{ homeId: calendar.homeId, collectionId: calendar.id, deviceId: 'x', principalId: 'y' } };
      const rest = { beganAt: NOW, beganSeq: 1, heldAt: NOW, objects: 1, members: 1 };
      await opened.store.write(async (tx) => {
        await insertHold(tx, { ...hold, ...rest });
        await removeCollection(tx, calendar.id, NOW);
      });
      expect(await listHolds(opened.store.db, calendar.homeId)).toMatchObject([{ ...hold, ...rest }]);
    });
  });
}
