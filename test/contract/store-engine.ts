import { afterAll, beforeAll } from 'vitest';

import { newObjectId } from '../../src/base/ids.ts';
import { createLog, type Log } from '../../src/base/log.ts';
import { nextSeq } from '../../src/store/change-sequence.ts';
import type { Collection } from '../../src/store/collection-rows.ts';
import { insertCollection } from '../../src/store/collection-writes.ts';
import { insertObject, removeObject, type NewObject, type ObjectHead } from '../../src/store/objects.ts';
import { savePrincipal, setMembers, type Principal } from '../../src/store/principals.ts';
import type { Db, Store } from '../../src/store/store.ts';

/** A database, empty at first. */
export interface TestDatabase {
  /** Opens it, once more each time, as another process would. */
  open(): Promise<Store>;
  /** Removes it, when all that was opened is closed. */
  remove(): Promise<void>;
}

export interface Engine {
  readonly name: string;
  create(): Promise<TestDatabase>;
  /** Runs of a property: fewer where a query is dearer. */
  readonly runs: number;
}

export const NOW = Date.UTC(2026, 2, 2, 9);
export const quiet: Log = createLog('silent');
export const services = { clock: () => NOW, log: quiet };

/** One store for the tests of a group; they keep apart by homes of their own. */
export function openedStore(engine: Engine): { readonly store: Store; open(): Promise<Store> } {
  let database: TestDatabase;
  let store: Store;
  const others: Store[] = [];
  beforeAll(async () => {
    database = await engine.create();
    store = await database.open();
  });
  afterAll(async () => {
    for (const other of others) await other.close();
    await store.close();
    await database.remove();
  });
  return {
    get store() {
      return store;
    },
    async open() {
      const other = await database.open();
      others.push(other);
      return other;
    },
  };
}

let count = 0;

/** A name that no other test has. */
export const fresh = (prefix: string): string => `${prefix}-${(count += 1)}`;

export async function createUser(store: Store): Promise<Principal> {
  const id = fresh('user');
  const { principal } = await store.write((tx) => savePrincipal(tx, { id, kind: 'user' }, NOW));
  return principal;
}

/** The id of a new group. */
export async function createGroup(store: Store, members: readonly string[]): Promise<string> {
  const id = fresh('group');
  await store.write(async (tx) => {
    await savePrincipal(tx, { id, kind: 'group' }, NOW);
    await setMembers(tx, id, members, NOW);
  });
  return id;
}

export interface TestHome {
  readonly owner: Principal;
  readonly home: Collection;
  readonly calendar: Collection;
}

/** A user with a home and one calendar in it. */
export async function createHome(store: Store): Promise<TestHome> {
  const owner = await createUser(store);
  return store.write(async (tx) => ({
    owner,
    home: await insertCollection(tx, { homeId: owner.id, kind: 'home', uri: '' }, NOW),
    calendar: await insertCollection(tx, { homeId: owner.id, kind: 'calendar', uri: 'calendar' }, NOW),
  }));
}

export const octetsOf = (text: string): Uint8Array => new TextEncoder().encode(text);

/** An object that is worth storing, with what a test says of it. */
export function sampleObject(collection: Collection, seq: number, fields: Partial<NewObject> = {}): NewObject {
  const name = fields.name ?? `${fresh('event')}.ics`;
  return {
    id: newObjectId(),
    homeId: collection.homeId,
    collectionId: collection.id,
    name,
    uid: `uid of ${name}`,
    component: 'VEVENT',
    etag: fresh('etag'),
    octets: octetsOf(`BEGIN:VCALENDAR ${name}`),
    seq,
    createdSeq: seq,
    firstAt: NOW,
    lastAt: NOW + 1,
    floating: false,
    exact: true,
    indexedFrom: undefined,
    indexedUntil: undefined,
    occurrences: [{ start: NOW, end: NOW + 1 }],
    ...fields,
  };
}

/** Takes the next sequence number and inserts an object with it, as a PUT does. */
export async function put(tx: Db, collection: Collection, fields: Partial<NewObject> = {}): Promise<ObjectHead> {
  const seq = await nextSeq(tx, collection.id, NOW);
  if (seq === undefined) throw new Error('The collection of the test is gone');
  return insertObject(tx, sampleObject(collection, seq, fields), NOW);
}

export async function remove(tx: Db, head: ObjectHead): Promise<number> {
  const seq = await nextSeq(tx, head.collectionId, NOW);
  if (seq === undefined) throw new Error('The collection of the test is gone');
  await removeObject(tx, head, seq, NOW);
  return seq;
}
