import { describe, expect, test } from 'vitest';

import { DAY, HOUR } from '../../src/base/clock.ts';
import { busyInRange, keyedByUid, objectsByKeys, type BusyRow } from '../../src/store/objects.ts';
import type { Store } from '../../src/store/store.ts';
import { createHome, NOW, openedStore, put, type Engine } from './store-engine.ts';

const ALL = { start: NOW - 1000 * DAY, end: NOW + 1000 * DAY };
const hour = (from: number) => ({ start: NOW + from * HOUR, end: NOW + (from + 1) * HOUR });

async function read(store: Store, collectionId: string, range = ALL, pageSize?: number) {
  const rows: BusyRow[] = [];
  const undecided: number[] = [];
  for await (const page of busyInRange(store.db, collectionId, range, pageSize)) {
    rows.push(...page.rows);
    undecided.push(...page.undecided);
  }
  return { rows, undecided };
}

export function busyContract(engine: Engine): void {
  describe('free-busy in the index', () => {
    const opened = openedStore(engine);

    test('instances come with their type, free ones do not come, whatever the length', async () => {
      const { calendar } = await createHome(opened.store);
      const long = { start: NOW, end: NOW + 700 * DAY };
      await opened.store.write((tx) =>
        put(tx, calendar, {
          uid: 'asked',
          occurrences: [
            { ...hour(0), busy: 'BUSY' },
            { ...hour(1), busy: 'BUSY-TENTATIVE' },
            { ...hour(2), busy: 'FREE' },
            { ...long, busy: 'BUSY-UNAVAILABLE' },
          ],
        }),
      );
      const { key } = (await keyedByUid(opened.store.db, calendar.id, 'asked'))!;
      expect(await read(opened.store, calendar.id)).toEqual({
        rows: [
          { key, ...hour(0), type: 'BUSY', days: false },
          { key, ...hour(1), type: 'BUSY-TENTATIVE', days: false },
          { key, ...long, type: 'BUSY-UNAVAILABLE', days: false },
        ],
        undecided: [],
      });
      expect(await keyedByUid(opened.store.db, calendar.id, 'another')).toBeUndefined();
    });

    test('days come as they stand on the wall', async () => {
      const { calendar } = await createHome(opened.store);
      const day = { start: NOW, end: NOW + DAY };
      await opened.store.write((tx) =>
        put(tx, calendar, { floating: true, ...day, occurrences: [{ ...day, busy: 'BUSY' }] }),
      );
      const touching = { start: NOW + DAY + 5 * HOUR, end: NOW + DAY + 6 * HOUR };
      expect((await read(opened.store, calendar.id, touching)).rows).toMatchObject([
        { ...day, type: 'BUSY', days: true },
      ]);
    });

    test('what the index does not know is an object to be read, if it is of a component that is asked for', async () => {
      const { calendar } = await createHome(opened.store);
      const [event] = await opened.store.write((tx) =>
        Promise.all([
          put(tx, calendar, { name: 'event' }),
          put(tx, calendar, { name: 'task', component: 'VTODO' }),
          put(tx, calendar, { name: 'twice', occurrences: [hour(0), { ...hour(0), busy: 'BUSY' }] }),
          put(tx, calendar, { name: 'known', occurrences: [{ ...hour(0), busy: 'BUSY' }] }),
        ]),
      );
      const { rows, undecided } = await read(opened.store, calendar.id);
      expect(rows).toHaveLength(1);
      expect(undecided).toHaveLength(3);
      const objects = await objectsByKeys(opened.store.db, undecided, ['VEVENT']);
      expect(objects.map(({ name }) => name).sort()).toEqual(['event', 'twice']);
      expect(objects.find(({ name }) => name === 'event')).toMatchObject({ id: event.id });
    });

    test('pages hold each row once, and only of this calendar and this range', async () => {
      const { calendar } = await createHome(opened.store);
      const other = await createHome(opened.store);
      await opened.store.write(async (tx) => {
        for (let at = 0; at < 5; at++) {
          const occurrences = Array.from({ length: 7 }, (_, day) => ({ ...hour(day * 24), busy: 'BUSY' as const }));
          await put(tx, at === 4 ? other.calendar : calendar, { occurrences });
        }
      });
      for (const pageSize of [1, 2, 3, 100]) {
        expect((await read(opened.store, calendar.id, ALL, pageSize)).rows).toHaveLength(28);
      }
      expect((await read(opened.store, calendar.id, { start: NOW, end: NOW + DAY }, 3)).rows).toHaveLength(4);
    });
  });
}
