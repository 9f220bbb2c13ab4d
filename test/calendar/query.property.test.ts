import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DAY } from '../../src/base/clock.ts';
import { extendIndex } from '../../src/calendar/extend-index.ts';
import { importObject } from '../../src/calendar/import-object.ts';
import type { Collection } from '../../src/calendar/model.ts';
import { queryObjects } from '../../src/calendar/query.ts';
import { propertyOf } from '../../src/ical/component.ts';
import type { CompFilter } from '../../src/ical/filter.ts';
import { parseCalendar } from '../../src/ical/parse.ts';
import { recurrenceSet } from '../../src/ical/recurrence.ts';
import { eventOverlaps } from '../../src/ical/time-range.ts';
import type { TimeRange } from '../../src/ical/time-value.ts';
import { UTC, zonesOf, type Zone } from '../../src/ical/timezone.ts';
import { insertCollection, removeCollection } from '../../src/store/collection-writes.ts';
import { startDavServer, START, type DavServer } from '../dav-server.ts';
import { holds } from '../properties/holds.ts';
import { events, FAR, FUTURE, octetsOf, PAST, ranges, ZONES } from './made-events.ts';

const filterFor = (timeRange: TimeRange): CompFilter => {
  const rest = { isNotDefined: false, props: [], test: 'allof' } as const;
  return { ...rest, name: 'VCALENDAR', comps: [{ ...rest, name: 'VEVENT', timeRange, comps: [] }] };
};

let server: DavServer;
beforeAll(async () => {
  server = await startDavServer({ users: ['alice'], settings: { indexPastDays: PAST, indexFutureDays: FUTURE } });
});
afterAll(() => server.close());

let collections = 0;
const newCollection = (): Promise<Collection> =>
  server.context.store.write((tx) =>
    insertCollection(tx, { homeId: 'alice' as never, kind: 'calendar', uri: `c${collections++}` }, START),
  );

/** Every instance from the first one on, walked without any index or window. */
function walk(octets: Uint8Array, floating: Zone): readonly TimeRange[] {
  const calendar = parseCalendar(octets);
  const set = recurrenceSet(calendar.components, { floating, zones: zonesOf(calendar) });
  const found: TimeRange[] = [];
  for (const { start, end } of set.instances({ from: -Infinity, to: Infinity }, { steps: Infinity })) {
    found.push({ start, end });
    if (start > FAR) break;
  }
  return found;
}

async function ask(collection: Collection, range: TimeRange, floating: Zone): Promise<string[]> {
  const names: string[] = [];
  const query = { filter: filterFor(range), floating, octets: false };
  for await (const { name } of queryObjects(server.context, collection, query)) names.push(name);
  return names.sort();
}

async function extend(): Promise<number> {
  let count = 0;
  for await (const { indexed, refused } of extendIndex(server.context)) {
    expect(refused).toEqual([]);
    count += indexed;
  }
  return count;
}

test('a question answered by the index has the answer of a walk over all instances, also after the index moved on', async () => {
  let matched = 0;
  let asked = 0;
  let moved = 0;
  const property = fc.asyncProperty(
    fc.array(events, { minLength: 4, maxLength: 8 }),
    fc.array(ranges, { minLength: 6, maxLength: 8 }),
    fc.constantFrom(...ZONES),
    fc.constantFrom(0, 200, 400, 1500).map((days) => days * DAY),
    async (made, questions, floating, later) => {
      server.time.now = START;
      const collection = await newCollection();
      const octets = made.map(octetsOf);
      for (const [at, each] of octets.entries()) {
        await importObject(server.context, { collection, name: `e${at}`, octets: each });
      }
      const walked = octets.map((each) => walk(each, floating));
      const compare = async (): Promise<void> => {
        for (const question of questions) {
          const range = question(server.time.now);
          const wanted = walked.flatMap((instances, at) =>
            instances.some(({ start, end }) => eventOverlaps(range, start, end)) ? [`e${at}`] : [],
          );
          expect(await ask(collection, range, floating)).toEqual(wanted);
          matched += wanted.length;
          asked += walked.length;
        }
      };
      await compare();
      server.time.now += later;
      await compare();
      moved += await extend();
      await compare();
      // Or the index of every run before this one would move on too, and each run cost more than the last.
      await server.context.store.write((tx) => removeCollection(tx, collection.id, START));
    },
  );
  const runs = await holds(property, { seed: 5545, numRuns: 15 });
  // The property says something only where both happen, and often.
  expect(matched).toBeGreaterThan(asked / 10);
  expect(matched).toBeLessThan((asked * 9) / 10);
  expect(moved).toBeGreaterThan(runs / 3);
});

test('the walk knows an override: it is an instance of its own component', () => {
  const lines = ['DTSTART:20260302T090000Z', 'RRULE:FREQ=DAILY;COUNT=2', 'END:VEVENT', 'BEGIN:VEVENT', 'UID:1'];
  const override = ['RECURRENCE-ID:20260303T090000Z', 'DTSTART:20270303T090000Z', 'END:VEVENT', 'END:VCALENDAR', ''];
  const octets = Buffer.from(['BEGIN:VCALENDAR', 'BEGIN:VEVENT', 'UID:1', ...lines, ...override].join('\r\n'));
  expect(propertyOf(parseCalendar(octets).components[1]!, 'RECURRENCE-ID')).toBeDefined();
  expect(walk(octets, UTC).map(({ start }) => new Date(start).toISOString().slice(0, 10))).toEqual([
    '2026-03-02',
    '2027-03-03',
  ]);
});
