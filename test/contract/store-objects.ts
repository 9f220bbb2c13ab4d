import { describe, expect, test } from 'vitest';

import { insertCollection } from '../../src/store/collection-writes.ts';
import { collectionById } from '../../src/store/collections.ts';
import {
  candidatesInRange,
  countObjects,
  headByName,
  headByUid,
  headsByNames,
  homeUsage,
  objectByName,
  objectsByIds,
  objectsByNames,
  objectsToReindex,
  pageOfHeads,
  pageOfObjects,
  reindexObject,
  updateObject,
} from '../../src/store/objects.ts';
import { createHome, NOW, octetsOf, openedStore, put, remove, type Engine } from './store-engine.ts';

export function objectsContract(engine: Engine): void {
  describe('objects', () => {
    const opened = openedStore(engine);

    test('an object is found by name and by UID, with and without its octets', async () => {
      const { owner, calendar } = await createHome(opened.store);
      const octets = new Uint8Array([0, 1, 2, 255, 13, 10]);
      const head = await opened.store.write((tx) =>
        put(tx, calendar, {
          name: 'Ünder ☃.ics',
          uid: 'UID:1',
          octets,
          etag: 'e1',
          scheduleTag: 's1',
        }),
      );
      expect(head).toMatchObject({
        homeId: owner.id,
        collectionId: calendar.id,
        name: 'Ünder ☃.ics',
        uid: 'UID:1',
        component: 'VEVENT',
        etag: 'e1',
        size: 6,
        scheduleTag: 's1',
        seq: 3,
        createdSeq: 3,
        createdAt: NOW,
        modifiedAt: NOW,
      });
      expect(await headByName(opened.store.db, calendar.id, 'Ünder ☃.ics')).toEqual(head);
      expect(await headByUid(opened.store.db, calendar.id, 'UID:1')).toEqual(head);
      const object = await objectByName(opened.store.db, calendar.id, 'Ünder ☃.ics');
      expect(new Uint8Array(object?.octets ?? [])).toEqual(octets);
      expect(await headByName(opened.store.db, calendar.id, 'ünder ☃.ics')).toBeUndefined();
      expect(await objectByName(opened.store.db, calendar.id, 'none')).toBeUndefined();
      expect(await headByUid(opened.store.db, calendar.id, 'uid:1')).toBeUndefined();
    });

    test('a name and a UID are taken once in a calendar, not once in a home', async () => {
      const { owner, calendar } = await createHome(opened.store);
      const other = await opened.store.write(async (tx) => {
        await put(tx, calendar, { name: 'a.ics', uid: 'a' });
        return insertCollection(tx, { homeId: owner.id, kind: 'calendar', uri: 'other' }, NOW);
      });
      await opened.store.write((tx) => put(tx, other, { name: 'a.ics', uid: 'a' }));
      await expect(opened.store.write((tx) => put(tx, calendar, { name: 'a.ics', uid: 'b' }))).rejects.toThrow(
        /unique/i,
      );
      await expect(opened.store.write((tx) => put(tx, calendar, { name: 'b.ics', uid: 'a' }))).rejects.toThrow(
        /unique/i,
      );
    });

    test('any number of names is looked up, those that are not there are left out', async () => {
      const { calendar } = await createHome(opened.store);
      const names = Array.from({ length: 1203 }, (_, index) => `n-${index}'"\\%.ics`);
      await opened.store.write(async (tx) => {
        for (const name of names) await put(tx, calendar, { name });
      });
      const asked = [...names, 'missing', ''];
      const heads = await headsByNames(opened.store.db, calendar.id, asked);
      const objects = await objectsByNames(opened.store.db, calendar.id, asked);
      expect(heads.map(({ name }) => name).sort()).toEqual([...names].sort());
      expect(objects).toHaveLength(1203);
      expect(objects.every(({ octets, size }) => octets.byteLength === size)).toBe(true);
      expect(await headsByNames(opened.store.db, calendar.id, [])).toEqual([]);
      const byId = await objectsByIds(opened.store.db, [heads[0]!.id, heads[9]!.id, 'none']);
      expect(byId.map(({ name }) => name).sort()).toEqual([heads[0]!.name, heads[9]!.name].sort());
    });

    test('pages follow the order of code points, without gaps', async () => {
      const { calendar } = await createHome(opened.store);
      const names = ['A', 'B', 'a', 'b', 'ä', '10', '9', '~', 'Z.ics', '\u{1F600}', '\u{FFFD}'];
      await opened.store.write(async (tx) => {
        for (const name of names) await put(tx, calendar, { name });
      });
      const seen: string[] = [];
      for (let after: string | undefined; ; after = seen.at(-1)) {
        const page = { ...(after === undefined ? {} : { after }), limit: 3 };
        const heads = await pageOfHeads(opened.store.db, calendar.id, page);
        const objects = await pageOfObjects(opened.store.db, calendar.id, page);
        expect(objects.map(({ id }) => id)).toEqual(heads.map(({ id }) => id));
        if (heads.length === 0) break;
        seen.push(...heads.map(({ name }) => name));
      }
      expect(seen).toEqual([...names].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
    });

    test('an update changes what is given; what is left out stays', async () => {
      const { calendar } = await createHome(opened.store);
      const head = await opened.store.write((tx) => put(tx, calendar, { scheduleTag: 's' }));
      const updated = await opened.store.write((tx) =>
        updateObject(
          tx,
          head.id,
          { etag: 'new', octets: octetsOf('new octets'), seq: 9, scheduleTag: undefined },
          NOW + 3,
        ),
      );
      expect(updated).toEqual({ ...head, etag: 'new', size: 10, seq: 9, modifiedAt: NOW + 3 });
      const cleared = await opened.store.write((tx) => updateObject(tx, head.id, { scheduleTag: null }, NOW + 3));
      expect(cleared.scheduleTag).toBeUndefined();
      const object = await objectByName(opened.store.db, calendar.id, head.name);
      expect(new TextDecoder().decode(object?.octets)).toBe('new octets');
    });

    test('an update with another time is found at that time only', async () => {
      const { calendar } = await createHome(opened.store);
      const later = NOW + 5_000_000;
      const head = await opened.store.write((tx) => put(tx, calendar));
      const index = { floating: false, exact: true, indexedFrom: undefined, indexedUntil: undefined };
      await opened.store.write((tx) =>
        updateObject(
          tx,
          head.id,
          { ...index, firstAt: later, lastAt: later + 10, occurrences: [{ start: later, end: later + 10 }] },
          NOW,
        ),
      );
      const at = async (start: number) =>
        (await candidatesInRange(opened.store.db, calendar.id, { start, end: start + 5 })).map(({ id }) => id);
      expect(await at(NOW)).toEqual([]);
      expect(await at(later)).toEqual([head.id]);
    });

    test('number and octets of objects are counted', async () => {
      const { owner, calendar } = await createHome(opened.store);
      const [first] = await opened.store.write(async (tx) => [
        await put(tx, calendar, { octets: new Uint8Array(100) }),
        await put(tx, calendar, { octets: new Uint8Array(50) }),
      ]);
      expect(await homeUsage(opened.store.db, owner.id)).toBe(150);
      await opened.store.write((tx) => updateObject(tx, first!.id, { octets: new Uint8Array(7) }, NOW));
      expect(await homeUsage(opened.store.db, owner.id)).toBe(57);
      const shrunk = await headByName(opened.store.db, calendar.id, first!.name);
      await opened.store.write((tx) => remove(tx, shrunk!));
      expect(await homeUsage(opened.store.db, owner.id)).toBe(50);
      expect(await countObjects(opened.store.db, calendar.id)).toBe(1);
    });

    test('removing what is already removed changes nothing', async () => {
      const { calendar } = await createHome(opened.store);
      const head = await opened.store.write((tx) => put(tx, calendar));
      await opened.store.write((tx) => remove(tx, head));
      await opened.store.write((tx) => remove(tx, head));
      expect(await countObjects(opened.store.db, calendar.id)).toBe(0);
      expect((await collectionById(opened.store.db, calendar.id))?.seq).toBe(5);
    });

    test('objects whose index ends early come up for indexing, the earliest first', async () => {
      const { calendar } = await createHome(opened.store);
      // Long before what other tests of this database index.
      const long = Date.UTC(1900, 0);
      const span = { indexedFrom: 0, lastAt: undefined, occurrences: [{ start: long, end: long }] };
      await opened.store.write(async (tx) => {
        await put(tx, calendar, { ...span, name: 'second', indexedUntil: long + 2 });
        await put(tx, calendar, { ...span, name: 'first', indexedUntil: long + 1 });
        await put(tx, calendar, { ...span, name: 'too', indexedUntil: long + 2 });
        await put(tx, calendar, { ...span, name: 'late', indexedUntil: long + 3 });
      });
      const namesOf = async (due: readonly { readonly id: string }[]) =>
        (
          await objectsByIds(
            opened.store.db,
            due.map(({ id }) => id),
          )
        )
          .map(({ name }) => name)
          .sort();
      const before = long + 3;
      const due = await objectsToReindex(opened.store.db, { before, limit: 10 });
      expect(due.map(({ indexedUntil }) => indexedUntil - long)).toEqual([1, 2, 2]);
      expect(await namesOf(due)).toEqual(['first', 'second', 'too']);
      const [first, ...rest] = due;
      expect(await objectsToReindex(opened.store.db, { before, limit: 1 })).toEqual([first]);
      expect(await objectsToReindex(opened.store.db, { before, after: first, limit: 1 })).toEqual([rest[0]]);
      expect(await objectsToReindex(opened.store.db, { before, after: rest[0], limit: 2 })).toEqual([rest[1]]);
      const head = await headByName(opened.store.db, calendar.id, 'first');
      const wider = { floating: false, exact: true, firstAt: long, lastAt: undefined, indexedFrom: 0 };
      const longer = { ...wider, indexedUntil: NOW, occurrences: [{ start: NOW, end: NOW + 9 }] };
      const reindex = (of: (typeof due)[number]) => opened.store.write((tx) => reindexObject(tx, of, longer));
      expect(await reindex({ ...first!, etag: 'of other octets' })).toBe(false);
      expect(await reindex({ ...first!, indexedUntil: long })).toBe(false);
      expect(await reindex(first!)).toBe(true);
      expect(await reindex(first!)).toBe(false);
      const after = await objectsToReindex(opened.store.db, { before, limit: 10 });
      expect(await namesOf(after)).toEqual(['second', 'too']);
      expect(await headByName(opened.store.db, calendar.id, 'first')).toEqual(head);
      const found = await candidatesInRange(opened.store.db, calendar.id, { start: NOW + 8, end: NOW + 9 });
      expect(found.find(({ name }) => name === 'first')?.decided).toBe(true);
    });
  });
}
