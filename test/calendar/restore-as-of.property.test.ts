import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { BadRequest, ConditionFailed, Refusal } from '../../src/base/refusal.ts';
import { changesSince } from '../../src/calendar/changes-since.ts';
import { collectionAt, collectionWithId } from '../../src/calendar/collections.ts';
import { deleteObject } from '../../src/calendar/delete-object.ts';
import { listObjects } from '../../src/calendar/get-objects.ts';
import type { Collection } from '../../src/calendar/model.ts';
import { getPrincipal } from '../../src/calendar/principals.ts';
import { putObject } from '../../src/calendar/put-object.ts';
import { restoreAsOf } from '../../src/calendar/restore-collection.ts';
import { transferObject } from '../../src/calendar/transfer-object.ts';
import { mergeCalendars } from '../../src/ical/group.ts';
import { insertCollection } from '../../src/store/collection-writes.ts';
import { event, startDavServer, START, type DavServer } from '../dav-server.ts';
import { holds } from '../properties/holds.ts';

let server: DavServer;
beforeAll(async () => {
  server = await startDavServer({ users: ['alice'] });
});
afterAll(() => server.close());

type Op =
  | { readonly do: 'put'; readonly name: number; readonly uid: number; readonly text: number }
  | { readonly do: 'delete'; readonly name: number }
  | { readonly do: 'move'; readonly name: number; readonly to: number }
  | { readonly do: 'away'; readonly name: number };

const name = fc.nat({ max: 5 });
const op: fc.Arbitrary<Op> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('put' as const), name, uid: name, text: fc.nat({ max: 3 }) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('delete' as const), name }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('move' as const), name, to: name }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('away' as const), name }) },
);
/** Each list at instants of its own: some share one. */
const ops = fc.array(fc.tuple(op, fc.nat({ max: 2 })), { maxLength: 20 });

const actor = { id: 'alice' as never, admin: false, adminReadOnly: false, deviceId: undefined };
const check = (): void => undefined;

async function run(collection: Collection, done: Op): Promise<void> {
  const { context } = server;
  const owner = (await getPrincipal(context, 'alice'))!;
  const member = `${done.name}.ics`;
  const rest = { actor, collection, name: member, check, unchanged: [] };
  const other = (await collectionAt(context, 'alice', 'elsewhere'))!;
  const from = { collection, name: member };
  const to =
    done.do === 'move' ? { owner, collection, name: `${done.to}.ics` } : { owner, collection: other, name: member };
  try {
    if (done.do === 'delete') await deleteObject(context, rest);
    else if (done.do !== 'put') {
      await transferObject(context, { actor, how: 'move', from, to, overwrite: true, check, unchanged: [] });
    } else {
      const octets = Buffer.from(event(`uid-${done.uid}`, `SUMMARY:${done.text}`));
      await putObject(context, { ...rest, owner, octets });
    }
  } catch (error) {
    // What the rules refuse changes nothing.
    if (![Refusal, BadRequest, ConditionFailed].some((kind) => error instanceof kind)) throw error;
  }
}

async function membersOf(collection: Collection): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for await (const page of listObjects(server.context, collection)) {
    for (const object of page) found[object.name] = Buffer.from(object.octets).toString();
  }
  return found;
}

async function exported(collection: Collection): Promise<string> {
  async function* octets(): AsyncGenerator<Uint8Array, void> {
    for await (const page of listObjects(server.context, collection)) for (const object of page) yield object.octets;
  }
  const chunks: Uint8Array[] = [];
  for await (const chunk of mergeCalendars(octets, { name: 'x' })) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

/** What a client has, which knows nothing but sync-collection. */
interface Client {
  token: string | undefined;
  readonly etags: Map<string, string>;
}

async function sync(client: Client, id: string): Promise<void> {
  const collection = (await collectionWithId(server.context, id))!;
  const { changed, removed, token } = await changesSince(server.context, collection, {
    token: client.token,
    limit: undefined,
  });
  for (const gone of removed) client.etags.delete(gone);
  for (const head of changed) client.etags.set(head.name, head.etag);
  client.token = token;
}

const newClient = (): Client => ({ token: undefined, etags: new Map() });

test('a calendar as of a time equals its export at that time, and every sync token reaches it', async () => {
  const { context, time } = server;
  let count = 0;
  let touched = 0;
  await context.store.write((tx) =>
    insertCollection(tx, { homeId: 'alice' as never, kind: 'calendar', uri: 'elsewhere' }, START),
  );
  const asOf = fc.asyncProperty(ops, ops, fc.nat({ max: 20 }), async (before, after, middle) => {
    const { id } = await context.store.write((tx) =>
      insertCollection(tx, { homeId: 'alice' as never, kind: 'calendar', uri: `c${count++}` }, time.now),
    );
    const collection = (await collectionWithId(context, id))!;
    const clients = [newClient(), newClient(), newClient()] as const;
    await sync(clients[0], id);
    for (const [done, pause] of before) {
      time.now += pause;
      await run(collection, done);
    }
    await sync(clients[1], id);
    const at = time.now;
    const [members, text] = [await membersOf(collection), await exported(collection)];
    time.now += 1;
    for (const [index, [done, pause]] of after.entries()) {
      time.now += pause;
      await run(collection, done);
      if (index === middle) await sync(clients[2], id);
    }
    time.now += 1;
    const untouched = await membersOf(collection);
    const { restored, removed, left } = await restoreAsOf(context, { actor, collection, at });
    expect(left).toEqual([]);
    expect(await membersOf(collection)).toEqual(members);
    expect(await exported(collection)).toBe(text);
    // What was the same is not touched.
    for (const each of restored) expect(untouched[each]).not.toBe(members[each]);
    touched += restored.length + removed.length;
    for (const client of clients) {
      await sync(client, id);
      const heads = newClient();
      await sync(heads, id);
      expect(new Map([...client.etags].sort())).toEqual(new Map([...heads.etags].sort()));
    }
    // Once more changes nothing.
    expect(await restoreAsOf(context, { actor, collection, at })).toEqual({ restored: [], removed: [], left: [] });
    return true;
  });
  await holds(asOf, { seed: 20260302, numRuns: 60 });
  expect(touched).toBeGreaterThan(0);
});
