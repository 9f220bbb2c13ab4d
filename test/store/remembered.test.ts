import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { getMeta, setMeta } from '../../src/store/meta.ts';
import { remembered } from '../../src/store/remembered.ts';
import { openStore, type Store } from '../../src/store/store.ts';
import { services } from '../contract/store-engine.ts';

let folder: string;
let store: Store;
/** Another process has a connection of its own, as this one has. */
let other: Store;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kalends-test-'));
  store = await openStore({ sqlite: join(folder, 'kalends.db') }, services);
  other = await openStore({ sqlite: join(folder, 'kalends.db') }, services);
});
afterAll(async () => {
  await Promise.all([store.close(), other.close()]);
  await rm(folder, { recursive: true });
});

let reads = 0;
const lookUp = remembered(
  (key: string) => key,
  (db, key) => {
    reads += 1;
    return getMeta(db, key);
  },
);

test('an answer is kept as long as nobody writes', async () => {
  await store.write((tx) => setMeta(tx, 'word', 'one'));
  reads = 0;
  for (let at = 0; at < 5; at += 1) expect(await lookUp(store.db, 'word')).toBe('one');
  expect(reads).toBe(1);
});

test('a write of this process and one of another each count at once', async () => {
  await store.write((tx) => setMeta(tx, 'word', 'two'));
  expect(await lookUp(store.db, 'word')).toBe('two');
  await other.write((tx) => setMeta(tx, 'word', 'three'));
  expect(await lookUp(store.db, 'word')).toBe('three');
});

test('a transaction sees what it wrote itself, and what it takes back was never there', async () => {
  const seen = store.write(async (tx) => {
    await setMeta(tx, 'word', 'four');
    const within = await lookUp(tx, 'word');
    throw new Error(`taken back: ${within}`);
  });
  await expect(seen).rejects.toThrow('taken back: four');
  expect(await lookUp(store.db, 'word')).toBe('three');
});
