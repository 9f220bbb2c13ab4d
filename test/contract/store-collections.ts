import { describe, expect, test } from 'vitest';

import { newCollectionId } from '../../src/base/ids.ts';
import { nextSeq } from '../../src/store/change-sequence.ts';
import {
  insertCollection,
  moveCollection,
  removeCollection,
  updateCollection,
} from '../../src/store/collection-writes.ts';
import {
  collectionById,
  collectionByUri,
  collectionsOfHome,
  countCollections,
  homeCollection,
} from '../../src/store/collections.ts';
import { deadProperties, setDeadProperty } from '../../src/store/dead-properties.ts';
import { countObjects, headByName, homeUsage } from '../../src/store/objects.ts';
import { createHome, createUser, NOW, openedStore, put, type Engine } from './store-engine.ts';

export function collectionsContract(engine: Engine): void {
  describe('collections', () => {
    const opened = openedStore(engine);

    test('a new collection has its fields, and begins at change sequence 1', async () => {
      const { owner } = await createHome(opened.store);
      const id = newCollectionId();
      const fields = {
        homeId: owner.id,
        kind: 'calendar',
        uri: 'tasks ü/%',
        displayname: 'Tasks',
        description: 'What to do',
        color: '#FF0000FF',
        colorAttributes: { 'symbolic-color': 'red' },
        order: 2.5,
        timezone: 'BEGIN:VCALENDAR',
        timezoneId: 'Europe/Paris',
        components: ['VTODO'],
        transparent: true,
        availability: 'BEGIN:VCALENDAR',
        source: undefined,
        refreshRate: 'P1D',
        stripAlarms: true,
        stripAttachments: false,
        stripTodos: true,
      } as const;
      const created = await opened.store.write((tx) => insertCollection(tx, { id, ...fields }, NOW));
      expect(created).toEqual({
        ...fields,
        id,
        seq: 1,
        homeSeq: 3,
        propertiesVersion: 1,
        prunedSeq: 0,
        createdAt: NOW,
        modifiedAt: NOW,
      });
      expect(await collectionById(opened.store.db, id)).toEqual(created);
      expect(await collectionByUri(opened.store.db, owner.id, 'tasks ü/%')).toEqual(created);
    });

    test('what is not given is undefined, and every component is taken', async () => {
      const { calendar } = await createHome(opened.store);
      expect(calendar).toMatchObject({
        displayname: undefined,
        colorAttributes: undefined,
        order: undefined,
        components: undefined,
        transparent: false,
        availability: undefined,
      });
    });

    test('a home lists its collections by order and uri, without itself', async () => {
      const { owner, home } = await createHome(opened.store);
      await opened.store.write(async (tx) => {
        await insertCollection(tx, { homeId: owner.id, kind: 'calendar', uri: 'b', order: 1 }, NOW);
        await insertCollection(tx, { homeId: owner.id, kind: 'inbox', uri: 'a' }, NOW);
      });
      const collections = await collectionsOfHome(opened.store.db, owner.id);
      expect(collections.map(({ uri }) => uri)).toEqual(['b', 'a', 'calendar']);
      expect(await countCollections(opened.store.db, owner.id)).toBe(3);
      expect((await homeCollection(opened.store.db, owner.id))?.id).toBe(home.id);
    });

    test('a uri is taken once in a home', async () => {
      const { owner } = await createHome(opened.store);
      const again = opened.store.write((tx) =>
        insertCollection(tx, { homeId: owner.id, kind: 'calendar', uri: 'calendar' }, NOW),
      );
      await expect(again).rejects.toThrow(/unique/i);
    });

    test('a patch sets what it has, clears what is null, and grows versions but not the sequence', async () => {
      const { calendar } = await createHome(opened.store);
      await opened.store.write((tx) =>
        updateCollection(tx, calendar.id, { displayname: 'A', color: '#000000', components: ['VEVENT'] }, NOW),
      );
      const updated = await opened.store.write((tx) =>
        updateCollection(tx, calendar.id, { color: null, order: 3, components: null, description: undefined }, NOW + 7),
      );
      expect(updated).toEqual({
        ...calendar,
        displayname: 'A',
        order: 3,
        propertiesVersion: 3,
        homeSeq: calendar.homeSeq + 2,
        modifiedAt: NOW + 7,
      });
    });

    test('patching or moving what is not there is told by undefined', async () => {
      const gone = await opened.store.write(async (tx) => [
        await updateCollection(tx, 'nothing', { displayname: 'A' }, NOW),
        await moveCollection(tx, 'nothing', 'else', NOW),
        await nextSeq(tx, 'nothing', NOW),
      ]);
      expect(gone).toEqual([undefined, undefined, undefined]);
    });

    test('a move changes the uri and keeps members and sequence', async () => {
      const { owner, calendar } = await createHome(opened.store);
      await opened.store.write((tx) => put(tx, calendar, { name: 'x.ics' }));
      const moved = await opened.store.write((tx) => moveCollection(tx, calendar.id, 'elsewhere', NOW));
      expect(moved).toMatchObject({ id: calendar.id, uri: 'elsewhere', seq: 3 });
      expect(await collectionByUri(opened.store.db, owner.id, 'calendar')).toBeUndefined();
      expect(await headByName(opened.store.db, calendar.id, 'x.ics')).toBeDefined();
    });

    test('removal takes everything along that was in it', async () => {
      const { owner, calendar } = await createHome(opened.store);
      const head = await opened.store.write(async (tx) => {
        const created = await put(tx, calendar);
        await setDeadProperty(tx, owner.id, created.id, '{urn:x}p', '<p xmlns="urn:x"/>');
        await setDeadProperty(tx, owner.id, calendar.id, '{urn:x}p', '<p xmlns="urn:x"/>');
        return created;
      });
      await opened.store.write((tx) => removeCollection(tx, calendar.id, NOW));
      expect(await collectionById(opened.store.db, calendar.id)).toBeUndefined();
      expect(await deadProperties(opened.store.db, head.id)).toEqual(new Map());
      expect(await deadProperties(opened.store.db, calendar.id)).toEqual(new Map());
      expect(await homeUsage(opened.store.db, owner.id)).toBe(0);
      expect(await countObjects(opened.store.db, calendar.id)).toBe(0);
      const left = await opened.store.db.selectFrom('objects').select('id').where('id', '=', head.id).execute();
      expect(left).toEqual([]);
    });

    test('the sequence of a collection is that of its home, and the home alone grows by itself', async () => {
      const { home, calendar } = await createHome(opened.store);
      const seqs = await opened.store.write(async (tx) => [
        await nextSeq(tx, calendar.id, NOW + 1),
        await nextSeq(tx, calendar.id, NOW + 2),
        await nextSeq(tx, home.id, NOW + 3),
      ]);
      expect(seqs).toEqual([3, 4, 5]);
      expect(await collectionById(opened.store.db, calendar.id)).toMatchObject({
        seq: 4,
        homeSeq: 4,
        modifiedAt: NOW + 2,
      });
      expect(await collectionById(opened.store.db, home.id)).toMatchObject({ seq: 5, modifiedAt: NOW + 3 });
    });

    test('a collection needs an owner who exists', async () => {
      const user = await createUser(opened.store);
      const homeless = opened.store.write((tx) =>
        insertCollection(tx, { homeId: `${user.id} not` as typeof user.id, kind: 'home', uri: '' }, NOW),
      );
      await expect(homeless).rejects.toThrow(/foreign key/i);
    });
  });
}
