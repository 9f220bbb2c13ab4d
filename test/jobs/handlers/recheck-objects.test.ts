import { afterEach, beforeEach, expect, test } from 'vitest';
import { DAY } from '../../../src/base/clock.ts';
import { defaultLimits, type Limits } from '../../../src/base/limits.ts';
import { collectionAt } from '../../../src/calendar/collections.ts';
import type { CalendarContext } from '../../../src/calendar/context.ts';
import { faultyObjects, repairFaulty } from '../../../src/calendar/faulty-objects.ts';
import { importObject } from '../../../src/calendar/import-object.ts';
import type { Collection } from '../../../src/calendar/model.ts';
import { noteNothingStored, recheckObjects as recheckPages } from '../../../src/calendar/recheck-objects.ts';
import { recheckObjects } from '../../../src/jobs/handlers/recheck-objects.ts';
import { candidatesInRange, headByName, objectByName, updateObject } from '../../../src/store/objects.ts';
import { event, SILENT_LOG, START, startDavServer, type DavServer } from '../../dav-server.ts';
import { NO_NETWORK } from '../no-network.ts';

/** More than are looked at in one page. */
const MANY = 120;

let server: DavServer;
let calendar: Collection;
beforeEach(async () => {
  server = await startDavServer({ users: ['alice'] });
  calendar = (await collectionAt(server.context, 'alice', 'calendar'))!;
});
afterEach(() => server.close());

/** The days of thousands of years are to be counted before the thousandth. */
const COSTLY = 'RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;BYDAY=MO;COUNT=500';

const store = (name: string, ...lines: readonly string[]) =>
  importObject(server.context, { collection: calendar, name, octets: Buffer.from(event(name, ...lines)) });

async function storeMany(): Promise<void> {
  for (let at = 0; at < MANY; at++) await store(`e${at}`);
}

const withLimits = (limits: Partial<Limits>): CalendarContext => ({
  ...server.context,
  limits: { ...defaultLimits(), ...limits },
});
const FEW: Partial<Limits> = { recurrenceSteps: 10 };

const run = (context = server.context, log = SILENT_LOG, signal = new AbortController().signal) =>
  recheckObjects.run({ calendar: context, log, retention: DAY, ...NO_NETWORK }, signal);

async function reasons(): Promise<Readonly<Record<string, string>>> {
  const found: Record<string, string> = {};
  for await (const { name, reason } of faultyObjects(server.context, 'alice')) found[name ?? ''] = reason;
  return found;
}

const inDay = async (): Promise<number> =>
  (await candidatesInRange(server.context.store.db, calendar.id, { start: START, end: START + DAY })).length;
const collection = () => collectionAt(server.context, 'alice', 'calendar');

/** Occurrence rows that another version might have left. */
async function misplace(name: string): Promise<void> {
  const { db } = server.context.store;
  const head = (await headByName(db, calendar.id, name))!;
  const elsewhere = { start: 0, end: 1 };
  const index = { floating: false, exact: true, indexedFrom: undefined, indexedUntil: undefined };
  await server.context.store.write((tx) =>
    updateObject(tx, head.id, { ...index, firstAt: 0, lastAt: 1, occurrences: [elsewhere] }, head.modifiedAt),
  );
}

test('what another version indexed otherwise is found where it is, and nothing that a client sees changes', async () => {
  await storeMany();
  for (let at = 0; at < MANY; at += 2) await misplace(`e${at}`);
  const before = [await collection(), await headByName(server.context.store.db, calendar.id, 'e1')];
  expect(await inDay()).toBe(MANY / 2);
  await run();
  expect(await inDay()).toBe(MANY);
  expect([await collection(), await headByName(server.context.store.db, calendar.id, 'e1')]).toEqual(before);
});

test('a database that was empty when the server started is not walked through when it has filled', async () => {
  await noteNothingStored(server.context);
  await storeMany();
  await noteNothingStored(server.context);
  expect((await checked()).length).toBe(0);
  expect((await checked(withLimits(FEW))).length).toBeGreaterThan(0);
});

test('a database that has objects is not taken for a new one', async () => {
  await store('first');
  await noteNothingStored(server.context);
  expect((await checked()).length).toBe(1);
});

/** The pages of a walk. */
async function checked(context = server.context): Promise<readonly number[]> {
  const pages: number[] = [];
  for await (const page of recheckPages(context)) pages.push(page.checked);
  return pages;
}

test('where nothing changed since, nothing is looked at, also by another node', async () => {
  await storeMany();
  await run();
  const { commits } = server.context.store.stats();
  await run();
  await run({ ...server.context });
  expect(server.context.store.stats().commits).toBe(commits);
});

test('a lowered limit makes an object faulty with its reason, and a raised one well again', async () => {
  await store('costly', COSTLY);
  await store('plain');
  await run();
  expect([await reasons(), await inDay()]).toEqual([{}, 2]);
  const before = await objectByName(server.context.store.db, calendar.id, 'costly');

  await run(withLimits(FEW));
  expect(await reasons()).toEqual({ costly: expect.stringMatching(/needs more work/) });
  expect(await inDay()).toBe(1);
  const kept = (await objectByName(server.context.store.db, calendar.id, 'costly'))!;
  expect([kept.etag, kept.seq, kept.modifiedAt]).toEqual([before!.etag, before!.seq, before!.modifiedAt]);
  expect(Buffer.from(kept.octets).equals(Buffer.from(before!.octets))).toBe(true);

  await run();
  expect([await reasons(), await inDay()]).toEqual([{}, 2]);
});

test('a repair of what turns out to be usable only says so', async () => {
  await store('costly', COSTLY);
  await run(withLimits(FEW));
  const [{ id } = { id: '' }] = await Array.fromAsync(faultyObjects(server.context));
  await expect(repairFaulty(withLimits(FEW), id)).rejects.toThrow(/No repair is known/);
  expect(await repairFaulty(server.context, id)).toEqual([]);
  expect([await reasons(), await inDay()]).toEqual([{}, 1]);
});

test('a walk that is broken off goes on where it was, and another node may do the same at once', async () => {
  await storeMany();
  await run(server.context, SILENT_LOG, AbortSignal.abort());
  const looked = async (): Promise<number> => {
    let count = 0;
    for await (const { checked } of recheckPages(server.context)) count += checked;
    return count;
  };
  const counts = await Promise.all([looked(), looked()]);
  expect(Math.max(...counts)).toBeLessThan(MANY);
  expect(await looked()).toBe(0);
  expect(await inDay()).toBe(MANY);
});

test('what a client writes while it is checked counts', async () => {
  await store('e', COSTLY);
  const few = withLimits(FEW);
  // Between the look at the object and the note of what was found.
  const write: CalendarContext['store']['write'] = async (work, options) => {
    await store('e', 'SUMMARY:written meanwhile');
    return server.context.store.write(work, options);
  };
  await run({ ...few, store: { ...server.context.store, db: server.context.store.db, write } });
  expect([await reasons(), await inDay()]).toEqual([{}, 1]);
});

test('a mistake of ours at one object leaves the others to be checked', async () => {
  await storeMany();
  let asked = 0;
  const settings = {
    ...server.context.settings,
    get indexPastDays(): number {
      // The first time it is asked for is before the walk.
      if (++asked === 3) throw new TypeError('unheard of');
      return 366;
    },
  };
  const told: unknown[] = [];
  const log = { ...SILENT_LOG, error: (fields: unknown) => told.push(fields) };
  await run({ ...server.context, settings }, log as never);
  expect(told).toEqual([{ err: new TypeError('unheard of'), object: expect.any(String) }]);
  expect(await reasons()).toEqual({ e1: 'this version fails on it: unheard of' });
  expect(await inDay()).toBe(MANY - 1);
});

test('how many cannot be used any more is said', async () => {
  await store('costly', COSTLY);
  const told: unknown[] = [];
  const log = { ...SILENT_LOG, warn: (fields: unknown) => told.push(fields) };
  await run(withLimits(FEW), log as never);
  await run(withLimits(FEW), log as never);
  expect(told).toEqual([{ count: 1 }]);
});
