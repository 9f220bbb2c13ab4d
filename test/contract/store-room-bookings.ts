import { describe, expect, test } from 'vitest';

import { removePrincipal, savePrincipal } from '../../src/store/principals.ts';
import {
  answeringOf,
  bookingsOf,
  removeBooking,
  saveBooking,
  undecidedBookings,
  undecidedIn,
  type RoomBooking,
} from '../../src/store/room-bookings.ts';
import { fresh, NOW, openedStore, type Engine } from './store-engine.ts';

export function roomBookingsContract(engine: Engine): void {
  describe('bookings of rooms', () => {
    const opened = openedStore(engine);

    async function room(): Promise<string> {
      const id = fresh('room');
      await opened.store.write((tx) => savePrincipal(tx, { id, kind: 'room', autoSchedule: 'automatic' }, NOW));
      return id;
    }
    const save = (booking: Partial<RoomBooking> & { readonly homeId: string; readonly uid: string }): Promise<void> =>
      opened.store.write((tx) =>
        saveBooking(tx, { booker: 'ann', lastAt: undefined, decidedUntil: undefined, ...booking }),
      );

    test('those of a person that are not over, or never will be', async () => {
      const homeId = await room();
      await save({ homeId, uid: 'over', lastAt: NOW });
      await save({ homeId, uid: 'to-come', lastAt: NOW + 1 });
      await save({ homeId, uid: 'endless' });
      await save({ homeId, uid: 'of-another', booker: 'bob' });
      const { db } = opened.store;
      expect(await bookingsOf(db, { homeId, booker: 'ann', now: NOW })).toEqual(['endless', 'to-come']);
      await opened.store.write((tx) => removeBooking(tx, homeId, 'endless'));
      // Saved again, it is as it was said last.
      await save({ homeId, uid: 'to-come', lastAt: NOW });
      expect(await bookingsOf(db, { homeId, booker: 'ann', now: NOW })).toEqual([]);
    });

    test('those that are not decided to their end, page by page', async () => {
      const [one, other] = [await room(), await room()].toSorted();
      if (one === undefined || other === undefined) throw new TypeError('two rooms were made');
      await save({ homeId: one, uid: 'a', decidedUntil: NOW + 5 });
      await save({ homeId: one, uid: 'b', decidedUntil: NOW + 9 });
      await save({ homeId: one, uid: 'c' });
      await save({ homeId: other, uid: 'a', decidedUntil: NOW + 6 });
      const { db } = opened.store;
      expect(await undecidedIn(db, one)).toEqual(
        new Map([
          ['a', NOW + 5],
          ['b', NOW + 9],
        ]),
      );
      const found: string[] = [];
      const mine = new Set([one, other]);
      for (let page = await undecidedBookings(db, { before: NOW + 9, limit: 1 }); page.length > 0;) {
        const [last] = page;
        if (last === undefined) break;
        if (mine.has(last.homeId)) found.push(`${last.homeId} ${last.uid} ${last.decidedUntil - NOW}`);
        page = await undecidedBookings(db, { before: NOW + 9, after: last, limit: 1 });
      }
      expect(found).toEqual([`${one} a 5`, `${other} a 6`]);
    });

    test('they go with their room, and how it answers is known', async () => {
      const homeId = await room();
      await save({ homeId, uid: 'a', decidedUntil: NOW });
      const { db } = opened.store;
      expect(await answeringOf(db, homeId)).toEqual({
        ...{ kind: 'room', autoSchedule: 'automatic', autoAcceptGroup: undefined },
      });
      await opened.store.write((tx) => removePrincipal(tx, homeId, NOW));
      expect((await undecidedIn(db, homeId)).size).toBe(0);
      expect(await answeringOf(db, homeId)).toBeUndefined();
    });
  });
}
