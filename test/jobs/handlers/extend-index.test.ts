import { afterEach, beforeEach, expect, test } from 'vitest';
import { DAY } from '../../../src/base/clock.ts';
import { collectionAt } from '../../../src/calendar/collections.ts';
import { extendIndex as extend } from '../../../src/calendar/extend-index.ts';
import { faultsIn } from '../../../src/calendar/fault.ts';
import { importObject } from '../../../src/calendar/import-object.ts';
import type { Collection } from '../../../src/calendar/model.ts';
import { extendIndex } from '../../../src/jobs/handlers/extend-index.ts';
import { candidatesInRange, headsByNames } from '../../../src/store/objects.ts';
import { SILENT_LOG, START, startDavServer, type DavServer } from '../../dav-server.ts';
import { NO_NETWORK } from '../no-network.ts';

const FUTURE = 732;
/** More than the job looks at in one page. */
const MANY = 120;

let server: DavServer;
let calendar: Collection;
beforeEach(async () => {
  server = await startDavServer({ users: ['alice'], settings: { indexPastDays: 366, indexFutureDays: FUTURE } });
  calendar = (await collectionAt(server.context, 'alice', 'calendar'))!;
});
afterEach(() => server.close());

const series = (uid: string, rule: string, more = ''): Buffer =>
  Buffer.from(
    `BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:${uid}\r\nDTSTART:20260301T090000Z\r\n${more}RRULE:${rule}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n`,
  );

async function store(count: number, rule = 'FREQ=WEEKLY'): Promise<void> {
  for (let at = 0; at < count; at++) {
    await importObject(server.context, { collection: calendar, name: `e${at}`, octets: series(`e${at}`, rule) });
  }
}

/** How many objects the index alone proves to be in a week, and how many it cannot tell of. */
async function inWeek(start: number): Promise<{ decided: number; undecided: number }> {
  const found = await candidatesInRange(server.context.store.db, calendar.id, { start, end: start + 7 * DAY });
  const decided = found.filter((candidate) => candidate.decided).length;
  return { decided, undecided: found.length - decided };
}

const run = (signal = new AbortController().signal, log = SILENT_LOG) =>
  extendIndex.run({ calendar: server.context, log, retention: DAY, ...NO_NETWORK }, signal);

const heads = async () => {
  const names = Array.from({ length: MANY }, (_, at) => `e${at}`);
  const found = await headsByNames(server.context.store.db, calendar.id, names);
  return found.sort((a, b) => a.name.localeCompare(b.name));
};
const collection = () => collectionAt(server.context, 'alice', 'calendar');

test('what is indexed moves on with the clock, and nothing that a client sees changes', async () => {
  await store(MANY);
  const week = START + (FUTURE + 300) * DAY;
  expect(await inWeek(week)).toEqual({ decided: 0, undecided: MANY });
  const before = { heads: await heads(), collection: await collection() };

  server.time.now += 320 * DAY;
  await run();
  expect(await inWeek(week)).toEqual({ decided: 0, undecided: MANY });

  server.time.now += 80 * DAY;
  await run();
  expect(await inWeek(week)).toEqual({ decided: MANY, undecided: 0 });
  expect({ heads: await heads(), collection: await collection() }).toEqual(before);
});

test('a run that is broken off goes on where it was, and what is indexed already is not written again', async () => {
  await store(MANY);
  server.time.now += 400 * DAY;
  const week = START + (FUTURE + 300) * DAY;
  await run(AbortSignal.abort());
  const { decided } = await inWeek(week);
  expect(decided).toBeGreaterThan(0);
  expect(decided).toBeLessThan(MANY);
  const counts: number[] = [];
  for await (const { indexed } of extend(server.context)) counts.push(indexed);
  expect(decided + counts.reduce((sum, count) => sum + count, 0)).toBe(MANY);
  expect(await inWeek(week)).toEqual({ decided: MANY, undecided: 0 });

  const { commits } = server.context.store.stats();
  await run();
  expect(server.context.store.stats().commits).toBe(commits);
});

test('a run that fails in the middle of a page leaves each object whole', async () => {
  await store(MANY);
  server.time.now += 400 * DAY;
  const { context } = server;
  let writes = 0;
  const failing: typeof context.store = {
    ...context.store,
    write: (work, options) => {
      if (++writes > 3) return Promise.reject(new Error('the disk is full'));
      return context.store.write(work, options);
    },
  };
  const broken = { ...context, store: failing };
  await expect(
    extendIndex.run({ calendar: broken, log: SILENT_LOG, retention: DAY, ...NO_NETWORK }, new AbortController().signal),
  ).rejects.toThrow('disk');
  const week = START + (FUTURE + 300) * DAY;
  const partly = await inWeek(week);
  expect(partly.decided + partly.undecided).toBe(MANY);
  expect(partly.decided).toBeGreaterThan(0);
  await run();
  expect(await inWeek(week)).toEqual({ decided: MANY, undecided: 0 });
});

test('two runs at the same time come to the same as one', async () => {
  await store(MANY);
  server.time.now += 400 * DAY;
  const count = async (): Promise<number> => {
    let sum = 0;
    for await (const { indexed } of extend(server.context)) sum += indexed;
    return sum;
  };
  const [one, other] = await Promise.all([count(), count()]);
  expect(one + other).toBe(MANY);
  expect(await inWeek(START + (FUTURE + 300) * DAY)).toEqual({ decided: MANY, undecided: 0 });
});

test('a run ends, also where an object has more instances than are kept; of those it keeps what is to come', async () => {
  await store(3, 'FREQ=HOURLY');
  for (let round = 0; round < 3; round++) {
    server.time.now += 40 * DAY;
    expect((await inWeek(server.time.now)).decided).toBe(0);
    await run();
    expect(await inWeek(server.time.now)).toEqual({ decided: 3, undecided: 0 });
  }
});

test('an object that cannot be expanded any more becomes a listed fault, and holds up no other', async () => {
  await store(2);
  const strict = { ...server.context, limits: { ...server.context.limits, recurrenceSteps: 3 } };
  server.time.now += 400 * DAY;
  const warned: unknown[] = [];
  const log = { ...SILENT_LOG, warn: (fields: unknown) => void warned.push(fields) };
  await extendIndex.run({ calendar: strict, log, retention: DAY, ...NO_NETWORK }, new AbortController().signal);
  expect(warned).toEqual([{ count: 2 }]);
  expect(await inWeek(START + (FUTURE + 300) * DAY)).toEqual({ decided: 0, undecided: 0 });
  const faults = await faultsIn(server.context, calendar);
  expect([...faults.keys()]).toHaveLength(2);
  expect([...faults.values()][0]).toMatch(/rule|recurrence/i);
});
