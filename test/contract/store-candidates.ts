import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { DAY, HOUR } from '../../src/base/clock.ts';
import type { Paging } from '../../src/store/candidates.ts';
import { nextSeq } from '../../src/store/change-sequence.ts';
import { insertCollection, removeCollection } from '../../src/store/collection-writes.ts';
import { candidatesInRange, insertObject, type ObjectIndex } from '../../src/store/objects.ts';
import type { Store } from '../../src/store/store.ts';
import { createHome, fresh, NOW, openedStore, put, sampleObject, type Engine } from './store-engine.ts';

const touches = (range: { start: number; end: number }, start: number, end: number): boolean =>
  start === end ? range.start <= start && start < range.end : start < range.end && end > range.start;

/** Lengths on and around the borders of the classes. */
const lengths = fc.oneof(
  fc.constantFrom(0, 1, DAY - 1, DAY, DAY + 1, 8 * DAY, 8 * DAY + 1, 64 * DAY, 64 * DAY + 1, 512 * DAY, 512 * DAY + 1),
  fc.integer({ min: 0, max: 3 * HOUR }),
  fc.integer({ min: 0, max: 2000 * DAY }),
);
const instants = fc.integer({ min: NOW - 1000 * DAY, max: NOW + 1000 * DAY });
const occurrences = fc
  .array(fc.record({ start: instants, length: lengths }), { minLength: 0, maxLength: 6 })
  .map((list) => list.map(({ start, length }) => ({ start, end: start + length })));

const indexes: fc.Arbitrary<ObjectIndex> = fc
  .record({
    occurrences,
    floating: fc.boolean(),
    exact: fc.boolean(),
    endless: fc.boolean(),
    unknown: fc.boolean(),
    window: fc.option(fc.record({ from: instants, length: lengths }), { nil: undefined }),
  })
  .map(({ occurrences: all, floating, exact, endless, unknown, window }) => {
    const inside =
      window === undefined
        ? all
        : all.filter(({ start, end }) => start >= window.from && end <= window.from + window.length);
    const first = Math.min(...all.map(({ start }) => start));
    const last = Math.max(...all.map(({ end }) => end));
    return {
      occurrences: inside,
      floating,
      exact,
      firstAt: unknown || all.length === 0 ? undefined : first,
      lastAt: endless || all.length === 0 ? undefined : last,
      indexedFrom: window?.from,
      indexedUntil: window && window.from + window.length,
    };
  });

const ranges = fc.oneof(
  fc
    .record({ start: instants, length: fc.oneof(fc.constant(1), lengths) })
    .map(({ start, length }) => ({ start, end: start + length })),
  fc.record({ start: instants, end: fc.constant(Infinity) }),
  fc.record({ start: fc.constant(-Infinity), end: instants }),
  fc.constant({ start: -Infinity, end: Infinity }),
);

type Verdict = 'decided' | 'undecided' | 'either' | 'none';

/** What the question has to find of one object, straight from the rules. */
function verdict(index: ObjectIndex, range: { start: number; end: number }, shift: number): Verdict {
  const { exact, floating, firstAt = -Infinity, lastAt = Infinity, indexedFrom, indexedUntil } = index;
  if (range.end <= range.start) return 'either';
  if (!exact) return firstAt <= range.end && lastAt >= range.start ? 'undecided' : 'either';
  const shifted = floating ? shift : 0;
  const proved = index.occurrences.some(({ start, end }) => touches(range, start + shifted, end + shifted));
  if (proved) return floating ? 'undecided' : 'decided';
  const beyond =
    (indexedUntil !== undefined && range.end > indexedUntil && lastAt > Math.max(range.start, indexedUntil)) ||
    (indexedFrom !== undefined && range.start < indexedFrom && firstAt < Math.min(range.end, indexedFrom));
  if (beyond) return 'undecided';
  return floating || indexedFrom !== undefined ? 'either' : 'none';
}

export function candidatesContract(engine: Engine): void {
  describe('candidates of a range of time', () => {
    const opened = openedStore(engine);

    test('they agree with a comparison of every object, for any objects and ranges', async () => {
      const { home } = await createHome(opened.store);
      const property = fc.asyncProperty(
        fc.array(indexes, { minLength: 1, maxLength: 12 }),
        fc.array(ranges, { minLength: 1, maxLength: 6 }),
        fc.oneof(fc.constantFrom(-DAY, DAY), fc.integer({ min: -DAY, max: DAY })),
        (objects, asked, shift) => compare(opened.store, home.homeId, { objects, asked, shift }),
      );
      await fc.assert(property, {
        seed: 20260302,
        numRuns: engine.runs,
        // A failure is reported with what was shrunk until then, instead of a test that timed out.
        interruptAfterTimeLimit: 20_000,
        markInterruptAsFailure: true,
      });
    });

    test('a range touches what it shares an instant with, ends excluded', async () => {
      const { calendar } = await createHome(opened.store);
      await opened.store.write((tx) =>
        put(tx, calendar, { firstAt: NOW, lastAt: NOW + HOUR, occurrences: [{ start: NOW, end: NOW + HOUR }] }),
      );
      const found = async (start: number, end: number): Promise<number> =>
        (await candidatesInRange(opened.store.db, calendar.id, { start, end })).length;
      expect(await found(NOW - HOUR, NOW)).toBe(0);
      expect(await found(NOW - HOUR, NOW + 1)).toBe(1);
      expect(await found(NOW + HOUR - 1, NOW + DAY)).toBe(1);
      expect(await found(NOW + HOUR, NOW + DAY)).toBe(0);
    });

    test('an object is named once, however many of its instances lie in the range', async () => {
      const { calendar } = await createHome(opened.store);
      const daily = Array.from({ length: 300 }, (_, day) => ({ start: NOW + day * DAY, end: NOW + day * DAY + HOUR }));
      const head = await opened.store.write((tx) => put(tx, calendar, { lastAt: undefined, occurrences: daily }));
      const found = await candidatesInRange(opened.store.db, calendar.id, { start: NOW, end: NOW + 100 * DAY });
      expect(found).toEqual([{ ...head, decided: true }]);
    });

    test('a task that is due at the very end of a range is a candidate (RFC 4791 §9.9)', async () => {
      const { calendar } = await createHome(opened.store);
      const due = { component: 'VTODO', exact: false, firstAt: NOW, lastAt: NOW, occurrences: [] };
      await opened.store.write((tx) => put(tx, calendar, due));
      const found = await candidatesInRange(opened.store.db, calendar.id, { start: NOW - HOUR, end: NOW });
      expect(found.map(({ decided }) => decided)).toEqual([false]);
    });

    test('components narrow', async () => {
      const { calendar } = await createHome(opened.store);
      await opened.store.write(async (tx) => {
        await put(tx, calendar, { name: 'e', component: 'VEVENT' });
        await put(tx, calendar, { name: 't', component: 'VTODO' });
        await put(tx, calendar, { name: 'j', component: 'VJOURNAL' });
        await put(tx, calendar, { name: 'plain file', component: '' });
      });
      const range = { start: NOW, end: NOW + 1 };
      const named = async (components?: readonly string[]): Promise<string[]> => {
        const question = { ...range, ...(components && { components }) };
        const found = await candidatesInRange(opened.store.db, calendar.id, question);
        return found.map(({ name }) => name).sort();
      };
      expect(await named()).toEqual(['e', 'j', 't']);
      expect(await named(['VEVENT', 'VTODO'])).toEqual(['e', 't']);
      expect(await named([])).toEqual([]);
    });

    test('another calendar of the home has its own', async () => {
      const { owner, calendar } = await createHome(opened.store);
      const other = await opened.store.write(async (tx) => {
        await put(tx, calendar);
        return insertCollection(tx, { homeId: owner.id, kind: 'calendar', uri: 'other' }, NOW);
      });
      expect(await candidatesInRange(opened.store.db, other.id, { start: -Infinity, end: Infinity })).toEqual([]);
    });
  });
}

/** All at once, by pages of rows, and object by object. */
const WAYS: readonly (Paging | undefined)[] = [
  undefined,
  { first: 0, rows: 3, objects: 2, rowsOfAnObject: Infinity },
  { first: 0, rows: 1, objects: 3, rowsOfAnObject: 0 },
];

interface Comparison {
  readonly objects: readonly ObjectIndex[];
  readonly asked: readonly { readonly start: number; readonly end: number }[];
  readonly shift: number;
}

async function compare(store: Store, homeId: Parameters<typeof insertCollection>[1]['homeId'], it: Comparison) {
  const { calendar, ids } = await store.write(async (tx) => {
    const created = await insertCollection(tx, { homeId, kind: 'calendar', uri: fresh('calendar') }, NOW);
    const inserted: string[] = [];
    for (const index of it.objects) {
      const seq = (await nextSeq(tx, created.id, NOW)) ?? 0;
      inserted.push((await insertObject(tx, sampleObject(created, seq, index), NOW)).id);
    }
    return { calendar: created, ids: inserted };
  });
  const ways = it.asked.flatMap((range) => WAYS.map((paging) => ({ range, paging })));
  for (const { range, paging } of ways) {
    const found = await candidatesInRange(store.db, calendar.id, range, paging);
    const byId = new Map<string, boolean>(found.map(({ id, decided }) => [id, decided]));
    expect(byId.size).toBe(found.length);
    for (const [at, index] of it.objects.entries()) {
      const decided = byId.get(ids[at]!);
      const wanted = verdict(index, range, it.shift);
      const got = decided === undefined ? 'none' : decided ? 'decided' : 'undecided';
      // Nothing is ever proved of what is not exact; otherwise a needless candidate costs time only.
      if (wanted === 'either') expect(got).not.toBe('decided');
      else expect(got).toBe(wanted);
    }
  }
  await store.write((tx) => removeCollection(tx, calendar.id, NOW));
}
