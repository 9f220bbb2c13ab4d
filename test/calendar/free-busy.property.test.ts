import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DAY } from '../../src/base/clock.ts';
import { extendIndex } from '../../src/calendar/extend-index.ts';
import { freeBusyOf } from '../../src/calendar/free-busy.ts';
import { importObject } from '../../src/calendar/import-object.ts';
import { busyPeriods, mergeBusy, writeFreeBusy } from '../../src/ical/freebusy.ts';
import { parseCalendar } from '../../src/ical/parse.ts';
import { insertCollection, removeCollection } from '../../src/store/collection-writes.ts';
import { busyInRange } from '../../src/store/objects.ts';
import { startDavServer, START, type DavServer } from '../dav-server.ts';
import { holds } from '../properties/holds.ts';
import { events, FUTURE, octetsOf, PAST, ranges, ZONES } from './made-events.ts';

let server: DavServer;
beforeAll(async () => {
  server = await startDavServer({ users: ['alice'], settings: { indexPastDays: PAST, indexFutureDays: FUTURE } });
});
afterAll(() => server.close());

test('free-busy by the index is the free-busy of the octets, in every zone and past every horizon', async () => {
  let runs = 0;
  let known = 0;
  let unknown = 0;
  const property = fc.asyncProperty(
    fc.array(events, { minLength: 3, maxLength: 8 }),
    fc.array(ranges, { minLength: 4, maxLength: 6 }),
    fc.constantFrom(...ZONES),
    fc.constantFrom(0, 400, 1500).map((days) => days * DAY),
    async (made, questions, floating, later) => {
      runs++;
      const { context, time } = server;
      time.now = START;
      const collection = await context.store.write((tx) =>
        insertCollection(tx, { homeId: 'alice' as never, kind: 'calendar', uri: `f${runs}` }, START),
      );
      const octets = made.map(octetsOf);
      for (const [at, each] of octets.entries()) {
        await importObject(context, { collection, name: `e${at}`, octets: each });
      }
      const compare = async (): Promise<void> => {
        for (const question of questions) {
          const range = question(time.now);
          // A free-busy-query has both ends (RFC 4791 §9.11).
          if (!Number.isFinite(range.start) || !Number.isFinite(range.end)) continue;
          const wanted = octets.flatMap((each) => busyPeriods(parseCalendar(each), range, { floating }));
          const asked = { collections: [collection], range, floatingOf: () => floating };
          expect(await freeBusyOf(context, asked)).toBe(writeFreeBusy(mergeBusy(wanted), range, time.now));
          for await (const page of busyInRange(context.store.db, collection.id, range)) {
            known += page.rows.length;
            unknown += page.undecided.length;
          }
        }
      };
      await compare();
      time.now += later;
      await compare();
      for await (const { refused } of extendIndex(context)) expect(refused).toEqual([]);
      await compare();
      await context.store.write((tx) => removeCollection(tx, collection.id, START));
    },
  );
  await holds(property, { seed: 4791, numRuns: 15 });
  // The property says something only where both ways are taken.
  expect(known).toBeGreaterThan(100);
  expect(unknown).toBeGreaterThan(100);
});
