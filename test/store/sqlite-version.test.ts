import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database, { type Database as RawDatabase } from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { versionOf } from '../../src/store/sqlite-version.ts';

let folder: string;
let mine: RawDatabase;
let other: RawDatabase;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kalends-version-'));
  [mine, other] = [0, 1].map(() => new Database(join(folder, 'kalends.db'))) as [RawDatabase, RawDatabase];
  other.exec('create table t (n)');
});

afterEach(() => {
  mine.close();
  other.close();
  rmSync(folder, { recursive: true });
});

test('each callback of the event loop sees what others have committed before it', async () => {
  const version = versionOf(mine);
  const seen = new Set([version.now()]);
  for (let at = 0; at < 3; at += 1) {
    other.exec('insert into t values (1)');
    await new Promise((resolve) => setImmediate(resolve));
    seen.add(version.now());
  }
  expect(seen.size).toBe(4);
});

test('callbacks that follow one another at once each ask anew', async () => {
  const version = versionOf(mine);
  const seen = new Set<number>();
  const look = (): void => {
    seen.add(version.now());
    other.exec('insert into t values (1)');
  };
  await new Promise<void>((resolve) => {
    for (let at = 0; at < 3; at += 1) setImmediate(look);
    setImmediate(() => resolve());
  });
  expect(seen.size).toBe(3);
});

test('what follows in the same callback costs nothing more, unless it is told of a commit', async () => {
  const version = versionOf(mine);
  const first = version.now();
  other.exec('insert into t values (1)');
  await Promise.resolve();
  expect(version.now()).toBe(first);
  version.forget();
  expect(version.now()).not.toBe(first);
});
