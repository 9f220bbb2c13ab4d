import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { MINUTE } from '../../src/base/clock.ts';
import { Refusal } from '../../src/base/refusal.ts';
import { collectionAt } from '../../src/calendar/collections.ts';
import type { CalendarContext } from '../../src/calendar/context.ts';
import { deleteObject } from '../../src/calendar/delete-object.ts';
import { objectAt } from '../../src/calendar/get-objects.ts';
import { holdsIn, releaseHold, rollBack } from '../../src/calendar/guard-holds.ts';
import { createRecentNames } from '../../src/calendar/guard-memory.ts';
import { createGuard } from '../../src/calendar/guard-rule.ts';
import type { Collection } from '../../src/calendar/model.ts';
import { getPrincipal } from '../../src/calendar/principals.ts';
import { putObject } from '../../src/calendar/put-object.ts';
import { transferObject } from '../../src/calendar/transfer-object.ts';
import { event, startDavServer, type DavServer } from '../dav-server.ts';

const RULE = { objects: 8, share: 30, minutes: 10 };

let server: DavServer;
let context: CalendarContext;
let calendar: Collection;
beforeEach(async () => {
  server = await startDavServer();
  context = { ...server.context, guard: createGuard(RULE) };
  calendar = (await collectionAt(context, 'alice', 'calendar'))!;
});
afterEach(() => server.close());

const actorOf = (deviceId: string | undefined) =>
  ({ id: 'alice' as never, admin: false, adminReadOnly: false, deviceId }) as const;
const OWNER = actorOf(undefined);
const check = (): void => undefined;

async function put(name: string, device: string | undefined, text = '', on = context): Promise<void> {
  const owner = (await getPrincipal(on, 'alice'))!;
  const octets = Buffer.from(event(`uid of ${name}`, `SUMMARY:${text}`));
  await putObject(on, { actor: actorOf(device), owner, collection: calendar, name, octets, check, unchanged: [] });
}

const remove = (name: string, device: string, on = context): Promise<void> =>
  deleteObject(on, { actor: actorOf(device), collection: calendar, name, check, unchanged: [] });

/** How many of the writes, one after the other, go through. */
async function through(count: number, write: (number: number) => Promise<void>): Promise<number> {
  let done = 0;
  for (let number = 0; number < count; number += 1) {
    try {
      await write(number);
      done += 1;
    } catch (error) {
      if (!(error instanceof Refusal) || error.code !== 'device-held') throw error;
    }
  }
  return done;
}

const textOf = async (name: string): Promise<string | undefined> => {
  const object = await objectAt(context, calendar, name);
  return object && /SUMMARY:(\w*)/.exec(Buffer.from(object.octets).toString())?.[1];
};

async function fill(count: number): Promise<void> {
  for (let number = 0; number < count; number += 1) await put(`${number}`, 'laptop', 'old');
}

describe('a device is held', () => {
  test('when it deletes more objects than it may', async () => {
    await fill(20);
    expect(await through(20, (number) => remove(`${number}`, 'phone'))).toBe(8);
    expect(await holdsIn(context, OWNER, 'alice')).toMatchObject([{ deviceId: 'phone', objects: 8, members: 20 }]);
  });

  test('when it rewrites or moves them away, and however these are mixed', async () => {
    await fill(20);
    const collection = (await collectionAt(context, 'alice', 'tasks'))!;
    const owner = (await getPrincipal(context, 'alice'))!;
    await context.store.write((tx) => tx.updateTable('collections').set({ components: null }).execute());
    const to = { owner, collection: { ...collection, components: undefined } };
    const moved = async (name: string): Promise<void> => {
      const from = { collection: calendar, name };
      const request = { actor: actorOf('phone'), how: 'move', from, overwrite: false, check, unchanged: [] } as const;
      await transferObject(context, { ...request, to: { ...to, name } });
    };
    const ways = [remove, (name: string) => put(name, 'phone', 'new'), moved];
    expect(await through(20, (number) => ways[number % 3]!(`${number}`, 'phone'))).toBe(8);
  });

  test('not where they are a small share of the calendar', async () => {
    await fill(40);
    expect(await through(40, (number) => remove(`${number}`, 'phone'))).toBe(12);
  });

  test('not for one object that it rewrites all the time, nor for adding', async () => {
    await fill(9);
    expect(await through(50, (number) => put('0', 'phone', `${number}`))).toBe(50);
    expect(await through(50, (number) => put(`new ${number}`, 'phone'))).toBe(50);
    expect(await holdsIn(context, OWNER, 'alice')).toEqual([]);
  });

  test('not when it takes its time', async () => {
    await fill(20);
    const slowly = async (number: number): Promise<void> => {
      server.time.now += (RULE.minutes * MINUTE) / RULE.objects + 1;
      await remove(`${number}`, 'phone');
    };
    expect(await through(20, slowly)).toBe(20);
  });

  test('alone: what others do counts for themselves', async () => {
    await fill(30);
    expect(await through(14, (number) => remove(`${number}`, `device ${number % 2}`))).toBe(14);
  });

  test('over several nodes as on one: the table is the truth', async () => {
    await fill(30);
    const nodes = [1, 2, 3].map(() => ({ ...server.context, guard: createGuard(RULE) }));
    expect(await through(30, (number) => remove(`${number}`, 'phone', nodes[number % 3]))).toBe(9);
  });

  test('on a node that was started anew', async () => {
    await fill(30);
    await through(7, (number) => remove(`${number}`, 'phone'));
    const again = { ...server.context, guard: createGuard(RULE) };
    expect(await through(20, (number) => remove(`${number + 7}`, 'phone', again))).toBe(2);
  });

  test('until it is released, and then begins anew', async () => {
    await fill(40);
    await through(40, (number) => remove(`${number}`, 'phone'));
    const [hold] = await holdsIn(context, OWNER, 'alice');
    server.time.now += 60 * MINUTE;
    expect(await through(1, () => remove('39', 'phone'))).toBe(0);
    await releaseHold(context, { actor: OWNER, id: hold!.id });
    server.time.now += 1;
    expect(await through(28, (number) => remove(`${number + 12}`, 'phone'))).toBe(8);
  });
});

describe('a roll-back', () => {
  const burst = () => through(20, (number) => remove(`${number}`, 'phone'));
  async function rolledBack() {
    const [hold] = await holdsIn(context, OWNER, 'alice');
    return rollBack(context, { actor: OWNER, id: hold!.id });
  }

  test('brings back what was deleted and rewritten, and takes away what was added', async () => {
    await fill(20);
    await put('0', 'phone', 'before');
    server.time.now += 60 * MINUTE;
    await put('1', 'phone', 'new');
    await put('1', 'phone', 'newer');
    await put('added', 'phone');
    await burst();
    const done = await rolledBack();
    expect([done.restored.toSorted(), done.removed, done.left]).toEqual([
      ['0', '1', '2', '3', '4', '5', '6', '7'],
      ['added'],
      [],
    ]);
    // What it wrote long before the burst is no part of it.
    expect([await textOf('0'), await textOf('1'), await textOf('added')]).toEqual(['before', 'old', undefined]);
  });

  test('leaves what somebody else wrote afterwards', async () => {
    await fill(20);
    await burst();
    await put('3', 'laptop', 'again');
    await put('4', 'laptop', 'again');
    await deleteObject(context, { actor: actorOf('laptop'), collection: calendar, name: '4', check, unchanged: [] });
    expect((await rolledBack()).restored.toSorted()).toEqual(['0', '1', '2', '5', '6', '7']);
    expect([await textOf('3'), await textOf('4')]).toEqual(['again', undefined]);
  });

  test('keeps what somebody else wrote in between', async () => {
    await fill(20);
    await put('0', 'phone', 'new');
    await put('0', 'laptop', 'between');
    await burst();
    await rolledBack();
    expect(await textOf('0')).toBe('between');
  });
});

test('what this process has seen is bounded in time and in number', () => {
  const names = createRecentNames(10, 2);
  names.note('a', 'x', { now: 0 });
  names.note('a', 'y', { now: 5 });
  names.note('a', 'x', { now: 8 });
  expect(['x', 'y', 'z'].map((name) => names.isFree('a', name, 9))).toEqual([true, true, false]);
  expect(names.isFree('b', 'x', 9)).toBe(true);
  expect(names.isFree('a', 'y', 15)).toBe(false);
  names.note('a', 'y', { now: 15, free: 1 });
  expect(names.isFree('a', 'z', 15)).toBe(true);
  // All of it is long ago.
  names.note('a', 'z', { now: 16 });
  expect([names.isFree('a', 'new', 17), names.isFree('a', 'new', 30)]).toEqual([false, true]);
  for (let number = 0; number < 5000; number += 1) names.note('a', `${number}`, { now: 40 });
  expect([names.isFree('a', '0', 40), names.isFree('a', '4999', 40)]).toEqual([false, true]);
  for (let number = 0; number < 5000; number += 1) names.note(`${number}`, 'x', { now: 40 });
  expect(names.isFree('a', 'new', 40)).toBe(true);
});
