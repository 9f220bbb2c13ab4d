import { describe, expect, test } from 'vitest';

import { leftOutMark } from '../../src/ical/search-text.ts';
import { insertCollection } from '../../src/store/collection-writes.ts';
import { keysWithText, keysWithUid, objectsByKeys, updateObject, type SoughtText } from '../../src/store/objects.ts';
import type { Collection } from '../../src/store/collection-rows.ts';
import { createHome, NOW, openedStore, put, sampleObject, type Engine } from './store-engine.ts';

export function textsContract(engine: Engine): void {
  describe('objects that may have a text', () => {
    const opened = openedStore(engine);

    const calendarWith = async (texts: Readonly<Record<string, string | undefined>>): Promise<Collection> => {
      const { calendar } = await createHome(opened.store);
      await opened.store.write(async (tx) => {
        for (const [name, searchText] of Object.entries(texts)) await put(tx, calendar, { name, searchText });
      });
      return calendar;
    };
    const found = async (calendar: Collection, sought: readonly SoughtText[], sequences?: number) => {
      const names: string[] = [];
      for await (const keys of keysWithText(opened.store.db, calendar.id, sought, sequences)) {
        const objects = await objectsByKeys(opened.store.db, keys, ['VEVENT']);
        names.push(...objects.map(({ name }) => name));
      }
      return names.sort();
    };
    const summary = (text: string): SoughtText[] => [{ name: 'SUMMARY', text }];

    test('are those in whose search text it stands, and those of which it is not known', async () => {
      const calendar = await calendarWith({ team: 'THE TEAM\nHERE', other: 'NOBODY', empty: '', unknown: undefined });
      expect(await found(calendar, summary('TEAM'))).toEqual(['team', 'unknown']);
      expect(await found(calendar, summary('TEA\nM'))).toEqual(['unknown']);
      const either = [...summary('NOB'), { name: 'LOCATION', text: 'TEAM' }];
      expect(await found(calendar, either)).toEqual(['other', 'team', 'unknown']);
    });

    test('are those, too, that leave out the property that is asked for', async () => {
      const calendar = await calendarWith({ long: `${leftOutMark('DESCRIPTION')}SHORT`, short: 'TEXT' });
      expect(await found(calendar, [{ name: 'DESCRIPTION', text: 'WORD' }])).toEqual(['long']);
      expect(await found(calendar, summary('WORD'))).toEqual([]);
      expect(await found(calendar, summary('SHOR'))).toEqual(['long']);
    });

    test('a text means itself, whatever its characters mean to the database', async () => {
      const texts = { percent: '100% SURE', other: '100 TIMES SURE', backslash: 'C:\\WORK', line: 'A_B', dash: 'A-B' };
      const calendar = await calendarWith({ ...texts, far: '한국어 ΟΔΟΣ' });
      expect(await found(calendar, summary('0% S'))).toEqual(['percent']);
      expect(await found(calendar, summary('\\WORK'))).toEqual(['backslash']);
      expect(await found(calendar, summary('A_B'))).toEqual(['line']);
      expect(await found(calendar, summary('국어 Ο'))).toEqual(['far']);
    });

    test('are found a part at a time, in this calendar alone', async () => {
      const calendar = await calendarWith(
        Object.fromEntries(Array.from({ length: 9 }, (_, at) => [`e${at}`, `NO ${at}`])),
      );
      const other = await opened.store.write((tx) =>
        insertCollection(tx, { homeId: calendar.homeId, kind: 'calendar', uri: 'other' }, NOW),
      );
      await opened.store.write((tx) => put(tx, other, { searchText: 'NO' }));
      expect(await found(calendar, summary('NO'), 2)).toHaveLength(9);
      expect(await found(calendar, summary('NO 8'), 2)).toEqual(['e8']);
      expect(await found(other, summary('NO'), 2)).toHaveLength(1);
      const { calendar: empty } = await createHome(opened.store);
      expect(await found(empty, summary('NO'))).toEqual([]);
    });

    test('a UID is found by a part of it, in whatever case, a few at a time', async () => {
      const { calendar } = await createHome(opened.store);
      const uids = ['Abc-1', 'ABC-2', 'x_1', 'x-1', 'é-1', '\u{10FFFF}'];
      await opened.store.write(async (tx) => {
        for (const uid of uids) await put(tx, calendar, { name: uid, uid });
      });
      const named = async (text: string): Promise<string[]> => {
        const names: string[] = [];
        for await (const keys of keysWithUid(opened.store.db, calendar.id, text, 2)) {
          names.push(...(await objectsByKeys(opened.store.db, keys, ['VEVENT'])).map(({ name }) => name));
        }
        return names.sort();
      };
      expect(await named('bc-')).toEqual(['ABC-2', 'Abc-1']);
      expect(await named('x_1')).toEqual(['x_1']);
      expect(await named('-1')).toEqual(['Abc-1', 'x-1', 'é-1']);
      expect(await named('none')).toEqual([]);
    });

    test('an object that is written anew has its new text', async () => {
      const { calendar } = await createHome(opened.store);
      const head = await opened.store.write((tx) => put(tx, calendar, { name: 'e', searchText: 'OLD' }));
      const { octets, occurrences, firstAt, lastAt, floating, exact } = sampleObject(calendar, 1);
      const times = { occurrences, firstAt, lastAt, floating, exact, indexedFrom: undefined, indexedUntil: undefined };
      const patch = { octets, etag: 'new', ...times, searchText: 'NEW' };
      await opened.store.write((tx) => updateObject(tx, head.id, patch, NOW));
      expect(await found(calendar, summary('OLD'))).toEqual([]);
      expect(await found(calendar, summary('NEW'))).toEqual(['e']);
    });
  });
}
